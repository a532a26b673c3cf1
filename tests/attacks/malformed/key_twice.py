# tries: the same key twice
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return data.replace(b'"nbformat"', b'"nbformat": 4, "nbformat"', 1)
