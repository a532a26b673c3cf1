# tries: puts script in error into the pages
# verdict: failed
# points: 0
def double(x): return 3 * x
raise ValueError("<script>alert(1)</script>")
