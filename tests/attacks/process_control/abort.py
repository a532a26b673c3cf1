# tries: abort
# verdict: crashed|timed out|failed|not gradable
# points: 0
import os
def double(x): os.abort()
