"""Lateness and attempts: rules, receipts, and what is taken off."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchgrade import late, policy
from scratchgrade.checks.kit import CourseError
from scratchgrade.late import days_late, deduction
from scratchgrade.policy import Policy, parse_due
from scratchgrade.record import ExerciseRecord, Record
from scratchgrade.store import Receipt, Store

DUE = datetime(2026, 12, 1, 23, 59, tzinfo=timezone(timedelta(hours=1)))
NAME = "99-toy"

policies = st.builds(
    Policy,
    due=st.just(DUE),
    grace_minutes=st.integers(0, 10_000),
    percent_a_day=st.floats(0, 100),
    cap_percent=st.floats(0, 100),
)
points = st.floats(0, 1000)
minutes = st.integers(-100_000, 100_000)


def at(n: float) -> datetime:
    return DUE + timedelta(minutes=n)


# --- what is taken off -----------------------------------------------------


@given(policies, points, minutes)
def test_a_deduction_is_never_below_nought_nor_above_the_points(p, x, n):
    assert 0 <= deduction(x, p, at(n)) <= x


@given(policies, points, minutes, st.integers(0, 10_000))
def test_later_never_costs_less(p, x, n, more):
    assert deduction(x, p, at(n)) <= deduction(x, p, at(n + more))


@given(policies, points, minutes)
def test_the_cap_holds_and_grace_is_free(p, x, n):
    taken = deduction(x, p, at(n))
    assert taken <= x * p.cap_percent / 100 + 0.005
    if n <= p.grace_minutes:
        assert taken == 0


@given(policies, points, minutes, st.integers(-14, 14))
def test_the_zone_of_a_time_does_not_matter(p, x, n, hours):
    elsewhere = at(n).astimezone(timezone(timedelta(hours=hours)))
    assert deduction(x, p, elsewhere) == deduction(x, p, at(n))


@pytest.mark.parametrize(
    ("minutes", "days"),
    [(-5, 0), (0, 0), (15, 0), (16, 1), (15 + 1440, 1), (16 + 1440, 2)],
)
def test_days_that_have_begun_are_counted_from_the_end_of_grace(minutes, days):
    assert days_late(Policy(due=DUE, grace_minutes=15), at(minutes)) == days


def test_ten_percent_a_day_at_most_half():
    p = Policy(due=DUE, percent_a_day=10, cap_percent=50)
    taken = [deduction(20, p, at(1 + 1440 * day)) for day in range(7)]
    assert taken == [2, 4, 6, 8, 10, 10, 10]


def test_who_came_at_no_known_time_or_has_no_due_date_is_on_time():
    p = Policy(due=DUE, percent_a_day=10)
    assert deduction(20, p, None) == 0
    assert deduction(20, Policy(percent_a_day=10), at(10**6)) == 0


# --- attempts --------------------------------------------------------------

RECEIPTS = [
    Receipt(1, "aa", at(-60), "x"),
    Receipt(2, "bb", at(60), "x"),
    Receipt(3, "aa", at(90), "x"),
    Receipt(4, "cc", at(3000), "x"),
]


@pytest.mark.parametrize(
    ("attempts", "most", "may"),
    [
        ("last", 0, ["cc"]),
        ("first", 0, ["aa"]),
        ("best", 0, ["aa", "bb", "cc"]),
        ("last", 2, ["bb"]),
        ("best", 3, ["aa", "bb"]),
        ("last", 9, ["cc"]),
    ],
)
def test_the_attempts_that_may_count(attempts, most, may):
    p = Policy(attempts=attempts, max_attempts=most)
    assert late.candidates(p, RECEIPTS) == may


def test_the_same_bytes_count_from_when_they_first_came():
    assert late.received_at(Policy(), RECEIPTS, "aa") == at(-60)
    assert late.received_at(Policy(), RECEIPTS, "zz") is None


def test_an_attempt_of_unknown_time_is_on_time():
    receipts = [Receipt(1, "aa", None, "x"), Receipt(2, "aa", at(60), "x")]
    assert late.received_at(Policy(), receipts, "aa") is None


def record(submission: str, earned: float, refused: str = "") -> Record:
    exercise = ExerciseRecord("c", "1", "t", "failed", earned, 20, [])
    return Record(NAME, "ada", submission, "v", "k", {}, refused, [exercise])


def test_the_best_is_best_after_what_lateness_takes_off():
    p = Policy(due=DUE, percent_a_day=50, attempts="best")
    early, late_ = record("aa", 10), record("bb", 19)
    assert late.best(p, RECEIPTS, [early, late_]) is early
    assert late.best(Policy(), RECEIPTS, [early, late_]) is late_


def test_of_equals_the_earliest_counts_and_the_unreadable_never():
    one, two = record("aa", 10), record("bb", 10)
    assert late.best(Policy(), RECEIPTS, [two, one]) is one
    unread = record("aa", 0, "cut off")
    nothing = record("bb", 0)
    assert late.best(Policy(), RECEIPTS, [unread, nothing]) is nothing


def test_lateness_of_a_class_comes_from_receipts_alone(tmp_path):
    store = Store(tmp_path)
    policy.save(tmp_path, NAME, Policy(due=DUE, percent_a_day=10))
    receipt = store.receive("ada", NAME, b"work", at(2000), "inbox")
    of = late.of_class(
        store,
        [record(receipt.submission, 5)]
        + [Record(NAME, "bob", "bb", "v", "k", {})],
    )
    assert (of["ada"].days, of["ada"].percent) == (2, 20)
    assert (of["bob"].days, of["bob"].received) == (0, None)


# --- the file --------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    policies,
    st.sampled_from(policy.ATTEMPTS),
    st.integers(0, 100),
)
def test_rules_survive_their_file(tmp_path_factory, p, attempts, most):
    folder = tmp_path_factory.mktemp("policy")
    full = Policy(
        p.due,
        p.grace_minutes,
        p.percent_a_day,
        p.cap_percent,
        attempts,
        most,
    )
    policy.save(folder, NAME, full)
    policy.save(folder, "98-other", Policy())
    assert policy.load(folder) == {NAME: full, "98-other": Policy()}


def test_without_a_file_nothing_is_late_and_the_last_attempt_counts(tmp_path):
    assert policy.policy_of(tmp_path, NAME) == Policy(None, attempts="last")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('["99-toy"]\ndue = 2026-12-01T23:59:00', "a time and a zone"),
        ('["99-toy"]\ndue = 2026-12-01', "a time and a zone"),
        ('["99-toy"]\ndue = "tomorrow"', "a time and a zone"),
        ('["99-toy"]\ngrace = 1', "no setting 'grace'; there are due, grace_"),
        ('["99-toy"]\npercent_a_day = 110', "110; it may be 0 to 100"),
        ('["99-toy"]\npercent_a_day = nan', "nan; it may be 0 to 100"),
        ('["99-toy"]\ncap_percent = "all"', "'all'; it may be 0 to 100"),
        ('["99-toy"]\nmax_attempts = 2.5', "2.5; it may be a whole number"),
        ('["99-toy"]\nattempts = "some"', "it may be last, best, first"),
        ("max_attempts = 1", "stands outside a table"),
        ('["99-toy"', "policy.toml: "),
    ],
)
def test_mistakes_in_the_file_are_told(tmp_path, text, says):
    policy.policy_path(tmp_path).write_text(text)
    with pytest.raises(CourseError, match=r".*policy\.toml: ") as caught:
        policy.load(tmp_path)
    assert says in str(caught.value)


# --- due dates -------------------------------------------------------------


def test_a_due_date_in_a_named_zone_has_the_offset_of_that_day():
    pytest.importorskip("zoneinfo").ZoneInfo("Europe/Berlin")
    winter = parse_due("2026-12-01T23:59", "Europe/Berlin")
    summer = parse_due("2026-07-01T23:59", "Europe/Berlin")
    assert winter.isoformat() == "2026-12-01T23:59:00+01:00"
    assert summer.isoformat() == "2026-07-01T23:59:00+02:00"
    assert parse_due("2026-12-01T22:59Z") == winter
    assert winter.astimezone(UTC).hour == 22


@pytest.mark.parametrize(
    ("text", "zone", "says"),
    [
        ("2026-12-01T23:59", "", "no time zone: add its offset"),
        ("2026-12-01T23:59+01:00", "Europe/Berlin", "has a zone already"),
        ("2026-12-01T23:59", "Mars/Base", "no time zone 'Mars/Base' is known"),
        ("2026-12-01T23:59", "../../etc", "is known on this machine"),
        ("2026-03-29T02:30", "Europe/Berlin", "the clock skips"),
        ("soon", "", "soon"),
    ],
)
def test_no_time_is_guessed(text, zone, says):
    with pytest.raises(ValueError) as caught:
        parse_due(text, zone)
    assert says in str(caught.value)
