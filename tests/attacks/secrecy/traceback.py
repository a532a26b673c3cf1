# tries: prints traceback
# verdict: failed
# points: 0
def double(x): return 3 * x
import traceback, sys
try: 1 / 0
except Exception: traceback.print_stack()
print(sys.path, sys.argv, sys.executable)
