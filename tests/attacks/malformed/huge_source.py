# tries: a cell of a million characters
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    cell("free")["source"] = "x" * 1_000_000
    return json.dumps(notebook).encode()
