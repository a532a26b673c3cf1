# tries: a connection by abstract
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    s = socket.socket(socket.AF_UNIX); s.connect("\0" + ABSTRACT); s.send(b"x")
    print("reached")
except OSError as error: print(error)
