# tries: only zeros
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return bytes(10_000)
