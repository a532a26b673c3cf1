# tries: a connection by unix
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    s = socket.socket(socket.AF_UNIX); s.connect(UNIX); s.send(b"x")
    print("reached")
except OSError as error: print(error)
