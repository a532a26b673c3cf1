"""What grading one submission gave: plain data, kept as JSON."""

import json
from dataclasses import dataclass, field
from typing import Any

from scratchgrade.intake import Step


@dataclass(frozen=True)
class CheckRecord:
    """What one check said."""

    name: str
    verdict: str
    points: float
    max_points: float
    checked: str = ""
    came_out: str = ""
    look: str = ""
    read: str = ""


@dataclass(frozen=True)
class ExerciseRecord:
    """What an exercise earned; its verdict comes from its checks."""

    cell: str
    id: str
    title: str
    verdict: str
    points: float
    max_points: float
    checks: list[CheckRecord]


@dataclass(frozen=True)
class ManualRecord:
    """A question that waits for a person."""

    cell: str
    max_points: float
    answer: str


@dataclass(frozen=True)
class OutputRecord:
    """What a cell printed, and the error that ended it."""

    cell: str
    output: str
    error: str


@dataclass(frozen=True)
class Usage:
    """What grading a submission took, on whatever machine did it.

    Attributes:
        seconds: wall clock, from the bytes to the record.
        peak_bytes: most memory that the box held; 0 if it is not known.
    """

    seconds: float
    peak_bytes: int = 0


@dataclass(frozen=True)
class Record:
    """Everything that grading one submission gave.

    Attributes:
        submission: the SHA-256 of the bytes, "" if they were never read.
        version: of checks, release and grader.
        key: names the course key without telling it.
        refused: why the submission could not be read, or "".
        steps: the code that was run, in order, for the gradebook.
        usage: time and memory; differs from run to run, so it is no part of
            what makes two records equal. None in records of older versions.
        flags: what the instructor should look at, by static.py; no score
            depends on it.
    """

    assignment: str
    student: str
    submission: str
    version: str
    key: str
    environment: dict[str, Any]
    refused: str = ""
    exercises: list[ExerciseRecord] = field(default_factory=list)
    manual: list[ManualRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outputs: list[OutputRecord] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    usage: Usage | None = field(default=None, compare=False)
    flags: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        return sum(e.points for e in self.exercises)

    @property
    def max_points(self) -> float:
        return sum(e.max_points for e in self.exercises)

    @property
    def max_manual(self) -> float:
        return sum(m.max_points for m in self.manual)

    def storable(self) -> "Record":
        """The same without half characters (lone surrogates).

        A student can print one; no file and no database takes it.
        """
        text = json.dumps(self._data(), ensure_ascii=False)
        whole = text.encode("utf-8", "replace").decode()
        return self if whole == text else Record.from_json(whole)

    def to_json(self) -> str:
        return json.dumps(self._data(), indent=1, ensure_ascii=False)

    def _data(self) -> dict[str, Any]:
        """What `asdict` gives, but for its copies; not to be changed."""
        return {
            **vars(self),
            "exercises": [
                {**vars(e), "checks": list(map(vars, e.checks))}
                for e in self.exercises
            ],
            "manual": list(map(vars, self.manual)),
            "outputs": list(map(vars, self.outputs)),
            "usage": self.usage and vars(self.usage),
        }

    @classmethod
    def from_json(cls, text: str) -> "Record":
        data = json.loads(text)
        usage = data.get("usage")
        exercises = [
            ExerciseRecord(
                **{**e, "checks": [CheckRecord(**c) for c in e["checks"]]}
            )
            for e in data["exercises"]
        ]
        return cls(
            **{
                **data,
                "exercises": exercises,
                "manual": [ManualRecord(**m) for m in data["manual"]],
                "outputs": [OutputRecord(**o) for o in data["outputs"]],
                "steps": [Step(*s) for s in data["steps"]],
                "usage": Usage(**usage) if usage else None,
            }
        )
