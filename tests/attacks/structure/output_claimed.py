# tries: the output says that it passed
# verdict: failed
# points: 0
def build(notebook, cell):
    cell("answer-99-1")["source"] = "def double(x): return 3 * x"
    cell("check-99-1")["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "3.0"}, "metadata": {}, "execution_count": 1}]
    return notebook
