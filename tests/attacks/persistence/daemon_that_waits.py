# tries: leaves daemon that waits
# verdict: failed|timed out
# points: 0
# others: any
def double(x): return 3 * x
import os, time
if not os.fork():
    os.setsid()
    time.sleep(30)
    os._exit(0)
