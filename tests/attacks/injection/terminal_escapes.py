# tries: puts terminal escapes into the pages
# verdict: failed
# points: 0
def double(x): return 3 * x
print("\x1b[2J\x1b]0;owned\x07\x1b[31m")
