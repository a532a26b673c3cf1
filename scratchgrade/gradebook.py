"""Records into nbgrader's gradebook, and a person's scores out of it.

The database is a projection: delete it, grade again, and it is as before.
What a person entered with formgrader (scores, extra credit, comments) is
copied to grading/manual/<assignment>.json first, so it survives too.
"""

import contextlib
import json
import os
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from scratchgrade import late
from scratchgrade.backup import BUSY_SECONDS, back_up, in_words
from scratchgrade.checks.kit import Verdict
from scratchgrade.files import UNFINISHED
from scratchgrade.grade import Assignment
from scratchgrade.graded_notebook import graded_notebook, summary
from scratchgrade.late import ON_TIME, Lateness
from scratchgrade.record import ExerciseRecord, Record
from scratchgrade.store import Store, write_atomically


@dataclass
class Manual:
    """What a person entered for one graded cell or answer.

    Attributes:
        score: replaces the automatic score; None if none was entered.
        submission: the SHA-256 of the submission that was looked at.
    """

    score: float | None = None
    extra: float | None = None
    comment: str = ""
    submission: str = ""


ManualScores = dict[str, dict[str, Manual]]  # student -> cell -> Manual
UNCLEAR = {Verdict.TIMED_OUT, Verdict.CRASHED, Verdict.NOT_GRADABLE}


@dataclass
class Score:
    """The standing of one graded cell or answer.

    Attributes:
        points: a person's score where there is one, else the automatic one.
        waiting: a person must still look at it.
    """

    points: float
    max_points: float
    waiting: bool
    entered: Manual


# Of a cell that came into the release after a submission was graded.
UNGRADED = Score(0, 0, True, Manual())


def final_scores(record: Record, manual: ManualScores) -> dict[str, Score]:
    """A record's points together with what a person entered, by cell."""
    found = {}
    for part in [*record.exercises, *record.manual]:
        entered = manual.get(record.student, {}).get(part.cell, Manual())
        automatic, unclear = 0.0, True
        if isinstance(part, ExerciseRecord):
            automatic, unclear = part.points, part.verdict in UNCLEAR
        looked_at = (
            entered.score is not None
            and entered.submission == record.submission
        )
        points = automatic if entered.score is None else entered.score
        found[part.cell] = Score(
            points + (entered.extra or 0),
            part.max_points,
            unclear and not looked_at,
            entered,
        )
    return found


def automatic_scores(record: Record) -> dict[str, float]:
    """The checks' points by cell; nothing for what they could not judge."""
    return {
        e.cell: e.points
        for e in record.exercises
        if e.verdict != Verdict.NOT_GRADABLE
    }


@dataclass
class Total:
    """All the points of a submission.

    Attributes:
        raw: what the work earned, a person's scores included.
        deduction: what lateness takes off it.
        waiting: the cells that a person must still look at.
    """

    raw: float
    deduction: float
    max_points: float
    waiting: list[str]

    @property
    def final(self) -> float:
        return self.raw - self.deduction


def total_score(
    record: Record, manual: ManualScores, late_by: Lateness = ON_TIME
) -> Total:
    """A record's points together with what a person entered, less lateness."""
    scores = final_scores(record, manual)
    raw = sum(s.points for s in scores.values())
    return Total(
        raw,
        late_by.off(raw),
        record.max_points + record.max_manual,
        [cell for cell, s in scores.items() if s.waiting],
    )


def database(store: Store) -> Path:
    return store.root / "gradebook.db"


@contextlib.contextmanager
def open_gradebook(store: Store) -> Iterator:
    """nbgrader's gradebook; made whole, or not at all, if there is none.

    Raises:
        GradebookError: if it is in use by another program, or damaged.
    """
    from nbgrader.api import Gradebook  # takes seconds, so only when needed

    # For a new database nbgrader calls the program `alembic`, which is beside
    # Python even when the environment has not been activated.
    scripts = sysconfig.get_path("scripts")
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        path = os.environ.get("PATH", os.defpath)
        os.environ["PATH"] = os.pathsep.join([scripts, path])
    path = database(store)
    if not path.exists():
        new = path.with_name(f"{UNFINISHED}{path.name}")
        new.unlink(missing_ok=True)
        Gradebook(f"sqlite:///{new}").close()
        os.replace(new, path)
    url = f"sqlite:///{path}?timeout={BUSY_SECONDS}"
    with in_words(path), Gradebook(url) as book:
        yield book


