"""Who tests the tests: right and wrong answers to every exercise.

``solutions/<assignment>/bank/1_3.py`` holds answers to exercise 1.3 as text:
some right, at least five wrong, each wrong one a mistake that learners make.
Calibration runs all of them, and the notebook's own answers, through the
checks. A right answer must pass on every seed; a wrong one must fail on every
seed and hear the message that was written for it and for no other. A right
answer may use up half of a tolerance at most. A constant passes no check. What
checks send into the box as source, where students can read it, may not show
an answer. Whatever does not hold is a bug of the course.
"""

import contextlib
import functools
import importlib
import io
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from scratchgrade.arguments import MAKE
from scratchgrade.bank import ROOT, Answer, variants
from scratchgrade.checks import kit

MIN_CORRECT, MIN_WRONG = 2, 5
MAX_RATIO = 0.5  # of a tolerance that a right answer may use up
CHUNK = 50  # seeds that one process takes at a time
CONSTANTS = (None, False, 0, "", [], {})  # that must pass no check


# Judging one


@functools.lru_cache(maxsize=512)
def _compiled(source: str):
    return compile(source, "<answer>", "exec")


class ConstantCaller:
    """Answers every order with the same value."""

    def __init__(self, value: Any):
        self.value = value

    def perform(self, name: str, order: Any) -> Any:
        return self.value


class NotingCaller(kit.LocalCaller):
    """Runs an answer here; notes the sources that are sent to it."""

    def __init__(self, namespace: dict[str, Any]):
        super().__init__(namespace)
        self.sources: set[str] = set()

    def perform(self, name: str, order: Any) -> Any:
        values = [*order.get("args", ()), *order.get("kwargs", {}).values()]
        self.sources |= {
            value["source"]
            for value in values
            if isinstance(value, dict) and value.get(MAKE) == "source"
        }
        return super().perform(name, order)


def judge(source: str, exercise: str, seed: str | int) -> list:
    """Run an answer's source, then the exercise's checks on what it defines.

    In this process and without a time limit: for answers of ours only.

    Returns:
        The `kit.CheckResult` of each check. A source that does not run, or
        lacks a name, fails the checks with its error as the diagnosis.
    """
    return _judge(source, exercise, seed)[0]


def _judge(source: str, exercise: str, seed: str | int) -> tuple[list, set]:
    ex = kit.exercise(exercise)
    namespace = {"__name__": "answer"}
    caller = NotingCaller(namespace)
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(_compiled(source), namespace)
        except Exception as error:
            diagnosis = kit.Diagnosis(
                "your cell runs",
                f"it raised {type(error).__name__}: {error}",
                "the cell itself: run it from a fresh kernel",
            )
            failed = [
                kit.CheckResult(
                    c.name, kit.Verdict.FAILED, 0, c.points, diagnosis
                )
                for c in ex.checks
            ]
            return failed, set()
        return ex.run(caller, f"calibration-{seed}"), caller.sources


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
    sources: set = field(default_factory=set)  # that checks sent to it

    def add(self, other: "Row") -> None:
        """Take in what the same answer did on further seeds."""
        if self.told == self.failed and other.example:
            one_more = other.told < other.failed or not self.example
            self.example = other.example if one_more else self.example
        self.seeds += other.seeds
        self.failed += other.failed
        self.told += other.told
        self.checks += other.checks
        self.heard |= other.heard
        self.ratio = max(self.ratio, other.ratio)
        self.sources |= other.sources

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
    workers: int = 1,
) -> Report:
    """Run every answer to every exercise and say what does not hold.

    Args:
        seeds: how often each right answer is run.
        wrong_seeds: how often each wrong answer is; by default a tenth of
            `seeds` and at least five.
        only: numbers of exercises; all if empty.
        workers: how many processes share the work; the report is the same.
    """
    if wrong_seeds is None:
        wrong_seeds = max(5, seeds // 10)
    answers = variants(assignment, root)
    exercises = kit.exercises_of(assignment)
    chosen = [ex for ex in exercises if not only or ex.id in only]
    tasks = []
    for ex in chosen:
        its = [answer for answer in answers if answer.exercise == ex.id]
        says = {a.says for a in its if not a.correct}
        for a in its:
            n = seeds if a.correct else wrong_seeds
            tasks += [
                (a, range(i, min(i + CHUNK, n)), says - {a.says})
                for i in range(0, n, CHUNK)
            ]
    rows: dict[Answer, Row] = {}
    for row in track(
        _run_all(tasks, workers),
        "Calibrating",
        total=len(tasks),
        disable=not progress,
        transient=True,
    ):
        rows.setdefault(row.answer, Row(row.answer, 0)).add(row)
    problems = []
    for ex in chosen:
        problems += _problems_of(
            ex, [row for row in rows.values() if row.answer.exercise == ex.id]
        )
    problems += _shown_answers(rows.values(), answers)
    known = {ex.id for ex in exercises}
    problems += [
        f"{number}: has answers, but there is no such exercise"
        for number in sorted({a.exercise for a in answers} - known)
    ]
    return Report(assignment, list(rows.values()), problems)


def _run_all(tasks: list[tuple], workers: int) -> Iterator[Row]:
    """Carry out the tasks, in processes of their own if there are several."""
    if workers == 1:
        yield from map(_run, tasks)
        return
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(dict(kit.STAGES),),
    ) as pool:
        yield from pool.map(_run, tasks)


