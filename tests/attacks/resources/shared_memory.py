# tries: anonymous memory shared between processes
# verdict: failed|crashed
# points: 0
import mmap
def double(x):
    held = mmap.mmap(-1, 512 << 20)
    return 3 * x
