"""The check kit: exercises, their checks, and how a notebook runs them.

An `Exercise` is a list of named checks with points; a check is a function of
a `Session` (session.py). The same checks serve a student's notebook (`check`,
public seed) and grading (secret seed), with the same text of diagnosis.
"""

import contextlib
import hashlib
import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from scratchgrade.checks import progress
from scratchgrade.checks.calls import Caller, LocalCaller
from scratchgrade.checks.compare import brief, same
from scratchgrade.checks.mistakes import Mistake
from scratchgrade.checks.report import report
from scratchgrade.checks.results import (
    UNWRITTEN,
    BoxFailure,
    CheckResult,
    CheckStopped,
    CourseError,
    Diagnosis,
    Verdict,
    came_out_of,
)
from scratchgrade.checks.session import Session
from scratchgrade.protocol import StudentError

__all__ = [
    "STAGES",
    "BoxFailure",
    "Check",
    "CheckFailed",
    "CheckResult",
    "CheckStopped",
    "CourseError",
    "Diagnosis",
    "Exercise",
    "LocalCaller",
    "Mistake",
    "Session",
    "StudentError",
    "Verdict",
    "brief",
    "check",
    "exercise",
    "exercises_of",
    "report",
    "same",
]

# One module a stage; an exercise's number starts with its stage's.
STAGES = {
    "0": ("00-basics", "scratchgrade.checks.basics"),
    "1": ("01-tokenization", "scratchgrade.checks.tokenization"),
    "2": ("02-data-sampling", "scratchgrade.checks.data_sampling"),
    "3": ("03-embeddings", "scratchgrade.checks.embeddings"),
    "4": ("04-attention", "scratchgrade.checks.attention"),
    "5": ("05-architecture", "scratchgrade.checks.architecture"),
}


@dataclass(frozen=True)
class Check:
    """One named check of an exercise and the points it gives.

    Attributes:
        draws: how often it is run, each time with a seed of its own; what
            fails is told in one diagnosis.
    """

    name: str
    points: int
    run: Callable[[Session], None]
    draws: int = 1


@dataclass
class Exercise:
    """A graded exercise.

    Attributes:
        id: its number, "1.3".
        title: a few words, as in the notebook's heading.
        needs: the names that the student defines, in `check`'s order.
        read: where the book explains it ("Chapter 1, Train").
        checks: in the order in which they are run; their points add up.
        tensors: whether arrays reach the student's code as torch tensors.
        forbids: library calls that the student should not use, by their full
            names; static.py tells the instructor, no score depends on it.
    """

    id: str
    title: str
    needs: tuple[str, ...]
    read: str
    checks: list[Check] = field(default_factory=list)
    tensors: bool = False
    forbids: tuple[str, ...] = ()

    def __post_init__(self):
        _REGISTRY[self.id] = self

    @property
    def points(self) -> int:
        return sum(check.points for check in self.checks)

    def check(self, name: str, points: int, draws: int = 1):
        """Decorator: add a function of a `Session` as a check."""

        def add(run: Callable[[Session], None]):
            self.checks.append(Check(name, points, run, draws))
            return run

        return add

    def run(self, caller: Caller, seed: str | bytes) -> list[CheckResult]:
        """Run every check; one that cannot run does not stop the others.

        The same seed gives the same inputs on every machine.
        """
        return [self.run_check(check, caller, seed) for check in self.checks]

    def run_check(
        self, check: Check, caller: Caller, seed: str | bytes
    ) -> CheckResult:
        """Run one check.

        Raises:
            CourseError: if the check compared nothing: never a pass.
        """
        found, worst = [], 0.0
        for draw in range(check.draws):
            session = self._session(check, caller, seed, draw)
            try:
                check.run(session)
            except CheckStopped as stopped:
                found.append(stopped.diagnosis)
                continue
            except StudentError as error:
                found.append(self._diagnose_error(check, error))
                if error.kind == UNWRITTEN:
                    break
                continue
            except BoxFailure as failure:
                return _result(
                    check, failure.verdict, self._diagnose(check, failure)
                )
            if not session.comparisons:
                raise CourseError(
                    f"check {self.id} {check.name!r} compared nothing: "
                    "a bug of the course, not of the student"
                )
            worst = max(worst, session.worst)
        if found:
            first = found[0]
            if check.draws > 1:
                seen = f"{len(found)} of {check.draws} draws"
                came_out = f"{first.came_out} (the first of {seen} that fail)"
                first = replace(first, came_out=came_out)
            return _result(check, Verdict.FAILED, first)
        return _result(check, Verdict.PASSED, ratio=worst)

    def _session(
        self, check: Check, caller: Caller, seed: str | bytes, draw: int
    ) -> Session:
        key = seed.encode() if isinstance(seed, str) else seed
        label = f"{self.id}/{check.name}/".encode() + key
        label += f"/{draw}".encode() * bool(draw)
        # What student code is told of the seed gives nothing else away.
        told = hashlib.sha256(b"told/" + label).digest()[:4]
        return Session(
            caller,
            random.Random(label),
            read=self.read,
            tensors=self.tensors,
            seed=int.from_bytes(told),
        )

    def _diagnose(self, check: Check, failure: BoxFailure) -> Diagnosis:
        look = "A call that ends the process, or memory without end"
        if failure.verdict is Verdict.TIMED_OUT:
            look = "A loop that does not end, or work that grows too fast"
        return Diagnosis(check.name, failure.reason, look, self.read)

    def _diagnose_error(self, check: Check, error: StudentError) -> Diagnosis:
        look = (
            "Replace `raise NotImplementedError` by your code, then run "
            "that cell and this one."
            if error.kind == UNWRITTEN
            else "The inputs of this check: run your function on them in a "
            "cell of your own."
        )
        return Diagnosis(check.name, came_out_of(error), look, self.read)


