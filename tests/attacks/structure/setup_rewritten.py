# tries: a locked cell with other code
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    cell("setup")["source"] = "import builtins; builtins.check = print"
    return notebook
