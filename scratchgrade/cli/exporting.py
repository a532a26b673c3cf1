"""Commands that pass results on: export, similarity."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from scratchgrade.checks.kit import CourseError
from scratchgrade.cli.common import (
    HERE,
    Name,
    Root,
    app,
    count,
    graded,
    out,
    say,
    show,
)
from scratchgrade.course import Course
from scratchgrade.roster import read_roster
from scratchgrade.store import write_atomically


class To(StrEnum):
    """Who is to read the table."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"


@app.command()
def export(
    assignment: Name,
    course: Root = HERE,
    to: Annotated[To, typer.Option(help="Who is to read it.")] = To.CSV,
    template: Annotated[
        Path | None,
        typer.Option(
            help="For Canvas: its gradebook, exported as CSV; it tells who "
            "everybody is there."
        ),
    ] = None,
    column: Annotated[
        str,
        typer.Option(
            help="For Canvas: the assignment's name there.",
            show_default="as here",
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            help="The file to write.",
            show_default="grading/exports/<assignment>[.canvas|.moodle].csv",
        ),
    ] = None,
) -> None:
    """Write the points of all students as CSV, or for Canvas or Moodle.

    What Canvas and Moodle import holds only final points: a student of whom
    a person must still look at something is left out and listed, and what
    stands there now stays. No cell can be taken for a formula.
    """
    from scratchgrade import export as tables
    from scratchgrade import late
    from scratchgrade.tables import read_table

    if (to == To.CANVAS) != (template is not None):
        raise CourseError(
            "--to canvas needs --template FILE, the gradebook that Canvas "
            "exports (Grades, Export), and only --to canvas has one"
        )
    here = Course.around(course)
    records, manual = graded(here, assignment)
    lateness = late.of_class(here.store, records)
    name = assignment if to == To.CSV else f"{assignment}.{to}"
    path = output or here.exports / f"{name}.csv"
    if to == To.CSV:
        text = tables.to_csv(records, manual, lateness)
        write_atomically(path, text.encode())
        say(f"{count(records, 'row')} in {show(here, path)}")
        return
    roster = read_roster(here.grading / "roster.csv")
    if to == To.MOODLE:
        made = tables.to_moodle(records, manual, lateness, roster)
    else:
        rows = read_table(template)
        made = tables.to_canvas(
            records, manual, lateness, roster, rows, column
        )
    write_atomically(path, made.text.encode())
    say(f"{count(range(made.rows), 'student')} in {show(here, path)}")
    for why, who in (
        ("A person must still look", made.waiting),
        (f"Not to be found for {to}", made.unknown),
    ):
        if who:
            say(f"[yellow]{why}, so left out:[/yellow] {', '.join(who)}")


@app.command()
def similarity(
    assignment: Name,
    course: Root = HERE,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The page to write.",
            show_default="grading/similarity/<assignment>.html",
        ),
    ] = None,
) -> None:
    """Write a page on whose answers are alike: a hint, not evidence.

    Compares the solution cells of every pair of students, by copydetect; what
    the release gave them is not counted. A person must read what it shows.
    """
    from scratchgrade import similarity as alike

    here = Course.around(course)
    work = here.assignment(assignment)
    records = here.store.current(assignment)
    codes = {r.student: alike.code_of(r) for r in records if r.steps}
    if len(codes) < 2:
        raise CourseError(
            f"there is nothing to compare: of {assignment} "
            f"{count(codes, 'answer')} can be read; run `scratchgrade grade "
            f"{assignment}` first"
        )
    if len(codes) > alike.MANY:
        n_pairs = len(codes) * (len(codes) - 1) // 2
        say(
            f"[yellow]{len(codes)} students are {n_pairs:,} pairs; this "
            "takes minutes.[/yellow] Ctrl-C stops it, nothing is lost."
        )

    def progress(pairs: list) -> Iterable:
        return track(
            pairs,
            "Comparing",
            console=out,
            disable=not out.is_terminal,
            transient=True,
        )

    pairs = alike.compare(codes, alike.release_code(work), progress)
    page = alike.similarity_page(assignment, pairs, len(codes))
    path = output or here.grading / "similarity" / f"{assignment}.html"
    write_atomically(path, page.encode())
    say(
        f"{count(pairs, 'pair')} of {len(codes)} students in "
        f"{show(here, path)}: a hint for a person, not evidence"
    )
