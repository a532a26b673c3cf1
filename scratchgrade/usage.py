"""What the processes of a box use together; also read inside containers.

It imports nothing of ours: relay.py takes it along into a container.
"""

import contextlib
import os
from collections.abc import Callable

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
FILE_BYTES = 1024  # of the kernel, for each file in /tmp


class Usage:
    """Measures a box against its limits.

    Memory over all processes: their shares are added (PSS: a page that two
    of them hold counts once) as soon as the quick sum, which counts it
    twice, nears the limit. What lies in /tmp is memory as well, and so is
    each of its files, however empty.

    Args:
        proc, tmp: descriptors of the box's own /proc and /tmp.
        limits: total_bytes, tmp_files and processes (limits.Limits).

    Attributes:
        peak: the most memory seen, since `peak` was last set to 0.
    """

    def __init__(self, proc: int, tmp: int, limits: dict[str, int]):
        self._proc, self._tmp, self._limits = proc, tmp, limits
        self.peak = 0

    def look(self) -> str:
        """What is used too much of, or ""."""
        most = self._limits
        tmp = os.fstatvfs(self._tmp)
        files = tmp.f_files - tmp.f_ffree
        if files > most["tmp_files"]:
            return f"made more than {most['tmp_files']:,} files"
        processes = [n for n in os.listdir(self._proc) if n.isdigit()]
        if len(processes) > most["processes"]:
            return f"ran more than {most['processes']} processes"
        in_tmp = (tmp.f_blocks - tmp.f_bfree) * tmp.f_frsize
        beside = in_tmp + files * FILE_BYTES
        used = beside + self._sum(processes, self._rss)
        if used > most["total_bytes"]:
            used = beside + self._sum(processes, self._pss)
        self.peak = max(self.peak, used)
        if used > most["total_bytes"]:
            return too_much_memory(most["total_bytes"])
        return ""

    def _sum(self, processes: list[str], size: Callable[[str], int]) -> int:
        total = 0
        for process in processes:
            # It may be gone by now.
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += size(process)
        return total

    def _rss(self, process: str) -> int:
        return int(self._read(f"{process}/statm").split()[1]) * PAGE

    def _pss(self, process: str) -> int:
        try:
            lines = self._read(f"{process}/smaps_rollup").splitlines()
        except PermissionError:  # one that hides counts whole
            return self._rss(process)
        for line in lines:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
        return 0

    def _read(self, name: str) -> bytes:
        descriptor = os.open(name, os.O_RDONLY, dir_fd=self._proc)
        try:
            return os.read(descriptor, 1 << 14)
        finally:
            os.close(descriptor)


def too_much_memory(limit: int) -> str:
    """How the end of a box that used more than `limit` bytes is told."""
    return (
        f"used more than {limit >> 20:,} MiB of memory in all its processes "
        "together"
    )
