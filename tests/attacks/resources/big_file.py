# tries: a file larger than a process may write
# verdict: failed
# points: 0
def double(x):
    with open("/tmp/big", "wb") as file:
        for _ in range(300): file.write(bytes(1 << 20))
    return 3 * x
