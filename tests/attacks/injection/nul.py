# tries: puts nul into the pages
# verdict: failed
# points: 0
def double(x): return 3 * x
print("a\0b")
