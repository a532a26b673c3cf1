# tries: ignore signals
# verdict: crashed|timed out|failed|not gradable
# points: 0
import signal
for n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)
def double(x):
    while True: pass
