# tries: a generator
# verdict: failed|crashed|timed out|not gradable
# points: 0
def double(x):
    yield 2
