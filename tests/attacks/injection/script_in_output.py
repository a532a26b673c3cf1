# tries: puts script in output into the pages
# verdict: failed
# points: 0
def double(x): return 3 * x
print("<script>alert(1)</script><img src=x onerror=alert(1)>")
