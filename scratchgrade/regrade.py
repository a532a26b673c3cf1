"""Grading again with other checks: what would change, and the way back.

The old records stay. The new ones count from the moment that a person says
so; what counted before is noted first, so it can be brought back.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scratchgrade import late, run
from scratchgrade.checks.kit import CourseError
from scratchgrade.files import Damaged, write_atomically
from scratchgrade.policy import policy_of
from scratchgrade.record import ExerciseRecord, Record
from scratchgrade.store import Store, read_record, record_id


@dataclass(frozen=True)
class Change:
    """The record of a student that counts, and the one that would."""

    before: Record
    after: Record

    @property
    def student(self) -> str:
        return self.before.student

    @property
    def differs(self) -> bool:
        """Whether anybody would see it: points, verdicts, or a refusal."""
        return bool(self.reasons)

    @property
    def reasons(self) -> list[str]:
        """A line for each exercise that changed, with why."""
        if self.before.submission != self.after.submission:
            return ["another attempt counts"]
        if self.before.refused != self.after.refused:
            return [self.after.refused or "it can be read now"]
        old = {e.id: e for e in self.before.exercises}
        new = {e.id: e for e in self.after.exercises}
        lines = []
        for name in sorted(old | new):
            if line := _reason(old.get(name), new.get(name)):
                lines.append(f"{name}: {line}")
        return lines


def _reason(old: ExerciseRecord | None, new: ExerciseRecord | None) -> str:
    if not old or not new:
        return "a new exercise" if new else "no longer an exercise"
    results = {c.name: (c.verdict, c.points) for c in old.checks}
    for check in new.checks:
        if check.name not in results:
            return f"new check {check.name!r}: {check.verdict}"
        if results.pop(check.name) != (check.verdict, check.points):
            said = f" ({check.came_out})" if check.came_out else ""
            return f"{check.name!r} is now {check.verdict}{said}"
    if results:
        return f"no longer checked: {', '.join(results)}"
    if (old.verdict, old.points) != (new.verdict, new.points):
        return f"{old.verdict} before, now {new.verdict}"
    return ""


def outdated(
    driver: run.Run, store: Store, students: list[str] | None = None
) -> dict[str, Record]:
    """The records that count and were made under other conditions.

    Args:
        students: only these; None for all.

    Raises:
        CourseError: if one of them has no record.
    """
    name = driver.assignment.name
    counting = {r.student: r for r in store.current(name)}
    for student in students or []:
        if student not in counting:
            raise CourseError(
                f"nothing of {student}'s is graded in {name}; a first grade "
                f"comes from `scratchgrade grade {name}`"
            )
    return {
        who: record
        for who, record in counting.items()
        if (students is None or who in students)
        and record.submission
        and driver.outdated(record)
    }


def grade_again(
    driver: run.Run,
    store: Store,
    old: dict[str, Record],
    report: Callable[[Record, bool], None],
) -> list[Change]:
    """Grade these students' attempts under the present conditions.

    What counts stays as it is; `accept` changes it.
    """
    name = driver.assignment.name
    policy = policy_of(store.root, name)
    work = {who: _attempts(store, policy, old[who]) for who in old}
    found: dict[str, list[Record]] = {}

    def keep(record: Record, new: bool) -> None:
        found.setdefault(record.student, []).append(record)
        report(record, new)

    driver.grade(work, keep, {})
    changes = []
    for who in sorted(found):
        records = run.in_order(found[who], work[who])
        receipts = store.receipts(name, who)
        new = late.best(policy, receipts, records)
        changes.append(Change(old[who], new))
    return changes


def _attempts(store: Store, policy, record: Record) -> list[str]:
    """The graded attempts of a student that may count."""
    graded = {record.submission}
    for path in store.history(record.assignment, record.student):
        try:
            graded.add(read_record(path).submission)
        except Damaged:
            continue  # `verify` tells
    receipts = store.receipts(record.assignment, record.student)
    may = [s for s in late.candidates(policy, receipts) if s in graded]
    return may or [record.submission]


# --- what counts, and what counted -----------------------------------------


def accept(store: Store, assignment: str, changes: list[Change]) -> None:
    """Let the new records count, and note what counted before."""
    before = {c.student: record_id(c.before) for c in changes}
    after = {c.student: record_id(c.after) for c in changes}
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "before": before,
        "after": after,
        "undone": False,
    }
    _write(store, assignment, [*_entries(store, assignment), entry])
    store.point(assignment, after)


def undo(store: Store, assignment: str) -> tuple[list[str], list[str]]:
    """Let what counted before the newest regrade count again.

    Returns:
        The students for whom it does, and those whose record is no longer
        the one of that regrade (they handed in again), who are left alone.

    Raises:
        CourseError: if there is nothing to undo.
    """
    entries = _entries(store, assignment)
    latest = next((e for e in reversed(entries) if not e["undone"]), None)
    if latest is None:
        raise CourseError(f"no regrade of {assignment} is left to undo")
    counting = store.counting(assignment)
    back, left = {}, []
    for who, name in latest["before"].items():
        if counting.get(who) == latest["after"][who]:
            store.named(assignment, who, name)  # it must be there
            back[who] = name
        elif counting.get(who) != name:
            left.append(who)
    store.point(assignment, back)
    latest["undone"] = True
    _write(store, assignment, entries)
    return sorted(back), left


def _log(store: Store, assignment: str) -> Path:
    return store.root / "regrades" / f"{assignment}.json"


def _entries(store: Store, assignment: str) -> list[dict[str, Any]]:
    path = _log(store, assignment)
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def _write(store: Store, assignment: str, entries: list) -> None:
    text = json.dumps(entries, indent=1, sort_keys=True)
    write_atomically(_log(store, assignment), text.encode())
