# tries: alarm
# verdict: crashed|timed out|failed|not gradable
# points: 0
import signal
signal.alarm(1)
def double(x):
    while True: pass
