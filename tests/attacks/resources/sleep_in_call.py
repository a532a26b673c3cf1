# tries: a function that sleeps
# verdict: timed out
# points: 0
import time
def double(x): time.sleep(60)
