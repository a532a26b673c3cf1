"""Copies of the gradebook, made before each change of it.

    grading/backups/gradebook-000017-20261126T114000Z.db

SQLite's own online backup gives a whole database even while formgrader
writes. The number gives the order (clocks go back); the newest ten are kept.
"""

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scratchgrade.checks.kit import CourseError
from scratchgrade.files import UNFINISHED, sync_folder, write_atomically

KEPT = 10
NAME = re.compile(r"gradebook-(?P<number>\d{6,})-(?P<made>\d{8}T\d{6}Z)\.db")
BUSY_SECONDS = 10  # how long to wait for another program's lock


class GradebookError(CourseError):
    """The gradebook is in use, damaged, or has no such backup."""


@dataclass(frozen=True)
class Backup:
    """A copy of the gradebook."""

    number: int
    made: datetime
    path: Path


def backups(grading: Path) -> list[Backup]:
    """The copies that are kept, the oldest first."""
    found = []
    for path in (grading / "backups").glob("gradebook-*.db"):
        if match := NAME.fullmatch(path.name):
            made = datetime.strptime(match["made"], "%Y%m%dT%H%M%S%z")
            found.append(Backup(int(match["number"]), made, path))
    return sorted(found, key=lambda backup: backup.number)


def back_up(database: Path, keep: int = KEPT) -> Backup | None:
    """Copy the gradebook, unless the newest copy is the same; delete old ones.

    Returns:
        The newest copy; None if there is no gradebook.

    Raises:
        GradebookError: if it is in use for long, or damaged.
    """
    if not database.exists():
        return None
    folder = database.parent / "backups"
    folder.mkdir(exist_ok=True)
    there = backups(database.parent)
    with _copy(database, folder) as copy:
        if there and copy.read_bytes() == there[-1].path.read_bytes():
            return there[-1]
        number = there[-1].number + 1 if there else 1
        made = datetime.now(UTC).replace(microsecond=0)
        name = f"gradebook-{number:06d}-{made:%Y%m%dT%H%M%SZ}.db"
        new = Backup(number, made, folder / name)
        os.replace(copy, new.path)
    sync_folder(folder)
    for old in [*there, new][:-keep]:
        old.path.unlink(missing_ok=True)
    return new


@contextlib.contextmanager
def _copy(database: Path, folder: Path) -> Iterator[Path]:
    """A whole and checked copy; it goes unless it is moved away."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=UNFINISHED)
    os.close(handle)
    copy = Path(name)
    try:
        with (
            in_words(database),
            _opened(database) as source,
            _opened(copy) as target,
        ):
            # A lock for reading first: that gives up after BUSY_SECONDS,
            # where backup() by itself would try for ever.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target)
            _check(target)
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def check(database: Path) -> None:
    """Read a whole database.

    Raises:
        GradebookError: if it is damaged, or in use for long.
    """
    with in_words(database), _opened(database) as connection:
        _check(connection)


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, BUSY_SECONDS)) as database:
        yield database


@contextlib.contextmanager
def in_words(database: Path) -> Iterator[None]:
    """Turn what SQLite says of a database into what to do about it.

    Raises:
        GradebookError: for a database that is in use or damaged.
        OSError: if the disk is full, or read-only.
    """
    try:
        yield
    except Exception as error:
        cause = _sqlite_error(error)
        if cause is None:
            raise
        if "locked" in str(cause) or "busy" in str(cause):
            raise GradebookError(
                f"{database} is in use by another program ({cause}). Close "
                "it (formgrader, for one) and give the same command again; "
                "what is graded is kept"
            ) from None
        if _environmental(cause):
            raise OSError(f"{database}: {cause}") from None
        said = " ".join(str(cause).split())
        raise GradebookError(
            f"{database} is damaged ({said}). What is graded is kept. "
            "`scratchgrade restore` brings back a copy of it; or delete it: "
            "the next run of `scratchgrade grade` makes it again, with the "
            "scores that were entered by hand up to the last run"
        ) from None


def _sqlite_error(error: BaseException | None) -> sqlite3.DatabaseError | None:
    """What SQLite said, under what SQLAlchemy and nbgrader made of it."""
    while error is not None:
        cause = getattr(error, "orig", error)
        if isinstance(cause, sqlite3.DatabaseError):
            return cause
        error = error.__cause__ or error.__context__
    return None


def _environmental(error: sqlite3.DatabaseError) -> bool:
    """Whether the disk is at fault (full, read-only), not the database."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    )


def restore(database: Path, number: int) -> Backup:
    """Put a copy in the gradebook's place; what stands there is kept too.

    Raises:
        GradebookError: if there is no such copy.
    """
    grading = database.parent
    found = {backup.number: backup for backup in backups(grading)}
    if number not in found:
        numbers = ", ".join(map(str, found)) or "none"
        raise GradebookError(f"no backup {number}; there are: {numbers}")
    data = found[number].path.read_bytes()
    try:
        back_up(database, KEPT + 1)  # not at the cost of the one wanted
    except GradebookError:
        write_atomically(_set_aside(grading), database.read_bytes())
    for end in ("-journal", "-wal", "-shm"):  # belong to what goes
        database.with_name(database.name + end).unlink(missing_ok=True)
    write_atomically(database, data)
    return found[number]


def _set_aside(grading: Path) -> Path:
    """A name for a damaged gradebook, which someone may still want."""
    made = datetime.now(UTC)
    return grading / "backups" / f"damaged-{made:%Y%m%dT%H%M%S%fZ}.db"
