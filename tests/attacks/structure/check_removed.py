# tries: the check cell is deleted
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    notebook["cells"].remove(cell("check-99-1"))
    return notebook
