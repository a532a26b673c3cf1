# tries: a connection by udp
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", PORT))
    print("reached")
except OSError as error: print(error)
