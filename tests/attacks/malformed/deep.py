# tries: brackets a hundred thousand deep
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return b"[" * 100_000
