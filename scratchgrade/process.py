"""The process that student code runs in, as a box sees it.

`PlainProcess` is one without walls, for --unsafe-no-sandbox. The others
(`bubblewrap.Child`, a container) have the same three parts: `pipes`, `ended`
and `close`.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scratchgrade import layout
from scratchgrade.limits import Limits
from scratchgrade.pipes import Pipes, ThreadedPipes

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        status: its exit status, minus the signal that killed it, or None if
            nobody knows.
        peak_bytes: the most memory that it held, where that is known.
        reason: why it was ended from outside, or "".
        said: what it said where nothing is said that belongs to a student.
    """

    status: int | None
    peak_bytes: int = 0
    reason: str = ""
    said: str = ""


class Process(Protocol):
    """A process that answers the messages of worker.py.

    Attributes:
        pipes: to it and from it.
    """

    pipes: Pipes | ThreadedPipes

    def ended(self) -> Ended:
        """How it ended; it is ended by force after two seconds."""

    def close(self) -> Ended:
        """End it with all that it started."""


class PlainProcess:
    """A process of the same user, with limits (POSIX) but no other wall."""

    def __init__(self, limits: Limits):
        self._home = tempfile.mkdtemp(prefix="box-")
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (see close)
        of_a_process = limits.of_a_process()
        del of_a_process["NPROC"]  # it would count all of this user's
        settings = {
            "limits": of_a_process,
            "output_chars": limits.output_chars,
            "path": _path(),
            "packages": layout.course_packages(),
        }
        # -P -s with an environment of our own is what -I means, but leaves
        # PYTHONHASHSEED in force; -S runs no .pth file.
        command = [sys.executable, "-P", "-s", "-S", "-B", str(WORKER)]
        self._process = subprocess.Popen(
            [*command, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd=self._home,
            env=layout.environment(self._home),
            bufsize=0,
            start_new_session=True,
        )
        kind = Pipes if os.name == "posix" else ThreadedPipes
        self.pipes = kind(
            os.dup(self._process.stdout.fileno()),
            os.dup(self._process.stdin.fileno()),
        )
        self._process.stdout.close()
        self._process.stdin.close()

    def ended(self) -> Ended:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        return self.close()

    def close(self) -> Ended:
        """Kill the whole process group; remove the folder."""
        if os.name == "posix":
            # While it is not waited for, its number cannot be another's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(self._process.pid)],
                capture_output=True,
                check=False,
            )
        self._process.wait()
        self.pipes.close()
        self._said.seek(0)  # the worker sends students' stderr nowhere
        said = self._said.read()[-2000:].decode("utf-8", "replace")
        self._said.close()
        shutil.rmtree(self._home, ignore_errors=True)
        return Ended(self._process.returncode, said=said)


def _path() -> list[str]:
    """Where Python finds packages; not the course, not the grader."""
    homes = tuple(map(os.path.realpath, (sys.prefix, sys.base_prefix)))
    return [p for p in sys.path if os.path.realpath(p).startswith(homes)]
