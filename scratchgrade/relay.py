"""PID 1 of a container: the template, on standard input and output.

A container engine hands over three streams and no socket, so here all that
goes between a child and the trusted side passes through the template
(template.py), in pieces that it does not look into. What it reads itself are
the orders of the trusted side. A child gets two pipes of its own and neither
stream; the rest is as in the box by bubblewrap, with one difference: nobody
outside can watch a container on every system, so the watchdog is here, and
what it misses between two looks the kernel's limits on the container stop.

A piece is its kind (one byte), its length (four bytes) and its bytes:

    in:   order    {do: serve | script, number, limits ...}, {do: end, number}
          bytes    for the child that runs
    out:  message  {ready}, {over: number, status, peak, surprise, reason}
          bytes    of the child
"""

import contextlib
import json
import os
import select
import sys
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import facts
import pieces
import template
import usage

sys.path.pop(0)

HEAD, PIECE = pieces.HEAD, pieces.PIECE
MESSAGE, BYTES = pieces.MESSAGE, pieces.BYTES
PERIOD = 0.05  # seconds between two looks at what the child uses
OOM_COUNTS = (  # of this container, for each version of control groups
    "/sys/fs/cgroup/memory.events",
    "/sys/fs/cgroup/memory/memory.oom_control",
)


class Stream:
    """Pieces from the trusted side and to it, without ever waiting.

    Raises:
        EOFError, OSError: when the trusted side is gone.
    """

    def __init__(self, reader: int, writer: int):
        self.reader, self.writer = reader, writer
        for descriptor in (reader, writer):
            os.set_blocking(descriptor, False)
        self.come, self.going = deque(), bytearray()
        self._kept = b""

    def take(self) -> None:
        """Read what is there."""
        data = os.read(self.reader, PIECE)
        if not data:
            raise EOFError
        self._kept += data
        while len(self._kept) >= HEAD.size:
            kind, size = HEAD.unpack_from(self._kept)
            end = HEAD.size + size
            if len(self._kept) < end:
                return
            self.come.append((kind, self._kept[HEAD.size : end]))
            self._kept = self._kept[end:]

    def put(self, kind: bytes, data: bytes) -> None:
        self.going += HEAD.pack(kind, len(data)) + data

    def push(self) -> None:
        """Write what fits."""
        with contextlib.suppress(BlockingIOError):
            n_written = os.write(self.writer, self.going)
            del self.going[:n_written]

    def next_order(self) -> dict:
        """The next order; what is left for an earlier child is dropped."""
        while True:
            while self.come:
                kind, data = self.come.popleft()
                if kind == MESSAGE:
                    return json.loads(data)
            select.select([self.reader], [], [])
            self.take()

    def send(self, message: dict) -> None:
        """Send a message, after all that was put before it."""
        self.put(MESSAGE, json.dumps(message).encode())
        while self.going:
            ready = [[self.reader], [self.writer], []]
            readable, writable, _ = select.select(*ready)
            if readable:
                self.take()
            if writable:
                self.push()


class Conversation:
    """What passes between the trusted side and one child, until it ends."""

    def __init__(self, stream: Stream, into: int, out: int):
        self.stream, self.into, self.out = stream, into, out
        for descriptor in (into, out):
            os.set_blocking(descriptor, False)
        self.waiting, self.ending = bytearray(), False

    def step(self, ended: int, number: int) -> bool:
        """Pass on what there is, for at most `PERIOD`; whether it is over."""
        self._sort(number)  # what came with the order
        readers, writers = [ended, self.stream.reader], []
        if self.out is not None and not self.stream.going:
            readers.append(self.out)
        if self.stream.going:
            writers.append(self.stream.writer)
        if self.into is not None and self.waiting:
            writers.append(self.into)
        ready, free, _ = select.select(readers, writers, [], PERIOD)
        if self.stream.reader in ready:
            self.stream.take()
        if self.out in ready:
            self._from_child()
        if self.stream.writer in free:
            self.stream.push()
        if self.into in free:
            self._to_child()
        return ended in ready or self.ending

    def _sort(self, number: int) -> None:
        while self.stream.come:
            kind, data = self.stream.come.popleft()
            if kind == BYTES:
                self.waiting += data
            elif json.loads(data).get("number") == number:
                self.ending = True

    def _to_child(self) -> None:
        try:
            n_written = os.write(self.into, self.waiting)
            del self.waiting[:n_written]
        except BlockingIOError:
            pass
        except OSError:  # it has closed its end
            os.close(self.into)
            self.into = None

    def _from_child(self) -> bool:
        """Whether there may be more."""
        try:
            data = os.read(self.out, PIECE)
        except BlockingIOError:
            return False
        if data:
            self.stream.put(BYTES, data)
        else:
            os.close(self.out)
            self.out = None
        return bool(data)

    def close(self) -> None:
        """Pass on what the child left in its pipe, once it is dead."""
        while self.out is not None and self._from_child():
            pass
        for descriptor in (self.into, self.out):
            if descriptor is not None:
                os.close(descriptor)


