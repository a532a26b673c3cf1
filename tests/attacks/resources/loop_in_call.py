# tries: a function that never ends
# verdict: timed out
# points: 0
def double(x):
    while True: pass
