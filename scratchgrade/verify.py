"""Reads everything that the grader keeps, and says what is not as it was.

Each problem comes with what mends it. Nothing is changed here.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scratchgrade import backup, gradebook, policy
from scratchgrade.checks.kit import CourseError
from scratchgrade.files import UNFINISHED, Damaged
from scratchgrade.intake import Refused
from scratchgrade.store import Store, read_record


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written.

    Attributes:
        where: the file, from the folder grading/ on.
        what: is wrong with it.
        mend: what a person does about it.
    """

    where: str
    what: str
    mend: str


@dataclass
class Report:
    """What was read, and what is wrong.

    Attributes:
        read: how many there are of each kind of thing.
    """

    problems: list[Problem] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)


def verify(store: Store) -> Report:
    """Read and re-hash everything in the folder of a course."""
    return _Verifier(store).run()


class _Verifier:
    """One reading; collects who refers to which submission on the way."""

    def __init__(self, store: Store):
        self.store, self.root = store, store.root
        self.report = Report()
        # The SHA-256 of a submission -> (assignment, student, collected?)
        self.owners: dict[str, set[tuple[str, str, bool]]] = defaultdict(set)

    def run(self) -> Report:
        for part in (
            self.key,
            self.rules,
            self.receipts,
            self.records,
            self.current,
            self.submissions,
            self.books,
        ):
            self.report.problems += part()
        return self.report

    def names(self, folder: str) -> list[str]:
        """The assignments that a folder has something of."""
        paths = (self.root / folder).glob("[!.]*")
        return sorted({p.stem if p.is_file() else p.name for p in paths})

    def problem(self, path: Path, what: str, mend: str) -> Problem:
        return Problem(path.relative_to(self.root).as_posix(), what, mend)

    # --- what has no copy elsewhere ---

    def key(self) -> Iterator[Problem]:
        path = self.root / "course.key"
        if not self.names("records"):
            return
        try:
            if not path.exists():
                raise OSError("it is gone")
            self.store.key()
        except (OSError, ValueError) as error:
            yield self.problem(
                path,
                str(error),
                "bring it back from your own backup; with a new key everybody "
                "is graded on other inputs",
            )

    def rules(self) -> Iterator[Problem]:
        try:
            policy.load(self.root)
        except CourseError as error:
            path = policy.policy_path(self.root)
            yield self.problem(path, str(error), "correct it by hand")

    def receipts(self) -> Iterator[Problem]:
        for name in self.names("receipts"):
            for path in (self.root / "receipts" / name).glob("[!.]*.json"):
                try:
                    for receipt in self.store.receipts(name, path.stem):
                        owner = (name, path.stem, True)
                        self.owners[receipt.submission].add(owner)
                        self.report.read["receipts"] += 1
                except (Damaged, Refused) as error:
                    yield self.problem(
                        path,
                        str(error),
                        "bring it back from your own backup, or delete it and "
                        f"collect {name} again from where it came",
                    )

    # --- what can be made again ---

    def records(self) -> Iterator[Problem]:
        for name in self.names("records"):
            counting = self.counting(name)
            for path in (self.root / "records" / name).glob("*/[!.]*.json"):
                self.report.read["records"] += 1
                student = path.parent.name
                try:
                    record = read_record(path)
                    if record.submission:
                        owner = (name, student, False)
                        self.owners[record.submission].add(owner)
                except Damaged as error:
                    mend = (
                        f"scratchgrade grade {name}"
                        if counting.get(student) == path.stem
                        else "it does not count: delete it"
                    )
                    yield self.problem(path, str(error), mend)

    def counting(self, name: str) -> dict[str, str]:
        try:
            return self.store.counting(name)
        except Damaged:
            return {}  # told by `current`

    def current(self) -> Iterator[Problem]:
        for name in self.names("current"):
            path = self.root / "current" / f"{name}.json"
            mend = f"scratchgrade grade {name}"
            try:
                counting = self.store.counting(name)
            except Damaged as error:
                again = f"delete it, then {mend}"
                yield self.problem(path, str(error), again)
                continue
            for student, record in sorted(counting.items()):
                self.report.read["results that count"] += 1
                folder = self.root / "records" / name / student
                if not (folder / f"{record}.json").exists():
                    what = f"the record {record} of {student} is gone"
                    yield self.problem(path, what, mend)

    def submissions(self) -> Iterator[Problem]:
        there = set()
        for path in sorted((self.root / "store").glob("*/*")):
            if path.name.startswith(UNFINISHED):
                continue  # a killed run left it; the next one removes it
            self.report.read["submissions"] += 1
            there.add(path.name)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest != path.name:
                yield self.problem(
                    path,
                    "its bytes are no longer what was handed in",
                    self._bring_back(path.name),
                )
        for name in sorted(self.owners.keys() - there):
            path = self.root / "store" / name[:2] / name
            yield self.problem(path, "it is gone", self._bring_back(name))

    def _bring_back(self, name: str) -> str:
        """How the bytes of a submission come back into the store."""
        owners = sorted(self.owners.get(name, ()))
        if not owners:
            return "nothing refers to it: delete it"
        assignment, student, collected = owners[-1]
        if collected:
            return f"collect {assignment} of {student} again"
        return (
            f"scratchgrade grade {assignment} (if submitted/{student}/ still "
            "has the file, else ask for it)"
        )

    # --- what is made from the rest ---

    def books(self) -> Iterator[Problem]:
        path = gradebook.database(self.store)
        for name in self.names("manual"):
            copy = self.root / "manual" / f"{name}.json"
            try:
                json.loads(copy.read_text("utf-8"))
            except ValueError as error:
                yield self.problem(
                    copy,
                    str(error),
                    "delete it: the next command reads the scores from the "
                    "gradebook again",
                )
        graded = [n for n in self.names("current") if self.counting(n)]
        if not graded:
            return
        if not path.exists():
            mend = f"scratchgrade grade {graded[0]}"
            yield self.problem(path, "it is gone", mend)
            return
        try:
            backup.check(path)
            with gradebook.open_gradebook(self.store) as book:
                for name in graded:
                    yield from self._book(path, book, name)
        except backup.GradebookError as error:
            what, _, mend = str(error).partition(". ")
            yield self.problem(path, what, mend)

    def _book(self, path: Path, book, name: str) -> Iterator[Problem]:
        """Where the gradebook has other automatic points than the records."""
        there: dict[str, dict[str, float | None]] = {}
        if name in (a.name for a in book.assignments):
            for submission in book.assignment_submissions(name):
                there[submission.student.id] = {
                    grade.name: grade.auto_score
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                    if grade.auto_score is not None
                }
        wrong = [
            record.student
            for record in self.store.readable(name)
            if there.get(record.student) != gradebook.automatic_scores(record)
        ]
        if wrong:
            names = ", ".join(wrong[:5]) + (", ..." if wrong[5:] else "")
            yield self.problem(
                path,
                f"{name}: other points than the records, or none, for "
                f"{len(wrong)}: {names}",
                f"scratchgrade grade {name}",
            )
