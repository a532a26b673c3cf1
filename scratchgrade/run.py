"""The driver: a class of submissions through any executor, and resume.

Only the driver writes. A run that was killed, at whatever moment, goes on
where it stopped when the same command is given again.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path

from scratchgrade import sandbox
from scratchgrade.grade import (
    Assignment,
    blank_record,
    grade_one,
    refuse,
)
from scratchgrade.intake import Refused, read_submission, student_id
from scratchgrade.record import Record
from scratchgrade.sandbox import Limits
from scratchgrade.store import Store

MakeExecutor = Callable[[int], Executor]


def process_pool(workers: int) -> Executor:
    """The default executor: processes that start clean and end with us."""
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(os.getpid(),),
    )


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    """End this process, and its boxes, when the driver was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    for box in list(sandbox.LIVE):
        box.close()
    os._exit(1)


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
        records: of every student, in order, new and old.
        graded: how many are new.
    """

    records: list[Record] = field(default_factory=list)
    graded: int = 0

    @property
    def already(self) -> int:
        return len(self.records) - self.graded


def grade_class(
    store: Store,
    assignment: Assignment,
    submissions: dict[str, Path],
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    workers: int = 2,
    make_executor: MakeExecutor = process_pool,
    report: Callable[[Record, bool], None] = lambda record, new: None,
) -> Summary:
    """Grade what is not graded yet; `report` hears of each record.

    Raises:
        CourseError: if release or checks are broken.
    """
    _ = assignment.exercises  # broken checks stop the run before it starts
    key = store.key()
    summary = Summary()

    def keep(record: Record, new: bool) -> None:
        if new:
            store.save(record)
            summary.graded += 1
        summary.records.append(record)
        report(record, new)

    waiting: list[Record] = []
    for student, path in submissions.items():
        try:
            name, reason = store.put(read_submission(path)), ""
        except Refused as refusal:
            name, reason = "", str(refusal)
        record = blank_record(name, assignment, key, student, limits)
        if reason:
            record = refuse(record, assignment, reason)
        if old := store.find(record):
            keep(old, False)
        elif reason:
            keep(record, True)
        else:
            waiting.append(record)

    def start(pool: Executor, record: Record) -> Future:
        data = store.get(record.submission)
        return pool.submit(
            grade_one, data, assignment, key, record.student, limits
        )

    try:
        with contextlib.closing(
            _graded(waiting, start, workers, make_executor)
        ) as results:
            for record, result in results:
                keep(
                    result
                    or refuse(
                        record,
                        assignment,
                        "the grading process ended twice while it worked on "
                        "this submission; your instructor will look at it",
                    ),
                    True,
                )
    finally:
        summary.records.sort(key=lambda record: record.student)
        store.set_current(assignment.name, summary.records)
    return summary


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
    finally:
        pool.shutdown(cancel_futures=True)
