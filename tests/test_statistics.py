"""Item statistics: what must hold of them, numpy's opinion, small cases."""

import random
from dataclasses import replace

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchgrade import statistics
from scratchgrade.checks.kit import Verdict
from scratchgrade.gradebook import Manual
from scratchgrade.record import ExerciseRecord, Record
from scratchgrade.statistics import analyse, best_less_worst, correlation

MOST = (3, 4, 5)


def a_record(student, points, verdicts=None, refused="") -> Record:
    found = [
        ExerciseRecord(
            f"c{i}",
            f"1.{i}",
            f"Title {i}",
            str(verdict),
            got,
            MOST[i],
            [],
        )
        for i, (got, verdict) in enumerate(
            zip(points, verdicts or judge(points), strict=True)
        )
    ]
    return Record(
        "a", student, student, "v", "k", {}, refused=refused, exercises=found
    )


def judge(points) -> list[Verdict]:
    return [
        Verdict.PASSED if got == most else Verdict.FAILED
        for got, most in zip(points, MOST, strict=True)
    ]


def a_class(rows) -> list[Record]:
    return [a_record(f"s{i}", row) for i, row in enumerate(rows)]


rows = st.lists(
    st.tuples(*(st.integers(0, most) for most in MOST)), min_size=1
)
long_rows = st.lists(
    st.tuples(*(st.integers(0, most) for most in MOST)),
    min_size=100,
    max_size=160,
)


# --- properties ------------------------------------------------------------


@given(rows)
def test_figures_stay_in_their_ranges(points):
    found = analyse(a_class(points), {})
    for item in found.items:
        assert 0 <= item.difficulty <= 1
        assert item.discrimination is None or abs(item.discrimination) <= 1
        assert sum(item.verdicts.values()) == len(points)
    assert found.alpha is None or found.alpha <= 1 + 1e-9
    assert found.judged == len(points)


@settings(max_examples=15)
@given(long_rows, st.randoms(use_true_random=False))
def test_the_order_of_students_does_not_matter(points, rng):
    shuffled = rng.sample(points, len(points))
    before, after = (analyse(a_class(x), {}) for x in (points, shuffled))
    for one, other in zip(before.items, after.items, strict=True):
        assert one.groups == pytest.approx(other.groups, abs=1e-12)
        assert one.discrimination == pytest.approx(other.discrimination)
        assert one.flags == other.flags
    assert before.alpha == pytest.approx(after.alpha)


@given(rows, st.integers(2, 9))
def test_a_scale_of_points_changes_nothing(points, factor):
    """Worth 30 points instead of 3: as hard, and separates as well."""
    records = a_class(points)
    larger = [
        replace(
            r,
            exercises=[
                replace(
                    e,
                    points=e.points * factor,
                    max_points=e.max_points * factor,
                )
                for e in r.exercises
            ],
        )
        for r in records
    ]
    one, other = analyse(records, {}), analyse(larger, {})
    for a, b in zip(one.items, other.items, strict=True):
        assert a.difficulty == pytest.approx(b.difficulty)
        assert a.discrimination == pytest.approx(b.discrimination)
    assert one.alpha == pytest.approx(other.alpha)


@given(rows)
def test_what_nobody_could_judge_changes_no_figure(points):
    records = a_class(points)
    unread = a_record("z", (0, 0, 0), [Verdict.NOT_GRADABLE] * 3, "no text")
    one, other = analyse(records, {}), analyse([*records, unread], {})
    assert other.judged == one.judged
    assert other.alpha == one.alpha
    for a, b in zip(one.items, other.items, strict=True):
        assert (a.difficulty, a.discrimination) == (
            b.difficulty,
            b.discrimination,
        )
        assert b.verdicts["not gradable"] == 1