def manual_scores(store: Store, assignment: str) -> ManualScores:
    """What people entered: from the database, else from the kept copy.

    Brings the kept copy up to date.
    """
    found, seen = _kept(store, assignment)
    if _changed_since(_copy(store, assignment), database(store)):
        changed = _changed_at(database(store))
        with open_gradebook(store) as book:
            found |= _entered(book, assignment, seen, found)
        _keep(store, assignment, found, seen, changed)
    return found


def _copy(store: Store, assignment: str) -> Path:
    return store.root / "manual" / f"{assignment}.json"


def _kept(
    store: Store, assignment: str
) -> tuple[ManualScores, dict[str, str]]:
    """The kept copy, and the submission each student had at that time."""
    path = _copy(store, assignment)
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    found = {
        who: {cell: Manual(**m) for cell, m in entry["cells"].items()}
        for who, entry in kept.items()
    }
    return found, {who: entry["submission"] for who, entry in kept.items()}


def _changed_since(copy: Path, original: Path) -> bool:
    """Whether a copy may be behind; loading nbgrader to see takes seconds."""
    if not original.exists():
        return False
    if not copy.exists():
        return True
    return _changed_at(original) != _changed_at(copy)


def _changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns


def _keep(
    store: Store,
    assignment: str,
    scores: ManualScores,
    seen: dict[str, str],
    changed: int,
) -> None:
    """Write the copy, with the time of the database that it was made from.

    Equal times mean that nothing is new, even where a clock was set back.
    """
    data = {
        who: {
            "submission": seen.get(who, ""),
            "cells": {c: asdict(m) for c, m in scores.get(who, {}).items()},
        }
        for who in sorted(scores.keys() | seen.keys())
    }
    text = json.dumps(data, indent=1, ensure_ascii=False)
    copy = _copy(store, assignment)
    write_atomically(copy, text.encode())
    os.utime(copy, ns=(changed, changed))


def _entered(
    book, assignment: str, seen: dict[str, str], kept: ManualScores
) -> ManualScores:
    """What stands in the database, for every student that is in it."""
    if assignment not in (a.name for a in book.assignments):
        return {}
    found: ManualScores = {}
    for submission in book.assignment_submissions(assignment):
        who = submission.student.id
        cells = found.setdefault(who, {})
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                if grade.manual_score is not None or grade.extra_credit:
                    cells[grade.name] = Manual(
                        grade.manual_score, grade.extra_credit
                    )
            for comment in notebook.comments:
                if comment.manual_comment:
                    entry = cells.setdefault(comment.name, Manual())
                    entry.comment = comment.manual_comment
        for name, entry in cells.items():
            old = kept.get(who, {}).get(name, Manual())
            same = (old.score, old.extra) == (entry.score, entry.extra)
            # The same score as before belongs to what it was given for.
            entry.submission = (old.submission if same else "") or seen.get(
                who, ""
            )
    return found


# --- into the database -----------------------------------------------------


def update(
    store: Store, assignment: Assignment, records: list[Record]
) -> ManualScores:
    """Bring gradebook.db and the autograded notebooks up to date.

    A copy of the gradebook is made first; see `backup`.

    Returns:
        The manual scores, as `manual_scores` does.
    """
    back_up(database(store))
    return write(store, assignment, records)


def write(
    store: Store, assignment: Assignment, records: list[Record]
) -> ManualScores:
    """Do what `update` does, without a copy first."""
    scores = manual_scores(store, assignment.name)
    lateness = late.of_class(store, records)
    with open_gradebook(store) as book, _one_transaction(book):
        _structure(book, assignment)
        for record in records:
            late_by = lateness[record.student]
            _project(book, assignment, record, scores, late_by)
            write_notebook(store, assignment, record)
    _, seen = _kept(store, assignment.name)
    seen |= {record.student: record.submission for record in records}
    changed = _changed_at(database(store))
    _keep(store, assignment.name, scores, seen, changed)
    return scores


