# tries: NaN in JSON
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return data.replace(b'"nbformat_minor": ', b'"nbformat_minor": NaN, "x": ', 1)
