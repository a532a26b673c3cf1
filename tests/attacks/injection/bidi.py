# tries: puts bidi into the pages
# verdict: failed
# points: 0
def double(x): return 3 * x
print("\u202egnp.exe\u2066")
