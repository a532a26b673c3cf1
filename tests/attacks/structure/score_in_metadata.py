# tries: a score in the metadata
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    notebook["metadata"]["nbgrader"] = {"score": 3, "auto_score": 3}
    return notebook
