"""The bank: right and wrong answers to every exercise, as text.

A file ``solutions/<assignment>/bank/1_3.py`` is read, never imported::

    # %% correct: with_a_heap
    <the complete source of the solution cell>
    # %% wrong: pairs_counted_twice
    # why: the misconception in one line
    # says: a fragment that the diagnosis must contain
    <the complete source of the solution cell>
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Answer(NamedTuple):
    """One answer to one exercise, as text.

    `why` and `says` are empty for a correct answer.
    """

    exercise: str
    name: str
    correct: bool
    source: str
    why: str = ""
    says: str = ""


_BLOCK = re.compile(r"^# %% (.*)$", re.MULTILINE)
_TITLE = re.compile(r"(correct|wrong): (\S.*)")
_NOTE = re.compile(r"# (why|says): (\S.*)\n")


def parse_bank(text: str, exercise: str) -> list[Answer]:
    """The answers in the text of one bank file.

    Raises:
        ValueError: for a block without a kind and a name, a wrong answer
            without `why` or `says`, or a name used twice.
    """
    _, *blocks = _BLOCK.split(text)
    answers = []
    for title, body in zip(blocks[::2], blocks[1::2], strict=True):
        where = f"bank of {exercise}, block {title!r}"
        match = _TITLE.fullmatch(title.strip())
        if not match:
            raise ValueError(
                f"{where}: start it with '# %% correct: name' or "
                "'# %% wrong: name'"
            )
        kind, name = match.groups()
        notes, body = {}, body.lstrip("\n")
        while note := _NOTE.match(body):
            notes[note[1]] = note[2].strip()
            body = body[note.end() :]
        wanted = {"why", "says"} if kind == "wrong" else set()
        if notes.keys() != wanted:
            raise ValueError(
                f"{where}: has the notes {sorted(notes)}, "
                f"must have {sorted(wanted)}"
            )
        if name in (answer.name for answer in answers):
            raise ValueError(f"{where}: another answer has the same name")
        answers.append(
            Answer(exercise, name, kind == "correct", body, **notes)
        )
    return answers


def notebook_answers(assignment: str, root: Path = ROOT) -> list[Answer]:
    """The answers in the solution cells of the assignment's own notebook."""
    path = root / "solutions" / assignment / f"{assignment}.ipynb"
    if not path.exists():
        return []
    answers = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        label = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        match = re.fullmatch(r"answer-(\d+)-(\d+)", label)
        if match and cell["cell_type"] == "code":
            source = "".join(cell["source"])
            number = f"{match[1]}.{match[2]}"
            answers.append(Answer(number, "the notebook's", True, source))
    return answers


def variants(assignment: str, root: Path = ROOT) -> list[Answer]:
    """Every answer there is to an assignment, by exercise; right ones first.

    >>> {a.correct for a in variants("01-tokenization")}
    {False, True}
    """
    answers = notebook_answers(assignment, root)
    for path in (root / "solutions" / assignment / "bank").glob("*_*.py"):
        exercise = path.stem.replace("_", ".")
        answers += parse_bank(path.read_text(encoding="utf-8"), exercise)
    return sorted(
        answers,
        key=lambda a: (*map(int, a.exercise.split(".")), not a.correct),
    )
