"""Commands for whoever runs the class: report."""

from scratchgrade.checks.kit import CourseError
from scratchgrade.cli.common import (
    HERE,
    Root,
    app,
    count,
    counting,
    say,
    show,
)
from scratchgrade.course import Course
from scratchgrade.store import write_atomically


@app.command()
def report(course: Root = HERE) -> None:
    """Write the instructor's report of everything that is graded.

    Scores, verdicts, the commonest mistakes, what a person must look at,
    how well each exercise tells who can do it, and the table of students:
    grading/feedback/index.html. `scratchgrade feedback` writes it too,
    beside the pages of the students that it links to.
    """
    here = Course.around(course)
    if not here.store.graded():
        raise CourseError(
            "nothing is graded yet: run `scratchgrade grade ASSIGNMENT` first"
        )
    write_report(here)


def write_report(here: Course) -> None:
    """Write the report's pages, and remove those that it no longer has."""
    from scratchgrade import gradebook, late
    from scratchgrade.report import INDEX, pages

    classes = {name: counting(here, name) for name in here.store.graded()}
    manual = {
        name: gradebook.manual_scores(here.store, name) for name in classes
    }
    lateness = {
        name: late.of_class(here.store, records)
        for name, records in classes.items()
    }
    written = set()
    for place, page in pages(classes, manual, lateness):
        path = here.feedback / place
        write_atomically(path, page.encode())
        written.add(path)
    for path in set(here.feedback.glob("_*.html")) - written:
        path.unlink()
    more = len(written) - 1
    beside = f", and {count(range(more), 'page')} beside it" * bool(more)
    say(f"Report: {show(here, here.feedback / INDEX)}{beside}")