class Relay(template.Template):
    """The template, with a stream in place of a socket."""

    def __init__(self, stream: Stream, settings: dict):
        self.stream = stream
        self.seen = [os.open(path, os.O_RDONLY) for path in ("/proc", "/tmp")]
        self.usage = usage.Usage(*self.seen, settings["most"])
        super().__init__(None, settings)

    def send(self, message: dict) -> None:
        self.stream.send(message)

    def live(self) -> None:
        surprise = False
        while not surprise:
            order = self.stream.next_order()
            if order["do"] != "end":  # of a child that is over already
                surprise = self.one_child(order)

    def one_child(self, order: dict) -> bool:
        """Whether the container should end with it."""
        reader, into = os.pipe()
        out, writer = os.pipe()
        kills = oom_kills()
        child = os.fork()
        if not child:
            ours = (self.stream.reader, self.stream.writer, *self.seen)
            for descriptor in (into, out, *ours):
                os.close(descriptor)
            template.be_child(order, self.settings, reader, writer)
        os.close(reader)
        os.close(writer)
        conversation = Conversation(self.stream, into, out)
        reason = self.accompany(child, conversation, order["number"], kills)
        status, peak = self.sweep(child)
        conversation.close()
        surprise = self.state.changes() if self.settings["sweep"] else ""
        over = {"over": order["number"], "status": status, "peak": peak}
        self.send(over | {"surprise": surprise or reason, "reason": reason})
        return bool(surprise or reason)

    def accompany(
        self, child: int, conversation: Conversation, number: int, kills: int
    ) -> str:
        """Until the child is over; what it used too much of, or ""."""
        ended = os.pidfd_open(child)
        looked = 0.0
        try:
            while not conversation.step(ended, number):
                if time.monotonic() - looked > PERIOD:
                    looked = time.monotonic()
                    if reason := self.too_much(kills):
                        return reason
        finally:
            os.close(ended)
        return self.too_much(kills) if oom_kills() > kills else ""

    def too_much(self, kills: int) -> str:
        """What is used too much of, or has been, by the kernel's word."""
        if not self.settings["watchdog"]:
            return ""
        if oom_kills() > kills:
            return usage.too_much_memory(self.settings["most"]["total_bytes"])
        return self.usage.look()


def oom_kills() -> int:
    """How often the kernel ended a process here, for want of memory."""
    for path in OOM_COUNTS:
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            counts = dict(line.split() for line in file)
            return int(counts.get("oom_kill", 0))
    return 0


def main() -> None:
    stream = Stream(os.dup(0), os.dup(1))
    settings = stream.next_order()
    if os.getpid() != 1 or os.stat("/tmp").st_dev == os.stat("/").st_dev:
        raise SystemExit("this runs as PID 1 of a box with a /tmp of its own")
    if settings["environment"]:  # the engine adds some of its own
        os.environ.clear()
        os.environ.update(settings["environment"])
    template.become_template(settings, stream.reader, stream.writer)
    ready = {"ready": time.monotonic()}
    if settings["facts"] is not None:
        here = Path(__file__).parent
        ours = [here / name for name in settings["ours"]]
        about = settings["facts"], settings["packages"], ours
        ready["facts"] = facts.facts(*about)
    try:
        relay = Relay(stream, settings)
    except OSError as error:
        stream.send({"failed": f"{error}"})
        return
    relay.send(ready)
    relay.live()


if __name__ == "__main__":
    with contextlib.suppress(EOFError, BrokenPipeError):
        main()
    os._exit(0)  # the trusted side is gone: so is everything here, at once
