# tries: a connection by tcp ipv6
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.create_connection(("::1", PORT), 1).send(b"x")
    print("reached")
except OSError as error: print(error)
