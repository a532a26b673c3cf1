"""Submissions and records on disk: written once, whole, and never lost.

    grading/
      course.key                    the secret of this course (mode 600)
      store/ab/ab12...              submissions, named by their SHA-256
      receipts/<assignment>/<student>.json   what came in, in order
      records/<assignment>/<student>/<id>.json
      current/<assignment>.json     which record of each student counts
      regrades/<assignment>.json    what counted before a regrade

A record's id is a hash of the submission, the version of the checks, the key
and the environment: the same again is found, not graded again, and other
checks give another record beside the old one. Its file ends in a hash of all
before it, so that damage shows.
"""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scratchgrade.files import (
    Damaged,
    Locked,
    hold,
    remove_unfinished,
    write_atomically,
)
from scratchgrade.intake import student_id
from scratchgrade.record import Record

__all__ = ["Damaged", "Locked", "Receipt", "Store", "write_atomically"]

# Folders in which only the holder of the lock writes.
SWEPT = (
    "store",
    "receipts",
    "records",
    "current",
    "regrades",
    "backups",
    "autograded",
)
SEAL = ',\n "sha256": "'


@dataclass(frozen=True)
class Receipt:
    """That something came in.

    Attributes:
        number: 1, 2, ... of this student; the order that counts, because
            clocks go back.
        submission: the SHA-256 of the bytes.
        received: when, by the collector's clock; None if nobody knows.
        source: where the collector found it.
    """

    number: int
    submission: str
    received: datetime | None
    source: str


class Store:
    """The folder `grading/` of a course.

    Whoever writes holds `lock()`; reading needs no lock.
    """

    def __init__(self, root: Path):
        self.root = root

    # --- submissions ---

    def put(self, data: bytes) -> str:
        """Keep a submission; returns its SHA-256."""
        name = hashlib.sha256(data).hexdigest()
        with contextlib.suppress(OSError):
            if self.get(name) == data:
                return name
        write_atomically(self._submission(name), data, 0o444)
        return name

    def get(self, name: str) -> bytes:
        """The bytes of a submission.

        Raises:
            OSError: if they are not there or no longer what they were.
        """
        data = self._submission(name).read_bytes()
        if hashlib.sha256(data).hexdigest() != name:
            raise Damaged(f"the stored submission {name[:12]} is damaged")
        return data

    def _submission(self, name: str) -> Path:
        return self.root / "store" / name[:2] / name

    # --- receipts ---

    def receive(
        self,
        student: str,
        assignment: str,
        data: bytes,
        received: datetime | None,
        source: str,
    ) -> Receipt:
        """Keep what a collector found, as the student's newest attempt.

        Safe to repeat: bytes that arrived at that time before, or that are
        the newest attempt anyway, give the receipt that exists. So a
        collector must pass the time of arrival, not of the call, and attempts
        in the order of their arrival.

        Raises:
            Refused: if `student` is no student id.
            ValueError: if `received` has no time zone.
        """
        if received is not None:
            if received.tzinfo is None:
                raise ValueError(
                    f"{received} has no time zone; pass an aware datetime, "
                    "such as datetime.now(UTC)"
                )
            received = received.astimezone(UTC)
        receipts = self.receipts(assignment, student)
        name = self.put(data)
        for old in receipts:
            if old.submission == name and old.received == received:
                return old
        if receipts and receipts[-1].submission == name:
            return receipts[-1]
        new = Receipt(len(receipts) + 1, name, received, source)
        text = json.dumps(
            [_receipt_data(r) for r in [*receipts, new]],
            indent=1,
            ensure_ascii=False,
        )
        write_atomically(self._receipts(assignment, student), text.encode())
        return new

    def receipts(self, assignment: str, student: str) -> list[Receipt]:
        """All that a student handed in, in order.

        Raises:
            Damaged: if the file can no longer be read.
        """
        path = self._receipts(assignment, student)
        if not path.exists():
            return []
        try:
            found = [_receipt(entry) for entry in _json(path)]
        except (TypeError, ValueError, KeyError) as error:
            raise Damaged(f"{path} is damaged: {error}") from None
        if [r.number for r in found] != list(range(1, len(found) + 1)):
            raise Damaged(f"{path} is damaged: a receipt is missing")
        return found

    def received(self, assignment: str) -> list[str]:
        """The students of whom there are receipts."""
        folder = self.root / "receipts" / assignment
        return sorted(p.stem for p in folder.glob("[!.]*.json"))

    def _receipts(self, assignment: str, student: str) -> Path:
        name = f"{student_id(student)}.json"
        return self.root / "receipts" / assignment / name

    # --- records ---

    def find(self, wanted: Record) -> Record | None:
        """The record of the same submission under the same conditions.

        A record that is damaged counts as missing: grading again mends it.
        """
        with contextlib.suppress(FileNotFoundError, Damaged):
            return read_record(self._record(wanted))
        return None

    def save(self, record: Record) -> None:
        text = _sealed(record.to_json())
        write_atomically(self._record(record), text.encode())

    def history(self, assignment: str, student: str) -> list[Path]:
        """The files of all records of a student, in no special order."""
        folder = self.root / "records" / assignment / student_id(student)
        return sorted(folder.glob("[!.]*.json"))

    def _record(self, record: Record) -> Path:
        return self._named(
            record.assignment, record.student, record_id(record)
        )

    def _named(self, assignment: str, student: str, name: str) -> Path:
        folder = self.root / "records" / assignment / student_id(student)
        return folder / f"{name}.json"

    # --- what counts ---

    def set_current(self, assignment: str, records: list[Record]) -> None:
        """Say which record of each student counts; others keep theirs."""
        self.point(assignment, {r.student: record_id(r) for r in records})

    def point(self, assignment: str, names: dict[str, str]) -> None:
        """`set_current` by the ids of records that are saved."""
        text = json.dumps(
            self.counting(assignment) | names, indent=1, sort_keys=True
        )
        write_atomically(self._current(assignment), text.encode())

    def current(self, assignment: str) -> list[Record]:
        """The record of each student that counts, by student.

        Raises:
            Damaged: if one is missing or damaged.
        """
        return [
            self.named(assignment, who, name)
            for who, name in sorted(self.counting(assignment).items())
        ]

    def readable(self, assignment: str) -> list[Record]:
        """`current` without what is missing or damaged."""
        found = []
        for who, name in sorted(self.counting(assignment).items()):
            with contextlib.suppress(Damaged):
                found.append(self.named(assignment, who, name))
        return found

    def named(self, assignment: str, student: str, name: str) -> Record:
        """A record by its id.

        Raises:
            Damaged: if it is missing or damaged.
        """
        try:
            return read_record(self._named(assignment, student, name))
        except FileNotFoundError as error:
            raise Damaged(
                f"the record {error.filename} is gone; run `scratchgrade "
                "verify` to see what else is, and what to do"
            ) from None

    def graded(self) -> list[str]:
        """The assignments of which anything is graded."""
        folder = self.root / "current"
        return sorted(p.stem for p in folder.glob("[!.]*.json"))

    def counting(self, assignment: str) -> dict[str, str]:
        """The id of the record that counts, by student.

        Raises:
            Damaged: if the file can no longer be read.
        """
        path = self._current(assignment)
        try:
            return _json(path) if path.exists() else {}
        except ValueError as error:
            raise Damaged(
                f"{path} is damaged ({error}). Delete it: the next run of "
                f"`scratchgrade grade {assignment}` makes it again"
            ) from None

    def _current(self, assignment: str) -> Path:
        return self.root / "current" / f"{assignment}.json"

    # --- the key and the lock ---

    def key(self) -> bytes:
        """The course key, made on first use, readable by its owner only."""
        path = self.root / "course.key"
        if not path.exists():
            made = secrets.token_hex(32) + "\n"
            write_atomically(path, made.encode(), 0o600)
        key = bytes.fromhex(path.read_text())
        if len(key) != 32:
            raise Damaged(
                f"{path} is damaged; with a new key (delete the file) "
                "everybody is graded anew, on other inputs"
            )
        return key

    @contextlib.contextmanager
    def lock(
        self,
        wait: bool = False,
        waiting: Callable[[str], None] = lambda holder: None,
    ):
        """Hold the course for one run; see `files.hold`.

        Raises:
            Locked: if another run holds it; the message says which.
        """
        with hold(self.root / "lock", wait, waiting) as left:
            for name in SWEPT:
                remove_unfinished(self.root / name)
            yield left


