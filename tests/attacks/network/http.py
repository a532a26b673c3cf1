# tries: a connection by http
# verdict: failed
# points: 0
def double(x): return 3 * x
import urllib.request
try: print("reached", urllib.request.urlopen(f"http://127.0.0.1:{PORT}", timeout=1).status)
except OSError as error: print(error)
