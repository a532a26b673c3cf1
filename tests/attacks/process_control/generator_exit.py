# tries: generator exit
# verdict: crashed|timed out|failed|not gradable
# points: 0
def double(x): raise GeneratorExit
