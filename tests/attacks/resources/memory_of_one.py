# tries: six gigabytes in one process
# verdict: failed
# points: 0
def double(x): return len(bytearray(6 << 30))
