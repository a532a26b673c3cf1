# tries: two answers under one id
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    notebook["cells"].insert(0, dict(cell("answer-99-1")))
    return notebook
