"""One submission to one record.

`grade_one` is a function of its arguments alone: the bytes handed in, the
assignment, the course key and the student's id. It may run in any process or
machine that has the same versions installed.
"""

import ast
import hashlib
import hmac
import importlib
import importlib.metadata
import importlib.util
import platform
import re
import time
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from scratchgrade import static
from scratchgrade.checks import kit
from scratchgrade.checks.kit import (
    BoxFailure,
    CheckResult,
    CourseError,
    Diagnosis,
    Exercise,
    Verdict,
)
from scratchgrade.intake import (
    Canonical,
    Refused,
    ReleaseCell,
    canonical,
    parse_notebook,
    parse_release,
)
from scratchgrade.record import (
    CheckRecord,
    ExerciseRecord,
    ManualRecord,
    OutputRecord,
    Record,
    Usage,
)
from scratchgrade.sandbox import BUBBLEWRAP, Box, CellRun, Limits

# Modules of the grader that decide what a submission earns.
DECIDING = ("arguments", "counting", "frames", "grade", "intake", "orders")
DECIDING += ("protocol", "sandbox", "worker")
CHECK_CALL = re.compile(r'check\("(?P<id>[\d.]+)"(?P<names>(?:, \w+)*)\)')
# Libraries whose version may change what an answer gives.
PACKAGES = ("numpy", "regex", "safetensors", "tiktoken", "tokenizers", "torch")


@dataclass(frozen=True)
class Assignment:
    """An assignment: its name and the release that students were given.

    Attributes:
        name: "01-tokenization".
        release: the bytes of the release notebook.
        stage, module: the entry of `kit.STAGES`; kept so that a process
            elsewhere finds the checks.
    """

    name: str
    release: bytes
    stage: str
    module: str

    def __reduce__(self):  # without what the properties below cached
        return _unpickled, (self.name, self.release, self.stage, self.module)

    @cached_property
    def cells(self) -> list[ReleaseCell]:
        return parse_release(self.release)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises by the grade_id of their check cell.

        Raises:
            CourseError: if release and checks disagree in any way.
        """
        kit.STAGES.setdefault(self.stage, (self.name, self.module))
        checks = {e.id: e for e in kit.exercises_of(self.name)}
        found = {}
        for cell in self.cells:
            if cell.role == "check":
                exercise = _exercise_of(cell, checks)
                found[cell.grade_id] = checks.pop(exercise.id)
        if checks:
            raise CourseError(
                f"{self.name}: no cell of the release runs the checks of "
                f"{', '.join(checks)}; run `scratchgrade release "
                f"{self.name}`, or take the checks out"
            )
        return found

    @cached_property
    def manual(self) -> dict[str, float]:
        """Points of the questions graded by hand, by grade_id."""
        return {c.grade_id: c.points for c in self.cells if c.role == "manual"}

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Modules that the cells of the release import.

        The box imports them once for many submissions; an assignment whose
        release does not import torch does not wait for it.
        """
        found = set()
        for cell in self.cells:
            if cell.kind == "code":
                found |= _imported(cell.source)
        return tuple(sorted(found))

    @cached_property
    def version(self) -> str:
        """A hash of everything of ours that decides a result."""
        kit.STAGES.setdefault(self.stage, (self.name, self.module))
        checks = Path(importlib.util.find_spec(self.module).origin)
        files = [checks]
        if checks.name == "__init__.py":
            files = sorted(checks.parent.rglob("*.py"))
        here = Path(__file__).parent
        files += sorted((here / "checks").glob("*.py"))
        files += [here / f"{name}.py" for name in DECIDING]
        digest = hashlib.sha256(self.release)
        for file in files:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()[:16]


@lru_cache(4)
def _unpickled(*fields) -> Assignment:
    """The same object for all submissions that a worker is sent."""
    return Assignment(*fields)


