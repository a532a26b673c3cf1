"""Files that are there whole or not at all, and one lock for a course."""

import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

UNFINISHED = ".new-"  # what the name of a file being written starts with


class Locked(RuntimeError):
    """Another run holds the course."""


class Damaged(OSError):
    """A file of the grader's is not what was written; the text says more."""


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write all of a file or nothing: temporary file, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
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
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See to it that a new name in a folder reaches the disk."""
    if os.name != "posix":  # Windows cannot, and does not need to
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_unfinished(folder: Path) -> None:
    """Delete what a killed run left half-written; only its holder may."""
    for path in folder.rglob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def hold(
    path: Path,
    wait: bool = False,
    waiting: Callable[[str], None] = lambda holder: None,
) -> Iterator[str]:
    """Hold a lock file; gives "" or what a dead run left in it.

    The system itself releases the lock of a run that was killed.

    Args:
        wait: until it is free, if another run has it.
        waiting: hears once who that is.

    Raises:
        Locked: if another run holds it, and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as file:
        if not _try(file):
            holder = _holder(path)
            if not wait:
                raise Locked(
                    f"another run holds this course: {holder}. Wait for it "
                    "(`--wait` does), or end it; nothing is lost"
                )
            waiting(holder)
            while not _try(file):
                time.sleep(0.2)
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


def _try(file: IO[str]) -> bool:
    """Lock an open file for this process, if no other has it."""
    try:
        _lock(file)
    except OSError:
        return False
    return True


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
