# tries: an array that broadcasts
# verdict: failed|crashed|timed out|not gradable
# points: 0
import numpy as np
def double(x): return np.zeros(())
