"""Pipes to a process that may never answer: each step has a deadline."""

import contextlib
import os
import queue
import select
import threading
import time

CHUNK = 1 << 16


class Pipes:
    """Two descriptors, to read from and write to, as one stream.

    What `frames.read_frame` and `frames.write_frame` need of a stream, which
    raise TimeoutError when `deadline` passes.

    Attributes:
        deadline: a value of time.monotonic().
    """

    def __init__(self, reader: int, writer: int):
        self.reader, self.writer = reader, writer
        self.deadline = time.monotonic()
        self._kept = b""
        os.set_blocking(writer, False)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(reader, select.POLLIN)
        self._writable.register(writer, select.POLLOUT)

    def read(self, n: int) -> bytes:
        """Exactly `n` bytes, or fewer where the pipe ends.

        Raises:
            TimeoutError, OSError
        """
        parts, size = [self._kept], len(self._kept)
        while size < n:
            try:
                data = self.some(n - size)
            except OSError:  # TimeoutError is one; what came stays
                self._kept = b"".join(parts)
                raise
            if not data:
                break
            parts.append(data)
            size += len(data)
        data = b"".join(parts)
        self._kept = data[n:]
        return data[:n]

    def some(self, wanted: int = CHUNK) -> bytes:
        """What is there, as soon as there is anything; b"" at the end.

        Raises:
            TimeoutError, OSError
        """
        self._await(self._readable)
        return os.read(self.reader, max(CHUNK, min(wanted, 1 << 20)))

    def write(self, data: bytes) -> int:
        """Write what fits; how much that was.

        Raises:
            TimeoutError, OSError
        """
        with contextlib.suppress(BlockingIOError):
            return os.write(self.writer, data)
        self._await(self._writable)
        return os.write(self.writer, data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def _await(self, ready) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0 or not ready.poll(left * 1000):
            raise TimeoutError

    def close(self) -> None:
        os.close(self.reader)
        os.close(self.writer)


class ThreadedPipes:
    """The same where pipes cannot be waited for (Windows): by two threads.

    They end with the process on the other side.
    """

    def __init__(self, reader: int, writer: int):
        self.deadline = time.monotonic()
        self._kept = b""
        self._come, self._go = queue.SimpleQueue(), queue.SimpleQueue()
        for work, descriptor in ((self._read, reader), (self._write, writer)):
            threading.Thread(
                target=work, args=(descriptor,), daemon=True
            ).start()

    def read(self, n: int) -> bytes:
        """As `Pipes.read`."""
        while len(self._kept) < n:
            left = max(0, self.deadline - time.monotonic())
            try:
                data = self._come.get(timeout=left)
            except queue.Empty:
                raise TimeoutError from None
            if not data:
                break
            self._kept += data
        data, self._kept = self._kept[:n], self._kept[n:]
        return data

    def write(self, data: bytes) -> int:
        """As `Pipes.write`, but it always fits."""
        self._go.put(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        self._go.put(b"")

    def _read(self, descriptor: int) -> None:
        data = b"-"
        while data:
            data = b""
            with contextlib.suppress(OSError):
                data = os.read(descriptor, CHUNK)
            self._come.put(data)
        os.close(descriptor)

    def _write(self, descriptor: int) -> None:
        with contextlib.suppress(OSError), os.fdopen(descriptor, "wb") as file:
            while data := self._go.get():
                file.write(data)
                file.flush()
