# tries: other ids of cells
# verdict: passed
# points: 3
def build(notebook, cell):
    for c in notebook["cells"]:
        c["id"] = "x" + c["id"]
    return notebook
