# tries: a connection by netlink
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    print("reached")
except OSError as error: print(error)
