"""What checks say: verdicts, diagnoses, results, and the ways to stop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from scratchgrade.protocol import StudentError


class Verdict(StrEnum):
    """How one check, or a whole exercise, ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    NOT_GRADABLE = "not gradable"


@dataclass(frozen=True)
class Diagnosis:
    """What a student reads when a check fails."""

    checked: str
    came_out: str
    look: str
    read: str = ""

    def __str__(self) -> str:
        lines = [
            f"Checked:  {self.checked}",
            f"Came out: {self.came_out}",
            f"Look at:  {self.look}",
        ]
        return "\n".join(lines + [f"Read:     {self.read}"] * bool(self.read))


@dataclass(frozen=True)
class CheckResult:
    """What one check said of one submission.

    Attributes:
        ratio: the largest share of a tolerance that was used up; calibration
            looks at it, a score never depends on it.
    """

    name: str
    verdict: Verdict
    points: int
    max_points: int
    diagnosis: Diagnosis | None = None
    ratio: float = 0.0


class CheckStopped(Exception):
    """A check ended early, with a verdict and something to say."""

    verdict = Verdict.FAILED

    def __init__(self, diagnosis: Diagnosis):
        super().__init__(str(diagnosis))
        self.diagnosis = diagnosis


class CourseError(RuntimeError):
    """A mistake in the course itself; it stops a grading run."""


class BoxFailure(Exception):
    """The process that runs student code timed out or died."""

    def __init__(self, verdict: Verdict, reason: str):
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


UNWRITTEN = "NotImplementedError"


def came_out_of(error: StudentError) -> str:
    """What came out, when student code raised."""
    if error.kind == UNWRITTEN:
        return f"the cell still raises {UNWRITTEN}"
    where = f" at the line `{error.line}`" if error.line else ""
    return f"your code raised {error}{where}"


def merge(found: Sequence[tuple[int, Diagnosis]], n: int) -> Diagnosis:
    """One diagnosis for all that failed of `n` inputs.

    Args:
        found: pairs (size of the input, diagnosis), in order; not empty.

    Returns:
        The diagnosis of the smallest input, and how many differ.

    >>> large, small = Diagnosis("f", "5", "x"), Diagnosis("f", "3", "x")
    >>> merge([(9, large), (2, small)], 20).came_out
    '2 of 20 inputs differ; the smallest: 3'
    """
    _, first = min(found, key=lambda pair: pair[0])
    if n == 1:
        return first
    verb = "differs" if len(found) == 1 else "differ"
    found_here = f"{len(found)} of {n} inputs {verb}; the smallest: "
    return replace(first, came_out=found_here + first.came_out)
