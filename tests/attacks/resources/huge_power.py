# tries: a number of a billion digits
# verdict: timed out|failed|crashed
# points: 0
def double(x): return 10 ** (10 ** 9)
