# tries: segfault
# verdict: crashed|timed out|failed|not gradable
# points: 0
import ctypes
def double(x): ctypes.string_at(0)
