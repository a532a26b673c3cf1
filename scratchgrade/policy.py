"""What a class agreed on: due date, lateness, attempts.

`grading/policy.toml` has a table for each assignment; `scratchgrade policy`
writes it, and it may be edited by hand. An assignment without a table has no
due date, and the last attempt counts.

    ["01-tokenization"]
    due = 2026-12-01T23:59:00+01:00
    grace_minutes = 15
    percent_a_day = 10
    cap_percent = 50
    attempts = "last"
    max_attempts = 0
"""

import json
import tomllib
import zoneinfo
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scratchgrade.checks.kit import CourseError
from scratchgrade.files import write_atomically

ATTEMPTS = ("last", "best", "first")
HEAD = "# Written by `scratchgrade policy`; comments are not kept.\n"


@dataclass(frozen=True)
class Policy:
    """The rules of one assignment.

    Attributes:
        due: with its zone; None if nothing is ever late.
        grace_minutes: lateness that costs nothing. The days are counted from
            its end.
        percent_a_day: of the points earned, for each day that has begun.
        cap_percent: the most that lateness takes off.
        attempts: which one counts: "last", "first", or the "best" by its
            points after what lateness takes off.
        max_attempts: later ones do not count; 0 for as many as one likes.

    Raises:
        ValueError: for a value that makes no sense.
    """

    due: datetime | None = None
    grace_minutes: float = 0
    percent_a_day: float = 0
    cap_percent: float = 100
    attempts: str = "last"
    max_attempts: int = 0

    def __post_init__(self):
        if self.due is not None and (
            not isinstance(self.due, datetime) or self.due.tzinfo is None
        ):
            raise ValueError(
                f"due is {self.due}; it needs a time and a zone, such as "
                "2026-12-01T23:59:00+01:00"
            )
        if self.attempts not in ATTEMPTS:
            raise ValueError(
                f"attempts is {self.attempts!r}; it may be "
                f"{', '.join(ATTEMPTS)}"
            )
        for name in ("percent_a_day", "cap_percent"):
            _check_number(name, getattr(self, name), 100)
        _check_number("grace_minutes", self.grace_minutes, 1e6)
        if not isinstance(self.max_attempts, int) or self.max_attempts < 0:
            raise ValueError(
                f"max_attempts is {self.max_attempts!r}; it may be a whole "
                "number from 0 on"
            )


def _check_number(name: str, value: Any, most: float) -> None:
    if not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(f"{name} is {value!r}; it may be 0 to {most:g}")


def parse_due(text: str, zone: str = "") -> datetime:
    """A due date from ISO text, in the zone that it or `zone` names.

    Raises:
        ValueError: if there is no such time, no zone, or two.
    """
    due = datetime.fromisoformat(text)
    if due.tzinfo is not None:
        if zone:
            raise ValueError(
                f"{text} has a zone already; leave out --zone {zone}"
            )
        return due
    if not zone:
        raise ValueError(
            f"{text} has no time zone: add its offset, as in {text}+01:00, "
            "or name it, as in --zone Europe/Berlin"
        )
    try:
        here = due.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ValueError(
            f"no time zone {zone!r} is known on this machine; names look "
            "like Europe/Berlin, or write the offset into the date"
        ) from None
    there_and_back = here.astimezone(UTC).astimezone(here.tzinfo)
    if there_and_back.replace(tzinfo=None) != due:
        raise ValueError(f"{text} does not exist in {zone}: the clock skips")
    return datetime.fromisoformat(here.isoformat())  # the offset of that day


def policy_path(grading: Path) -> Path:
    return grading / "policy.toml"


def load(grading: Path) -> dict[str, Policy]:
    """The rules of each assignment that has any.

    Raises:
        CourseError: if the file cannot be understood.
    """
    path = policy_path(grading)
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        return {name: _policy(name, table) for name, table in tables.items()}
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CourseError(f"{path}: {error}") from None


def policy_of(grading: Path, assignment: str) -> Policy:
    """The rules of one assignment; see `load`."""
    return load(grading).get(assignment, Policy())


def _policy(name: str, table: Any) -> Policy:
    known = [field.name for field in fields(Policy)]
    if not isinstance(table, dict):
        raise ValueError(f'{name} stands outside a table ["assignment"]')
    for key in table:
        if key not in known:
            raise ValueError(
                f"{name} has no setting {key!r}; there are {', '.join(known)}"
            )
    try:
        return Policy(**table)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def save(grading: Path, assignment: str, policy: Policy) -> None:
    """Set the rules of one assignment, and keep those of the others."""
    everything = load(grading) | {assignment: policy}
    parts = [HEAD]
    for name, each in sorted(everything.items()):
        lines = [f"\n[{json.dumps(name)}]"]
        lines += [
            f"{key} = {_toml(value)}"
            for key, value in asdict(each).items()
            if value is not None
        ]
        parts.append("\n".join(lines) + "\n")
    write_atomically(policy_path(grading), "".join(parts).encode())


def _toml(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value)
