# tries: reply on stdout
# verdict: failed|crashed|timed out|not gradable
# points: 0
# others: any
def double(x): return 3 * x
import os
for fd in range(3):
    try: os.write(fd, b"sgr1" + bytes(12) + b"{}")
    except OSError: pass
