# tries: a cell that never ends
# verdict: timed out
# points: 0
def double(x): return 2 * x
while True: pass
