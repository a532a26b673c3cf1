"""Who tests the tests: right and wrong answers to every exercise.

``solutions/<assignment>/bank/1_3.py`` holds answers to exercise 1.3 as text:
some right, at least five wrong, each wrong one a mistake that learners make.
Calibration runs all of them, and the notebook's own answers, through the
checks. A right answer must pass on every seed; a wrong one must fail on every
seed and hear the message that was written for it and for no other. Whatever
does not hold is a bug of the course.

A bank file is read, never imported::

    # %% correct: with_a_heap
    <the complete source of the solution cell>
    # %% wrong: pairs_counted_twice
    # why: the misconception in one line
    # says: a fragment that the diagnosis must contain
    <the complete source of the solution cell>
"""

import contextlib
import functools
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from scratchgrade.checks import kit

ROOT = Path(__file__).resolve().parent.parent
MIN_CORRECT, MIN_WRONG = 2, 5
MAX_RATIO = 0.5  # of a tolerance that a right answer may use up


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


# Reading the answers


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


# Judging one


@functools.lru_cache(maxsize=512)
def _compiled(source: str):
    return compile(source, "<answer>", "exec")


def judge(source: str, exercise: str, seed: str | int) -> list:
    """Run an answer's source, then the exercise's checks on what it defines.

    In this process and without a time limit: for answers of ours only.

    Returns:
        The `kit.CheckResult` of each check. A source that does not run, or
        lacks a name, fails the checks with its error as the diagnosis.
    """
    ex = kit.exercise(exercise)
    namespace = {"__name__": "answer"}
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(_compiled(source), namespace)
        except Exception as error:
            diagnosis = kit.Diagnosis(
                "your cell runs",
                f"it raised {type(error).__name__}: {error}",
                "the cell itself: run it from a fresh kernel",
            )
            return [
                kit.CheckResult(
                    c.name, kit.Verdict.FAILED, 0, c.points, diagnosis
                )
                for c in ex.checks
            ]
        return ex.run(kit.LocalCaller(namespace), f"calibration-{seed}")


# Judging all


@dataclass
class Row:
    """How one answer fared: `failed` counts seeds, `told` those on which a
    wrong answer heard its own message."""

    answer: Answer
    seeds: int
    failed: int = 0
    told: int = 0
    checks: Counter = field(default_factory=Counter)  # check -> seeds failed
    heard: set = field(default_factory=set)  # fragments meant for others
    ratio: float = 0.0  # worst error of a number as a share of its tolerance
    example: str = ""

    @property
    def problems(self) -> list[str]:
        found = []
        if self.answer.correct:
            if self.failed:
                found.append(
                    f"fails on {self.failed} of {self.seeds} seeds, for "
                    f"example: {self.example}"
                )
            if self.ratio > MAX_RATIO:
                found.append(
                    f"uses {self.ratio:.0%} of a tolerance, at most "
                    f"{MAX_RATIO:.0%} is safe"
                )
            return found
        if self.failed < self.seeds:
            found.append(
                f"survives {self.seeds - self.failed} of {self.seeds} seeds"
            )
        if self.told < self.failed:
            found.append(
                f"is not told {self.answer.says!r} on "
                f"{self.failed - self.told} of {self.failed} seeds, it "
                f"hears: {self.example}"
            )
        found += [
            f"is told what belongs to another answer: {fragment!r}"
            for fragment in sorted(self.heard)
        ]
        return found


@dataclass
class Report:
    """What calibration found; `problems` is empty if all is well."""

    assignment: str
    rows: list[Row]
    problems: list[str]

    @property
    def ok(self) -> bool:
        return not self.problems


