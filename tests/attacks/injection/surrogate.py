# tries: puts surrogate into the pages
# verdict: failed
# points: 0
def double(x): return 3 * x
print("\ud800")
