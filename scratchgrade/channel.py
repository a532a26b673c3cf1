"""The trusted end of the stream to a container's first process (relay.py).

The other side may be hostile, for whoever broke out of a child to the
template: a size is believed up to a limit, and every step has a deadline.
"""

import os
import time
from collections.abc import Callable

from scratchgrade.pieces import BYTES, HEAD, PIECE
from scratchgrade.pipes import Pipes, ThreadedPipes

WAIT_TO_SEND = 10  # seconds; the template always listens
LARGEST = 1 << 20  # of a piece that is believed


class Channel:
    """Pieces to a container's first process, and from it.

    Attributes:
        deadline: a value of time.monotonic().
    """

    def __init__(self, reader: int, writer: int):
        kind = Pipes if os.name == "posix" else ThreadedPipes
        self._stream = kind(reader, writer)
        self._head = b""
        self.descriptors = reader, writer
        self.deadline = time.monotonic()

    def send(self, kind: bytes, data: bytes) -> None:
        """Send one piece.

        Raises:
            OSError: if the container is gone, or does not listen.
        """
        rest = HEAD.pack(kind, len(data)) + data
        # Whatever the deadline, a piece is sent whole.
        self._stream.deadline = time.monotonic() + WAIT_TO_SEND
        while rest:
            rest = rest[self._stream.write(rest) :]

    def receive(self) -> tuple[bytes, bytes]:
        """The next piece; one that came in part is kept for the next time.

        Raises:
            TimeoutError: if it does not come before the deadline.
            OSError, EOFError: if the container is gone, or is not ours.
        """
        self._stream.deadline = self.deadline
        if not self._head:
            self._head = self._exactly(HEAD.size)
        kind, size = HEAD.unpack(self._head)
        if size > LARGEST:
            raise OSError(f"a piece of {size:,} bytes from a container")
        data = self._exactly(size)
        self._head = b""
        return kind, data

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def close(self) -> None:
        self._stream.close()


class Conversation:
    """What is said to one child and by it, in place of `pipes.Pipes`.

    Args:
        over: whether the child is.
        hear: takes a message of the template that comes in between.
    """

    def __init__(
        self,
        channel: Channel,
        over: Callable[[], bool],
        hear: Callable[[bytes], None],
    ):
        self._channel, self._over, self._hear = channel, over, hear
        self._kept = bytearray()
        self.deadline = time.monotonic()

    def read(self, n: int) -> bytes:
        """As `Pipes.read`."""
        while len(self._kept) < n and (data := self._next()):
            self._kept += data
        data = bytes(self._kept[:n])
        del self._kept[:n]
        return data

    def some(self) -> bytes:
        """As `Pipes.some`."""
        return self.read(len(self._kept)) or self._next()

    def _next(self) -> bytes:
        """What comes next of the child; b"" when it is over."""
        while not self._over():
            self._channel.deadline = self.deadline
            try:
                kind, data = self._channel.receive()
            except EOFError:  # with the container
                return b""
            if kind == BYTES and data:
                return data
            if kind != BYTES:
                self._hear(data)
        return b""

    def write(self, data: bytes) -> int:
        """As `Pipes.write`."""
        if self._over():
            raise BrokenPipeError
        data = bytes(data[:PIECE])
        self._channel.send(BYTES, data)
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """The pipes themselves are in the container."""
