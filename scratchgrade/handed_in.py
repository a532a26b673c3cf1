"""What counts of all that was handed in: receipts, attempts, and folders.

What a collector received counts. Of a student without a receipt the file in
grading/submitted does, and since nobody knows when it came it is on time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scratchgrade import late
from scratchgrade.course import Course
from scratchgrade.intake import Refused, read_submission
from scratchgrade.policy import Policy, policy_of
from scratchgrade.record import Record
from scratchgrade.run import Work, find_submissions
from scratchgrade.store import Receipt


@dataclass
class HandedIn:
    """The work of a class, as far as it may count.

    Attributes:
        submissions: by student, for `run.grade_class`.
        problems: what could not be taken.
        remarks: what an instructor should know.
        choose: of the records of a student's attempts, the one that counts.
    """

    submissions: dict[str, Work]
    problems: list[str]
    remarks: list[str] = field(default_factory=list)
    choose: Callable[[list[Record]], Record] = lambda records: records[-1]

    @property
    def n_attempts(self) -> int:
        return sum(
            1 if isinstance(work, Path) else len(work)
            for work in self.submissions.values()
        )


def look(here: Course, assignment: str) -> HandedIn:
    """Find the work of a class.

    Raises:
        CourseError: if the course's rules cannot be read.
        Damaged: if a receipt cannot.
    """
    policy = policy_of(here.grading, assignment)
    files, problems = find_submissions(here.submitted, assignment)
    receipts = {
        student: here.store.receipts(assignment, student)
        for student in here.store.received(assignment)
    }
    submissions: dict[str, Work] = dict(files)
    for student, received in receipts.items():
        submissions[student] = late.candidates(policy, received)

    def choose(records: list[Record]) -> Record:
        student = records[0].student
        return late.best(policy, receipts.get(student, []), records)

    return HandedIn(
        dict(sorted(submissions.items())),
        problems,
        _remarks(policy, files, receipts),
        choose,
    )


def _remarks(
    policy: Policy,
    files: dict[str, Path],
    receipts: dict[str, list[Receipt]],
) -> list[str]:
    remarks = []
    unknown = [who for who in files if who not in receipts]
    if policy.due and unknown:
        remarks.append(
            f"Without a receipt, so taken as on time: {', '.join(unknown)}"
        )
    for student, received in receipts.items():
        if policy.max_attempts and len(received) > policy.max_attempts:
            remarks.append(
                f"{student}: {len(received)} attempts, of which the first "
                f"{policy.max_attempts} may count"
            )
        if student in files and _unknown(files[student], received):
            remarks.append(
                f"{student}: {files[student]} is not what was collected; "
                "what was collected counts. To hand it in, collect it"
            )
    return remarks


def _unknown(path: Path, received: list[Receipt]) -> bool:
    """Whether a file that can be read is none of the attempts."""
    try:
        name = hashlib.sha256(read_submission(path)).hexdigest()
    except Refused:
        return False
    return name not in {receipt.submission for receipt in received}