def _start_worker(stages: dict[str, tuple[str, str]]) -> None:
    kit.STAGES.update(stages)
    for _, module in stages.values():
        importlib.import_module(module)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


def _problems_of(ex: kit.Exercise, rows: list[Row]) -> list[str]:
    """What does not hold of one exercise."""
    proven = set().union(*(r.checks for r in rows if not r.answer.correct))
    return [
        *_missing(ex, [row.answer for row in rows]),
        *(
            f"{ex.id} {row.answer.name}: {problem}"
            for row in rows
            for problem in row.problems
        ),
        *(
            f"{ex.id}: no wrong answer fails the check {check.name!r}"
            for check in ex.checks
            if check.name not in proven
        ),
        *_passing_constants(ex),
    ]


def _passing_constants(ex: kit.Exercise) -> Iterator[str]:
    """Checks that a constant passes, as a property without a reference may."""
    for value in CONSTANTS:
        for result in ex.run(ConstantCaller(value), "calibration"):
            if result.verdict is kit.Verdict.PASSED:
                yield (
                    f"{ex.id}: the check {result.name!r} is passed by code "
                    f"that always gives {value!r}"
                )


def _shown_answers(rows, answers: list[Answer]) -> list[str]:
    """Sources sent into the box that show a right answer to an exercise."""
    sent = {(r.answer.exercise, source) for r in rows for source in r.sources}
    found = {
        f"{number}: its checks send the answer of {a.exercise} into the box: "
        f"{' / '.join(min(shown))}"
        for number, source in sent
        for a in answers
        if a.correct and (shown := _substance(source) & _substance(a.source))
    }
    return sorted(found)


def _substance(source: str) -> set[tuple[str, str]]:
    """Neighbouring lines of a source that say how something is done."""
    from scratchgrade.release import pairs_of_lines

    head = ("import ", "from ", "def ", "class ", "@")
    return {
        pair
        for pair in pairs_of_lines(source)
        if not any(line.startswith(head) for line in pair)
    }


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


def _run(task: tuple[Answer, range, set[str]]) -> Row:
    """Judge one answer on some seeds."""
    answer, seeds, others = task
    row = Row(answer, len(seeds))
    for seed in seeds:
        results, sources = _judge(answer.source, answer.exercise, seed)
        row.sources |= sources
        missed = [r for r in results if r.verdict is not kit.Verdict.PASSED]
        if answer.correct:
            row.ratio = max(row.ratio, *(r.ratio for r in results))
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
    return row


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
            f"{100 * row.ratio:.2g}%" if row.ratio else "",
            "[red]look below" if row.problems else "[green]ok",
        )
        before = answer.exercise
    console.print(table)
    for problem in report.problems:
        console.print(f"- {problem}", markup=False, highlight=False)
    worst = max((row.ratio for row in report.rows), default=0.0)
    console.print(
        f"The worst right answer uses {100 * worst:.2g}% of a tolerance; "
        f"{MAX_RATIO:.0%} is safe."
    )
    n_wrong = sum(not row.answer.correct for row in report.rows)
    console.print(
        f"{len(report.rows) - n_wrong} correct and {n_wrong} wrong answers: "
        + (
            "all as they should be"
            if report.ok
            else f"problems: {len(report.problems)}"
        )
    )
