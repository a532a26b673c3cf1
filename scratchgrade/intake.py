"""Untrusted bytes to plain text of known cells.

Structure, order, points and locked cells come from the release alone. Of a
submission only text is taken: the solution cells, found by their grade_id,
and at most 20 code cells of the student's own, kept where they stood. No path
is built from anything that a submission says.
"""

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

MAX_BYTES = 10 << 20
MAX_CELLS = 1_000
MAX_SOURCE = 200_000
MAX_EXTRA = 20
MAX_DEPTH = 50

STUDENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)
}


class Refused(ValueError):
    """A submission that cannot be read; the message is for its author."""


def student_id(text: str) -> str:
    """The id itself, if a path may be built from it.

    Raises:
        Refused: if not.
    """
    if (
        not STUDENT_ID.fullmatch(text)
        or ".." in text
        or text.endswith(".")
        or text.partition(".")[0] in DEVICES
    ):
        raise Refused(
            f"{text[:80]!a} is no student id: lower-case letters a to z, "
            "digits, and . _ - inside, 64 at most"
        )
    return text


def read_submission(path: Path) -> bytes:
    """The bytes of a regular file, and of nothing else.

    Raises:
        Refused: if there is none, it is a link, pipe or device, or too large.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise Refused(f"{path.name} is not an ordinary file")
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
        for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"):
            flags |= getattr(os, name, 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            # Once more, of what was opened: it may have been swapped.
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Refused(f"{path.name} is not an ordinary file")
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Refused(_what_is_there(path)) from None
    except OSError as error:
        raise Refused(
            f"{path.name} cannot be read: {error.strerror}"
        ) from None
    if len(data) > MAX_BYTES:
        raise Refused(
            f"{path.name} is larger than {MAX_BYTES >> 20} MB; clear the "
            "outputs of the notebook and hand it in again"
        )
    return data


def _what_is_there(path: Path) -> str:
    others = sorted(p.name for p in path.parent.glob("*"))[:5]
    found = f"found {', '.join(map(repr, others))}" if others else "found none"
    return f"no file {path.name} was handed in; {found}"


class Cell(NamedTuple):
    """A cell of a submission: its type, claimed grade_id (or ""), text."""

    kind: str
    grade_id: str
    source: str


def parse_notebook(data: bytes) -> list[Cell]:
    """The cells of a notebook in format 4.

    Raises:
        Refused: if the bytes are not such a notebook.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            f"the file is not UTF-8 text (byte {error.start})"
        ) from None
    try:
        notebook = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise Refused(f"the file is nested over {MAX_DEPTH} deep") from None
    except Refused:
        raise
    except json.JSONDecodeError as error:
        raise Refused(
            "the file is not a whole notebook, the upload may have been cut "
            f"off (line {error.lineno}: {error.msg})"
        ) from None
    except ValueError as error:  # a number of thousands of digits
        raise Refused(f"the file is not a notebook: {error}") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise Refused("the file is not a notebook in format 4")
    _check_depth(notebook)
    cells = notebook.get("cells")
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise Refused(f"a notebook has a list of at most {MAX_CELLS} cells")
    return [_parse_cell(i, cell) for i, cell in enumerate(cells)]


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(n for n in names if names.count(n) > 1)
        raise Refused(f"the JSON key {twice[:40]!r} occurs twice in one place")
    return found


def _refuse_constant(name: str) -> None:
    raise Refused(f"{name} is not JSON")


def _check_depth(tree: Any) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Refused(f"the file is nested over {MAX_DEPTH} deep")
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]


def _parse_cell(i: int, cell: Any) -> Cell:
    if not isinstance(cell, dict) or cell.get("cell_type") not in (
        "code",
        "markdown",
        "raw",
    ):
        raise Refused(f"cell {i + 1} is of no known type")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(x, str) for x in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Refused(f"the source of cell {i + 1} is not text")
    if len(source) > MAX_SOURCE:
        raise Refused(
            f"cell {i + 1} has {len(source):,} characters; "
            f"at most {MAX_SOURCE:,} are read"
        )
    try:
        source.encode()
    except UnicodeEncodeError:
        raise Refused(f"cell {i + 1} holds half a character") from None
    metadata = cell.get("metadata")
    claim = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = claim.get("grade_id") if isinstance(claim, dict) else None
    if not isinstance(grade_id, str):
        grade_id = ""
    return Cell(cell["cell_type"], grade_id, source)


