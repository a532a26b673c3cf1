"""What every command uses: the app, its options, and ways of telling."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from scratchgrade.checks.kit import CourseError, Verdict
from scratchgrade.course import Course
from scratchgrade.record import Record

app = typer.Typer(
    help="Make an assignment's release, grade what comes back, tell people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)

Name = Annotated[
    str, typer.Argument(help="The assignment, such as 01-tokenization.")
]
Root = Annotated[
    Path,
    typer.Option(
        "--course",
        help="A folder of the course; the nearest one with an "
        "nbgrader_config.py is taken.",
        show_default="the current folder",
    ),
]
HERE = Path()


class Kind(StrEnum):
    """The kinds of box that can be asked for; see choice.py."""

    AUTO = "auto"
    BUBBLEWRAP = "bubblewrap"
    CONTAINER = "container"


BoxKind = Annotated[
    Kind,
    typer.Option(
        "--box",
        help="What the box for student code is made by; auto takes "
        "bubblewrap where it starts, else Podman or Docker where that does.",
    ),
]
ANY_BOX = Kind.AUTO


def say(text: str) -> None:
    out.print(text)


def show(here: Course, path: Path) -> str:
    inside = path.is_absolute() and path.is_relative_to(here.root)
    return str(path.relative_to(here.root) if inside else path)


def count(things, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def graded(here: Course, assignment: str) -> tuple[list[Record], dict]:
    """What counts for each student, and what people entered."""
    from scratchgrade import gradebook

    here.assignment(assignment)  # is there such a thing at all
    records = counting(here, assignment)
    if not records:
        raise CourseError(
            f"nothing of {assignment} is graded yet: run `scratchgrade grade "
            f"{assignment}` first"
        )
    return records, gradebook.manual_scores(here.store, assignment)


def counting(here: Course, assignment: str) -> list[Record]:
    """What counts for each student, all of the same exercises.

    Raises:
        CourseError: if some were graded with a release of other exercises or
            points: no table and no statistics could hold both.
    """
    records = here.store.current(assignment)
    shapes = [
        [(part.cell, part.max_points) for part in [*r.exercises, *r.manual]]
        for r in records
    ]
    if any(shape != shapes[0] for shape in shapes):
        raise CourseError(
            f"some results of {assignment} are of a release with other "
            f"exercises or points: run `scratchgrade regrade {assignment}`"
        )
    return records


@contextlib.contextmanager
def held(here: Course, wait: bool = False) -> Iterator[None]:
    """Hold the course while a command writes.

    Raises:
        Locked: if another run holds it, and `wait` is false.
    """

    def waiting(holder: str) -> None:
        say(f"Waiting for another run to end ({escape(holder)}).")

    with here.store.lock(wait, waiting) as left:
        if left:
            say(f"An earlier run ({escape(left)}) was cut off; going on.")
        yield


class RateColumn(ProgressColumn):
    """Submissions a minute, over the last half minute."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{60 * speed:.0f} a minute" if speed else "")


class Reporter:
    """A progress bar on a terminal, a line a submission elsewhere.

    The bar counts what is still to do in this run, so that rate and time
    left are not flattered by what an earlier run did.
    """

    def __init__(self, total: int):
        self.total, self.done, self.to_do = total, 0, total
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=out,
            disable=not out.is_terminal,
            transient=True,
        )

    def __enter__(self) -> "Reporter":
        self.bar.start()
        self.task = self.bar.add_task("Grading", total=self.total)
        return self

    def __exit__(self, *_) -> None:
        self.bar.stop()

    def __call__(self, record: Record, new: bool) -> None:
        self.done += 1
        if new:
            self.bar.update(self.task, advance=1, description=record.student)
        else:
            self.to_do -= 1
            self.bar.update(self.task, total=self.to_do)
        if not out.is_terminal and new:
            points = f"{record.points:g}/{record.max_points:g}"
            what = record.refused or verdicts([record])
            line = f"{self.done:>4}/{self.total} {record.student:<24} "
            say(escape(f"{line}{points:>8}  {what}"))


def verdicts(records: list[Record]) -> str:
    """How many exercises ended how, in words."""
    counts = Counter(e.verdict for r in records for e in r.exercises)
    return ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v])


def tell_verdicts(records: list[Record]) -> None:
    say(f"Exercises: {verdicts(records)}")
    broken = [
        f"{r.student} {e.id} {c.name!r}: {c.came_out}"
        for r in records
        for e in r.exercises
        for c in e.checks
        if c.verdict == Verdict.NOT_GRADABLE and "check itself" in c.came_out
    ]
    for line in broken:
        say(f"[yellow]A check stopped; look at it:[/yellow] {escape(line)}")