def record_id(record: Record) -> str:
    """The name of a record: a hash of all that decides it."""
    parts = [
        record.submission or record.refused,
        record.version,
        record.key,
        json.dumps(record.environment, sort_keys=True),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def under_conditions_of(record: Record, other: Record) -> Record:
    """A record with the checks, key and environment of another."""
    return replace(
        record,
        version=other.version,
        key=other.key,
        environment=other.environment,
    )


# --- the text of the files -------------------------------------------------


def read_record(path: Path) -> Record:
    """A record from its file.

    Raises:
        FileNotFoundError: if there is none.
        Damaged: if it is not what was written.
    """
    try:
        record = Record.from_json(_unsealed(path.read_text("utf-8")))
        found = (record.assignment, record.student, record_id(record))
        if found != (path.parent.parent.name, path.parent.name, path.stem):
            raise ValueError(
                f"it is the record {found[2]} of {found[1]} in {found[0]}"
            )
        return record
    except (TypeError, ValueError, KeyError) as error:
        raise Damaged(
            f"the record {path} is damaged ({error}); grading it again "
            "mends it"
        ) from None


def _sealed(text: str) -> str:
    """The JSON text of an object with a hash of itself as its last entry."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text.removesuffix("\n}") + SEAL + digest + '"\n}'


def _unsealed(text: str) -> str:
    """The text without its seal; one written before seals has none."""
    start, seal, end = text.rpartition(SEAL)
    if not seal:
        return text
    inner = start + "\n}"
    if end != hashlib.sha256(inner.encode()).hexdigest() + '"\n}':
        raise ValueError("its hash is another")
    return inner


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _receipt_data(receipt: Receipt) -> dict[str, Any]:
    when = receipt.received and receipt.received.isoformat()
    return {**asdict(receipt), "received": when}


def _receipt(data: dict[str, Any]) -> Receipt:
    when = data["received"] and datetime.fromisoformat(data["received"])
    return Receipt(**{**data, "received": when})
