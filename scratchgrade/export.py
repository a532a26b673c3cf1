"""Results as a table for a spreadsheet."""

import csv
import io

from scratchgrade.gradebook import ManualScores, final_scores
from scratchgrade.record import Record


def to_csv(records: list[Record], manual: ManualScores) -> str:
    """One row a student: points and verdict of each exercise, and totals.

    A score that a person entered replaces the automatic one. `waiting` names
    the cells that still need a person; while it is not empty, the total is
    not final.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first = records[0]
    head = ["student", "assignment", "total", "max", "automatic", "waiting"]
    for exercise in first.exercises:
        head += [exercise.id, f"{exercise.id} verdict"]
    head += [question.cell for question in first.manual]
    writer.writerow([*head, "notes", "submission"])
    for record in records:
        writer.writerow(map(safe_cell, _row(record, manual)))
    return out.getvalue()


def _row(record: Record, manual: ManualScores) -> list[str]:
    scores = final_scores(record, manual)
    row = [
        record.student,
        record.assignment,
        f"{sum(s.points for s in scores.values()):g}",
        f"{sum(s.max_points for s in scores.values()):g}",
        f"{record.points:g}",
        " ".join(cell for cell, s in scores.items() if s.waiting),
    ]
    for exercise in record.exercises:
        row += [f"{scores[exercise.cell].points:g}", exercise.verdict]
    for question in record.manual:
        score = scores[question.cell]
        row.append("" if score.waiting else f"{score.points:g}")
    notes = [record.refused] * bool(record.refused) + record.notes
    return [*row, " ".join(notes), record.submission[:16]]


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> safe_cell("=1+1")
    "'=1+1"
    """
    return "'" + text if text.startswith(tuple("=+-@|\t\r\n")) else text
