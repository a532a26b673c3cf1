"""The box: a process that runs one student's code, and what it may use.

Walls that stand now: another process in a session of its own, which holds no
checks, references or seeds; an empty environment and a temporary folder;
limits on CPU seconds, memory, file size and open files (POSIX); a wall clock
for each cell, each call and the whole; capped output and answers; the whole
process group is killed at the end.

Walls that are missing until the grader's own issue: student code runs as the
same user, so it can read what you can read (the course key, solutions, other
submissions), use the network, start daemons that leave the process group, and
fill memory with many processes. Grade the work of people whom you would let
use your account, or use an account or a machine made for it. On Windows there
are no resource limits at all, only the clock.
"""

import contextlib
import functools
import importlib.util
import io
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scratchgrade.checks.kit import (
    BoxFailure,
    CourseError,
    StudentError,
    Verdict,
)
from scratchgrade.protocol import (
    BadFrame,
    Frame,
    NotPlainData,
    pack,
    read_frame,
    unpack,
    write_frame,
)

WORKER = Path(__file__).with_name("worker.py")
LIVE: set["Box"] = set()  # for a grader that must end at once


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: wall clock of one cell.
        call_seconds: wall clock of one call by a check.
        submission_seconds: wall clock of all of it.
        memory_bytes: address space of one process.
        file_bytes: size of a file that it writes.
        output_chars: printed characters kept of each cell.
        restarts: how often a box that died or hung is started again.
    """

    cell_seconds: float = 10
    call_seconds: float = 10
    submission_seconds: float = 240
    memory_bytes: int = 4 << 30
    file_bytes: int = 64 << 20
    output_chars: int = 10_000
    restarts: int = 3


@dataclass(frozen=True)
class CellRun:
    """What running one cell gave.

    Attributes:
        error: class, text and line of the exception that ended it, if any.
        dropped: notebook commands (%magic, !shell) that were left out.
        verdict: set when the cell hung or ended the process; it is then
            skipped whenever the box starts again.
    """

    name: str
    output: str = ""
    error: tuple[str, str, str] | None = None
    dropped: tuple[str, ...] = ()
    verdict: Verdict | None = None


def _skipped(run: CellRun, failure: BoxFailure) -> CellRun:
    error = (str(failure.verdict), failure.reason, "")
    return replace(run, error=error, verdict=failure.verdict)


@functools.cache
def _import_settings() -> dict[str, Any]:
    """Where the box finds Python packages and the course's library.

    The course's root and the folder of the grader are not among them.
    """
    homes = tuple(map(os.path.realpath, (sys.prefix, sys.base_prefix)))
    path = [p for p in sys.path if os.path.realpath(p).startswith(homes)]
    packages = {}
    for name in ("scratchlm", "scratchlm.data"):
        with contextlib.suppress(ModuleNotFoundError):
            spec = importlib.util.find_spec(name)
            if spec and spec.submodule_search_locations:
                packages[name] = spec.submodule_search_locations[0]
    return {"path": path, "packages": packages}


def _environment(home: str) -> dict[str, str]:
    """All of the environment that student code sees."""
    env = {
        "HOME": home,
        "TMPDIR": home,
        "TEMP": home,
        "TMP": home,
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",  # sets iterate in the same order each time
        "MPLBACKEND": "agg",
    }
    env |= {
        f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")
    }
    if "SYSTEMROOT" in os.environ:  # Windows starts nothing without it
        env["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return env


class Box:
    """A process that runs cells and answers calls; a `kit.Caller`.

    When a cell or call hangs or ends the process, the box is started again
    and the earlier cells are run again, without any that hung or died.

        with Box(Limits()) as box:
            box.run_cell("answer-1-1", "def double(n): return 2 * n")
            assert box.call("double", (21,), {}) == 42
    """

    def __init__(self, limits: Limits):
        self.limits = limits
        self.cells: list[tuple[str, CellRun]] = []  # (source, what it gave)
        self.starts = 0
        self.deadline = time.monotonic() + limits.submission_seconds
        self._process: subprocess.Popen | None = None
        self._number = 0
        self._folder = tempfile.mkdtemp(prefix="box-")
        LIVE.add(self)

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End every process of the box and remove its folder."""
        LIVE.discard(self)
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- what the grader asks ---

    def run_cell(self, name: str, source: str) -> CellRun:
        """Run one cell; an exception in it does not stop the next."""
        try:
            self._ready()
            run = self._run(name, source)
        except BoxFailure as failure:
            run = _skipped(CellRun(name), failure)
        self.cells.append((source, run))
        return run

    def call(self, name: str, args: tuple, kwargs: dict) -> Any:
        """Call a function of the student's; its result as a plain value.

        Raises:
            StudentError: if the code raised, or `name` does not exist.
            BoxFailure: if it hung, or ended the process.
        """
        return self._request(name, (args, kwargs, None))

    def drive(
        self, name: str, args: tuple, calls: Sequence[tuple[str, tuple]]
    ) -> list[Any]:
        """Build a class of the student's and call its methods in order."""
        return self._request(name, (args, {}, list(calls)))

    def _request(self, name: str, request: tuple) -> Any:
        packed = pack(request)
        self._ready()
        reply = self._ask(
            Frame({"do": "call", "name": name}, packed),
            self.limits.call_seconds,
            f"the call of {name}",
        )
        if reply.head.get("missing"):
            self._explain_missing(name)
        if error := _error_of(reply.head):
            raise StudentError(*error)
        try:
            return unpack(*reply.value)
        except NotPlainData as error:
            self._end()
            raise BoxFailure(Verdict.CRASHED, f"{error}") from None

    def _explain_missing(self, name: str) -> None:
        """Blame the cell that should have defined `name`."""
        for source, run in reversed(self.cells):
            if not re.search(rf"\b{re.escape(name)}\b", source):
                continue
            if run.verdict:
                raise BoxFailure(
                    run.verdict,
                    f"`{name}` does not exist, because {run.error[1]}",
                )
            if run.error:
                kind, message, line = run.error
                raise StudentError(
                    kind,
                    f"{message}; this stopped the cell {run.name}, so "
                    f"`{name}` was never defined",
                    line,
                )
        raise StudentError(
            "NameError",
            f"`{name}` is not defined anywhere in the notebook",
        )

    # --- the process ---

    def _ready(self) -> None:
        """Start the box if it does not run, and run the cells so far."""
        while not self._process:
            if self.starts > self.limits.restarts:
                raise BoxFailure(
                    Verdict.NOT_GRADABLE,
                    f"the notebook hung or ended its process {self.starts} "
                    "times, and what follows was not run",
                )
            self._time_left()
            self._start()
            for i, (source, run) in enumerate(self.cells):
                if run.verdict:
                    continue
                try:
                    self._run(run.name, source)
                except BoxFailure as failure:  # it did not, the first time
                    self.cells[i] = source, _skipped(run, failure)
                    break

    def _time_left(self) -> float:
        """Seconds that this submission may still use."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise BoxFailure(
                Verdict.TIMED_OUT,
                "the whole notebook took more than "
                f"{self.limits.submission_seconds:g} seconds",
            )
        return left

    def _start(self) -> None:
        self.starts += 1
        home = tempfile.mkdtemp(dir=self._folder)
        settings = {
            "limits": {
                "AS": self.limits.memory_bytes,
                "FSIZE": self.limits.file_bytes,
                "CPU": int(self.limits.submission_seconds) + 5,
                "NOFILE": 256,
            },
            "output_chars": self.limits.output_chars,
            **_import_settings(),
        }
        # -P -s with an environment of our own is what -I means, but leaves
        # PYTHONHASHSEED in force; -S runs no .pth file.
        command = [sys.executable, "-P", "-s", "-S", "-B", str(WORKER)]
        with tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                [*command, json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                cwd=home,
                env=_environment(home),
                bufsize=0,
                start_new_session=True,
            )
            self._reader = io.BufferedReader(self._process.stdout)
            try:
                self._talk(None, 60, "the start of the box")
            except BoxFailure as failure:
                if self.starts > 1:  # it did start, before this student
                    raise
                complaints.seek(0)
                said = complaints.read()[-2000:].decode("utf-8", "replace")
                raise CourseError(
                    f"the box does not start: {failure.reason}\n{said}"
                ) from None

    def _run(self, name: str, source: str) -> CellRun:
        reply = self._ask(
            Frame({"do": "cell", "name": name, "source": source}),
            self.limits.cell_seconds,
            f"the cell {name}",
        )
        head, most = reply.head, self.limits.output_chars
        return CellRun(
            name,
            "".join(_texts([head.get("output")], 1, 2 * most)),
            _error_of(head),
            _texts(head.get("dropped"), 20, 80),
        )

    def _ask(self, frame: Frame, seconds: float, what: str) -> Frame:
        left = self._time_left()
        self._number += 1
        frame.head["id"] = self._number
        try:
            reply = self._talk(frame, min(seconds, left), what)
        except BoxFailure:
            self._time_left()  # it was the whole that took too long
            raise
        if reply.head.get("id") != self._number:
            self._end()
            raise BoxFailure(
                Verdict.CRASHED, f"{what} disturbed the grader's pipe"
            )
        return reply

    def _talk(self, frame: Frame | None, seconds: float, what: str) -> Frame:
        """Send one message and wait for one, but not for ever."""
        answer: queue.SimpleQueue = queue.SimpleQueue()
        process, reader = self._process, self._reader

        def talk() -> None:
            try:
                if frame:
                    write_frame(process.stdin, frame)
                answer.put(read_frame(reader))
            except (OSError, EOFError, ValueError) as error:
                answer.put(error)

        # A thread, because Windows cannot wait for a pipe with a deadline.
        self._talker = threading.Thread(target=talk, daemon=True)
        self._talker.start()
        try:
            reply = answer.get(timeout=seconds)
        except queue.Empty:
            self._end()
            raise BoxFailure(
                Verdict.TIMED_OUT,
                f"{what} did not end within {seconds:g} seconds",
            ) from None
        if isinstance(reply, Frame):
            return reply
        if isinstance(reply, BadFrame):
            self._end()
            raise BoxFailure(
                Verdict.CRASHED, f"{what} disturbed the grader's pipe"
            )
        raise self._death(what)

    def _death(self, what: str) -> BoxFailure:
        """Why the process is gone, in words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        code = self._process.returncode
        self._end()
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            if name == "SIGXCPU":
                return BoxFailure(
                    Verdict.TIMED_OUT, f"{what} used up its processor time"
                )
            return BoxFailure(
                Verdict.CRASHED, f"{what} ended the process ({name})"
            )
        how = "" if code is None else f" with exit code {code}"
        return BoxFailure(Verdict.CRASHED, f"{what} ended the process{how}")

    def _end(self) -> None:
        """Kill the whole process group; leave no open pipe where possible."""
        process, self._process = self._process, None
        if process is None:
            return
        if os.name == "posix":
            # While it is not waited for, its number cannot be another's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(process.pid)],
                capture_output=True,
                check=False,
            )
        process.wait()
        self._talker.join(timeout=1)
        if not self._talker.is_alive():
            process.stdin.close()
            self._reader.close()
        # Else something that left the group still holds the pipe: the
        # thread alone may use it, and ends with this process.


def _texts(value: Any, count: int, size: int) -> tuple[str, ...]:
    """The texts in a part of a reply, which a stranger may have written."""
    found = value if isinstance(value, list) else []
    return tuple(x[:size] for x in found[:count] if isinstance(x, str))


def _error_of(head: dict) -> tuple[str, str, str] | None:
    if not head.get("error"):
        return None
    return (*_texts(head["error"], 3, 400), "an error", "", "")[:3]