def _imported(source: str) -> set[str]:
    """The modules that a cell imports, without those of the grader."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with notebook commands
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
    return {n for n in found if n.partition(".")[0] != "scratchgrade"}


def _exercise_of(cell: ReleaseCell, checks: dict[str, Exercise]) -> Exercise:
    """The exercise that a check cell of the release grades."""
    called = CHECK_CALL.fullmatch(cell.source.strip())
    if not called:
        raise CourseError(
            f"the graded cell {cell.grade_id} must hold one call of check() "
            f"and nothing else; it holds {cell.source[:60]!r}"
        )
    if called["id"] not in checks:
        raise CourseError(
            f"the graded cell {cell.grade_id} asks for exercise "
            f"{called['id']}, which has no checks (or has two cells)"
        )
    exercise = checks[called["id"]]
    names = tuple(called["names"].split(", ")[1:])
    if names != exercise.needs:
        raise CourseError(
            f"exercise {exercise.id}: the cell {cell.grade_id} passes "
            f"{names}, the checks need {exercise.needs}"
        )
    if not exercise.checks or exercise.points != cell.points:
        raise CourseError(
            f"exercise {exercise.id}: the cell {cell.grade_id} gives "
            f"{cell.points:g} points, its {len(exercise.checks)} checks add "
            f"up to {exercise.points}; make them equal and release again"
        )
    return exercise


# --- what decides a result besides the submission --------------------------


def environment(limits: Limits, backend: str = BUBBLEWRAP) -> dict[str, Any]:
    """What a result depends on besides submission, checks and key."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": dict(_versions()),
        "box": backend,
        "limits": asdict(limits),
    }


@cache  # reading it takes longer than running a small submission
def _versions() -> tuple[tuple[str, str], ...]:
    """The version of each of PACKAGES."""
    found = []
    for name in PACKAGES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = "not installed"
        found.append((name, version))
    return tuple(found)


def key_name(key: bytes) -> str:
    """A name for the course key that does not give it away."""
    return hashlib.sha256(b"scratchgrade key name\0" + key).hexdigest()[:12]


def secret_seed(key: bytes, student: str, exercise: str) -> bytes:
    """The seed that nobody without the key can know in advance.

    It is the student's own. Seeds that several students share would let
    inputs and references be kept from one to the next, but what one of them
    reads in the feedback would be the next one's inputs.
    """
    message = f"{student}\0{exercise}".encode()
    return hmac.new(key, message, hashlib.sha256).digest()


# --- grading ---------------------------------------------------------------


def grade_one(
    submission: bytes,
    assignment: Assignment,
    key: bytes,
    student: str,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    backend: str = BUBBLEWRAP,
) -> Record:
    """Grade one submission; whatever it holds, a record comes back.

    Raises:
        NoBox: if the box cannot be had.
        CourseError: for a mistake in release or checks: nobody is graded
            with broken checks.
    """
    started = time.monotonic()
    name = hashlib.sha256(submission).hexdigest()
    record = blank_record(name, assignment, key, student, limits, backend)
    try:
        notebook = canonical(assignment.cells, parse_notebook(submission))
    except Refused as refusal:
        return refuse(record, assignment, str(refusal))
    with Box(limits, backend, assignment.imports) as box:
        exercises = _run(notebook, assignment, key, student, box)
        runs = [run for _, run in box.cells]
    usage = Usage(round(time.monotonic() - started, 3), box.peak_bytes)
    return replace(
        record,
        exercises=exercises,
        manual=[
            ManualRecord(cell, points, notebook.answers.get(cell, ""))
            for cell, points in assignment.manual.items()
        ],
        notes=notebook.notes + _notes_on(runs),
        outputs=[_output(run) for run in runs if run.output or run.error],
        steps=notebook.steps,
        flags=static.flags(notebook.steps, assignment.exercises),
        usage=usage,
    )


def blank_record(
    submission: str,
    assignment: Assignment,
    key: bytes,
    student: str,
    limits: Limits,
    backend: str = BUBBLEWRAP,
) -> Record:
    """A record with its conditions and no result yet."""
    return Record(
        assignment.name,
        student,
        submission,
        assignment.version,
        key_name(key),
        environment(limits, backend),
    )


