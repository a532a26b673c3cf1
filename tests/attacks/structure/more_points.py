# tries: points of the check cell raised
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    cell("check-99-1")["metadata"]["nbgrader"]["points"] = 1000
    return notebook
