"""Whose answers are alike: a hint for a person, never evidence.

copydetect turns code into tokens without names, text and comments, and finds
the runs of them that two students share. What the release gave everybody is
not counted, nor what more than half of a class of ten or more wrote: short
exercises have few right answers.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from scratchgrade.checks.kit import CourseError
from scratchgrade.feedback import templates
from scratchgrade.grade import Assignment
from scratchgrade.record import Record

RUN = 25  # signs of a run, names counted as one; copydetect's default
MAX_CODE = 60_000  # characters compared of a student
SHOWN = 50  # pairs in the report
LEAST = 0.3  # share from which on a pair is shown
CLASS = 10  # students from which on common code is not counted
MANY = 200  # students beyond which comparing all pairs takes long


@dataclass(frozen=True)
class Side:
    """One student's part of a pair.

    Attributes:
        share: of the student's own code, how much the other one has too.
        parts: the code, cut into (text, whether it is shared).
    """

    student: str
    share: float
    parts: list[tuple[str, bool]]


@dataclass(frozen=True)
class Pair:
    """Two students with like code."""

    first: Side
    second: Side

    @property
    def share(self) -> float:
        return max(self.first.share, self.second.share)


def code_of(record: Record) -> str:
    """The text of a student's solution cells, each under its name."""
    cells = [s for s in record.steps if s.role == "solution"]
    code = "\n\n".join(f"# {cell.name}\n{cell.source}" for cell in cells)
    return code[:MAX_CODE]


def release_code(assignment: Assignment) -> str:
    """All code that students were given."""
    cells = [c for c in assignment.cells if c.kind == "code"]
    return "\n\n".join(cell.source for cell in cells)


def compare(
    codes: dict[str, str],
    given: str = "",
    progress: Callable[[list], Iterable] = iter,
) -> list[Pair]:
    """The pairs of students that share most, the most alike first.

    Args:
        codes: text by student.
        given: code that everybody was given, which is not counted.
        progress: wraps the list of pairs while it is worked through.

    Raises:
        CourseError: if copydetect is not installed.
    """
    prints = _fingerprints(codes, given)
    sets = {who: print_.hashes for who, print_ in prints.items()}
    likely = []
    for a, b in progress(list(combinations(sorted(sets), 2))):
        least = min(len(sets[a]), len(sets[b]))
        if least:
            share = len(sets[a] & sets[b]) / least
            if share >= LEAST:
                likely.append((-share, a, b))
    likely.sort()
    pairs = [_pair(a, b, prints) for _, a, b in likely[:SHOWN]]
    return sorted(pairs, key=_rank)


def _rank(pair: Pair) -> tuple:
    shares = sorted((pair.first.share, pair.second.share))
    return -shares[1], -shares[0], pair.first.student, pair.second.student


def _fingerprints(codes: dict[str, str], given: str) -> dict[str, Any]:
    """The runs of each student that count, by copydetect."""
    try:
        import numpy as np
        from copydetect import CodeFingerprint
    except ImportError:
        raise CourseError(
            "similarity needs copydetect: pip install 'scratchlm[similarity]'"
        ) from None

    def take(code: str, ignored: set[int]) -> Any:
        found = CodeFingerprint(
            "code.py",
            RUN,
            1,  # every run, so that the result is always the same
            boilerplate=np.array(sorted(ignored), dtype=np.int64),
            language="python",
            fp=io.StringIO(code),
        )
        if len(found.offsets):  # which go back at a class, by mistake
            steps = found.offsets[:, 1]
            found.offsets[:, 1] = np.maximum.accumulate(steps)
        return found

    ignored = set(take(given, set()).hashes) if given else set()
    prints = {who: take(code, ignored) for who, code in codes.items()}
    if len(codes) >= CLASS:
        seen = Counter(h for p in prints.values() for h in p.hashes)
        common = {h for h, n in seen.items() if n > len(codes) / 2}
        ignored |= common
        prints = {who: take(code, ignored) for who, code in codes.items()}
    return prints


def _pair(a: str, b: str, prints: dict[str, Any]) -> Pair:
    from copydetect import compare_files

    _, shares, slices = compare_files(prints[a], prints[b])
    sides = [
        Side(who, float(share), _cut(prints[who].raw_code, where))
        for who, share, where in zip((a, b), shares, slices, strict=True)
    ]
    return Pair(*sides)


def _cut(code: str, slices: Any) -> list[tuple[str, bool]]:
    """Code cut at the starts and ends of the shared runs."""
    parts, at = [], 0
    for start, end in sorted(zip(*slices.tolist(), strict=True)):
        start, end = max(at, int(start)), min(len(code), int(end))
        if start < end:
            parts += [(code[at:start], False), (code[start:end], True)]
            at = end
    parts.append((code[at:], False))
    return [(text, shared) for text, shared in parts if text]


def similarity_page(
    assignment: str, pairs: list[Pair], n_students: int
) -> str:
    """The report as static HTML, which runs nothing."""
    template = templates("feedback.css", "similarity.css")
    return template.get_template("similarity.html").render(
        title=f"Similarity, {assignment}",
        assignment=assignment,
        pairs=pairs,
        n_students=n_students,
        least=LEAST,
        shown=SHOWN,
        common=n_students >= CLASS,
    )
