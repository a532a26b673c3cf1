# tries: metadata two hundred deep
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    deep = {}
    for _ in range(200):
        deep = {"x": deep}
    return json.dumps(notebook | {"metadata": deep}).encode()
