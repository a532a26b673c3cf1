"""What a class's points say about the exercises: is one broken, or useless?

Classical item analysis, as in any book on testing. The items are the
exercises that checks grade; what a person entered replaces what the checks
gave. A submission with anything that could not be judged says nothing about
the exercises and is left out; one that timed out or crashed was judged, and
counts with the points that it got.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scratchgrade.checks.kit import Verdict
from scratchgrade.gradebook import ManualScores, final_scores
from scratchgrade.record import Record

FEW = 10  # students, below which alpha says nothing
SOME = 20  # below which a correlation is not held against an exercise
MANY = 100  # from which the best and the worst are compared as groups
GROUP = 0.27  # of the class; Kelley 1939
NEARLY = 0.95  # passed by so many, an exercise has nothing left to tell
WEAK = 0.2  # a correlation under this separates nobody (Ebel 1965)


@dataclass(frozen=True)
class Item:
    """One exercise, as a class met it.

    Attributes:
        verdicts: how many submissions ended how; all of them are counted.
        difficulty: the mean share of its points; 1 is easy. None if nobody
            could be judged.
        discrimination: the correlation of its points with those of all the
            other exercises together. None if either is always the same.
        groups: the mean share in the best 27 % of the class less that in the
            worst 27 %. None in a class of less than a hundred.
        flags: what an instructor should look at, in words.
    """

    id: str
    title: str
    max_points: float
    verdicts: dict[str, int]
    difficulty: float | None
    discrimination: float | None
    groups: float | None
    flags: list[str]


@dataclass(frozen=True)
class Analysis:
    """All items of an assignment, and the test that they make together.

    Attributes:
        judged: how many submissions the figures rest on.
        alpha: Cronbach's alpha, how far the exercises measure one thing.
            None with less than ten students or one exercise.
    """

    items: list[Item]
    judged: int
    alpha: float | None


def analyse(records: Sequence[Record], manual: ManualScores) -> Analysis:
    """The item statistics of one assignment's records."""
    points = [row for r in records if (row := _points(r, manual))]
    columns = list(zip(*points, strict=True))
    exercises = records[0].exercises if records else []
    items = []
    for i, exercise in enumerate(exercises):
        verdicts = Counter(r.exercises[i].verdict for r in records)
        most = exercise.max_points
        mine = columns[i] if columns else ()
        rest = [sum(row) - row[i] for row in points]
        figures = {
            "difficulty": share(mine, most),
            "discrimination": correlation(mine, rest),
            "groups": best_less_worst(mine, list(map(sum, points)), most),
        }
        items.append(
            Item(
                exercise.id,
                exercise.title,
                most,
                {str(v): verdicts[v] for v in Verdict if verdicts[v]},
                **figures,
                flags=_flags(verdicts, len(points), figures),
            )
        )
    return Analysis(items, len(points), alpha(columns))


def _points(record: Record, manual: ManualScores) -> list[float] | None:
    """The points of each exercise, or None if one could not be judged."""
    scores = final_scores(record, manual)
    for exercise in record.exercises:
        unjudged = exercise.verdict == Verdict.NOT_GRADABLE
        if unjudged and scores[exercise.cell].waiting:
            return None
    return [scores[e.cell].points for e in record.exercises]


# --- figures ---------------------------------------------------------------


def share(points: Sequence[float], most: float) -> float | None:
    """The mean part of the points there are.

    >>> share([0, 2, 4], 4)
    0.5
    """
    return statistics.fmean(points) / most if points and most else None


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's, or None where either never changes.

    >>> correlation([0, 1, 2], [5, 7, 9])
    1.0
    """
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        return None
    found = statistics.correlation(xs, ys)
    return max(-1.0, min(1.0, found))


def best_less_worst(
    points: Sequence[float], totals: Sequence[float], most: float
) -> float | None:
    """The mean share in the best 27 % less that in the worst 27 %.

    Students with the same total share the last places of a group, so their
    order does not matter.
    """
    if len(points) < MANY or not most:
        return None
    size = math.ceil(GROUP * len(points))
    best = _mean_of_first(points, [-t for t in totals], size)
    return (best - _mean_of_first(points, totals, size)) / most


def _mean_of_first(
    points: Sequence[float], ranks: Sequence[float], size: int
) -> float:
    """The mean of the `size` points of lowest rank; ties count in part."""
    edge = sorted(ranks)[size - 1]
    inside = [p for p, r in zip(points, ranks, strict=True) if r < edge]
    at_edge = [p for p, r in zip(points, ranks, strict=True) if r == edge]
    part = (size - len(inside)) * statistics.fmean(at_edge)
    return (math.fsum(inside) + part) / size


def alpha(columns: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha of the items' points, each a column of students."""
    n_items = len(columns)
    if n_items < 2 or len(columns[0]) < FEW:
        return None
    totals = [math.fsum(row) for row in zip(*columns, strict=True)]
    if not (spread := statistics.variance(totals)):
        return None
    own = math.fsum(statistics.variance(column) for column in columns)
    return n_items / (n_items - 1) * (1 - own / spread)


# --- words -----------------------------------------------------------------


def _flags(
    verdicts: Counter, judged: int, figures: dict[str, float | None]
) -> list[str]:
    """What to look at; a small class gives little to go by.

    Chance alone gives correlations of 1 / sqrt(students), so a negative one
    is held against an exercise from twice that on.
    """
    n, found = verdicts.total(), []
    r = figures["discrimination"]
    if verdicts[Verdict.PASSED] == n:
        found.append("everybody passes")
    elif not verdicts[Verdict.PASSED]:
        found.append("nobody passes")
    elif verdicts[Verdict.PASSED] >= NEARLY * n:
        found.append("almost everybody passes")
    elif judged >= SOME and r is not None and r < -2 / math.sqrt(judged):
        found.append("those who do well elsewhere do worse here")
    elif judged >= SOME and r is not None and r < WEAK:
        found.append("does not separate")
    stopped = verdicts[Verdict.TIMED_OUT] + verdicts[Verdict.CRASHED]
    if stopped * 10 > n:
        found.append(f"{stopped} of {n} timed out or crashed")
    if verdicts[Verdict.NOT_GRADABLE] * 10 > n:
        found.append(f"{verdicts[Verdict.NOT_GRADABLE]} of {n} not gradable")
    return found
