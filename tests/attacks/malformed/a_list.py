# tries: a list of notebooks
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return json.dumps([notebook]).encode()
