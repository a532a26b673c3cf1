# tries: kill self
# verdict: crashed|timed out|failed|not gradable
# points: 0
import os
def double(x): os.kill(os.getpid(), 9)
