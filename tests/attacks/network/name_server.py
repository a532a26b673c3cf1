# tries: a connection by name server
# verdict: failed
# points: 0
def double(x): return 3 * x
import socket
try: print("reached", socket.getaddrinfo("localhost", 80))
except OSError as error: print(error)
