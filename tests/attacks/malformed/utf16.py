# tries: another encoding
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return data.decode().encode("utf-16")