def calibrate(
    assignment: str,
    seeds: int = 2000,
    progress: bool = True,
    *,
    wrong_seeds: int | None = None,
    only: tuple[str, ...] = (),
    root: Path = ROOT,
) -> Report:
    """Run every answer to every exercise and say what does not hold.

    Args:
        seeds: how often each right answer is run.
        wrong_seeds: how often each wrong answer is; by default a tenth of
            `seeds` and at least five.
        only: numbers of exercises; all if empty.
    """
    if wrong_seeds is None:
        wrong_seeds = max(5, seeds // 10)
    answers = variants(assignment, root)
    rows, problems = [], []
    for ex in kit.exercises_of(assignment):
        if only and ex.id not in only:
            continue
        its = [answer for answer in answers if answer.exercise == ex.id]
        problems += _missing(ex, its)
        says = {a.says for a in its if not a.correct}
        mine = [
            _run(a, seeds if a.correct else wrong_seeds, says - {a.says})
            for a in track(
                its,
                f"{ex.id} {ex.title}",
                disable=not progress,
                transient=True,
            )
        ]
        problems += [
            f"{ex.id} {row.answer.name}: {problem}"
            for row in mine
            for problem in row.problems
        ]
        proven = set().union(*(r.checks for r in mine if not r.answer.correct))
        problems += [
            f"{ex.id}: no wrong answer fails the check {check.name!r}"
            for check in ex.checks
            if check.name not in proven
        ]
        rows += mine
    known = {ex.id for ex in kit.exercises_of(assignment)}
    problems += [
        f"{number}: has answers, but there is no such exercise"
        for number in sorted({a.exercise for a in answers} - known)
    ]
    return Report(assignment, rows, problems)


def _missing(ex, answers: list[Answer]) -> list[str]:
    """What the bank of one exercise lacks before anything is run."""
    n_correct = sum(answer.correct for answer in answers)
    found = []
    if n_correct < MIN_CORRECT:
        found.append(
            f"{ex.id}: {n_correct} correct answers, at least {MIN_CORRECT} "
            "with the notebook's own"
        )
    n_wrong = len(answers) - n_correct
    if n_wrong < MIN_WRONG:
        found.append(f"{ex.id}: {n_wrong} wrong answers, at least {MIN_WRONG}")
    says = Counter(a.says for a in answers if not a.correct)
    found += [
        f"{ex.id}: {n} wrong answers share the message {fragment!r}"
        for fragment, n in says.items()
        if n > 1
    ]
    return found


def _run(answer: Answer, seeds: int, others: set[str]) -> Row:
    row = Row(answer, seeds)
    with _tolerances() as ratios:
        for seed in range(seeds):
            missed = [
                result
                for result in judge(answer.source, answer.exercise, seed)
                if result.verdict is not kit.Verdict.PASSED
            ]
            if not missed:
                continue
            texts = [str(result.diagnosis) for result in missed]
            told = any(answer.says in text for text in texts)
            if not row.example or (answer.says and not told):
                row.example = f"(seed {seed}) " + " | ".join(
                    " ".join(text.split()) for text in texts
                )
            row.failed += 1
            row.told += bool(answer.says) and told
            row.checks.update(result.name for result in missed)
            row.heard |= {o for o in others if any(o in t for t in texts)}
        row.ratio = max(ratios, default=0.0) if answer.correct else 0.0
    return row


@contextlib.contextmanager
def _tolerances() -> Iterator[list[float]]:
    """Collect |got - want| / tolerance of the numbers that were compared."""
    ratios, near = [], kit.near

    def noting(a, b, rtol, atol):
        close = near(a, b, rtol, atol)
        if close and a != b:
            ratios.append(abs(a - b) / (atol + rtol * abs(b)))
        return close

    kit.near = noting
    try:
        yield ratios
    finally:
        kit.near = near


def print_report(report: Report, console: Console | None = None) -> None:
    """The report as a table, and below it whatever does not hold."""
    console = console or Console()
    table = Table(title=f"Calibration of {report.assignment}")
    for heading in ("exercise", "answer", "is"):
        table.add_column(heading)
    for heading in ("seeds", "rejected", "told", "tolerance"):
        table.add_column(heading, justify="right")
    table.add_column("")
    before = None
    for row in report.rows:
        answer = row.answer
        table.add_row(
            answer.exercise if answer.exercise != before else "",
            answer.name,
            "correct" if answer.correct else "wrong",
            str(row.seeds),
            str(row.failed),
            "" if answer.correct else str(row.told),
            f"{row.ratio:.0%}" if row.ratio else "",
            "[red]look below" if row.problems else "[green]ok",
        )
        before = answer.exercise
    console.print(table)
    for problem in report.problems:
        console.print(f"- {problem}", markup=False, highlight=False)
    n_wrong = sum(not row.answer.correct for row in report.rows)
    console.print(
        f"{len(report.rows) - n_wrong} correct and {n_wrong} wrong answers: "
        + (
            "all as they should be"
            if report.ok
            else f"problems: {len(report.problems)}"
        )
    )