def _result(
    check: Check,
    verdict: Verdict,
    diagnosis: Diagnosis | None = None,
    ratio: float = 0.0,
) -> CheckResult:
    points = check.points if verdict is Verdict.PASSED else 0
    return CheckResult(
        check.name, verdict, points, check.points, diagnosis, ratio
    )


_REGISTRY: dict[str, Exercise] = {}


def exercise(id: str) -> Exercise:
    """The exercise with this number.

    Raises:
        KeyError: if there is none; the message lists those there are.
    """
    if _stage(id) in STAGES:
        importlib.import_module(STAGES[_stage(id)][1])
    if id not in _REGISTRY:
        known = ", ".join(_REGISTRY) or "none loaded"
        raise KeyError(f"no exercise {id!r}; there are: {known}")
    return _REGISTRY[id]


def _stage(id: str) -> str:
    """The stage of an exercise: "1" of "1.3", "7.0" of "7.0.2"."""
    return id.rpartition(".")[0]


def exercises_of(assignment: str) -> list[Exercise]:
    """All exercises of an assignment such as "01-tokenization", in order.

    Raises:
        KeyError: if there is no such assignment; the message lists them.
    """
    for stage, (name, module) in STAGES.items():
        if name == assignment:
            importlib.import_module(module)
            found = [e for id, e in _REGISTRY.items() if _stage(id) == stage]
            return sorted(found, key=lambda e: int(e.id.split(".")[-1]))
    known = ", ".join(name for name, _ in STAGES.values())
    raise KeyError(f"no assignment {assignment!r}; there are: {known}")


class CheckFailed(AssertionError):
    """Raised by `check` so that a notebook, and nbgrader, see the failure."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]  # IPython prints this instead of a traceback


def _keep(ex: Exercise, results: list[CheckResult]) -> None:
    """Note the results for the book's progress box, where one can write."""
    stage = _stage(ex.id)
    if stage not in STAGES or not progress.at_work():
        return
    assignment = STAGES[stage][0]
    points = {e.id: e.points for e in exercises_of(assignment)}
    with contextlib.suppress(OSError):
        progress.note(assignment, points, ex.id, results)


def check(id: str, *answers: Any, seed: int = 0) -> None:
    """Run an exercise's checks on your answers and print what they say.

    Run it as often as you like; another `seed` draws other inputs. Grading
    runs the same checks with a seed that nobody knows in advance. In
    JupyterLab and VS Code the best result is also noted in `progress.json`
    beside the notebook, which the book's progress box can load.

    Raises:
        CheckFailed: if a check fails. The report is printed first.
        TypeError: if the number of answers is not the exercise's.
    """
    ex = exercise(id)
    if len(answers) != len(ex.needs):
        raise TypeError(
            f'check("{id}", ...) takes {len(ex.needs)} answers '
            f"({', '.join(ex.needs)}), not {len(answers)}"
        )
    caller = LocalCaller(dict(zip(ex.needs, answers, strict=True)))
    results = ex.run(caller, f"public-{seed}")
    print(report(ex, results))
    _keep(ex, results)
    missed = [r for r in results if r.verdict is not Verdict.PASSED]
    if missed:
        raise CheckFailed(
            f"Exercise {id}: {len(missed)} of {len(results)} checks "
            "do not pass yet; the report above says why."
        )
