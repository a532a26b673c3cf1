"""Commands before a class hands in: release, calibrate."""

from typing import Annotated

import typer

from scratchgrade.cli.common import HERE, Name, Root, app, count, out, say
from scratchgrade.course import Course


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
def calibrate(
    assignment: Name,
    seeds: Annotated[
        int, typer.Option(min=1, help="How often right answers are run.")
    ] = 2000,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that share the work.")
    ] = 1,
) -> None:
    """Test the checks: right answers pass, wrong ones hear their message.

    Runs every answer of the assignment's bank through the checks; fails if
    one does not get what it deserves.
    """
    from scratchgrade import mutants

    report = mutants.calibrate(assignment, seeds, workers=workers)
    mutants.print_report(report, out)
    if not report.ok:
        raise typer.Exit(1)
