# tries: all text is deleted
# verdict: passed
# points: 3
def build(notebook, cell):
    notebook["cells"] = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    return notebook
