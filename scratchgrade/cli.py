"""The command line: release, grade, feedback, export, calibrate."""

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from scratchgrade.checks.kit import CourseError, Verdict
from scratchgrade.course import Course
from scratchgrade.record import Record
from scratchgrade.sandbox import Limits
from scratchgrade.store import Locked, write_atomically

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
DEFAULTS = Limits()


@app.command()
def release(assignment: Name, course: Root = HERE) -> None:
    """Make the students' notebook in exercises/ from solutions/.

    The same source gives the same bytes. Refuses, and writes nothing, when
    the result would show an answer.
    """
    from scratchgrade.release import make_release

    here = Course.around(course)
    path = make_release(here, assignment)
    made = here.assignment(assignment)
    automatic = sum(e.points for e in made.exercises.values())
    by_hand = sum(made.manual.values())
    say(
        f"{path.relative_to(here.root)}: {count(made.exercises, 'exercise')} "
        f"({automatic:g} points), {count(made.manual, 'question')} graded by "
        f"hand ({by_hand:g} points)"
    )


@app.command()
def grade(
    assignment: Name,
    course: Root = HERE,
    workers: Annotated[
        int, typer.Option(min=1, help="Submissions graded at a time.")
    ] = 2,
    call_seconds: Annotated[
        float, typer.Option(min=0.1, help="Time for one call by a check.")
    ] = DEFAULTS.call_seconds,
    cell_seconds: Annotated[
        float, typer.Option(min=0.1, help="Time for one cell.")
    ] = DEFAULTS.cell_seconds,
) -> None:
    """Grade what was handed in, as far as it is not graded yet.

    Submissions are grading/submitted/<student>/<assignment>/<assignment>.ipynb
    as in nbgrader. What was graded before, under the same checks, is not
    graded again, so a run that was stopped goes on where it was. Results go
    to grading/records and into nbgrader's gradebook.
    """
    from scratchgrade import gradebook, run

    here = Course.around(course)
    work = here.assignment(assignment)
    _ = work.exercises  # broken checks are told before anything else
    submissions, problems = run.find_submissions(here.submitted, assignment)
    if not submissions and not problems:
        raise CourseError(
            f"nothing was handed in: {here.submitted} holds no folder "
            f"<student>/{assignment}/"
        )
    limits = Limits(cell_seconds=cell_seconds, call_seconds=call_seconds)
    say(
        "[dim]Student code runs apart from checks and gradebook, but as your "
        "own user: grade the work of people you trust.[/dim]"
    )
    with here.store.lock() as left:
        if left:
            say(f"An earlier run ({escape(left)}) was cut off; going on.")
        started = time.monotonic()
        try:
            with Reporter(len(submissions)) as report:
                summary = run.grade_class(
                    here.store,
                    work,
                    submissions,
                    limits,
                    workers,
                    report=report,
                )
        except KeyboardInterrupt:
            say("Stopped. What is graded is kept; the same command goes on.")
            raise typer.Exit(130) from None
        seconds = time.monotonic() - started
        gradebook.update(here.store, work, summary.records)
    say(
        f"{count(summary.records, 'submission')}: {summary.graded} graded "
        f"now in {seconds:.1f} s, {summary.already} graded before"
    )
    tell_verdicts(summary.records)
    for problem in problems:
        say(f"[yellow]Left out:[/yellow] {escape(problem)}")
    say(f"Next: scratchgrade feedback {assignment}")
    if problems:
        raise typer.Exit(1)


@app.command()
def feedback(assignment: Name, course: Root = HERE) -> None:
    """Write a page for each student, and the instructor's report.

    The pages stand in grading/feedback/<student>/<assignment>/, the report
    is grading/feedback/index.html. Scores and comments entered by hand are
    taken from the gradebook.
    """
    from scratchgrade import feedback as pages
    from scratchgrade import gradebook

    here = Course.around(course)
    records, manual = graded(here, assignment)
    for record in records:
        page = pages.student_page(record, manual)
        path = here.feedback / pages.page_path(record)
        write_atomically(path, page.encode())
    classes = {name: here.store.current(name) for name in here.store.graded()}
    scores = {
        name: gradebook.manual_scores(here.store, name) for name in classes
    }
    report = here.feedback / "index.html"
    write_atomically(report, pages.report_page(classes, scores).encode())
    say(f"{count(records, 'page')} in {show(here, here.feedback)}")
    say(f"Report: {show(here, report)}")


@app.command()
def export(
    assignment: Name,
    course: Root = HERE,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The file to write.",
            show_default="grading/exports/<assignment>.csv",
        ),
    ] = None,
) -> None:
    """Write the points of all students as CSV."""
    from scratchgrade.export import to_csv

    here = Course.around(course)
    records, manual = graded(here, assignment)
    path = output or here.exports / f"{assignment}.csv"
    write_atomically(path, to_csv(records, manual).encode())
    say(f"{count(records, 'row')} in {show(here, path)}")


@app.command()
def calibrate(
    assignment: Name,
    seeds: Annotated[
        int, typer.Option(min=1, help="How often right answers are run.")
    ] = 2000,
) -> None:
    """Test the checks: right answers pass, wrong ones hear their message.

    Runs every answer of the assignment's bank through the checks; fails if
    one does not get what it deserves.
    """
    from scratchgrade import mutants

    report = mutants.calibrate(assignment, seeds)
    mutants.print_report(report, out)
    if not report.ok:
        raise typer.Exit(1)


# --- telling ---------------------------------------------------------------


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
    records = here.store.current(assignment)
    if not records:
        raise CourseError(
            f"nothing of {assignment} is graded yet: run `scratchgrade grade "
            f"{assignment}` first"
        )
    return records, gradebook.manual_scores(here.store, assignment)


class Reporter:
    """A progress bar on a terminal, a line a submission elsewhere."""

    def __init__(self, total: int):
        self.total, self.done = total, 0
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
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
        self.bar.update(self.task, advance=1, description=record.student)
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


def main() -> None:
    """Run the command line; a known mistake ends in one clear line."""
    try:
        app()
    except (CourseError, Locked) as error:
        err = Console(stderr=True, highlight=False, soft_wrap=True)
        err.print(f"scratchgrade: {escape(str(error))}")
        sys.exit(1)


if __name__ == "__main__":
    main()
