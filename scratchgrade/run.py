"""The driver: a class of submissions through any executor, and resume.

Only the driver writes. A run that was killed, at whatever moment, goes on
where it stopped when the same command is given again.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path

from scratchgrade.grade import (
    Assignment,
    blank_record,
    grade_one,
    refuse,
)
from scratchgrade.intake import Refused, read_submission, student_id
from scratchgrade.pool import process_pool
from scratchgrade.record import Record
from scratchgrade.sandbox import BUBBLEWRAP, Limits
from scratchgrade.store import Store, record_id, under_conditions_of

MakeExecutor = Callable[[int], Executor]
# A file that was handed in, or the SHA-256 of attempts that are stored.
Work = Path | Sequence[str]
# Results for reasons of ours: kept, and tried again by the next run.
LOST = (
    "the grading process ended twice while it worked on this submission; your "
    "instructor will look at it"
)
UNREADABLE = (
    "our stored copy of the submission is missing or damaged; your instructor "
    "will look at it"
)
OURS = (LOST, UNREADABLE)


def find_submissions(
    folder: Path, assignment: str
) -> tuple[dict[str, Path], list[str]]:
    """The notebooks handed in, by student, and what could not be taken.

    The layout is nbgrader's: folder/<student>/<assignment>/*.ipynb. A student
    without a folder for the assignment handed nothing in and is left out.
    """
    found, problems = {}, []
    for entry in sorted(folder.glob("*")):
        handed_in = entry / assignment
        if entry.name.startswith(".") or not os.path.lexists(handed_in):
            continue
        if entry.is_symlink() or handed_in.is_symlink():
            problems.append(f"{entry.name!a}: a link, not a folder")
            continue
        try:
            student = student_id(entry.name)
        except Refused as refusal:
            problems.append(str(refusal))
        else:
            found[student] = handed_in / f"{assignment}.ipynb"
    return found, problems


@dataclass
class Summary:
    """What a run did.

    Attributes:
        records: the one that counts of every student, by student.
        graded: how many submissions were graded now.
        already: how many had been before.
        outdated: how many of `records` were graded under other conditions
            (checks, versions, limits) than the present ones.
    """

    records: list[Record] = field(default_factory=list)
    graded: int = 0
    already: int = 0
    outdated: int = 0


def last(records: list[Record]) -> Record:
    return records[-1]


def grade_class(
    store: Store,
    assignment: Assignment,
    submissions: Mapping[str, Work],
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    workers: int = 2,
    make_executor: MakeExecutor = process_pool,
    report: Callable[[Record, bool], None] = lambda record, new: None,
    choose: Callable[[list[Record]], Record] = last,
    backend: str = BUBBLEWRAP,
) -> Summary:
    """Grade what is not graded yet; `report` hears of each record.

    A submission that was graded under other conditions is left as it is:
    `regrade` is for that.

    Args:
        choose: of the records of a student's attempts, the one that counts.
        backend: the kind of box; see `sandbox.BACKENDS`.

    Raises:
        CourseError: if release or checks are broken.
        NoBox: if there is no such box on this machine.
    """
    run = Run(store, assignment, limits, workers, make_executor, backend)
    counting = {r.student: r for r in store.readable(assignment.name)}
    summary = Summary()
    found: dict[str, list[Record]] = {}

    def keep(record: Record, new: bool) -> None:
        summary.graded += new
        summary.already += not new
        found.setdefault(record.student, []).append(record)
        report(record, new)

    try:
        run.grade(submissions, keep, counting)
    finally:
        summary.records = [
            choose(in_order(found[who], submissions[who]))
            for who in sorted(found)
        ]
        summary.outdated = sum(map(run.outdated, summary.records))
        store.set_current(assignment.name, summary.records)
    return summary


def in_order(records: list[Record], work: Work) -> list[Record]:
    """A student's records in the order of the attempts."""
    if isinstance(work, Path):
        return records
    return sorted(records, key=lambda r: work.index(r.submission))


