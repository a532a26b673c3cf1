# tries: leaves closed tmp
# verdict: failed|timed out
# points: 0
# others: any
def double(x): return 3 * x
import os
try: os.chmod("/tmp", 0)
except OSError: pass
