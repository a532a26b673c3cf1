# tries: true for one
# verdict: failed|crashed|timed out|not gradable
# points: 0
def double(x): return True
