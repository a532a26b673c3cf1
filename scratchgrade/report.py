"""The instructor's report: how a class did, and what a person must look at.

Static HTML like the feedback pages, with the same policy: no script, no
request, whatever a student wrote shown as text. The overview of every
assignment is in one page; the students of a large class have pages of their
own, five hundred on each, so that a browser opens them at once.
"""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy
from markupsafe import Markup

from scratchgrade.charts import histogram, verdict_bars
from scratchgrade.checks.kit import Verdict
from scratchgrade.feedback import NO_WALLS, page_path, templates
from scratchgrade.gradebook import (
    UNCLEAR,
    ManualScores,
    final_scores,
    total_score,
)
from scratchgrade.late import ON_TIME, Lateness
from scratchgrade.record import Record
from scratchgrade.statistics import analyse

INDEX = "index.html"
ROWS = 500  # students of a page
MISTAKES = 20  # that are shown of an assignment
NAMED = 200  # students that are named for one reason
N_BARS = 9  # of time and memory, one a step
STEPS = [float(f"{m}e{e}") for e in range(-3, 7) for m in (1, 2, 5)]
EXAMPLES = 3  # pages linked from a mistake
SHEETS = ("feedback.css", "report.css")

Late = Mapping[str, Lateness]  # by student


def pages(
    classes: Mapping[str, Sequence[Record]],
    manual: Mapping[str, ManualScores],
    late: Mapping[str, Late] = {},
) -> Iterator[tuple[str, str]]:
    """Every page of the report: where it stands under feedback/, its HTML.

    Args:
        classes: the records that count, by assignment.
        manual: what people entered, by assignment.
        late: how late each student was, by assignment.
    """
    overviews = []
    for name, records in sorted(classes.items()):
        if not records:
            continue
        rows = [
            _row(record, manual[name], late.get(name, {}))
            for record in records
        ]
        tables = [rows[i : i + ROWS] for i in range(0, len(rows), ROWS)]
        table = _table(name, records)
        overviews.append(
            _overview(name, records, manual[name], rows)
            | {"table": table, "tables": _places(name, tables)}
        )
        if len(tables) > 1:
            yield from _students(table, tables)
    template = templates(*SHEETS).get_template("report.html")
    yield INDEX, template.render(title="Report", assignments=overviews)


# --- the students ----------------------------------------------------------


def _row(record: Record, manual: ManualScores, late: Late) -> dict[str, Any]:
    scores = final_scores(record, manual)
    total = total_score(record, manual, late.get(record.student, ON_TIME))
    questions = {question.cell for question in record.manual}
    notes = [record.refused] * bool(record.refused)
    notes += record.flags + record.notes
    usage = record.usage
    return {
        "student": record.student,
        "href": page_path(record),
        "points": total.final,
        # An unread answer is no exception; it has its own column.
        "waiting": any(cell not in questions for cell in total.waiting),
        "exercises": [(e, scores[e.cell].points) for e in record.exercises],
        "manual": [scores[question.cell] for question in record.manual],
        "seconds": f"{usage.seconds:.1f}" if usage else "",
        "note": " ".join(notes)[:100],
    }


def _table(name: str, records: Sequence[Record]) -> dict[str, Any]:
    """What every page of an assignment's students has at its head and foot."""
    first = records[0]
    return {
        "name": name,
        "n_students": len(records),
        "exercises": first.exercises,
        "manual": first.manual,
        "passed": [
            sum(r.exercises[i].verdict == Verdict.PASSED for r in records)
            for i in range(len(first.exercises))
        ],
        "timed": any(r.usage for r in records),
    }


def _places(name: str, tables: Sequence[list]) -> list[dict[str, Any]]:
    """Where each page of students stands, and who is on it."""
    alone = len(tables) == 1
    return [
        {
            # No student's folder begins with "_", so none is in the way.
            "href": f"#{name}-students" if alone else f"_{name}.{i}.html",
            "first": rows[0]["student"],
            "last": rows[-1]["student"],
            "rows": rows,
            "letters": _letters(rows),
        }
        for i, rows in enumerate(tables, 1)
    ]


def _letters(rows: Sequence[dict]) -> dict[str, str]:
    """The first student of each letter, to jump to in a long table."""
    if len(rows) < 50:
        return {}
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(row["student"][0], row["student"])
    return found


def _students(
    table: dict[str, Any], tables: Sequence[list]
) -> Iterator[tuple[str, str]]:
    places = _places(table["name"], tables)
    template = templates(*SHEETS).get_template("students.html")
    for i, place in enumerate(places):
        yield (
            place["href"],
            template.render(
                title=f"{table['name']}, {place['first']} to {place['last']}",
                table=table,
                place=place,
                before=places[i - 1] if i else None,
                after=places[i + 1] if i + 1 < len(places) else None,
            ),
        )


# --- the class -------------------------------------------------------------


def _overview(
    name: str,
    records: Sequence[Record],
    manual: ManualScores,
    rows: Sequence[dict],
) -> dict[str, Any]:
    analysis = analyse(records, manual)
    judged = [r for r in records if not r.refused]
    return {
        "name": name,
        "n_students": len(records),
        "n_refused": len(records) - len(judged),
        "n_waiting": sum(row["waiting"] for row in rows),
        "n_unsafe": sum(r.environment.get("box") in NO_WALLS for r in records),
        "max_automatic": records[0].max_points,
        "median": statistics.median([r.points for r in judged] or [0]),
        "analysis": analysis,
        "charts": _charts(name, judged, analysis.items),
        "mistakes": _mistakes(records),
        "unclear": _unclear(records, manual),
        "named": NAMED,
    }


