# tries: half of a surrogate pair
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    cell("answer-99-1")["source"] = "x = '\ud800'"
    return json.dumps(notebook).encode()
