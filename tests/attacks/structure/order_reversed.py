# tries: the cells the other way round
# verdict: passed
# points: 3
def build(notebook, cell):
    notebook["cells"].reverse()
    return notebook
