"""Lateness and attempts: functions of the rules and the receipts.

A record keeps the points that the work earned. What lateness takes off is
worked out each time that points are shown, so a due date may be moved
without grading again.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from scratchgrade.policy import Policy, policy_of
from scratchgrade.record import Record
from scratchgrade.store import Receipt, Store

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lateness:
    """How a submission stands to its due date.

    Attributes:
        received: None if nobody knows; it then counts as on time.
        days: that have begun since the due date and its grace.
        percent: of the points earned, taken off for them.
        due: None if there is no such date.
    """

    received: datetime | None = None
    days: int = 0
    percent: float = 0
    due: datetime | None = None

    def off(self, points: float) -> float:
        """What is taken off so many points, in hundredths of a point."""
        taken = round(points * self.percent / 100, 2)
        return max(0.0, min(points, taken))


ON_TIME = Lateness()


def days_late(policy: Policy, received: datetime | None) -> int:
    """The days that have begun since the end of the grace period.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    >>> policy = Policy(due=noon, grace_minutes=10)
    >>> days_late(policy, noon + timedelta(minutes=10))
    0
    >>> days_late(policy, noon + timedelta(minutes=11))
    1
    """
    if policy.due is None or received is None:
        return 0
    late = received - policy.due - timedelta(minutes=policy.grace_minutes)
    return max(0, math.ceil(late / DAY))


def lateness(policy: Policy, received: datetime | None) -> Lateness:
    """All of it, for a submission received then."""
    days = days_late(policy, received)
    percent = min(policy.percent_a_day * days, policy.cap_percent)
    return Lateness(received, days, percent, policy.due)


def deduction(
    points: float, policy: Policy, received: datetime | None
) -> float:
    """The points that lateness takes off; from 0 to all of them."""
    return lateness(policy, received).off(points)


# --- attempts --------------------------------------------------------------


def counted(policy: Policy, receipts: list[Receipt]) -> list[Receipt]:
    """The attempts that are not one too many."""
    return receipts[: policy.max_attempts or None]


def candidates(policy: Policy, receipts: list[Receipt]) -> list[str]:
    """The submissions that may count, in order: more than one for "best"."""
    names = [r.submission for r in counted(policy, receipts)]
    if policy.attempts == "last":
        return names[-1:]
    if policy.attempts == "first":
        return names[:1]
    return list(dict.fromkeys(names))


def received_at(
    policy: Policy, receipts: list[Receipt], submission: str
) -> datetime | None:
    """When these bytes first came in."""
    times = [
        r.received
        for r in counted(policy, receipts)
        if r.submission == submission
    ]
    return None if None in times else min(times, default=None)


def of_class(store: Store, records: list[Record]) -> dict[str, Lateness]:
    """How each record's submission stands to the due date, by student."""
    found = {}
    policies: dict[str, Policy] = {}
    for record in records:
        name = record.assignment
        if name not in policies:
            policies[name] = policy_of(store.root, name)
        receipts = store.receipts(name, record.student)
        when = received_at(policies[name], receipts, record.submission)
        found[record.student] = lateness(policies[name], when)
    return found


def best(
    policy: Policy, receipts: list[Receipt], records: list[Record]
) -> Record:
    """Of the records of a student's attempts, the one that counts.

    The most automatic points after what lateness takes off; of equals the
    earliest. What could not be read never beats what could.
    """
    if len(records) == 1:
        return records[0]
    order = [r.submission for r in receipts]

    def rank(record: Record) -> tuple[bool, float, int]:
        when = received_at(policy, receipts, record.submission)
        off = deduction(record.points, policy, when)
        place = order.index(record.submission)
        return not record.refused, record.points - off, -place

    return max(records, key=rank)
