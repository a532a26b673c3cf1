"""The box by a container engine: Docker or Podman, where there is no other.

A `Container` is one running container with the template as its first
process. As in the box by bubblewrap (bubblewrap.py) it makes one child at a
time, lives on from one submission to the next, and is replaced after any
surprise; its options are in container_options.py. An engine passes
nothing but standard input and output, so all that is said to a child and by
it goes through the template, in pieces (relay.py).

A container ends with the process that started it: its standard input then
ends. What an engine leaves behind all the same bears a label, and the next
run removes it.
"""

import contextlib
import functools
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from scratchgrade import bubblewrap, engines, layout
from scratchgrade import container_options as options
from scratchgrade.bubblewrap import START_SECONDS, Bubble, Child, Ran
from scratchgrade.channel import Channel, Conversation
from scratchgrade.facts import differences, facts
from scratchgrade.limits import Limits
from scratchgrade.pieces import BYTES, MESSAGE
from scratchgrade.process import Ended
from scratchgrade.usage import too_much_memory
from scratchgrade.walls import Walls

END_SECONDS = 3  # for a container to end by itself
KILLED = 137  # exit code of one whose first process was killed


class Container(Bubble):
    """A running container.

    Raises, when made:
        NoBox: if there is no engine, no image, or it does not start.
    """

    def _start(self) -> "Started":
        engine = engines.find_engine()
        remove_leftovers(engine)
        self.found = options.contents(engine)
        return Started(engine, self.found, self.walls, self.limits)

    @property
    def channel(self) -> Channel:
        return self._started.channel

    def _greet(self) -> None:
        found = self.found
        settings = {
            "user": None,
            "shield": self.walls.shield,
            "sweep": self.walls.sweep,
            "watchdog": self.walls.watchdog,
            "most": asdict(self.limits),
            "path": found.path,
            "packages": found.packages,
            "preload": self.preload,
            "environment": options.environment()
            if self.walls.environment
            else None,
            "facts": _distributions() if found.built else None,
            "ours": options.FILES,
        }
        self._send(settings)
        ready = self._receive(START_SECONDS) or {}
        if "ready" not in ready:
            self._started.end()
            said = ready.get("failed") or self._started.complaints()
            raise engines.explain(self._started.engine, said)
        if found.built:
            self._compare(ready.get("facts"))

    def _compare(self, there: dict | None) -> None:
        """Refuse an image that would grade otherwise than is recorded."""
        ours = [str(layout.HERE / name) for name in options.FILES]
        here = facts(_distributions(), layout.course_packages(), ours)
        if told := differences(there or {}, here):
            raise options.no_image(
                self._started.engine,
                f"the image {self.found.image} is not of this course and "
                f"environment: {told}",
            )

    # --- the channel ---

    def _send(self, message: dict, pipes: tuple[int, ...] = ()) -> None:
        with contextlib.suppress(OSError):  # see Bubble
            self.channel.send(MESSAGE, json.dumps(message).encode())

    def _receive(self, seconds: float) -> dict | None:
        """A message of the template; what a child says before is dropped."""
        self.channel.deadline = time.monotonic() + seconds
        with contextlib.suppress(OSError, EOFError, ValueError):
            kind, data = self.channel.receive()
            while kind == BYTES:
                kind, data = self.channel.receive()
            return _message(data)
        return None

    def _hear(self, data: bytes) -> None:
        """Take a message that came between the words of a child."""
        with contextlib.suppress(ValueError):
            self._note(_message(data))

    # --- children ---

    def spawn(self, work: dict) -> Conversation:
        """Fork a child for a piece of work; what leads to it."""
        self._order(work)
        return Conversation(
            self.channel, lambda: self.over is not None, self._hear
        )

    def _lost(self) -> Ended:
        if self._started.forced:
            return Ended(None)
        status = self._started.process.returncode
        if status == KILLED:  # by nobody inside: the kernel lacked memory
            return Ended(None, 0, too_much_memory(self.limits.total_bytes))
        return Ended(None, 0, f"ended its container with exit code {status}")


