"""Feedback pages: one for each student, and a report for the instructor.

Static HTML that runs nothing: whatever a student wrote is shown as text, and
a content security policy forbids scripts, pictures and requests.
"""

import base64
import hashlib
import re
import statistics
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from scratchgrade.checks.kit import Verdict
from scratchgrade.gradebook import ManualScores, final_scores
from scratchgrade.record import Record

TEMPLATES = Path(__file__).with_name("templates")
SIGNS = {
    str(Verdict.PASSED): "✓",
    str(Verdict.FAILED): "✗",
    str(Verdict.TIMED_OUT): "∞",
    str(Verdict.CRASHED): "!",
    str(Verdict.NOT_GRADABLE): "?",
}
# Controls, terminal escapes, and marks that reorder or hide text.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff]"
)


def visible(value: Any) -> Any:
    """Text with what cannot be seen made visible; other values as they are."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return UNSEEN.sub("\ufffd", value)


def number(points: float) -> str:
    return f"{points:g}"


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "feedback.css").read_text("utf-8")
    digest = hashlib.sha256(style.encode()).digest()
    environment.tests["match_own"] = lambda name: name.startswith("own-")
    environment.globals |= {
        "style": Markup(style),
        "style_hash": "sha256-" + base64.b64encode(digest).decode(),
        "signs": SIGNS,
        "num": number,
    }
    return environment


def student_page(record: Record, manual: ManualScores) -> str:
    """The page that a student reads."""
    scores = final_scores(record, manual)
    titles = {e.cell: f"exercise {e.id}" for e in record.exercises}
    titles |= {m.cell: f"question {m.cell}" for m in record.manual}
    entered = manual.get(record.student, {})
    return (
        _templates()
        .get_template("student.html")
        .render(
            title=f"{record.assignment}, {record.student}",
            record=record,
            scores=scores,
            points=number(sum(s.points for s in scores.values())),
            max_points=number(record.max_points + record.max_manual),
            waiting=[titles.get(c, c) for c, s in scores.items() if s.waiting],
            comments={
                cell: entered[cell].comment if cell in entered else ""
                for cell in scores
            },
        )
    )


def report_page(classes: dict[str, list[Record]], manual: dict) -> str:
    """The instructor's table: assignment -> records, assignment -> scores."""
    assignments = [
        _class_table(name, records, manual[name])
        for name, records in sorted(classes.items())
        if records
    ]
    template = _templates().get_template("report.html")
    return template.render(title="Report", assignments=assignments)


def page_path(record: Record) -> str:
    """Where a student's page stands, under the feedback folder."""
    name = record.assignment
    return f"{record.student}/{name}/{name}.html"


def _class_table(
    name: str, records: list[Record], manual: ManualScores
) -> dict[str, Any]:
    rows = [_row(record, manual) for record in records]
    passed = [
        sum(r.exercises[i].verdict == Verdict.PASSED for r in records)
        for i in range(len(records[0].exercises))
    ]
    return {
        "name": name,
        "rows": rows,
        "median": statistics.median(record.points for record in records),
        "max_automatic": records[0].max_points,
        "n_waiting": sum(row["waiting"] for row in rows),
        "manual": records[0].manual,
        "exercises": [
            {"id": e.id, "title": e.title, "passed": n}
            for e, n in zip(records[0].exercises, passed, strict=True)
        ],
    }


def _row(record: Record, manual: ManualScores) -> dict[str, Any]:
    scores = final_scores(record, manual)
    questions = {question.cell for question in record.manual}
    notes = [record.refused] * bool(record.refused) + record.notes
    return {
        "student": record.student,
        "href": page_path(record),
        "points": sum(s.points for s in scores.values()),
        # An unread answer is no exception; it has its own column.
        "waiting": any(
            score.waiting
            for cell, score in scores.items()
            if cell not in questions
        ),
        "exercises": record.exercises,
        "manual": [scores[question.cell] for question in record.manual],
        "note": " ".join(notes),
    }
