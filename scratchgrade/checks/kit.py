"""The check kit: what an exercise's checks are written with.

An `Exercise` is a list of named checks with points. A check is a function of
a `Session`: it calls the student's code through the session, compares what
came back with an independent oracle, and says in three parts what is wrong:
what was checked, what came out, what to look at. The same checks serve a
student's notebook (`check`, public seed) and grading (secret seed).
"""

import importlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from scratchgrade.checks.compare import Raised, brief, difference, near, same
from scratchgrade.checks.mistakes import Mistake, outcome, recognise, telling
from scratchgrade.protocol import StudentError, pack, perform, unpack

# One module a stage; an exercise's number starts with its stage's.
STAGES = {"1": ("01-tokenization", "scratchgrade.checks.tokenization")}


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


class Caller(Protocol):
    """Runs student code somewhere and brings plain values back."""

    def call(self, name: str, args: tuple, kwargs: dict) -> Any: ...

    def drive(
        self, name: str, args: tuple, calls: Sequence[tuple[str, tuple]]
    ) -> list[Any]: ...


# The pseudo-method of `drive` that returns the arguments as they are by then.
INPUTS = "*inputs"


class LocalCaller:
    """Student code in this very process: the notebook's way."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace

    def call(self, name: str, args: tuple, kwargs: dict) -> Any:
        return self._perform(name, (args, kwargs, None))

    def drive(self, name, args, calls):
        return self._perform(name, (args, {}, calls))

    def _perform(self, name: str, request: tuple) -> Any:
        return unpack(*perform(self.namespace, name, pack(request)))


@dataclass
class Session:
    """What a check is given: calls, seeded randomness, comparisons.

    Attributes:
        rng: a `random.Random`, seeded for this check and this student.
        comparisons: how many comparisons were made; none is our own bug.
    """

    caller: Caller
    rng: random.Random
    comparisons: int = 0
    read: str = ""

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call the student's function; returns a plain copy of its result."""
        return self.caller.call(name, args, kwargs)

    def drive(self, name: str, args: tuple, calls) -> list[Any]:
        """Build the student's class, call its methods, list the results."""
        return self.caller.drive(name, args, calls)

    def equal(
        self,
        got: Any,
        want: Any,
        *,
        checked: str,
        look: str,
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        """Fail unless `got` equals `want` exactly; lists equal tuples.

        When they differ, the first of `mistakes` whose value equals `got`
        gives the advice; otherwise `look` does.
        """
        self.comparisons += 1
        if same(got, want):
            return
        look = recognise(mistakes, lambda value: same(got, value)) or look
        self.fail(checked, difference(got, want), look)

    def close(
        self,
        got: Any,
        want: float,
        *,
        checked: str,
        look: str,
        rtol: float = 1e-9,
        atol: float = 1e-12,
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        """Fail unless the number `got` is within tolerance of `want`."""
        self.comparisons += 1
        if near(got, want, rtol, atol):
            return
        look = (
            recognise(mistakes, lambda value: near(got, value, rtol, atol))
            or look
        )
        self.fail(checked, f"{brief(got)}, expected {brief(want)}", look)

    def agrees(
        self,
        name: str,
        oracle: Callable,
        *,
        given: Iterable[tuple] = (),
        draw: Callable[[random.Random], tuple] | None = None,
        checked: str,
        look: str,
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        """Fail unless the student's function answers as `oracle` does.

        Both are called on each of `given`, tuples of arguments, and on the
        tuples that `draw` makes up until each two of the oracle and the
        mistakes have been told apart. A mistake is recognised when it
        explains the student's answers to all of them, right and wrong, and
        no other does, so two mistakes that meet on one input are not
        confused. An answer may also be to raise: the kind of error is
        compared, not its text.
        """
        wrong = [mistake.value for mistake in mistakes]
        cases = list(given)
        if draw:
            cases += telling(self.rng, draw, [oracle, *wrong], cases)
        answers = [self._outcome(name, args) for args in cases]
        self.comparisons += len(cases)
        for args, (got, error) in zip(cases, answers, strict=True):
            want = outcome(oracle, args)
            if same(got, want):
                continue
            explained = {
                mistake.look
                for mistake in mistakes
                if all(
                    same(answer, outcome(mistake.value, case))
                    for case, (answer, _) in zip(cases, answers, strict=True)
                )
            }
            shown = ", ".join(map(brief, args))
            self.fail(
                f"{checked}, {name}({shown})",
                came_out_of(error) if error else difference(got, want),
                explained.pop() if len(explained) == 1 else look,
            )

    def _outcome(self, name: str, args: tuple):
        try:
            return self.call(name, *args), None
        except StudentError as error:
            if error.kind == "NotImplementedError":
                raise
            return Raised(error.kind), error

    def unchanged(
        self, name: str, *args: Any, oracle: Callable, look: str
    ) -> None:
        """Fail if a call of the student's function changes an argument.

        The answer has to be right as well, or doing nothing would pass.
        """
        self.agrees(
            name,
            oracle,
            given=[args],
            checked="the answer, before the arguments are looked at",
            look="This check waits for a right answer: mend the others first.",
        )
        (after,) = self.drive(name, args, [(INPUTS, ())])
        for number, (now, before) in enumerate(
            zip(after, args, strict=True), 1
        ):
            self.equal(
                now,
                before,
                checked=f"argument {number} of {name} after the call",
                look=look,
            )

    def true(
        self, fact: bool, *, checked: str, came_out: str, look: str
    ) -> None:
        """Fail unless `fact` holds: for properties."""
        self.comparisons += 1
        if not fact:
            self.fail(checked, came_out, look)

    def raises(
        self,
        kind: str,
        name: str,
        *args: Any,
        checked: str,
        look: str,
        **kwargs: Any,
    ) -> None:
        """Fail unless calling `name` raises an error of the class `kind`."""
        self.comparisons += 1
        try:
            got = self.call(name, *args, **kwargs)
        except StudentError as error:
            if error.kind == kind:
                return
            self.fail(checked, f"{error} was raised, expected {kind}", look)
        self.fail(checked, f"{brief(got)} was returned, expected {kind}", look)

    def fail(self, checked: str, came_out: str, look: str) -> None:
        """End the check with a diagnosis."""
        raise CheckStopped(Diagnosis(checked, came_out, look, self.read))


def came_out_of(error: StudentError) -> str:
    """What came out, when student code raised."""
    if error.kind == "NotImplementedError":
        return "the cell still raises NotImplementedError"
    where = f" at the line `{error.line}`" if error.line else ""
    return f"your code raised {error}{where}"


@dataclass(frozen=True)
class Check:
    """One named check of an exercise and the points it gives."""

    name: str
    points: int
    run: Callable[[Session], None]


@dataclass(frozen=True)
class CheckResult:
    """What one check said of one submission."""

    name: str
    verdict: Verdict
    points: int
    max_points: int
    diagnosis: Diagnosis | None = None


@dataclass
class Exercise:
    """A graded exercise.

    Attributes:
        id: its number, "1.3".
        title: a few words, as in the notebook's heading.
        needs: the names that the student defines, in `check`'s order.
        read: where the book explains it ("Chapter 1, Train").
        checks: in the order in which they are run; their points add up.
    """

    id: str
    title: str
    needs: tuple[str, ...]
    read: str
    checks: list[Check] = field(default_factory=list)

    def __post_init__(self):
        _REGISTRY[self.id] = self

    @property
    def points(self) -> int:
        return sum(check.points for check in self.checks)

    def check(self, name: str, points: int):
        """Decorator: add a function of a `Session` as a check."""

        def add(run: Callable[[Session], None]):
            self.checks.append(Check(name, points, run))
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
        label = f"{self.id}/{check.name}/".encode()
        key = seed.encode() if isinstance(seed, str) else seed
        session = Session(caller, random.Random(label + key), 0, self.read)

        def result(verdict, points=0, diagnosis=None):
            return CheckResult(
                check.name, verdict, points, check.points, diagnosis
            )

        try:
            check.run(session)
        except CheckStopped as stopped:
            return result(stopped.verdict, 0, stopped.diagnosis)
        except StudentError as error:
            return result(
                Verdict.FAILED, 0, self._diagnose_error(check, error)
            )
        except BoxFailure as failure:
            return result(
                failure.verdict,
                0,
                Diagnosis(
                    check.name,
                    failure.reason,
                    "A loop that does not end, or work that grows too fast"
                    if failure.verdict is Verdict.TIMED_OUT
                    else "A call that ends the process, or memory without end",
                    self.read,
                ),
            )
        if not session.comparisons:
            raise CourseError(
                f"check {self.id} {check.name!r} compared nothing: "
                "a bug of the course, not of the student"
            )
        return result(Verdict.PASSED, check.points)

    def _diagnose_error(self, check: Check, error: StudentError) -> Diagnosis:
        unwritten = error.kind == "NotImplementedError"
        look = (
            "Replace `raise NotImplementedError` by your code, then run "
            "that cell and this one."
            if unwritten
            else "The inputs of this check: run your function on them in a "
            "cell of your own."
        )
        return Diagnosis(check.name, came_out_of(error), look, self.read)


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


def check(id: str, *answers: Any, seed: int = 0) -> None:
    """Run an exercise's checks on your answers and print what they say.

    Run it as often as you like; another `seed` draws other inputs. Grading
    runs the same checks with a seed that nobody knows in advance.

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
    missed = [r for r in results if r.verdict is not Verdict.PASSED]
    if missed:
        raise CheckFailed(
            f"Exercise {id}: {len(missed)} of {len(results)} checks "
            "do not pass yet; the report above says why."
        )


def report(ex: Exercise, results: Sequence[CheckResult]) -> str:
    """The results of one exercise as plain text, about 79 columns wide."""
    width = max(len(r.name) for r in results)
    lines, said = [f"Exercise {ex.id}  {ex.title}"], None
    for r in results:
        lines.append(
            f"  {r.verdict:<8} {r.name:<{width}}  {r.points}/{r.max_points}"
        )
        if not r.diagnosis:
            continue
        if (says := (r.diagnosis.came_out, r.diagnosis.look)) == said:
            lines.append("      as above")
            continue
        said = says
        for line in str(r.diagnosis).splitlines():
            lines += _wrap(" " * 6 + line, indent=" " * 16)
    got = sum(r.points for r in results)
    return "\n".join([*lines, f"  {got} of {ex.points} points"])


# Where a line may be broken: not where a space may belong to a token shown.
_BREAK = re.compile(r"(?<=[\w,.;:)\]}`]) (?! )")


def _wrap(line: str, indent: str, width: int = 79) -> list[str]:
    """Break a line as textwrap does, but keep the spaces in quoted text."""
    first, *rest = _BREAK.split(line)
    lines = [first]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append(indent + word)
        else:
            lines[-1] += " " + word
    return lines
