"""The guards of the students' release: what is committed is what the
solutions give, to the byte; no answer is in it; and the library does not
hold an answer under another name."""

import ast
import filecmp
import shutil
from pathlib import Path

import nbformat
import pytest

from scratchgrade.course import CONFIG, Course
from scratchgrade.release import find_leaks, make_release

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENTS = sorted(p.parent.name for p in ROOT.glob("solutions/*/*.ipynb"))


def files_below(folder: Path) -> list[str]:
    return sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()
    )


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_regenerating_the_release_gives_identical_bytes(name, tmp_path):
    shutil.copy(ROOT / CONFIG, tmp_path)
    shutil.copytree(ROOT / "solutions" / name, tmp_path / "solutions" / name)
    make_release(Course(tmp_path), name)
    fresh, committed = tmp_path / "exercises" / name, ROOT / "exercises" / name
    names = files_below(fresh)
    assert names == files_below(committed)
    _, different, missing = filecmp.cmpfiles(
        fresh, committed, names, shallow=False
    )
    assert not different + missing, "run: make release"


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_committed_release_shows_no_answer(name):
    source, release = ROOT / "solutions" / name, ROOT / "exercises" / name
    assert find_leaks(source, release) == []


def test_a_planted_answer_is_found(tmp_path):
    name = ASSIGNMENTS[0]
    source = ROOT / "solutions" / name
    shutil.copytree(ROOT / "exercises" / name, tmp_path / name)
    path = tmp_path / name / f"{name}.ipynb"
    answer = nbformat.read(source / path.name, as_version=4)
    leaked = next(c for c in answer.cells if "BEGIN SOLUTION" in c.source)
    nb = nbformat.read(path, as_version=4)
    lines = leaked.source.splitlines()
    nb.cells[0].source += "\n" + "\n".join(
        line for line in lines if "SOLUTION" not in line
    )
    nbformat.write(nb, path)
    assert find_leaks(source, tmp_path / name)


# --- does the library answer an exercise? ----------------------------------


class Anonymous(ast.NodeTransformer):
    """Give every name the number of its first appearance."""

    def __init__(self):
        self.numbers: dict[str, str] = {}

    def number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"n{len(self.numbers)}")

    def visit_Name(self, node):
        node.id = self.number(node.id)
        return node

    def visit_arg(self, node):
        node.arg, node.annotation = self.number(node.arg), None
        return node


def bodies(source: str) -> dict[str, str]:
    """Function name -> its body without docstring, names and annotations."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            if ast.get_docstring(node):
                node.body = node.body[1:]
            if len(ast.dump(ast.Module(node.body, []))) < 150:
                continue  # a line like `return self.x` says nothing
            renamed = Anonymous()
            renamed.visit(node.args)
            body = [renamed.visit(statement) for statement in node.body]
            found[node.name] = "".join(map(ast.dump, body))
    return found


def graded_bodies() -> dict[str, str]:
    found = {}
    for name in ASSIGNMENTS:
        path = ROOT / "solutions" / name / f"{name}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and "BEGIN SOLUTION" in cell.source:
                found |= bodies(cell.source)
    return found


def test_no_graded_body_equals_a_library_function():
    graded = graded_bodies()
    assert len(graded) >= 10
    for path in (ROOT / "scratchlm").glob("*.py"):
        library = bodies(path.read_text("utf-8"))
        for name, body in graded.items():
            same = [other for other, code in library.items() if code == body]
            assert not same, f"{name} is {same} of {path.name}"


def test_an_equal_body_is_found_under_other_names():
    one = 'def f(a: int, b):\n    "Doc."\n    c = a + 1\n    return c * b'
    two = "def g(x, y):\n    z = x + 1\n    return z * y"
    assert bodies(one * 1)["f"] == bodies(two)["g"]
    assert bodies(one)["f"] != bodies(two.replace("+", "-"))["g"]
