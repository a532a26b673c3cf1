# tries: atexit hang
# verdict: crashed|timed out|failed|not gradable
# points: 0
import atexit, time, sys
atexit.register(time.sleep, 60)
def double(x): sys.exit(0)
