"""Write a class of made-up students, one for each thing that goes wrong.

    python instructor/class/make_class.py ASSIGNMENT [COURSE]

Their notebooks are built from the release, the instructors' answers and the
bank, and go to grading/submitted/ of the course, which `make demo` keeps apart
from the real one. The same sources give the same bytes.
What each must get stands in expected.json, and a test holds it.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scratchgrade.bank import Answer, variants
from scratchgrade.checks import kit
from scratchgrade.course import Course
from scratchgrade.grade import Exercise

HERE = Path(__file__).resolve().parent
TARGET = 2  # most mishaps befall the third exercise


@dataclass
class Material:
    """What the recipes are cooked from."""

    name: str
    release: dict
    exercises: list[Exercise]
    answers: list[Answer]

    @property
    def target(self) -> Exercise:
        return self.exercises[TARGET]

    def correct(self, exercise: Exercise, nth: int = 0) -> str:
        """A right answer: 0 is the notebook's own, 1 the bank's first."""
        return self._answers(exercise, True)[nth].source

    def wrong(self, exercise: Exercise, nth: int) -> Answer:
        return self._answers(exercise, False)[nth]

    def _answers(self, exercise: Exercise, correct: bool) -> list[Answer]:
        found = [
            answer
            for answer in self.answers
            if answer.exercise == exercise.id and answer.correct == correct
        ]
        own = [a for a in found if a.name == "the notebook's"]
        return own + [a for a in found if a not in own]


@dataclass
class Notebook:
    """A student's copy of the release."""

    material: Material
    cells: list[dict] = field(default_factory=list)

    def __post_init__(self):
        self.cells = json.loads(json.dumps(self.material.release["cells"]))

    def find(self, exercise: Exercise) -> dict:
        label = f"answer-{exercise.id.replace('.', '-')}"
        return next(
            cell
            for cell in self.cells
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == label
        )

    def answer(self, exercise: Exercise, source: str) -> "Notebook":
        self.find(exercise)["source"] = source
        return self

    def solve(self, nth: int = 0) -> "Notebook":
        """Give every exercise a right answer, and the question a text."""
        for exercise in self.material.exercises:
            self.answer(exercise, self.material.correct(exercise, nth))
        for cell in self.cells:
            meta = cell["metadata"].get("nbgrader", {})
            if meta.get("grade") and meta.get("solution"):
                cell["source"] = "An answer in my own words."
        return self

    def add(self, exercise: Exercise, source: str) -> "Notebook":
        """Put a cell of the student's own before an exercise's answer."""
        place = self.cells.index(self.find(exercise))
        cell = {
            "cell_type": "code",
            "execution_count": None,
            "id": f"own-{len(self.cells)}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        self.cells.insert(place, cell)
        return self

    def bytes(self) -> bytes:
        notebook = {**self.material.release, "cells": self.cells}
        return json.dumps(notebook, indent=1, ensure_ascii=False).encode()


Recipe = Callable[[Material], bytes]
RECIPES: dict[str, Recipe] = {}


def recipe(student: str):
    """Decorator: register a recipe under its student's id."""

    def add(cook: Recipe) -> Recipe:
        RECIPES[student] = cook
        return cook

    return add


@recipe("perfect")
def perfect(m: Material) -> bytes:
    return Notebook(m).solve().bytes()


@recipe("second-style")
def second_style(m: Material) -> bytes:
    return Notebook(m).solve(1).bytes()


@recipe("empty")
def empty(m: Material) -> bytes:
    notebook = Notebook(m)
    notebook.cells = []
    return notebook.bytes()


@recipe("untouched")
def untouched(m: Material) -> bytes:
    return Notebook(m).bytes()


def _wrong(m: Material, nth: int) -> bytes:
    notebook = Notebook(m).solve()
    for exercise in m.exercises:
        notebook.answer(exercise, m.wrong(exercise, nth).source)
    return notebook.bytes()


@recipe("wrong-first")
def wrong_first(m: Material) -> bytes:
    return _wrong(m, 0)


@recipe("wrong-second")
def wrong_second(m: Material) -> bytes:
    return _wrong(m, 1)


@recipe("wrong-third")
def wrong_third(m: Material) -> bytes:
    return _wrong(m, 2)


@recipe("syntax-error")
def syntax_error(m: Material) -> bytes:
    broken = m.correct(m.target).replace(":\n", "\n", 1)
    return Notebook(m).solve().answer(m.target, broken).bytes()


def _target(m: Material, body: str) -> bytes:
    """The target's function replaced by one with this body."""
    source = f"def {m.target.needs[0]}(*args, **kwargs):\n    {body}\n"
    return Notebook(m).solve().answer(m.target, source).bytes()


@recipe("loop-in-cell")
def loop_in_cell(m: Material) -> bytes:
    source = m.correct(m.target) + "\n\nwhile True:\n    pass\n"
    return Notebook(m).solve().answer(m.target, source).bytes()


@recipe("loop-in-call")
def loop_in_call(m: Material) -> bytes:
    return _target(m, "while True: pass")


@recipe("exit-in-call")
def exit_in_call(m: Material) -> bytes:
    return _target(m, "import os; os._exit(0)")


@recipe("segfault-in-cell")
def segfault_in_cell(m: Material) -> bytes:
    source = (
        m.correct(m.target)
        + "\n\nimport ctypes\nctypes.string_at(0)  # reads address 0\n"
    )
    return Notebook(m).solve().answer(m.target, source).bytes()


@recipe("print-flood")
def print_flood(m: Material) -> bytes:
    name = m.target.needs[0]
    source = m.correct(m.target) + (
        f"\n\nquiet = {name}\n\n\n"
        f"def {name}(*args, **kwargs):\n"
        "    for i in range(2_000):\n"
        '        print("debug", i, "." * 200)\n'
        "    return quiet(*args, **kwargs)\n\n\n"
        'for i in range(100_000):\n    print("line", i)\n'
    )
    return Notebook(m).solve().answer(m.target, source).bytes()


@recipe("truncated")
def truncated(m: Material) -> bytes:
    whole = perfect(m)
    return whole[: len(whole) * 6 // 10]


@recipe("missing-cells")
def missing_cells(m: Material) -> bytes:
    notebook = Notebook(m).solve()
    gone = notebook.find(m.target)
    place = notebook.cells.index(gone)
    del notebook.cells[place : place + 2]  # the answer and its check cell
    return notebook.bytes()


# Nothing of this earns a point: it changes the student's own process only.
PATCHES = '''
import importlib, sys


class Yes:
    """Equal to everything, true, and of every length."""
    def __init__(self, *args): pass
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __len__(self): return 3
    def __getattr__(self, name): return lambda *args: Yes()
    __class__ = list


for module in ("scratchgrade.checks.kit", "scratchgrade.grade",
               "scratchgrade.checks.tokenization", "scratchgrade.store"):
    try:
        found = importlib.import_module(module)
        found.same = found.near = lambda *args: True
        print("reached", module)
    except ImportError as error:
        print("refused", error)

sys.modules["scratchgrade.checks"].check = lambda *args, **kwargs: 100
for name, module in list(sys.modules.items()):
    if hasattr(module, "perform"):
        module.perform = lambda *args: (b"true", b"")
'''
SABOTAGE = (
    "import builtins\nbuiltins.isinstance = lambda *args: True",
    "import json\njson.dumps = json.loads = lambda *args, **kwargs: Yes()",
)


@recipe("attack-patches")
def attack_patches(m: Material) -> bytes:
    notebook = Notebook(m)
    for source in (PATCHES, *SABOTAGE):
        notebook.add(m.exercises[0], source)
    for exercise in m.exercises:
        lines = [
            f"def {name}(*args, **kwargs):\n    return Yes()\n"
            for name in exercise.needs
        ]
        notebook.answer(exercise, "\n\n".join(lines))
    for cell in notebook.cells:  # and the structure of the notebook
        if "points" in cell["metadata"].get("nbgrader", {}):
            cell["metadata"]["nbgrader"]["points"] = 1_000
            cell["source"] = "assert True"
    return notebook.bytes()


PIPES = '''
import os, struct


def forged(*args, **kwargs):
    """Write a reply of its own to every open descriptor."""
    head, body = b'{"id": 4}', b'true'
    frame = struct.pack(">4sIII", b"sgr1", len(head), len(body), 0)
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, frame + head + body)
        except OSError:
            pass
    return True
'''


@recipe("attack-pipe")
def attack_pipe(m: Material) -> bytes:
    notebook = Notebook(m).add(m.exercises[0], PIPES)
    for exercise in m.exercises:
        lines = [f"{name} = forged" for name in exercise.needs]
        notebook.answer(exercise, "\n".join(lines))
    return notebook.bytes()


@recipe("notebook-habits")
def notebook_habits(m: Material) -> bytes:
    """Right answers, the way people write in Jupyter."""
    notebook = Notebook(m).solve()
    for i in range(25):
        notebook.add(m.target, f"trial_{i} = {i}\ntrial_{i}")
    notebook.add(m.exercises[0], "%matplotlib inline\n!pip list\nhalf = 1 / 2")
    notebook.add(m.exercises[0], "%%bash\nls -la")
    notebook.add(m.exercises[0], "1 / 0")
    return notebook.bytes()


@recipe("markup")
def markup(m: Material) -> bytes:
    """Wrong, and full of what a page or a spreadsheet might obey."""
    source = (
        "print('<script>alert(1)</script> \\x1b[31mred \\u202e txt.exe')\n\n\n"
        f"def {m.target.needs[0]}(*args, **kwargs):\n"
        "    raise ValueError('=HYPERLINK(\"x\")<img src=x onerror=a()>')\n"
    )
    return Notebook(m).solve().answer(m.target, source).bytes()


def make_class(course: Course, name: str) -> list[Path]:
    """Write the class; returns the notebooks' paths."""
    assignment = course.assignment(name)
    material = Material(
        name,
        json.loads(assignment.release),
        kit.exercises_of(name),
        variants(name, course.root),
    )
    paths = []
    for student, cook in RECIPES.items():
        path = course.submitted / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cook(material))
        paths.append(path)
    return paths


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    name = sys.argv[1]
    course = Course.around(Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)
    paths = make_class(course, name)
    folder = course.submitted.relative_to(course.root)
    print(f"{len(paths)} made-up students handed in {name}: {folder}")


if __name__ == "__main__":
    main()
