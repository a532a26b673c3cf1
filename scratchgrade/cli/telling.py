"""Commands that tell people: feedback."""

from scratchgrade.cli.common import (
    HERE,
    Name,
    Root,
    app,
    count,
    graded,
    say,
    show,
)
from scratchgrade.cli.reporting import write_report
from scratchgrade.course import Course
from scratchgrade.store import write_atomically


@app.command()
def feedback(assignment: Name, course: Root = HERE) -> None:
    """Write a page for each student, and the instructor's report.

    The pages stand in grading/feedback/<student>/<assignment>/, the report
    is grading/feedback/index.html. Scores and comments entered by hand are
    taken from the gradebook.
    """
    from scratchgrade import feedback as pages
    from scratchgrade import late

    here = Course.around(course)
    records, manual = graded(here, assignment)
    lateness = late.of_class(here.store, records)
    for record in records:
        late_by = lateness[record.student]
        page = pages.student_page(record, manual, late_by)
        path = here.feedback / pages.page_path(record)
        write_atomically(path, page.encode())
    say(f"{count(records, 'page')} in {show(here, here.feedback)}")
    write_report(here)
