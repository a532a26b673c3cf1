# tries: a regular expression that explodes
# verdict: timed out
# points: 0
import re
def double(x): return re.match("(a+)+$", "a" * 40 + "b")
