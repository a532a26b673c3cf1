# tries: more cells than are run
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    notebook["cells"] += [dict(cell("free"), id=f"c{i}", source=f"x = {i}") for i in range(500)]
    return notebook
