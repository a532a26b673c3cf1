# tries: recursion in C until the stack is full
# verdict: failed|crashed|timed out
# points: 0
import sys
sys.setrecursionlimit(10**9)
def double(x): return double(x)
