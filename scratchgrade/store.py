"""Submissions and records on disk: written once, whole, and never lost.

    grading/
      course.key                    the secret of this course (mode 600)
      store/ab/ab12...              submissions, named by their SHA-256
      records/<assignment>/<student>/<id>.json
      current/<assignment>.json     which record of each student counts

A record's id is a hash of the submission, the version of the checks, the key
and the environment: the same again is found, not graded again, and other
checks give another record beside the old one.
"""

import contextlib
import hashlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from scratchgrade.intake import student_id
from scratchgrade.record import Record


class Locked(RuntimeError):
    """Another run holds the course."""


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write all of a file or nothing: temporary file, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    if os.name == "posix":  # the new name itself must reach the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Store:
    """The folder `grading/` of a course."""

    def __init__(self, root: Path):
        self.root = root

    # --- submissions ---

    def put(self, data: bytes) -> str:
        """Keep a submission; returns its SHA-256."""
        name = hashlib.sha256(data).hexdigest()
        path = self._submission(name)
        if not path.exists():
            write_atomically(path, data, 0o444)
        return name

    def get(self, name: str) -> bytes:
        """The bytes of a submission.

        Raises:
            OSError: if they are not there or no longer what they were.
        """
        data = self._submission(name).read_bytes()
        if hashlib.sha256(data).hexdigest() != name:
            raise OSError(f"the stored submission {name[:12]} is damaged")
        return data

    def _submission(self, name: str) -> Path:
        return self.root / "store" / name[:2] / name

    # --- records ---

    def find(self, wanted: Record) -> Record | None:
        """The record of the same submission under the same conditions."""
        with contextlib.suppress(FileNotFoundError):
            return Record.from_json(self._record(wanted).read_text("utf-8"))
        return None

    def save(self, record: Record) -> None:
        write_atomically(self._record(record), record.to_json().encode())

    def _record(self, record: Record) -> Path:
        return (
            self.root
            / "records"
            / record.assignment
            / student_id(record.student)
            / f"{record_id(record)}.json"
        )

    def set_current(self, assignment: str, records: list[Record]) -> None:
        """Say which record of each student counts; others keep theirs."""
        path = self.root / "current" / f"{assignment}.json"
        names = self._current_names(assignment)
        names |= {r.student: record_id(r) for r in records}
        text = json.dumps(names, indent=1, sort_keys=True)
        write_atomically(path, text.encode())

    def current(self, assignment: str) -> list[Record]:
        """The record of each student that counts, by student."""
        folder = self.root / "records" / assignment
        return [
            Record.from_json(
                (folder / student_id(who) / f"{name}.json").read_text("utf-8")
            )
            for who, name in sorted(self._current_names(assignment).items())
        ]

    def graded(self) -> list[str]:
        """The assignments of which anything is graded."""
        return sorted(p.stem for p in (self.root / "current").glob("*.json"))

    def _current_names(self, assignment: str) -> dict[str, str]:
        path = self.root / "current" / f"{assignment}.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    # --- the key and the lock ---

    def key(self) -> bytes:
        """The course key, made on first use, readable by its owner only."""
        path = self.root / "course.key"
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, flags, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        key = bytes.fromhex(path.read_text())
        if len(key) != 32:
            raise OSError(
                f"{path} is damaged; with a new key (delete the file) "
                "everybody is graded anew, on other inputs"
            )
        return key

    @contextlib.contextmanager
    def lock(self) -> Iterator[str]:
        """Hold the course for one run; gives "" or what a dead run left.

        The system itself releases the lock of a run that was killed.

        Raises:
            Locked: if another run holds it; the message says which.
        """
        path = self.root / "lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+", encoding="utf-8") as file:
            try:
                _lock(file)
            except OSError:
                raise Locked(
                    f"another run holds this course: {_holder(path)}. Wait "
                    "for it, or end it; nothing is lost"
                ) from None
            file.seek(0)
            left = file.read().strip()
            me = f"process {os.getpid()} on {socket.gethostname()}"
            _rewrite(file, me)
            try:
                yield left
            finally:
                _rewrite(file, "")


def _rewrite(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip() or "a process just starting"
    except OSError:  # Windows does not let others read a locked file
        return "an unknown process"


def _lock(file: IO[str]) -> None:
    """Lock an open file for this process, or raise OSError at once."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def record_id(record: Record) -> str:
    """The name of a record: a hash of all that decides it."""
    parts = [
        record.submission or record.refused,
        record.version,
        record.key,
        json.dumps(record.environment, sort_keys=True),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
