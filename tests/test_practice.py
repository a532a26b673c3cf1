"""The practice of a chapter: every printed solution passes the check beside
it, the empty cell says so, and a wrong answer is told what to look at."""

import contextlib
import io
import re
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).resolve().parent.parent / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]-*.ipynb"))
EXERCISE = re.compile(r"^p\d+-cell$")


def code(chapter):
    nb = nbformat.read(chapter, as_version=4)
    return {c.id: c.source for c in nb.cells if c.cell_type == "code"}


def solution(chapter, cell_id):
    """The Python block of the solution in the help cell of an exercise."""
    nb = nbformat.read(chapter, as_version=4)
    help_id = cell_id.replace("-cell", "-help")
    (cell,) = [c for c in nb.cells if c.id == help_id]
    shown = cell.source.split("{reveal} Solution")[1]
    return re.search(r"```python\n(.*?)```", shown, re.S)[1]


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda p: p.stem)
def chapter(request):
    """The chapter's path and its names after every cell before practice."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell_id, source in code(request.param).items():
            if EXERCISE.match(cell_id):
                break
            exec(compile(source, cell_id, "exec"), names)
    return request.param, names


def report(names, answer, check):
    """What the check prints about an answer."""
    out = io.StringIO()
    names = dict(names)
    with contextlib.redirect_stdout(out):
        exec(answer, names)
        exec(check, names)
    return out.getvalue()


def exercises(path):
    """(cell id, the stub, the call of the check) of each exercise."""
    for cell_id, source in code(path).items():
        if EXERCISE.match(cell_id):
            stub, check = source.split("\npractise(")
            yield cell_id, stub, "practise(" + check


def test_every_solution_passes_the_check_beside_it(chapter):
    path, names = chapter
    found = list(exercises(path))
    assert len(found) >= 5  # and one Parsons problem
    for cell_id, stub, check in found:
        said = report(names, solution(path, cell_id), check)
        assert re.fullmatch(r"all \d+ cases pass\n", said), (cell_id, said)
        assert report(names, stub, check).startswith("not written yet")


def test_a_wrong_answer_hears_what_to_look_at(chapter):
    path, names = chapter
    for cell_id, stub, check in exercises(path):
        signature = re.search(r"^def .*:$", stub, re.M)[0]
        said = report(names, f"{signature}\n    return 'wrong'", check)
        assert "gave 'wrong', expected" in said, cell_id


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("no_such_name", "NameError, name 'no_such_name' is not defined"),
        ("return None", "gave None: is there a return?"),
    ],
)
def test_an_answer_that_breaks_is_told_so_in_one_line(chapter, body, says):
    path, names = chapter
    for cell_id, stub, check in exercises(path):
        signature = re.search(r"^def .*:$", stub, re.M)[0]
        said = report(names, f"{signature}\n    {body}", check)
        assert says in said, cell_id
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    "chapter", [BOOK / "01-tokenization.ipynb"], indirect=True, ids=str
)
def test_tokens_that_agree_again_do_not_count(chapter):
    path, names = chapter
    (check,) = (c for cell, _, c in exercises(path) if cell == "p6-cell")
    answer = """
def n_stable(text, more):
    a, b = gpt2.encode(text), gpt2.encode(text + more)
    return sum(x == y for x, y in zip(a, b))
"""
    assert "gave 1, expected 0" in report(names, answer, check)
