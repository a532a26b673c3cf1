# tries: the answer claims to be another exercise
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    cell("answer-99-1")["metadata"]["nbgrader"]["grade_id"] = "answer-99-9"
    return notebook
