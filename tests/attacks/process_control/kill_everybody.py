# tries: kill everybody
# verdict: crashed|timed out|failed|not gradable
# points: 0
import os
def double(x): os.kill(-1, 9)
