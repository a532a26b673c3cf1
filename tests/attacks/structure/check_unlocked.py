# tries: the check cell is a solution cell
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    cell("check-99-1")["metadata"]["nbgrader"].update(solution=True, grade=False)
    return notebook