def refuse(record: Record, assignment: Assignment, reason: str) -> Record:
    """The record of a submission that could not be graded at all."""
    verdict = str(Verdict.NOT_GRADABLE)
    return replace(
        record,
        refused=reason,
        exercises=[
            ExerciseRecord(cell, e.id, e.title, verdict, 0, e.points, [])
            for cell, e in assignment.exercises.items()
        ],
        manual=[
            ManualRecord(cell, points, "")
            for cell, points in assignment.manual.items()
        ],
    )


def _run(
    notebook: Canonical,
    assignment: Assignment,
    key: bytes,
    student: str,
    box: Box,
) -> list[ExerciseRecord]:
    """Run the cells in order, and the checks where their cells stand."""
    records = []
    for step in notebook.steps:
        if step.role != "check":
            box.run_cell(step.name, step.source)
            continue
        exercise = assignment.exercises[step.name]
        seed = secret_seed(key, student, exercise.id)
        caller = OneStrike(box)
        results = [_check(exercise, c, caller, seed) for c in exercise.checks]
        records.append(_record(step.name, exercise, results))
    return records


class OneStrike:
    """Calls the box until it fails once, then never again.

    A function that hangs would hang in each of its exercise's checks; the
    restarts are better spent on the other exercises.
    """

    def __init__(self, box: Box):
        self.box, self.failure = box, None

    def perform(self, name, order):
        if self.failure:
            raise BoxFailure(
                self.failure.verdict,
                "not run: an earlier check of this exercise ended so",
            )
        try:
            return self.box.perform(name, order)
        except BoxFailure as failure:
            self.failure = failure
            raise


def _check(
    exercise: Exercise, check: kit.Check, caller: OneStrike, seed: bytes
) -> CheckResult:
    try:
        return exercise.run_check(check, caller, seed)
    except CourseError:
        raise
    except Exception as error:
        # A check met an answer that it was not written for. One student
        # cannot stop a class: a person must look.
        reason = (
            f"the check itself stopped with {type(error).__name__}: "
            + (str(error)[:200])
        )
        return CheckResult(
            check.name,
            Verdict.NOT_GRADABLE,
            0,
            check.points,
            Diagnosis(
                check.name,
                reason,
                "nothing for you to do: your instructor will look at it",
                exercise.read,
            ),
        )


# The worst comes first: what could not be judged outweighs what was wrong.
GRAVITY = (
    Verdict.NOT_GRADABLE,
    Verdict.CRASHED,
    Verdict.TIMED_OUT,
    Verdict.FAILED,
    Verdict.PASSED,
)


def _record(
    cell: str, exercise: Exercise, results: list[CheckResult]
) -> ExerciseRecord:
    verdict = min((r.verdict for r in results), key=GRAVITY.index)
    return ExerciseRecord(
        cell,
        exercise.id,
        exercise.title,
        str(verdict),
        sum(r.points for r in results),
        exercise.points,
        [
            CheckRecord(
                r.name,
                str(r.verdict),
                r.points,
                r.max_points,
                **(asdict(r.diagnosis) if r.diagnosis else {}),
            )
            for r in results
        ],
    )


def _notes_on(runs: list[CellRun]) -> list[str]:
    notes = []
    for run in runs:
        if run.verdict is Verdict.NOT_GRADABLE:
            notes.append(f"From the cell {run.name} on: {run.error[1]}.")
            break
        if run.verdict:
            notes.append(f"The cell {run.name} was skipped: {run.error[1]}.")
        notes += [
            f"A notebook command was left out of the cell {run.name}: {line}"
            for line in run.dropped
        ]
    return notes


def _output(run: CellRun) -> OutputRecord:
    if not run.error:
        return OutputRecord(run.name, run.output, "")
    kind, message, line = run.error
    at = f"\n    {line}" if line else ""
    return OutputRecord(run.name, run.output, f"{kind}: {message}{at}")
