# tries: every descriptor is used up
# verdict: failed|crashed
# points: 0
import os
def double(x):
    while True: os.dup(0)
