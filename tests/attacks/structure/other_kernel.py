# tries: a kernel of the student's
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "x", "language": "bash"}
    return notebook
