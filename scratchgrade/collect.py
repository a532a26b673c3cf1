"""From what was found in a source to attempts in the store."""

import contextlib
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scratchgrade.files import write_atomically
from scratchgrade.intake import Refused, read_submission
from scratchgrade.sources import Found, printable
from scratchgrade.store import Store


def one_each(found: Iterable[Found], assignment: str) -> list[Found]:
    """The notebook of each attempt, in order, and what is nobody's."""
    attempts: dict[tuple[str, str], list[Found]] = defaultdict(list)
    nobodys = []
    for entry in found:
        if entry.student:
            attempts[entry.student, entry.attempt].append(entry)
        else:
            nobodys.append(entry)
    chosen = [_notebook(files, assignment) for files in attempts.values()]
    early = datetime.min.replace(tzinfo=UTC)
    chosen.sort(key=lambda f: (f.student, f.received or early, f.attempt))
    return chosen + nobodys


def _notebook(files: list[Found], assignment: str) -> Found:
    notebooks = [f for f in files if f.file.lower().endswith(".ipynb")]
    named = [f for f in notebooks if f.file == f"{assignment}.ipynb"]
    for only in (notebooks, named):
        if len(only) == 1:
            return only[0]
    first = notebooks[0] if notebooks else files[0]
    if first.problem:
        return first
    names = ", ".join(printable(f.file) for f in files[:4])
    what = f"{len(notebooks)} notebooks" if notebooks else "no notebook"
    return replace(
        first,
        problem=f"{what}, where one {assignment}.ipynb was expected: {names}",
    )


def take(
    store: Store,
    submitted: Path,
    assignment: str,
    found: Found,
    source: str,
    dry_run: bool = False,
) -> bool:
    """Keep what a student handed in; returns whether it is new.

    The newest attempt also goes to submitted/<student>/<assignment>/, where
    nbgrader looks for it. The caller holds the store's lock.

    Raises:
        Refused: if the file cannot be read.
    """
    data = found.read()
    path = submitted / found.student / assignment / f"{assignment}.ipynb"
    before = store.receipts(assignment, found.student)
    name = hashlib.sha256(data).hexdigest()
    if dry_run:
        return name not in {receipt.submission for receipt in before}
    if not before and os.path.lexists(path):
        _keep_unreceipted(store, path, assignment, found.student)
        before = store.receipts(assignment, found.student)
    store.receive(found.student, assignment, data, found.received, source)
    receipts = store.receipts(assignment, found.student)
    _place(path, store.get(receipts[-1].submission), receipts[-1].received)
    return len(receipts) > len(before)


def _keep_unreceipted(
    store: Store, path: Path, assignment: str, student: str
) -> None:
    """What lay in submitted/ before anything was collected is no less kept."""
    with contextlib.suppress(Refused):
        data = read_submission(path)
        store.receive(student, assignment, data, None, "grading/submitted")


def _place(path: Path, data: bytes, received: datetime | None) -> None:
    with contextlib.suppress(Refused):
        if read_submission(path) == data:
            return
    write_atomically(path, data)
    stamp = path.with_name("timestamp.txt")
    if received:
        text = f"{received.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
        write_atomically(stamp, text.encode())
    else:
        stamp.unlink(missing_ok=True)
