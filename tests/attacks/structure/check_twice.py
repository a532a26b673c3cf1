# tries: a second check cell that passes
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    notebook["cells"].append(dict(cell("check-99-1"), source="print(3)"))
    return notebook