def _message(data: bytes) -> dict:
    """A message of the template.

    Raises:
        ValueError: if it is none.
    """
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _distributions() -> tuple[str, ...]:
    from scratchgrade.grade import PACKAGES

    return PACKAGES


# --- the start, and the end ------------------------------------------------

_RUNNING: set["Started"] = set()


class Started:
    """A container whose first process may or may not have come up.

    Attributes:
        process: the engine's client, which waits for it.
        forced: whether it was killed from here.
    """

    def __init__(
        self,
        engine: engines.Engine,
        found: options.Contents,
        walls: Walls,
        limits: Limits,
    ):
        self.engine, self.forced, self._open = engine, False, True
        self.name = f"{options.IMAGE}-{os.getpid()}-{secrets.token_hex(4)}"
        user = options.FIRST_USER + secrets.randbelow(options.N_USERS)
        # Podman also writes a file where it is started, when memory is out.
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        profile = Path(self._folder.name) / "seccomp.json"
        profile.write_text(options.profile_text(walls), "utf-8")
        args = options.arguments(
            engine, found, walls, limits, user, str(profile)
        )
        self._said: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [engine.program, "run", "--name", self.name, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            cwd=self._folder.name,
            start_new_session=True,  # Ctrl-C is for the grader alone
        )
        self.channel = Channel(
            os.dup(self.process.stdout.fileno()),
            os.dup(self.process.stdin.fileno()),
        )
        self.process.stdout.close()
        self.process.stdin.close()
        _RUNNING.add(self)

    def complaints(self) -> str:
        self._said.seek(0)
        return self._said.read()[-2000:].decode("utf-8", "replace")

    def end(self) -> None:
        """End the container: by the end of its input, or by force."""
        if not self._open:
            return
        self._open = False
        _RUNNING.discard(self)
        self.channel.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.forced = True
            remove(self.engine, self.name)
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()

    def close(self) -> None:
        self.end()
        self._said.close()


def remove(engine: engines.Engine, *names: str) -> None:
    """Kill containers and remove them."""
    engine.run("kill", "--signal", "KILL", *names)  # `rm` waits, in Podman
    engine.run("rm", "--force", *names)


@functools.cache
def remove_leftovers(engine: engines.Engine) -> None:
    """Remove containers of processes of this machine that are no more."""
    label = f"label={options.LABEL}={options.machine()}"
    done = engine.run(
        "ps", "--all", "--filter", label, "--format", "{{.Names}}"
    )
    names = done.stdout.decode("utf-8", "replace").split()
    dead = [name for name in names if not _owner_lives(name)]
    if dead:
        remove(engine, *dead)


def _owner_lives(name: str) -> bool:
    owner = name.removeprefix(f"{options.IMAGE}-").partition("-")[0]
    if not owner.isdigit():
        return True  # not named by us
    if sys.platform == "win32":  # os.kill would end it
        told = subprocess.run(
            ["tasklist", "/FI", f"PID eq {owner}", "/FO", "CSV", "/NH"],
            capture_output=True,
            text=True,
            check=False,
        )
        return owner in told.stdout
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _forget() -> None:
    """A container answers one process; a forked one closes what it got."""
    for started in _RUNNING:
        for descriptor in started.channel.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    _RUNNING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


# --- what the box and the probes use ---------------------------------------


def start(limits: Limits, preload: tuple[str, ...]) -> Child:
    """A process in a container, for one submission."""
    return Child(limits, preload, Container)


def run_scripts(
    sources: list[str], walls: Walls, limits: Limits, seconds: float
) -> list[Ran]:
    """As `bubblewrap.run_scripts`, in a container."""
    return bubblewrap.run_scripts(sources, walls, limits, seconds, Container)
