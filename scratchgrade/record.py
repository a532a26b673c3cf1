"""What grading one submission gave: plain data, kept as JSON."""

import json
from dataclasses import asdict, dataclass, field
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
class Record:
    """Everything that grading one submission gave.

    Attributes:
        submission: the SHA-256 of the bytes, "" if they were never read.
        version: of checks, release and grader.
        key: names the course key without telling it.
        refused: why the submission could not be read, or "".
        sources: the code that was run, by grade_id, for the gradebook.
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

    @property
    def points(self) -> float:
        return sum(e.points for e in self.exercises)

    @property
    def max_points(self) -> float:
        return sum(e.max_points for e in self.exercises)

    @property
    def max_manual(self) -> float:
        return sum(m.max_points for m in self.manual)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Record":
        data = json.loads(text)
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
            }
        )
