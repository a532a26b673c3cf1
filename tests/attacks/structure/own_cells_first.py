# tries: a cell of one's own that patches everything
# verdict: failed
# points: 0
# others: any
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    own = dict(cell("free"), id="own", metadata={}, source="import builtins\nbuiltins.sum = lambda x: 2")
    notebook["cells"].insert(0, own)
    return notebook
