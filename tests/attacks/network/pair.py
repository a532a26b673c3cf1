# tries: a connection by pair
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.socketpair()[0].send(b"x")
    print("reached")
except OSError as error: print(error)
