"""The box by bubblewrap: a running one, and the children that it makes.

A `Bubble` is one running box with its template (template.py) as PID 1. It
makes one child at a time; each gets two pipes made for it, passed over a
socket that only the template holds. So what a child writes reaches the
trusted side alone, and what one child leaves in a pipe no other can read.

A box lives on from one submission to the next inside the process that
grades; it is replaced after any surprise, and every few hundred children.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass

from scratchgrade import launch, layout
from scratchgrade.frames import Frame, write_frame
from scratchgrade.limits import Limits
from scratchgrade.pipes import Pipes
from scratchgrade.process import Ended
from scratchgrade.walls import Walls
from scratchgrade.watchdog import Watchdog

START_SECONDS = 60  # importing torch from a cold disk
SWEEP_SECONDS = 10  # to kill, reap and empty /tmp
MESSAGE = 1 << 16
OUTPUT_BYTES = 1 << 20  # kept of what a script prints
MANY_CHILDREN = 300  # then a fresh box


class Bubble:
    """A running box.

    Raises, when made:
        NoBox: if it does not start.
    """

    def __init__(
        self,
        limits: Limits,
        walls: Walls = Walls(),  # noqa: B008 (frozen)
        preload: tuple[str, ...] = (),
    ):
        self.limits, self.walls, self.preload = limits, walls, preload
        self.children, self.running, self.surprise = 0, False, ""
        self.over: Ended | None = None
        self._watchdog, self._template = None, None
        self._started = self._start()
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def _start(self) -> launch.Started:
        return launch.start(self.limits, self.walls)

    def _greet(self) -> None:
        found = layout.layout()
        settings = {
            "user": self._started.user if self.walls.user else None,
            "shield": self.walls.shield,
            "sweep": self.walls.sweep,
            "path": found.path,
            "packages": found.packages,
            "preload": self.preload,
        }
        self._send(settings)
        if "ready" not in (self._receive(START_SECONDS) or {}):
            raise launch.explain(self._started.complaints())
        pid = self._started.first_process()
        self._template = os.pidfd_open(pid)  # numbers are used again
        self._watchdog = Watchdog(pid, self.limits, self._kill)
        if self.walls.watchdog:
            self._watchdog.start()

    # --- the socket ---

    def _send(self, message: dict, pipes: tuple[int, ...] = ()) -> None:
        data = [json.dumps(message).encode()]
        # Where the box is gone, the answer that does not come will tell.
        with contextlib.suppress(OSError):
            socket.send_fds(self._started.control, data, pipes)

    def _receive(self, seconds: float) -> dict | None:
        """A message of the template, or None if none comes."""
        control = self._started.control
        with contextlib.suppress(OSError, ValueError):
            control.settimeout(seconds)
            return json.loads(control.recv(MESSAGE))
        return None

    # --- children ---

    @property
    def usable(self) -> bool:
        """Whether it can make another child."""
        return (
            not (self.running or self.surprise)
            and self.children < MANY_CHILDREN
            and self._started.process.poll() is None
        )

    def spawn(self, work: dict) -> Pipes:
        """Fork a child for a piece of work; the pipes to it and from it."""
        self._watchdog.peak = 0
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._order(work, (theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)
        return Pipes(ours_in, ours_out)

    def _order(self, work: dict, pipes: tuple[int, ...] = ()) -> None:
        self.children += 1
        self.running, self.over = True, None
        limits = self.limits.of_a_process() if self.walls.limits else {}
        order = {"number": self.children, "limits": limits, **work}
        self._send(order, pipes)

    def wait(self, seconds: float) -> Ended | None:
        """How the child ended, or None if it goes on, or the box is gone."""
        if not self.over:
            self._note(self._receive(seconds) or {})
        return self.over

    def _note(self, message: dict) -> None:
        if message.get("over") == self.children:
            reason = message.get("reason", "")  # of a watchdog inside
            self.over = Ended(message["status"], message["peak"], reason)
            self.running, self.surprise = False, message["surprise"]

    def end(self) -> Ended:
        """End the child with all that it started, if it goes on."""
        if not self.over:
            self._send({"do": "end", "number": self.children})
        if not self.wait(SWEEP_SECONDS):
            self.close()
            self.over = self._lost()
        return self.over

    def _lost(self) -> Ended:
        """How a child ended that went with its box."""
        return Ended(None, self._watchdog.peak, self._watchdog.reason)

    def run_script(self, source: str, seconds: float) -> "Ran":
        """Run a script in a child of its own, as `run_script` below."""
        pipes = self.spawn({"do": "script"})
        pipes.deadline = time.monotonic() + seconds
        printed, reason = b"", ""
        try:
            write_frame(pipes, Frame({"source": source}))
            while len(printed) <= OUTPUT_BYTES and (data := pipes.some()):
                printed += data
        except TimeoutError:
            reason = f"did not end within {seconds:g} seconds"
        except OSError:  # it is gone already
            pass
        if len(printed) > OUTPUT_BYTES:
            reason = f"printed more than {OUTPUT_BYTES:,} bytes"
        pipes.close()
        # Its output ends a moment before it does.
        ended = (not reason and self.wait(2)) or self.end()
        text = printed[:OUTPUT_BYTES].decode("utf-8", "replace")
        return Ran(text, ended.status, reason or ended.reason)

    # --- the end of the box ---

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._template, signal.SIGKILL)

    def close(self) -> None:
        """End the box with everything in it."""
        self.running = False
        if self._watchdog:
            self._watchdog.stop()
        if self._template is not None:
            self._kill()
            os.close(self._template)
            self._template = None
        self._started.close()


# --- boxes that wait for the next submission -------------------------------

_IDLE: list[Bubble] = []
_LOCK = threading.Lock()


class Child:
    """One process for one submission; a `process.Process`.

    Args:
        kind: what makes a box, `Bubble` or a kind of it.
    """

    def __init__(
        self,
        limits: Limits,
        preload: tuple[str, ...] = (),
        kind: type[Bubble] = Bubble,
    ):
        self._bubble = _take(limits, preload, kind)
        self.pipes = self._bubble.spawn(
            {"do": "serve", "output_chars": limits.output_chars}
        )

    def ended(self) -> Ended:
        self._bubble.wait(2)
        return self.close()

    def close(self) -> Ended:
        self.pipes.close()
        ended = self._bubble.end()
        _give_back(self._bubble)
        return ended


def _take(
    limits: Limits, preload: tuple[str, ...], kind: type[Bubble]
) -> Bubble:
    """A box that waits, or a new one; those of another kind are closed."""
    with _LOCK:
        others = []
        while _IDLE:
            bubble = _IDLE.pop()
            its = type(bubble), bubble.limits, bubble.preload
            if bubble.usable and its == (kind, limits, preload):
                return bubble
            others.append(bubble)
    for bubble in others:
        bubble.close()
    return kind(limits, preload=preload)


def _give_back(bubble: Bubble) -> None:
    if bubble.usable:
        with _LOCK:
            _IDLE.append(bubble)
    else:
        bubble.close()


@atexit.register
def close_idle() -> None:
    """End the boxes that wait."""
    with _LOCK:
        while _IDLE:
            _IDLE.pop().close()


def _forget() -> None:
    """A box answers one process: a forked one starts its own."""
    global _LOCK
    _LOCK = threading.Lock()  # another thread may have held the old one
    _IDLE.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


# --- a script with the walls of grading ------------------------------------


@dataclass(frozen=True)
class Ran:
    """What running a script gave.

    Attributes:
        stdout: what it printed, errors too, cut to `OUTPUT_BYTES`.
        status: its exit status, minus the signal that killed it, or None if
            the box went with it.
        reason: why it was ended from outside, or "".
    """

    stdout: str
    status: int | None
    reason: str


def run_script(
    source: str, walls: Walls, limits: Limits, seconds: float
) -> Ran:
    """Run a Python script in a fresh box, as student code is run.

    Raises:
        NoBox: if the box does not start.
    """
    return run_scripts([source], walls, limits, seconds)[0]


def run_scripts(
    sources: list[str],
    walls: Walls,
    limits: Limits,
    seconds: float,
    kind: type[Bubble] = Bubble,
) -> list[Ran]:
    """Run scripts one after another as submissions of one box are run.

    Each is another child of the same template, unless one of them brought
    the box down; the rest then run in the next, as in grading.
    """
    ran = []
    bubble = kind(limits, walls)
    try:
        for source in sources:
            if not bubble.usable:
                bubble.close()
                bubble = kind(limits, walls)
            ran.append(bubble.run_script(source, seconds))
    finally:
        bubble.close()
    return ran
