"""The box: a process that runs one student's code, and what it may use.

Student code runs in a child of a template process, by bubblewrap (see
walls.py for each wall, template.py for the child) or in a container, where an
engine puts up the same walls (containers.py). What stands:

- no network, no socket of any kind; system calls that Python does not need
  are refused; an unprivileged user without capabilities;
- a root built from nothing and read-only: system libraries, Python, installed
  packages and the course's library. No checks, references, seeds, solutions,
  other submissions, home folders; the environment is cleared;
- limits on address space, processor time, file size, open files, processes,
  set inside; total memory, /tmp and its files watched from outside; a wall
  clock for each cell, each call and the whole; capped output and answers;
- each submission gets new pipes, and each message a new random name that its
  answer must bear. When it ends, whatever it started is killed and whatever
  it wrote is removed before the next one starts; when anything is left, or
  anything surprises, the next one gets a new box.

What does not: flaws of the kernel, and timing. The processes of a box share
the machine's processors, and memory is watched twenty times a second, so for
a moment a box can hold some hundred MiB more than its limit. Inside, /proc
shows facts of the machine (its memory, its kernel) and, in mountinfo, where
the packages lie on it. The counters of the kernel go on: a process number, or
that of a file, tells how many there were before.

With --unsafe-no-sandbox, student code is a plain process of yours: it can
read what you can read (the course key, solutions, other submissions), use the
network, start daemons and fill the memory. A session of its own, the cleared
environment, the limits of one process (POSIX) and the clocks are all that is
left. It is for work of people whom you would let use your account.
"""

import re
import secrets
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scratchgrade import containers
from scratchgrade.bubblewrap import Child
from scratchgrade.checks.kit import (
    BoxFailure,
    CourseError,
    StudentError,
    Verdict,
)
from scratchgrade.frames import BadFrame, Frame, read_frame, write_frame
from scratchgrade.limits import Limits
from scratchgrade.process import PlainProcess, Process
from scratchgrade.protocol import NotPlainData, pack, unpack

START_SECONDS = 60
BUBBLEWRAP, CONTAINER, NONE = "bubblewrap", "container", "none"
LIVE: set["Box"] = set()  # for a grader that must end at once


def start_bubblewrap(limits: Limits, preload: tuple[str, ...]) -> Process:
    return Child(limits, preload)


def start_plain(limits: Limits, preload: tuple[str, ...]) -> Process:
    return PlainProcess(limits)


# How a box gets its process. Another backend is another entry: a function of
# the limits and of the modules worth importing before student code runs,
# which raises NoBox where it cannot be had.
BACKENDS: dict[str, Callable[[Limits, tuple[str, ...]], Process]] = {
    BUBBLEWRAP: start_bubblewrap,
    CONTAINER: containers.start,
    NONE: start_plain,  # the switch --unsafe-no-sandbox alone chooses it
}


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


class Box:
    """A process that runs cells and answers calls; a `kit.Caller`.

    When a cell or call hangs or ends the process, the box is started again
    and the earlier cells are run again, without any that hung or died.

    Args:
        backend: a name in `BACKENDS`.
        preload: modules that may be imported before student code runs.

        with Box(Limits()) as box:
            box.run_cell("answer-1-1", "def double(n): return 2 * n")
            assert box.call("double", (21,), {}) == 42
    """

    def __init__(
        self,
        limits: Limits,
        backend: str = BUBBLEWRAP,
        preload: tuple[str, ...] = (),
    ):
        self.limits, self.backend, self.preload = limits, backend, preload
        self.cells: list[tuple[str, CellRun]] = []  # (source, what it gave)
        self.starts = 0
        self.deadline = time.monotonic() + limits.submission_seconds
        self.peak_bytes = 0
        self._process: Process | None = None
        LIVE.add(self)

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End every process of the box and remove what they wrote."""
        LIVE.discard(self)
        self._end()

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
        return self.perform(
            name, {"do": "call", "args": args, "kwargs": kwargs}
        )

    def drive(
        self, name: str, args: tuple, calls: Sequence[tuple[str, tuple]]
    ) -> list[Any]:
        """Build a class of the student's and call its methods in order."""
        return self.perform(
            name, {"do": "drive", "args": args, "calls": list(calls)}
        )

    def perform(self, name: str, order: Any) -> Any:
        """Carry out an order (orders.py); its result as values."""
        packed = pack(order)
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
        start = BACKENDS[self.backend]
        for last in (False, True):  # a box that waited may be gone
            self._process = start(self.limits, self.preload)
            try:
                self._talk(None, 0, START_SECONDS, "the start of the box")
                return
            except BoxFailure as failure:
                if last:  # no student code ran so far: it is our mistake
                    raise CourseError(
                        f"the box does not start: {failure.reason}"
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
        # Nobody can know it, and answer, before the question is asked.
        number = secrets.token_hex(8)
        frame.head["id"] = number
        try:
            return self._talk(frame, number, min(seconds, left), what)
        except BoxFailure:
            self._time_left()  # it was the whole that took too long
            raise

    def _talk(
        self, frame: Frame | None, number: Any, seconds: float, what: str
    ) -> Frame:
        """Send one message and wait for its answer, but not for ever."""
        pipes = self._process.pipes
        pipes.deadline = time.monotonic() + seconds
        try:
            if frame:
                write_frame(pipes, frame)
            reply = read_frame(pipes)
            if reply.head.get("id") != number:
                raise BadFrame("the answer to another question")
        except TimeoutError:
            self._end()
            raise BoxFailure(
                Verdict.TIMED_OUT,
                f"{what} did not end within {seconds:g} seconds",
            ) from None
        except BadFrame:
            self._end()
            raise BoxFailure(
                Verdict.CRASHED, f"{what} disturbed the grader's pipe"
            ) from None
        except (OSError, EOFError):
            raise self._death(what) from None
        return reply

    def _death(self, what: str) -> BoxFailure:
        """Why the process is gone, in words."""
        process, self._process = self._process, None
        ended = process.ended()
        self.peak_bytes = max(self.peak_bytes, ended.peak_bytes)
        if ended.reason:
            return BoxFailure(Verdict.CRASHED, f"{what} {ended.reason}")
        if ended.status == -signal.SIGXCPU:
            return BoxFailure(
                Verdict.TIMED_OUT, f"{what} used up its processor time"
            )
        said = f"\n{ended.said}" if ended.said else ""
        how = _how(ended.status)
        return BoxFailure(
            Verdict.CRASHED, f"{what} ended the process{how}{said}"
        )

    def _end(self) -> None:
        """End the process, and with it whatever student code started."""
        process, self._process = self._process, None
        if process:
            ended = process.close()
            self.peak_bytes = max(self.peak_bytes, ended.peak_bytes)


def _how(status: int | None) -> str:
    """The end of a process, by its exit status."""
    if status is None:
        return ""
    if status >= 0:
        return f" with exit code {status}"
    try:
        return f" ({signal.Signals(-status).name})"
    except ValueError:  # one of the many without a name
        return f" (signal {-status})"


def _texts(value: Any, count: int, size: int) -> tuple[str, ...]:
    """The texts in a part of a reply, which a stranger may have written."""
    found = value if isinstance(value, list) else []
    return tuple(x[:size] for x in found[:count] if isinstance(x, str))


def _error_of(head: dict) -> tuple[str, str, str] | None:
    if not head.get("error"):
        return None
    return (*_texts(head["error"], 3, 400), "an error", "", "")[:3]
