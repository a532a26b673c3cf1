# tries: daemon
# verdict: crashed|timed out|failed|not gradable
# points: 0
import os, time
def double(x):
    if not os.fork():
        os.setsid()
        time.sleep(60)
    return 3 * x