def _charts(
    name: str, judged: Sequence[Record], items: Sequence
) -> list[dict[str, Any]]:
    if not judged or not items:
        return []
    most = judged[0].max_points or 1
    shares = [100 * r.points / most for r in judged]
    found = [
        {
            "title": "Scores",
            "svg": Markup(
                histogram(
                    f"{name}-scores",
                    shares,
                    range(0, 101, 10),
                    "% of the automatic points",
                )
            ),
            "caption": f"{len(judged)} submissions that could be read.",
        },
        {
            "title": "Verdicts by exercise",
            "svg": Markup(
                verdict_bars(
                    f"{name}-verdicts", [(i.id, i.verdicts) for i in items]
                )
            ),
            "caption": "Submissions; the numbers stand in the table below.",
        },
    ]
    used = [r for r in judged if r.usage]
    for title, unit, value in (
        ("Time of grading", "seconds", lambda u: u.seconds),
        ("Memory of grading", "MiB", lambda u: u.peak_bytes / 2**20),
    ):
        measured = {r.student: value(r.usage) for r in used}
        measured = {who: x for who, x in measured.items() if x > 0}
        if measured:
            found.append(_usage_chart(name, title, unit, measured))
    return found


def _usage_chart(
    name: str, title: str, unit: str, measured: Mapping[str, float]
) -> dict[str, Any]:
    values = list(measured.values())
    most = max(measured, key=measured.get)
    middle, high = numpy.percentile(values, [50, 95])
    return {
        "title": title,
        "svg": Markup(
            histogram(
                f"{name}-{unit}",
                values,
                _edges(values),
                f"{unit} of a submission",
            )
        ),
        "caption": f"Half within {middle:.3g}, 95 % within {high:.3g} {unit}; "
        f"the most, {measured[most]:.3g}, for {most}.",
    }


def _edges(values: Sequence[float]) -> list[float]:
    """Round numbers around all values, at most ten steps apart.

    Where a few values are far above most, the steps grow: 1, 2, 5, 10 ...

    >>> _edges([41, 45, 58])
    [40.0, 42.0, 44.0, 46.0, 48.0, 50.0, 52.0, 54.0, 56.0, 58.0]
    >>> _edges([1, 1, 7])
    [0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]
    """
    low, most = min(values), max(values)
    if most > 4 * statistics.median(values):
        reach = next((i for i, s in enumerate(STEPS) if s >= most), len(STEPS))
        return [0.0, *STEPS[max(0, reach - N_BARS + 2) : reach + 1]]
    least = max((most - low) / N_BARS, most / 100)  # not finer than 1 %
    step = next((s for s in STEPS if s >= least), STEPS[-1])
    first, last = math.floor(low / step), math.ceil(most / step)
    places = range(first, max(last, first + 1) + 1)
    return [float(f"{place * step:g}") for place in places]


def _mistakes(records: Sequence[Record]) -> list[dict[str, Any]]:
    """What failed checks told most students to look at."""
    found: dict[tuple, dict[str, str]] = defaultdict(dict)
    checks: dict[tuple, Counter] = defaultdict(Counter)
    for record in records:
        for exercise in record.exercises:
            for check in exercise.checks:
                if check.verdict == Verdict.FAILED:
                    key = exercise.id, check.look
                    found[key].setdefault(record.student, page_path(record))
                    checks[key][check.name] += 1
    order = sorted(found, key=lambda key: (-len(found[key]), key))
    return [
        {
            "exercise": exercise,
            "look": look,
            "count": len(found[exercise, look]),
            "share": len(found[exercise, look]) / len(records),
            "checks": sorted(checks[exercise, look]),
            "examples": list(found[exercise, look].items())[:EXAMPLES],
        }
        for exercise, look in order[:MISTAKES]
    ]


def _unclear(
    records: Sequence[Record], manual: ManualScores
) -> list[dict[str, Any]]:
    """What timed out, crashed or could not be graded, by reason.

    What a person has settled since is no longer among it.
    """
    found: dict[tuple, dict[str, str]] = defaultdict(dict)
    for record in records:
        scores = final_scores(record, manual)
        for exercise in record.exercises:
            if exercise.verdict not in UNCLEAR:
                continue
            if scores[exercise.cell].waiting:
                where = "the notebook" if record.refused else exercise.id
                reason = record.refused or _reason(exercise)
                key = exercise.verdict, where, reason
                found[key][record.student] = page_path(record)
    order = sorted(found, key=lambda key: (-len(found[key]), key))
    return [
        {
            "verdict": verdict,
            "where": where,
            "reason": reason,
            "count": len(found[verdict, where, reason]),
            "students": list(found[verdict, where, reason].items()),
        }
        for verdict, where, reason in order
    ]


def _reason(exercise) -> str:
    """What the check said that decided an exercise's verdict."""
    return next(
        (
            c.came_out
            for c in exercise.checks
            if c.verdict == exercise.verdict and c.came_out
        ),
        "no reason was recorded",
    )
