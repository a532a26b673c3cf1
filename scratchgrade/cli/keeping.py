"""Commands that look after what is kept: policy, verify, restore."""

from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from scratchgrade.checks.kit import CourseError
from scratchgrade.cli.common import HERE, Name, Root, app, held, out, say
from scratchgrade.course import Course
from scratchgrade.policy import Policy


@app.command()
def policy(
    assignment: Name,
    course: Root = HERE,
    due: Annotated[
        str | None,
        typer.Option(
            help="Date and time, such as 2026-12-01T23:59+01:00; `none` "
            "takes it away."
        ),
    ] = None,
    zone: Annotated[
        str,
        typer.Option(help="The zone of --due, such as Europe/Berlin."),
    ] = "",
    grace: Annotated[
        float | None, typer.Option(help="Minutes that cost nothing.")
    ] = None,
    percent_a_day: Annotated[
        float | None,
        typer.Option(
            help="Of the points earned, taken off for each day that has "
            "begun since the grace ended."
        ),
    ] = None,
    cap: Annotated[
        float | None, typer.Option(help="The most percent taken off.")
    ] = None,
    attempts: Annotated[
        str | None,
        typer.Option(help="Which attempt counts: last, best or first."),
    ] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option(help="Later attempts do not count; 0 is no limit."),
    ] = None,
) -> None:
    """Show or set due date, lateness and attempts of an assignment.

    The rules stand in grading/policy.toml. Records keep the points that the
    work earned, so rules may change at any time: feedback and export follow
    at once, nbgrader's gradebook with the next `scratchgrade grade`.
    """
    from scratchgrade import policy as rules

    here = Course.around(course)
    here.assignment(assignment)  # is there such a thing at all
    given = {
        "grace_minutes": grace,
        "percent_a_day": percent_a_day,
        "cap_percent": cap,
        "attempts": attempts,
        "max_attempts": max_attempts,
    }
    changes = {k: v for k, v in given.items() if v is not None}
    try:
        if due is not None:
            none = due == "none"
            changes["due"] = None if none else rules.parse_due(due, zone)
        elif zone:
            raise ValueError("--zone belongs to --due")
        if changes:
            with held(here):
                old = rules.policy_of(here.grading, assignment)
                new = replace(old, **changes)
                rules.save(here.grading, assignment, new)
    except ValueError as error:
        raise CourseError(f"{assignment}: {error}") from None
    for line in in_words(rules.policy_of(here.grading, assignment)):
        say(escape(line))
    if changes:
        say(f"Next: scratchgrade grade {assignment}")


def in_words(policy: Policy) -> list[str]:
    """The rules, as one would say them."""
    which = {"last": "the last", "first": "the first", "best": "the best"}
    limit = f" of the first {policy.max_attempts}" * bool(policy.max_attempts)
    attempts = f"{which[policy.attempts]} attempt{limit} counts"
    if policy.due is None:
        return ["No due date: nothing is late.", f"Attempts: {attempts}."]
    return [
        f"Due {policy.due:%Y-%m-%d %H:%M %z}, {policy.grace_minutes:g} "
        "minutes of grace.",
        f"Late: {policy.percent_a_day:g} % of the points earned for each day "
        f"that has begun, {policy.cap_percent:g} % at most.",
        f"Attempts: {attempts}.",
    ]


@app.command()
def verify(course: Root = HERE) -> None:
    """Read everything that is kept, and say what is not as it was.

    Submissions are hashed again, records and receipts read, and compared
    with each other and with the gradebook. Nothing is changed. Exit code 1
    if something is wrong; the table says what mends it.
    """
    from scratchgrade.verify import verify as read_all

    here = Course.around(course)
    with held(here):
        report = read_all(here.store)
    if report.problems:
        table = Table("in grading/", "what is wrong", "what mends it")
        for problem in report.problems:
            table.add_row(
                *map(escape, (problem.where, problem.what, problem.mend))
            )
        out.print(table, soft_wrap=False)
    read = ", ".join(f"{n} {what}" for what, n in report.read.items())
    say(f"Read: {read or 'nothing yet'}")
    if report.problems:
        say(f"[red]{len(report.problems)} wrong.[/red]")
        raise typer.Exit(1)
    say("Everything is as it was written.")


@app.command()
def restore(
    number: Annotated[
        int | None,
        typer.Argument(help="The backup's number.", show_default="list them"),
    ] = None,
    course: Root = HERE,
) -> None:
    """List the copies of the gradebook, or bring one back.

    A copy is made before each change by `grade` and `regrade`; the newest
    ten are kept. What stands there is copied too before it is replaced.
    """
    from scratchgrade import backup
    from scratchgrade.gradebook import database

    here = Course.around(course)
    if number is None:
        found = backup.backups(here.grading)
        for each in found:
            size = each.path.stat().st_size
            made = each.made.astimezone()
            say(f"{each.number:>6}  {made:%Y-%m-%d %H:%M:%S}  {size:>11,} B")
        last = "to bring one back: scratchgrade restore NUMBER"
        say(last if found else "No copies yet: `grade` makes them.")
        return
    with held(here):
        done = backup.restore(database(here.store), number)
    say(
        f"The gradebook is that of {done.made.astimezone():%Y-%m-%d %H:%M:%S}"
        " again. Points come from the records as always; scores entered by "
        "hand are those of that time. Next: scratchgrade grade ASSIGNMENT"
    )
