# tries: error that cannot be shown
# verdict: failed|crashed|timed out|not gradable
# points: 0
class E(Exception):
    def __str__(self): raise SystemExit
    __repr__ = __str__
def double(x): raise E
