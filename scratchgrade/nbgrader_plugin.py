"""`nbgrader autograde` with our box and our checks in place of a kernel.

nbgrader_config.py puts these parts into nbgrader's own converter:

- `prepare` runs before a submission: the gradebook gets the assignment's
  cells as the release has them.
- `ReleaseExporter` never opens a submission: nbgrader is given the release.
- `BoxedExecute` grades the submitted bytes as `scratchgrade grade` does, in
  the box, and writes the points into the graded cells, where nbgrader's
  SaveAutoGrades finds them.
- `SaveVerdicts` marks what a person must look at, and adds the diagnosis.
- `safe_markdown` shows written answers, and comments, without scripts.

A record that is there already is used again, and a new one is kept, so both
commands may be mixed. nbgrader counts a cell without output as right; here
every graded cell has a number, or the submission fails with a message.
"""

import functools
import shutil
from concurrent.futures import Executor, Future
from pathlib import Path

import bleach
import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.filters import markdown2html
from nbgrader.preprocessors import NbGraderPreprocessor

from scratchgrade import gradebook, handed_in, probes, run
from scratchgrade.backup import back_up
from scratchgrade.checks.kit import CourseError
from scratchgrade.course import Course
from scratchgrade.grade import Assignment
from scratchgrade.graded_notebook import graded_notebook
from scratchgrade.intake import student_id
from scratchgrade.record import Record

# What Markdown makes; no pictures, which would be asked of other hosts.
TAGS = {"a", "blockquote", "br", "code", "del", "div", "em", "hr", "p", "pre"}
TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "span", "strong"}
TAGS |= {"table", "tbody", "td", "th", "thead", "tr", "ul"}
LINKS = {"a": ["href", "title"]}


def safe_markdown(source: str) -> str:
    """Markdown as HTML that runs nothing and asks no other host.

    >>> safe_markdown("**x** <script>steal()</script>").strip()
    '<p><strong>x</strong> &lt;script&gt;steal()&lt;/script&gt;</p>'
    """
    return bleach.clean(
        markdown2html(source),
        tags=TAGS,
        attributes=LINKS,
        protocols={"http", "https", "mailto"},
    )


class HereExecutor(Executor):
    """Runs each task at once, in the process and thread that asks."""

    def submit(self, task, /, *args, **kwargs) -> Future:
        """Run the task; the future that comes back is done."""
        future: Future = Future()
        try:
            future.set_result(task(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def prepare(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's pre_convert_hook: make the gradebook fit the release.

    nbgrader gives up on a folder without the assignment's notebook; such a
    submission is marked here, so that it cannot pass for a nought.
    """
    course, work = _find(assignment)
    _write(course, work, [])
    if notebooks and f"{assignment}.ipynb" not in map(_name, notebooks):
        folder = Path(notebooks[0]).parent
        who = student_id(folder.parent.name)
        _write(course, work, [_grade(course, work, who)])


class ReleaseExporter(NotebookExporter):
    """Gives nbgrader the release, whatever file it asks for."""

    def from_filename(self, filename, resources=None, **kwargs):
        """The release through the preprocessors; the file stays unread."""
        _, work = _find(resources["nbgrader"]["assignment"])
        notebook = nbformat.reads(work.release.decode(), as_version=4)
        return self.from_notebook_node(notebook, resources, **kwargs)


class BoxedExecute(NbGraderPreprocessor):
    """Grades in the box; stands where nbgrader has Execute."""

    def preprocess(self, nb, resources):
        """Grade the submission that `resources` names.

        Raises:
            CourseError: if a graded cell of the release has no result.
            NoBox: if there is no box to grade in.
            Locked: if another run holds the course.
            Refused: if the student's folder has a name that is no id.
        """
        told = resources["nbgrader"]
        course, work = _find(told["assignment"])
        try:
            record = _grade(course, work, student_id(told["student"]))
        except Exception:  # no box, broken checks: nbgrader names whom
            gradebook.ask_a_person(course.store, work, told["student"])
            raise
        self.log.info(
            "%s: %g of %g points, %s",
            record.student,
            record.points,
            record.max_points,
            record.refused or [e.verdict for e in record.exercises],
        )
        notebook = graded_notebook(work, record)
        if {e.cell for e in record.exercises} != work.exercises.keys():
            raise CourseError(
                f"{work.name}: the record of {record.student} does not have "
                "a result for each graded cell; grade it again"
            )
        told["scratchgrade"] = record
        _leave_only(course, work, record.student)
        return nbformat.from_dict(notebook), resources


class SaveVerdicts(NbGraderPreprocessor):
    """After SaveAutoGrades: what waits for a person, and the comments."""

    def preprocess(self, nb, resources):
        """Bring the student's rows in line with the record."""
        told = resources["nbgrader"]
        course, work = _find(told["assignment"])
        # SaveAutoGrades has written: leaving it at that is no choice.
        _write(course, work, [told["scratchgrade"]], wait=True)
        return nb, resources


# Of the gradebook as this process found it; one for each submission would
# push out all older copies.
_back_up_once = functools.cache(back_up)


def _write(
    course: Course,
    work: Assignment,
    records: list[Record],
    wait: bool = False,
) -> None:
    with course.store.lock(wait):
        _back_up_once(gradebook.database(course.store))
        gradebook.write(course.store, work, records)


def _name(path: str) -> str:
    return Path(path).name


def _find(assignment: str) -> tuple[Course, Assignment]:
    """The course that nbgrader stands in, and its assignment."""
    course = Course.around(Path.cwd())
    return course, course.assignment(assignment)


def _leave_only(course: Course, work: Assignment, student: str) -> None:
    """Take away what nbgrader copied from the student's folder."""
    folder = course.grading / "autograded" / student / work.name
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != f"{work.name}.ipynb":
            path.unlink()


@functools.cache
def _try_walls() -> None:
    """Once for each run of nbgrader, before anybody's code is run."""
    probes.require(probes.run())


def _grade(course: Course, work: Assignment, student: str) -> Record:
    """The record of one student that counts, graded now if need be."""
    _try_walls()
    handed = handed_in.look(course, work.name)
    if student not in handed.submissions:
        raise CourseError(
            f"{work.name}: {student} handed in nothing that can be taken. "
            + ", ".join(handed.problems)
        )
    with course.store.lock():
        summary = run.grade_class(
            course.store,
            work,
            {student: handed.submissions[student]},
            workers=1,
            make_executor=lambda workers: HereExecutor(),
            choose=handed.choose,
        )
    return summary.records[0]