def ask_a_person(store: Store, assignment: Assignment, student: str) -> None:
    """Mark a submission that nbgrader holds, and that could not be graded.

    Without a mark its missing scores would count as noughts.
    """
    with open_gradebook(store) as book:
        submission = book.update_or_create_submission(assignment.name, student)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.needs_manual_grade = True
        book.db.commit()


@contextlib.contextmanager
def _one_transaction(book) -> Iterator[None]:
    """All or nothing, and much faster than nbgrader's commit for each row."""
    commit, book.db.commit = book.db.commit, book.db.flush
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Object of type")  # nbgrader's own
        yield
    commit()


def _structure(book, assignment: Assignment) -> None:
    """The assignment's cells as the release has them."""
    name = assignment.name
    graded = {
        cell.grade_id
        for cell in assignment.cells
        if cell.role in ("check", "manual")
    }
    if name in (a.name for a in book.assignments):
        notebook = book.find_assignment(name).notebooks
        there = {c.name for n in notebook for c in n.grade_cells}
        if there == graded:
            for cell in assignment.cells:
                if cell.grade_id in graded:
                    book.update_or_create_grade_cell(
                        cell.grade_id, name, name, max_score=cell.points
                    )
            return
        book.remove_assignment(name)
    book.add_assignment(name)
    book.add_notebook(name, name)
    for cell in assignment.cells:
        if cell.grade_id in graded:
            book.add_grade_cell(
                cell.grade_id,
                name,
                name,
                max_score=cell.points,
                cell_type=cell.kind,
            )
        if cell.role in ("solution", "manual"):
            book.add_solution_cell(cell.grade_id, name, name)
        if cell.grade_id:
            book.add_source_cell(
                cell.grade_id,
                name,
                name,
                cell_type=cell.kind,
                source=cell.source,
                locked=cell.role in ("check", "locked"),
            )


def _project(
    book,
    assignment: Assignment,
    record: Record,
    manual: ManualScores,
    late_by: Lateness,
) -> None:
    book.update_or_create_student(record.student)
    submission = book.update_or_create_submission(
        assignment.name, record.student
    )
    exercises = {e.cell: e for e in record.exercises}
    answers = _answer_cells(assignment)
    scores, automatic = final_scores(record, manual), automatic_scores(record)
    for grade in submission.notebooks[0].grades:
        score = scores.get(grade.name, UNGRADED)
        grade.auto_score = automatic.get(grade.name)
        # Fill in what a new database lacks; never replace what stands there.
        if grade.manual_score is None:
            grade.manual_score = score.entered.score
        if not grade.extra_credit:
            grade.extra_credit = score.entered.extra
        grade.needs_manual_grade = score.waiting
    total = total_score(record, manual, late_by)
    submission.notebooks[0].late_submission_penalty = total.deduction
    submission.timestamp = _naive(late_by.received)
    submission.assignment.duedate = _naive(late_by.due)
    entered = manual.get(record.student, {})
    unanswered = {m.cell for m in record.manual if not m.answer}
    for comment in submission.notebooks[0].comments:
        exercise = exercises.get(answers.get(comment.name, ""))
        if exercise:
            comment.auto_comment = summary(exercise)
        elif comment.name in unanswered:
            comment.auto_comment = "No answer."
        else:
            comment.auto_comment = None
        if not comment.manual_comment:
            kept = entered.get(comment.name, Manual()).comment
            comment.manual_comment = kept or None
    book.db.commit()


def _naive(when: datetime | None) -> datetime | None:
    """The time as nbgrader keeps it: UTC, without saying so."""
    return when and when.astimezone(UTC).replace(tzinfo=None)


def _answer_cells(assignment: Assignment) -> dict[str, str]:
    """The check cell that follows each solution cell."""
    found, waiting = {}, []
    for cell in assignment.cells:
        if cell.role == "solution":
            waiting.append(cell.grade_id)
        elif cell.role == "check":
            found |= dict.fromkeys(waiting, cell.grade_id)
            waiting = []
    return found


def write_notebook(
    store: Store, assignment: Assignment, record: Record
) -> None:
    """Write the notebook that formgrader shows and feedback is made of."""
    notebook = graded_notebook(assignment, record)
    path = store.root / "autograded" / record.student / assignment.name
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    write_atomically(path / f"{assignment.name}.ipynb", text.encode())