# --- the release and the canonical notebook --------------------------------


@dataclass(frozen=True)
class ReleaseCell:
    """A cell of the release, which is ours and trusted.

    Attributes:
        role: "solution" (the student writes it), "check" (graded by checks),
            "manual" (written by the student, graded by hand), "locked", or
            "free" (an ordinary cell, the student's to change).
    """

    kind: str
    grade_id: str
    role: str
    points: float
    source: str


def parse_release(data: bytes) -> list[ReleaseCell]:
    """The cells of the release notebook."""
    cells = []
    for cell in json.loads(data)["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        match meta.get("grade", False), meta.get("solution", False):
            case True, True:
                role = "manual"
            case True, False:
                role = "check"
            case False, True:
                role = "solution"
            case _:
                role = "locked" if meta.get("locked") else "free"
        cells.append(
            ReleaseCell(
                cell["cell_type"],
                meta.get("grade_id", ""),
                role,
                float(meta.get("points", 0)),
                "".join(cell["source"]),
            )
        )
    return cells


class Step(NamedTuple):
    """One cell of the canonical notebook, in the order of running."""

    name: str
    role: str
    source: str


@dataclass
class Canonical:
    """A submission in the shape of the release.

    Attributes:
        steps: code cells: the release's with the student's solutions, and the
            student's own (role "extra").
        answers: texts of the manually graded questions by grade_id.
        notes: what was missing, changed or left out, for student and
            instructor.
    """

    steps: list[Step] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def canonical(release: list[ReleaseCell], cells: list[Cell]) -> Canonical:
    """Put a submission's text into the release's structure."""
    result, missing = Canonical(), []
    written, extra = _sort_out(release, cells, result.notes)
    result.steps += extra.get("", [])
    for cell in release:
        if cell.role == "manual":
            text = written.get(cell.grade_id, "")
            untouched = text.strip() == cell.source.strip()
            result.answers[cell.grade_id] = "" if untouched else text
        if cell.role in ("solution", "manual"):
            if cell.grade_id not in written:
                missing.append(cell.grade_id)
            source = written.get(cell.grade_id)
        else:
            source = cell.source
        runs = cell.kind == "code" and cell.role != "free"
        if runs and source is not None and cell.role != "manual":
            result.steps.append(Step(cell.grade_id, cell.role, source))
        if cell.grade_id:
            result.steps += extra.get(cell.grade_id, [])
    if missing:
        result.notes.append(
            f"Missing from the notebook: {', '.join(missing)}."
        )
    return result


def _sort_out(
    release: list[ReleaseCell], cells: list[Cell], notes: list[str]
) -> tuple[dict[str, str], dict[str, list[Step]]]:
    """The student's texts by grade_id, and own cells by what they follow."""
    known = {cell.grade_id: cell for cell in release if cell.grade_id}
    free = {cell.source for cell in release if cell.role == "free"}
    written: dict[str, str] = {}
    extra: dict[str, list[Step]] = {}
    after, n_extra, seen, changed = "", 0, set(), []
    for cell in cells:
        ours = known.get(cell.grade_id)
        if ours and ours.grade_id not in seen:
            seen.add(ours.grade_id)
            after = ours.grade_id
            if ours.role in ("solution", "manual"):
                if cell.kind == ours.kind:
                    written[after] = cell.source
                    continue
                notes.append(
                    f"The cell {after} was turned from {ours.kind} into "
                    f"{cell.kind}."
                )
            elif (
                ours.kind == "code"
                and cell.source.strip() != ours.source.strip()
            ):
                changed.append(after)
            continue
        if ours:
            notes.append(
                f"The cell {ours.grade_id} occurs more than once: the first "
                "one counts, the others were treated as cells of your own."
            )
        if cell.kind != "code" or not cell.source.strip():
            continue
        n_extra += cell.source not in free
        if n_extra <= MAX_EXTRA:
            name = f"own-{sum(map(len, extra.values())) + 1}"
            step = Step(name, "extra", cell.source)
            extra.setdefault(after, []).append(step)
    if changed:
        notes.append(
            f"Changed, so the original was used: {', '.join(changed)}."
        )
    if n_extra > MAX_EXTRA:
        notes.append(
            f"{n_extra} code cells of your own: the first {MAX_EXTRA} were "
            "run, the others left out."
        )
    return written, extra
