# tries: a number of five thousand digits
# verdict: not gradable
# points: 0
# others: any
import json


def build(notebook, cell):
    data = json.dumps(notebook).encode()
    return data.replace(b'"nbformat_minor": ', b'"nbformat_minor": ' + b"9" * 5000 + b', "x": ', 1)