# --- an independent oracle -------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_numpy_finds_the_same(seed):
    rng = random.Random(seed)
    able = [rng.gauss(0, 1) for _ in range(250)]
    points = [
        tuple(
            min(most, max(0, round(most / 2 + a + rng.gauss(0, 1))))
            for most in MOST
        )
        for a in able
    ]
    found = analyse(a_class(points), {})
    table = numpy.array(points, float)
    total = table.sum(axis=1)
    for i, item in enumerate(found.items):
        rest = numpy.delete(table, i, axis=1).sum(axis=1)
        assert item.difficulty == pytest.approx(table[:, i].mean() / MOST[i])
        assert item.discrimination == pytest.approx(
            numpy.corrcoef(table[:, i], rest)[0, 1]
        )
    k, covariance = len(MOST), numpy.cov(table.T)
    assert found.alpha == pytest.approx(
        k / (k - 1) * (1 - numpy.trace(covariance) / covariance.sum())
    )
    assert total.var(ddof=1) == pytest.approx(covariance.sum())


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_the_ends_of_the_sorted_class(seed):
    """Where no totals are equal, sorting and cutting is all there is."""
    rng = random.Random(seed)
    totals = rng.sample(range(1000), 137)
    points = [rng.randint(0, 4) for _ in totals]
    table = numpy.array(points)[numpy.argsort(totals)]
    want = (table[-37:].mean() - table[:37].mean()) / 4  # 27 % of 137
    assert best_less_worst(points, totals, 4) == pytest.approx(want)


# --- small cases -----------------------------------------------------------


def flags(points) -> list[list[str]]:
    return [item.flags for item in analyse(a_class(points), {}).items]


def test_words_for_what_everybody_and_nobody_does():
    assert flags([(3, 0, i) for i in (0, 5, 5)]) == [
        ["everybody passes"],
        ["nobody passes"],
        [],
    ]


def test_an_exercise_that_separates_nobody_is_named():
    steps = [(3 * (i % 2), 4 * (i // 20), 5 * (i // 20)) for i in range(40)]
    assert flags(steps) == [["does not separate"], [], []]
    assert flags(steps[15:25]) == [[], [], []]  # ten students are too few
    turned = [(3 - 3 * (i // 20), *row[1:]) for i, row in enumerate(steps)]
    assert flags(turned)[0] == ["those who do well elsewhere do worse here"]


def test_what_may_be_chance_is_not_held_against_an_exercise():
    """One slip by a good student, in an exercise that all others pass."""
    slip = [(3 * (i != 99), 4 * (i // 50), 5 * (i // 50)) for i in range(100)]
    found = analyse(a_class(slip), {}).items[0]
    assert -0.2 < found.discrimination < 0
    assert found.flags == ["almost everybody passes"]
    # Slightly negative, and within what chance gives to forty students.
    near = [(3 * (i % 2 ^ (i == 38)), *(m * (i // 20) for m in (4, 5)))
            for i in range(40)]  # fmt: skip
    near[39] = (0, 4, 5)
    found = analyse(a_class(near), {}).items[0]
    assert -2 / 40**0.5 < found.discrimination < 0.2
    assert found.flags == ["does not separate"]


def test_what_stops_is_counted_and_named():
    hung = [Verdict.PASSED, Verdict.TIMED_OUT, Verdict.NOT_GRADABLE]
    records = [*a_class([(3, 4, 5)] * 4), a_record("z", (3, 0, 0), hung)]
    found = analyse(records, {})
    assert found.judged == 4
    assert found.items[1].verdicts == {"passed": 4, "timed out": 1}
    assert found.items[1].flags == ["1 of 5 timed out or crashed"]
    assert found.items[2].flags == ["1 of 5 not gradable"]


def test_a_persons_score_counts_and_makes_the_unjudged_judged():
    stopped = [Verdict.NOT_GRADABLE, Verdict.PASSED, Verdict.PASSED]
    records = [a_record("ada", (0, 4, 5), stopped)]
    assert analyse(records, {}).judged == 0
    assert analyse(records, {}).items[0].difficulty is None
    entered = {"ada": {"c0": Manual(1.5, None, "", "ada")}}
    found = analyse(records, entered)
    assert (found.judged, found.items[0].difficulty) == (1, 0.5)


def test_small_classes_get_no_figures_that_need_a_large_one():
    nine = [(i % 4, i % 5, i % 6) for i in range(9)]
    assert analyse(a_class(nine), {}).alpha is None
    assert analyse(a_class([*nine, (1, 2, 3)]), {}).alpha is not None
    assert analyse(a_class(nine), {}).items[0].groups is None
    assert analyse(a_class(nine * 12), {}).items[0].groups is not None
    assert analyse([], {}).items == []


def test_where_nothing_varies_nothing_is_claimed():
    assert correlation([1, 1, 1], [1, 2, 3]) is None
    assert correlation([], []) is None
    assert statistics.alpha([[1] * 12, [2] * 12]) is None
    assert statistics.alpha([[1, 2] * 6]) is None
