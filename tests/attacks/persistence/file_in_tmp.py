# tries: leaves file in tmp
# verdict: failed|timed out
# points: 0
# others: any
def double(x): return 3 * x
open("/tmp/usercustomize.py", "w").write("1 / 0")
open("/tmp/json.py", "w").write("1 / 0")
