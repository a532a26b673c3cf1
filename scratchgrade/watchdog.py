"""Watches a box from outside: what no limit of a single process can hold.

What it measures, and how, is in usage.py.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import asdict

from scratchgrade.limits import Limits
from scratchgrade.usage import Usage

PERIOD = 0.05  # seconds


class Watchdog(threading.Thread):
    """Calls `kill` once, when a box uses more than its limits.

    Attributes:
        reason: what it used too much of, or "".
    """

    def __init__(self, pid: int, limits: Limits, kill: Callable[[], None]):
        super().__init__(daemon=True)
        self.kill, self.reason = kill, ""
        self._done = threading.Event()
        # The box's own /proc and /tmp, as its first process sees them: they
        # stay those of this box, whatever becomes of the process number.
        root = os.open(f"/proc/{pid}/root", os.O_RDONLY)
        self._open = [
            os.open(name, os.O_RDONLY, dir_fd=root) for name in ("proc", "tmp")
        ]
        os.close(root)
        self._usage = Usage(*self._open, asdict(limits))

    def run(self) -> None:
        while not self._done.wait(PERIOD):
            try:
                self.reason = self.look()
            except OSError as error:
                self.reason = f"could not be watched ({error})"
            if self.reason:
                self.kill()
                return

    def stop(self) -> None:
        """Stop watching."""
        self._done.set()
        if self.is_alive() and self is not threading.current_thread():
            self.join()
        while self._open:
            os.close(self._open.pop())

    def look(self) -> str:
        """What is used too much of, or ""."""
        return self._usage.look()

    @property
    def peak(self) -> int:
        """The most memory seen, since it was last set to 0."""
        return self._usage.peak

    @peak.setter
    def peak(self, size: int) -> None:
        self._usage.peak = size
