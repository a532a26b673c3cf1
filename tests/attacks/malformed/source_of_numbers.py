# tries: a source that is no text
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    cell("answer-99-1")["source"] = [1, 2]
    return json.dumps(notebook).encode()
