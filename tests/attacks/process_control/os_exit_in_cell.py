# tries: os exit in cell
# verdict: crashed|timed out|failed|not gradable
# points: 0
import os
os._exit(0)
