# tries: two hundred threads
# verdict: failed|crashed|timed out
# points: 0
import threading, time
def double(x):
    for _ in range(200): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    return 3 * x
