"""Results as tables: a plain one, and those that Canvas and Moodle import.

No cell is one that a spreadsheet takes for a formula. A student of whom a
person must still look at something is left out of what Canvas and Moodle
import, and named: a nought that nobody decided is never exported.
"""

import re
from dataclasses import dataclass, field

from scratchgrade.checks.kit import CourseError
from scratchgrade.gradebook import (
    ManualScores,
    Total,
    final_scores,
    total_score,
)
from scratchgrade.late import ON_TIME, Lateness
from scratchgrade.record import Record
from scratchgrade.roster import Roster
from scratchgrade.tables import write_table

# --- the plain table -------------------------------------------------------


def to_csv(
    records: list[Record],
    manual: ManualScores,
    lateness: dict[str, Lateness] | None = None,
) -> str:
    """One row a student: points and verdict of each exercise, and totals.

    A score that a person entered replaces the automatic one. `waiting` names
    the cells that still need a person; while it is not empty, the total is
    not final. The total is after `deduction`, which `late_days` cost.
    """
    first = records[0]
    head = ["student", "assignment", "total", "max", "automatic", "waiting"]
    head += ["late_days", "deduction"]
    for exercise in first.exercises:
        head += [exercise.id, f"{exercise.id} verdict"]
    head += [question.cell for question in first.manual]
    head += ["notes", "submission"]
    late = lateness or {}
    rows = [_row(r, manual, late.get(r.student, ON_TIME)) for r in records]
    return write_table([head, *rows])


def _row(
    record: Record, manual: ManualScores, late_by: Lateness
) -> list[str | float]:
    scores = final_scores(record, manual)
    total = total_score(record, manual, late_by)
    row = [
        record.student,
        record.assignment,
        total.final,
        total.max_points,
        record.points,
        " ".join(total.waiting),
        late_by.days,
        total.deduction,
    ]
    for exercise in record.exercises:
        row += [scores[exercise.cell].points, exercise.verdict]
    for question in record.manual:
        score = scores[question.cell]
        row.append("" if score.waiting else score.points)
    notes = [record.refused] * bool(record.refused)
    notes += record.flags + record.notes
    return [*row, " ".join(notes), record.submission[:16]]


# --- Canvas and Moodle -----------------------------------------------------


@dataclass
class Import:
    """A table for another system to import.

    Attributes:
        rows: how many students are in it.
        waiting: students left out, because a person must look first.
        unknown: students left out, because the other system's list, or our
            roster, does not tell who they are there.
    """

    text: str = ""
    rows: int = 0
    waiting: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


WHO = ["Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID"]
WHO += ["Root Account", "Section"]
POSSIBLE = "Points Possible"


def to_canvas(
    records: list[Record],
    manual: ManualScores,
    lateness: dict[str, Lateness],
    roster: Roster,
    template: list[list[str]],
    column: str = "",
) -> Import:
    """The CSV that Canvas imports into its gradebook.

    Canvas finds students by its own ID and assignments by their number, so
    both are taken from a gradebook that Canvas exported: its columns on who
    somebody is, its row of points possible, and the assignment's column.

    Args:
        template: the rows of Canvas's export.
        column: the assignment's name there; else ours is looked for.

    Raises:
        CourseError: if the template is none, has no such column, or gives
            another number of points for it than the assignment has.
    """
    head, *lines = _template(template)
    target = head.index(_column(head, column or records[0].assignment))
    kept = [i for i, name in enumerate(head) if name in WHO] + [target]
    points = next((r for r in lines if r[0].strip() == POSSIBLE), None)
    _same_points(records[0], head[target], points and points[target])
    made, out = Import(), [[head[i] for i in kept]]
    out += [[points[i] for i in kept]] if points else []
    by_student = {record.student: record for record in records}
    for row in lines:
        student = roster.by_canvas(row[head.index("ID")].strip())
        record = by_student.pop(student.id, None) if student else None
        total = record and _final(record, manual, lateness, made)
        if total:
            out.append([row[i] for i in kept[:-1]] + [total.final])
    made.unknown = sorted(by_student)
    made.text = write_table(out)
    return made


def to_moodle(
    records: list[Record],
    manual: ManualScores,
    lateness: dict[str, Lateness],
    roster: Roster,
) -> Import:
    """The CSV that Moodle imports into its gradebook.

    Map "Email address" to the user's e-mail address (or "ID number" to the ID
    number), and "Grade" and "Feedback" to the assignment, both of them.
    """
    made = Import()
    out: list[list] = [["Email address", "ID number", "Grade", "Feedback"]]
    for record in records:
        student = roster.by_id(record.student)
        if not student or not (student.email or student.idnumber):
            made.unknown.append(record.student)
            continue
        total = _final(record, manual, lateness, made)
        if total:
            line = _summary(record, manual, total)
            out.append([student.email, student.idnumber, total.final, line])
    made.text = write_table(out)
    return made


def _final(
    record: Record,
    manual: ManualScores,
    lateness: dict[str, Lateness],
    made: Import,
) -> Total | None:
    """The student's standing; None, and noted, while a person must look."""
    late_by = lateness.get(record.student, ON_TIME)
    total = total_score(record, manual, late_by)
    if total.waiting:
        made.waiting.append(record.student)
        return None
    made.rows += 1
    return total


def _summary(record: Record, manual: ManualScores, total: Total) -> str:
    scores = final_scores(record, manual)
    parts = [
        f"{e.id} {e.verdict} ({scores[e.cell].points:g}/{e.max_points:g})"
        for e in record.exercises
    ]
    parts += [
        f"{m.cell} ({scores[m.cell].points:g}/{m.max_points:g})"
        for m in record.manual
    ]
    if total.deduction:
        parts.append(f"late ({-total.deduction:g})")
    return ", ".join(parts)


def _template(rows: list[list[str]]) -> list[list[str]]:
    if not rows or not {"Student", "ID", "Section"} <= set(rows[0]):
        raise CourseError(
            "the template is no gradebook of Canvas: its first line must "
            "have the columns Student, ID and Section (in Canvas: Grades, "
            "Export)"
        )
    width = len(rows[0])
    return [(row + [""] * width)[:width] for row in rows]


def _column(head: list[str], name: str) -> str:
    """The assignment's column, "name (number)" or as given in full."""
    there = [c for c in head if re.search(r" \(\d+\)$", c)]
    found = [c for c in there if name in (c, c.rpartition(" (")[0])]
    if len(found) == 1:
        return found[0]
    what = "more than one column" if found else "no column"
    raise CourseError(
        f"the template has {what} for {name!r}; name it with --column, one "
        f"of: {', '.join(map(repr, there)) or 'none, there is no assignment'}"
    )


def _same_points(record: Record, column: str, there: str | None) -> None:
    ours = record.max_points + record.max_manual
    try:
        theirs = float(there) if there and there.strip() else ours
    except ValueError:
        theirs = ours  # "(read only)"
    if theirs != ours:
        raise CourseError(
            f"in Canvas {column!r} has {theirs:g} points, here it has "
            f"{ours:g}: give it {ours:g} points in Canvas and export again"
        )
