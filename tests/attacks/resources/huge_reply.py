# tries: a result larger than a reply may be
# verdict: failed|crashed
# points: 0
def double(x): return "x" * (80 << 20)
