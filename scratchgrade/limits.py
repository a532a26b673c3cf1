"""What one submission may use, and the error when no box can be had."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: wall clock of one cell.
        call_seconds: wall clock of one call by a check, or of a few small
            ones that it asks at once.
        submission_seconds: wall clock of all of it.
        memory_bytes: address space of one process.
        total_bytes: memory of all its processes and of /tmp together.
        tmp_bytes: size of /tmp, which is memory.
        tmp_files: files and folders in /tmp.
        processes: processes and threads at one time.
        open_files: of one process.
        file_bytes: size of a file that it writes.
        output_chars: printed characters kept of each cell.
        restarts: how often a box that died or hung is started again.
    """

    cell_seconds: float = 10
    call_seconds: float = 10
    submission_seconds: float = 240
    memory_bytes: int = 4 << 30
    total_bytes: int = 3 << 30
    tmp_bytes: int = 256 << 20
    tmp_files: int = 20_000
    processes: int = 24
    open_files: int = 256
    file_bytes: int = 64 << 20
    output_chars: int = 10_000
    restarts: int = 3

    def of_a_process(self) -> dict[str, int]:
        """What the kernel limits (RLIMIT_...) in each process."""
        return {
            "AS": self.memory_bytes,
            "CORE": 1,  # byte: none is written, nor sent to a program
            "CPU": int(self.submission_seconds) + 5,
            "FSIZE": self.file_bytes,
            "NOFILE": self.open_files,
            "NPROC": self.processes,
        }


class NoBox(Exception):
    """The box cannot be had: what is missing, why, and the remedy.

    Attributes:
        missing: "bubblewrap", "libseccomp", "user namespaces" ...
        why: how it showed.
        mend: the command, or the sentence, that mends it.
    """

    def __init__(self, missing: str, why: str, mend: str):
        super().__init__(missing, why, mend)
        self.missing, self.why, self.mend = missing, why, mend

    def __str__(self) -> str:
        return f"no box for student code: {self.missing}: {self.why}\n" + (
            f"To mend it: {self.mend}"
        )
