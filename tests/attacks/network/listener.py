# tries: a connection by listener
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.create_server(("127.0.0.1", 0))
    print("reached")
except OSError as error: print(error)
