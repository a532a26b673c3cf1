"""Feedback pages: one for each student.

Static HTML that runs nothing: whatever a student wrote is shown as text, and
a content security policy forbids scripts, pictures and requests.
"""

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from scratchgrade.checks.kit import Verdict
from scratchgrade.gradebook import ManualScores, final_scores, total_score
from scratchgrade.late import ON_TIME, Lateness
from scratchgrade.record import Record

TEMPLATES = Path(__file__).with_name("templates")
SIGNS = {
    str(Verdict.PASSED): "✓",
    str(Verdict.FAILED): "✗",
    str(Verdict.TIMED_OUT): "∞",
    str(Verdict.CRASHED): "!",
    str(Verdict.NOT_GRADABLE): "?",
}
NO_WALLS = ("none", "process")  # in a record's environment, as its box
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


@functools.cache  # compiling takes longer than filling in
def templates(*sheets: str) -> jinja2.Environment:
    """The templates, with these style sheets and no other."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "".join((TEMPLATES / s).read_text("utf-8") for s in sheets)
    digest = hashlib.sha256(style.encode()).digest()
    environment.tests["match_own"] = lambda name: name.startswith("own-")
    environment.globals |= {
        "style": Markup(style),
        "style_hash": "sha256-" + base64.b64encode(digest).decode(),
        "signs": SIGNS,
        "num": number,
    }
    return environment


def student_page(
    record: Record, manual: ManualScores, late_by: Lateness = ON_TIME
) -> str:
    """The page that a student reads."""
    scores = final_scores(record, manual)
    total = total_score(record, manual, late_by)
    titles = {e.cell: f"exercise {e.id}" for e in record.exercises}
    titles |= {m.cell: f"question {m.cell}" for m in record.manual}
    entered = manual.get(record.student, {})
    return (
        templates("feedback.css")
        .get_template("student.html")
        .render(
            title=f"{record.assignment}, {record.student}",
            record=record,
            scores=scores,
            total=total,
            late_by=late_by,
            waiting=[titles.get(cell, cell) for cell in total.waiting],
            unsafe=record.environment.get("box") in NO_WALLS,
            comments={
                cell: entered[cell].comment if cell in entered else ""
                for cell in scores
            },
        )
    )


def page_path(record: Record) -> str:
    """Where a student's page stands, under the feedback folder."""
    name = record.assignment
    return f"{record.student}/{name}/{name}.html"
