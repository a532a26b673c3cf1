# tries: files attached to cells
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    cell("title")["attachments"] = {"x.py": {"text/plain": "1 / 0"}}
    return notebook