class Run:
    """One run of the driver over one assignment.

    Raises:
        CourseError: if release or checks are broken: nobody is graded then.
    """

    def __init__(
        self,
        store: Store,
        assignment: Assignment,
        limits: Limits,
        workers: int,
        make_executor: MakeExecutor,
        backend: str = BUBBLEWRAP,
    ):
        _ = assignment.exercises  # broken checks stop it before it starts
        self.store, self.assignment = store, assignment
        self.limits, self.workers = limits, workers
        self.make_executor, self.backend = make_executor, backend
        self.key = store.key()
        self._now = self.blank("", "")

    def blank(self, student: str, submission: str) -> Record:
        """A record under the present conditions, with no result."""
        return blank_record(
            submission,
            self.assignment,
            self.key,
            student,
            self.limits,
            self.backend,
        )

    def outdated(self, record: Record) -> bool:
        """Whether it was graded under other conditions than the present."""
        present = under_conditions_of(record, self._now)
        return record_id(present) != record_id(record)

    def grade(
        self,
        submissions: Mapping[str, Work],
        keep: Callable[[Record, bool], None],
        counting: Mapping[str, Record],
    ) -> None:
        """Grade and save what has no record; `keep` hears of all.

        Args:
            counting: records whose conditions are good enough for another
                attempt of the same student, beside the present ones.
        """

        def save(record: Record) -> None:
            self.store.save(record)
            keep(record, True)

        waiting: list[Record] = []
        for record in self._taken(submissions):
            if old := self._found(record, counting.get(record.student)):
                keep(old, False)
            elif record.refused:
                save(record)
            else:
                waiting.append(record)
        with contextlib.closing(
            _graded(waiting, self._start, self.workers, self.make_executor)
        ) as results:
            for record, result in results:
                lost = refuse(record, self.assignment, LOST)
                save(result.storable() if result else lost)

    def _taken(self, submissions: Mapping[str, Work]) -> Iterator[Record]:
        """A record for each attempt: blank, or refused at once."""
        for student, work in submissions.items():
            if isinstance(work, Path):
                try:
                    name = self.store.put(read_submission(work))
                    yield self.blank(student, name)
                except Refused as refusal:
                    yield self._refused(student, "", str(refusal))
                continue
            for name in work:
                try:
                    self.store.get(name)
                    yield self.blank(student, name)
                except OSError:
                    yield self._refused(student, name, UNREADABLE)

    def _refused(self, student: str, name: str, reason: str) -> Record:
        return refuse(self.blank(student, name), self.assignment, reason)

    def _found(self, wanted: Record, counting: Record | None) -> Record | None:
        """The record that makes it needless to grade, if there is one."""
        conditions = [counting] if counting else []
        for other in [*conditions, self._now]:
            found = self.store.find(under_conditions_of(wanted, other))
            if found and found.refused not in OURS:
                return found
        return None

    def _start(self, pool: Executor, record: Record) -> Future:
        data = self.store.get(record.submission)
        return pool.submit(
            grade_one,
            data,
            self.assignment,
            self.key,
            record.student,
            self.limits,
            self.backend,
        )


# --- the executor ----------------------------------------------------------


def _graded(
    waiting: list[Record],
    start: Callable[[Executor, Record], Future],
    workers: int,
    make_executor: MakeExecutor,
) -> Iterator[tuple[Record, Record | None]]:
    """Pairs (blank record, graded record), or None where workers died.

    When a worker process dies, the executor loses all it was working on:
    each of those is tried once more, alone.
    """
    todo, lost = deque(waiting), []
    while todo:
        pool = make_executor(workers)
        yield from _until_broken(pool, todo, 2 * workers, start, lost)
    for record in lost:
        lost_again = []
        pool = make_executor(1)
        yield from _until_broken(pool, deque([record]), 1, start, lost_again)
        yield from ((record, None) for record in lost_again)


def _until_broken(
    pool: Executor,
    todo: deque[Record],
    at_once: int,
    start: Callable[[Executor, Record], Future],
    lost: list[Record],
) -> Iterator[tuple[Record, Record]]:
    """Work through `todo`; what a broken executor held goes to `lost`."""
    running: dict[Future, Record] = {}
    try:
        while todo or running:
            while todo and len(running) < at_once:
                running[start(pool, todo[0])] = todo[0]
                todo.popleft()
            for future in wait(running, None, FIRST_COMPLETED).done:
                result = future.result()
                yield running.pop(future), result
    except BrokenExecutor:
        lost += list(running.values()) or [todo.popleft()]
    except (KeyboardInterrupt, GeneratorExit):
        if hasattr(pool, "cut"):  # nobody wants what it is working on
            pool.cut()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
