"""Commands that take in: collect, roster."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from scratchgrade import sources
from scratchgrade.checks.kit import CourseError
from scratchgrade.cli.common import (
    HERE,
    Name,
    Root,
    app,
    count,
    held,
    out,
    say,
    show,
)
from scratchgrade.collect import one_each, take
from scratchgrade.course import Course
from scratchgrade.intake import Refused
from scratchgrade.roster import (
    Roster,
    merge,
    read_roster,
    students_in,
    write_roster,
)
from scratchgrade.sources import Found, Kind

roster_app = typer.Typer(
    help="Who is in the class, in grading/roster.csv.",
    no_args_is_help=True,
)
app.add_typer(roster_app, name="roster")


@app.command()
def collect(
    assignment: Name,
    source: Annotated[
        Path,
        typer.Argument(
            help="nbgrader's inbound folder, a folder of notebooks, or the "
            "archive of all submissions from Canvas or Moodle."
        ),
    ],
    course: Root = HERE,
    kind: Annotated[
        Kind | None,
        typer.Option(
            "--from",
            help="What the source is.",
            show_default="found out by its names",
        ),
    ] = None,
    received: Annotated[
        str,
        typer.Option(
            help="When it was all received, such as 2026-12-01T23:59+01:00; "
            "of Canvas, those that it marked late.",
            show_default="what the source tells",
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look and tell; keep nothing.")
    ] = False,
    check_owner: Annotated[
        bool,
        typer.Option(
            help="Whether a folder of nbgrader's exchange must belong to the "
            "user that it is named after."
        ),
    ] = True,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another run to end.")
    ] = False,
) -> None:
    """Take in what students handed in.

    Students are matched exactly: by the id of the roster in folders, by their
    number in Canvas, by number or full name in Moodle. Who is not matched is
    listed and left out, and the exit code is 1. Without a roster, names of
    folders are taken for ids.

    The time of receipt is, in the exchange, when folder and file were last
    changed by the system's clock; in a folder, when the file was written; of
    Moodle, what the archive says; of Canvas it is unknown, which counts as on
    time, unless Canvas marked it late: then it is the time of the archive. No
    file of a submission is asked. May be repeated: nothing is taken twice.
    """
    here = Course.around(course)
    here.assignment(assignment)  # is there such a thing at all
    when = _time(received)
    roster = read_roster(_path(here))
    opened = sources.open_source(source, assignment, roster, kind, check_owner)
    with held(here, wait), opened as (kind, raw):
        found = [_at(f, when) for f in one_each(raw, assignment)]
        told = [
            (f, _taken(here, assignment, f, kind, dry_run))
            for f in track(
                found,
                "Collecting",
                console=out,
                disable=not out.is_terminal,
                transient=True,
            )
        ]
    if not told:
        raise CourseError(
            f"{source} (as {kind}) holds nothing of {assignment}"
        )
    _tell(told, kind, roster, dry_run)
    if any(what not in (NEW, THERE) for _, what in told):
        raise typer.Exit(1)
    if not dry_run:
        say(f"Next: scratchgrade grade {assignment}")


NEW, THERE = "new", "there already"


def _time(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise CourseError(
            f"--received {text!r} is no time; write it as "
            "2026-12-01T23:59+01:00"
        ) from None
    if when and when.tzinfo is None:
        raise CourseError(
            f"--received {text} has no time zone: add its offset, as in "
            f"{text}+01:00"
        )
    return when


def _at(found: Found, when: datetime | None) -> Found:
    """With the time that was typed, but where Canvas says: in time."""
    return found.received_at(when) if when else found


def _taken(
    here: Course, assignment: str, found: Found, kind: Kind, dry_run: bool
) -> str:
    """Take one file in; says what became of it."""
    if found.problem:
        return sources.printable(found.problem)
    late = ", marked late" if found.late else ""
    source = f"{kind}{late}: {found.label}"
    try:
        new = take(
            here.store, here.submitted, assignment, found, source, dry_run
        )
    except Refused as refusal:
        return sources.printable(str(refusal))
    return NEW if new else THERE


def _tell(
    told: list[tuple[Found, str]], kind: Kind, roster: Roster, dry_run: bool
) -> None:
    table = Table(title=f"From {kind}" + (", nothing kept" * dry_run))
    for column in ("student", "file", "received", ""):
        table.add_column(column, overflow="fold")
    for found, what in told:
        if what in (NEW, THERE) and len(told) > LONG and not found.late:
            continue
        when = found.received
        table.add_row(
            escape(found.student) or "[yellow]not matched[/yellow]",
            escape(found.label),
            (f"{when:%Y-%m-%d %H:%M} UTC" if when else "not known")
            + (", late" * found.late),
            what if what in (NEW, THERE) else f"[yellow]{escape(what)}",
        )
    if table.row_count:
        out.print(table)
    counts = Counter(
        what if what in (NEW, THERE) else "left out" for _, what in told
    )
    say(", ".join(f"{n} {what}" for what, n in counts.items()))
    taken = {f.student for f, what in told if what in (NEW, THERE)}
    missing = [s.id for s in roster.students if s.id not in taken]
    if missing:
        names = ", ".join(missing[:LONG]) + (", ..." * (len(missing) > LONG))
        say(f"[dim]Nothing from {len(missing)} of the roster: {names}[/dim]")
    if not len(roster):
        say("[dim]No roster: names of folders were taken for ids.[/dim]")


LONG = 40  # with more lines than this, only what is unusual is listed


# --- the roster ------------------------------------------------------------


def _path(here: Course) -> Path:
    return here.grading / "roster.csv"


@roster_app.command("import")
def import_roster(
    file: Annotated[
        Path,
        typer.Argument(
            help="The gradebook as Canvas or Moodle exports it as CSV, or "
            "the grading worksheet of an assignment in Moodle."
        ),
    ],
    course: Root = HERE,
) -> None:
    """Add the students of an exported gradebook to the roster.

    An id is made of the login (Canvas), the ID number or the address
    (Moodle), and stays from then on; edit grading/roster.csv to change one.
    Moodle names the folders of each assignment by other numbers: they stand
    in its grading worksheet, and are added to the students who are there.
    """
    here = Course.around(course)
    if not file.exists():
        raise CourseError(f"{file} does not exist")
    with held(here):
        old = read_roster(_path(here)).students
        new = merge(old, students_in(file))
        write_roster(_path(here), new)
    changed = sum(student not in old for student in new) - len(new) + len(old)
    say(
        f"{show(here, _path(here))}: {count(new, 'student')}, "
        f"{len(new) - len(old)} new, {changed} changed"
    )


@roster_app.command("show")
def show_roster(course: Root = HERE) -> None:
    """List the roster."""
    here = Course.around(course)
    roster = read_roster(_path(here))
    table = Table()
    columns = ("id", "name", "canvas_id", "moodle_id", "email", "idnumber")
    for column in columns:
        table.add_column(column, overflow="fold")
    for student in roster.students:
        cells = (getattr(student, column) for column in columns)
        table.add_row(*(escape(cell) for cell in cells))
    out.print(table)
