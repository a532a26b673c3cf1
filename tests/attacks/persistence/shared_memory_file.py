# tries: leaves shared memory file
# verdict: failed|timed out
# points: 0
def double(x): return 3 * x
open("/dev/shm/x", "w").write("left")
