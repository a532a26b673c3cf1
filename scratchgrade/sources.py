"""What students handed in, found in the places where instructors have it.

    kind       what it is                       time of receipt
    exchange   nbgrader's inbound folder        the later of the last changes
                                                (ctime) of folder and file,
                                                which their owner cannot set
    folder     <student>.ipynb, or              the file's last change
               <student>/<name>.ipynb
    canvas     "Download Submissions"           unknown, so on time, unless
                                                Canvas marked it LATE: then
                                                the time of the archive, which
                                                is the latest it can be
    moodle     "Download all submissions"       the archive's, in this
                                                machine's time zone

`--received` says it better where somebody knows. A time that stands in a file
of the submission, such as timestamp.txt, is never used.

Students are matched exactly, by the roster, and what is not matched is told.
"""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from scratchgrade.archives import Archive, Member, open_archive
from scratchgrade.checks.kit import CourseError
from scratchgrade.intake import Refused, read_submission, student_id
from scratchgrade.roster import Roster, plain

MAX_FILES = 1000  # in one student's folder


class Kind(StrEnum):
    """Where submissions come from."""

    EXCHANGE = "exchange"
    FOLDER = "folder"
    CANVAS = "canvas"
    MOODLE = "moodle"


@dataclass(frozen=True)
class Found:
    """A file that somebody handed in, or the reason why it is none.

    Attributes:
        label: what it is called in the source.
        file: the name that the student gave it.
        student: whose it is; "" if that is not certain.
        attempt: tells apart what the student handed in at several times.
        received: when; None if nobody knows.
        late: marked late by the system that it comes from.
        problem: why it cannot be taken, or "".
        read: gives the bytes; raises Refused.
        knows_in_time: the system that it comes from says so.
    """

    label: str
    file: str = ""
    student: str = ""
    attempt: str = ""
    received: datetime | None = None
    late: bool = False
    problem: str = ""
    read: Callable[[], bytes] = bytes
    knows_in_time: bool = False

    def received_at(self, when: datetime) -> "Found":
        """The same, received then; not if it is known to be in time."""
        return self if self.knows_in_time else replace(self, received=when)


@contextmanager
def open_source(
    source: Path,
    assignment: str,
    roster: Roster,
    kind: Kind | None = None,
    check_owner: bool = True,
) -> Iterator[tuple[Kind, list[Found]]]:
    """Look through a source; the bytes can be read while it is open.

    Args:
        kind: what it is, if that is not to be found out.
        check_owner: whether a folder of the exchange must belong to the user
            whose name it has.

    Raises:
        CourseError: if it is nothing that is known here.
    """
    if not source.exists():
        raise CourseError(f"{source} does not exist")
    if source.is_dir():
        kind = kind or _kind_of_folder(source)
        if kind == Kind.EXCHANGE:
            found = _exchange(source, assignment, roster, check_owner)
        elif kind == Kind.FOLDER:
            found = _folder(source, assignment, roster)
        else:
            raise CourseError(
                f"{source} is a folder; {kind} gives a zip archive: zip the "
                "folder's content again, as some browsers unpack it"
            )
        yield kind, list(found)
        return
    try:
        with open_archive(source) as archive:
            kind = kind or _kind_of_archive(source, archive)
            if not len(roster):
                raise CourseError(
                    f"who is who in {source.name} stands in the roster, and "
                    "there is none: run `scratchgrade roster import` with the "
                    "gradebook that your system exports"
                )
            if kind not in NAMES:
                raise CourseError(f"{source} is a file; {kind} is a folder")
            found = _archive(archive, kind, roster)
            yield kind, list(found)
    except Refused as refusal:
        raise CourseError(str(refusal)) from None


def _kind_of_folder(folder: Path) -> Kind:
    names = [entry.name for entry in folder.iterdir()]
    inbound = any(len(name.split("+")) in (3, 4) for name in names)
    return Kind.EXCHANGE if inbound else Kind.FOLDER


def _kind_of_archive(path: Path, archive: Archive) -> Kind:
    names = [member.name for member in archive.members]
    if any(MOODLE.match(name) for name in names):
        return Kind.MOODLE
    if any(CANVAS.search(name) for name in names):
        return Kind.CANVAS
    raise CourseError(
        f"{path.name} is an archive of neither Canvas nor Moodle; unpack it "
        "if it holds <student>.ipynb, and collect the folder"
    )


# --- folders ---------------------------------------------------------------


def _exchange(
    inbound: Path, assignment: str, roster: Roster, check_owner: bool
) -> Iterator[Found]:
    """Folders <user>+<assignment>+<timestamp>+<random>."""
    for folder in sorted(inbound.iterdir()):
        parts = folder.name.split("+")
        if len(parts) not in (3, 4) or parts[1] != assignment:
            continue
        if folder.is_symlink() or not folder.is_dir():
            yield Found(printable(folder.name), problem="a link, or no folder")
        elif check_owner and (owner := _owner(folder)) != parts[0]:
            yield Found(
                printable(folder.name),
                problem=f"belongs to the user {owner!a}, not {parts[0]!a}; "
                "--no-check-owner takes it all the same",
            )
        else:
            for found in _inside(folder, parts[0], roster, _changed):
                yield replace(found, attempt=folder.name)


def _folder(folder: Path, assignment: str, roster: Roster) -> Iterator[Found]:
    """<student>.ipynb, <student>/<name>.ipynb, or nbgrader's submitted/."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            yield Found(printable(entry.name), problem="a link")
        elif entry.is_dir():
            inner = entry / assignment
            inside = inner.is_dir() and not inner.is_symlink()
            place = inner if inside else entry
            yield from _inside(place, entry.name, roster, _written)
        elif entry.suffix == ".ipynb":
            yield _of_path(entry, entry.stem, roster, _written, entry.name)


def _inside(
    folder: Path, name: str, roster: Roster, time: Callable[[Path], float]
) -> Iterator[Found]:
    """The files in a student's folder, which may be no pleasant place."""
    try:
        paths = sorted(itertools.islice(folder.iterdir(), MAX_FILES + 1))
        if len(paths) > MAX_FILES:
            raise OSError(f"more than {MAX_FILES} files")
        for path in paths:
            if not path.name.startswith("."):
                label = f"{name}/{path.name}"
                yield _of_path(path, name, roster, time, label)
    except OSError as error:
        reason = f"cannot be looked through: {error.strerror or error}"
        yield Found(printable(folder.name), problem=reason)


def _of_path(
    path: Path,
    name: str,
    roster: Roster,
    time: Callable[[Path], float],
    label: str,
) -> Found:
    label = printable(label)
    try:
        student = student_id(name)
    except Refused as refusal:
        return Found(label, problem=str(refusal))
    if len(roster) and not roster.by_id(name):
        return Found(label, problem=f"no id {name!a} in the roster")
    seen = os.lstat(path.parent)
    return Found(
        label,
        path.name,
        student,
        received=_time(time(path)),
        read=partial(_read_from, path.parent, path.name, seen),
    )


def _read_from(folder: Path, name: str, seen: os.stat_result) -> bytes:
    """A file of the very folder that was looked at.

    Its owner may have put a link to another folder in its place since then.

    Raises:
        Refused: if so, or if the file cannot be taken.
    """
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return read_submission(folder / name)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        handle = os.open(folder, flags)
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror}") from None
    try:
        if not os.path.samestat(os.fstat(handle), seen):
            raise Refused(f"the folder of {name} was exchanged meanwhile")
        opened = Path(f"/proc/self/fd/{handle}")  # on Linux
        return read_submission((opened if opened.exists() else folder) / name)
    finally:
        os.close(handle)


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # of no year that there is
        return None


def printable(name: str) -> str:
    """A name with what cannot be seen made visible."""
    return name if name.isprintable() else ascii(name)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return "unknown"


def _written(path: Path) -> float:
    return os.lstat(path).st_mtime


def _changed(path: Path) -> float:
    return max(os.lstat(path).st_ctime, os.lstat(path.parent).st_ctime)


# --- archives --------------------------------------------------------------

# name_LATE_user_file_filename; a name or filename may have such numbers too.
CANVAS = re.compile(
    r"(?<!_LATE)(?<!_late)"
    r"(?=_(?P<late>LATE_|late_)?(?P<user>\d+)_\d+_(?P<file>.+))"
)
MOODLE = re.compile(
    r"(?P<name>[^_/]+)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)"
    r"_?/?(?P<file>.*)"
)
NOBODY = "the name is not one that {} gives to a submission"


def _archive(archive: Archive, kind: Kind, roster: Roster) -> Iterator[Found]:
    for member in archive.members:
        found = NAMES[kind](member, roster)
        if member.refused:
            yield replace(found, problem=member.refused)
        else:
            yield replace(found, read=partial(archive.read, member))


def _of_canvas(member: Member, roster: Roster) -> Found:
    """By the user's number; the name before it is only compared.

    Canvas lets users choose names and files, so that more than one reading
    may be possible: then it is nobody's.
    """
    label = printable(member.name)
    readings = [
        (roster.by_canvas(match["user"]), member.name[: match.start()], match)
        for match in CANVAS.finditer(member.name)
    ]
    known = [reading for reading in readings if reading[0]]
    if not readings:
        return Found(label, problem=NOBODY.format("Canvas"))
    if not known:
        user = readings[0][2]["user"]
        return Found(label, problem=f"no canvas_id {user} in the roster")
    if len(known) > 1:
        ids = " or ".join(student.id for student, _, _ in known)
        return Found(label, problem=f"may be of {ids}; take it by hand")
    ((student, name, match),) = known
    if student.name and canvas_name(student.name) != plain(name):
        return Found(
            label,
            problem=f"canvas_id {match['user']} is {student.name!a} in the "
            f"roster, which Canvas would write {canvas_name(student.name)!a}; "
            "import the gradebook anew",
        )
    late = bool(match["late"])
    return Found(
        label,
        match["file"],
        student.id,
        received=_local(member.time) if late else None,
        late=late,
        knows_in_time=not late,
    )


def canvas_name(name: str) -> str:
    """A name as Canvas puts it into the names of files.

    >>> canvas_name("O'Neil, Zoë")
    'oneilzoë'
    """
    name = re.sub(r"_(\d+)_", r"\1", name).lower()
    return plain(re.sub(r"\W", "", name))


def _of_moodle(member: Member, roster: Roster) -> Found:
    """By the participant's number where the roster has it, else by name."""
    label = printable(member.name)
    match = MOODLE.fullmatch(member.name)
    if not match or match["plugin"] != "file":
        return Found(label, problem=NOBODY.format("Moodle"))
    named = roster.by_name(match["name"])
    student = roster.by_moodle(match["number"])
    if student and named and student not in named:
        return Found(
            label,
            problem=f"the number is of {student.id}, the name of "
            f"{named[0].id}; mend the roster",
        )
    if not student and len(named) != 1:
        what = f"{len(named)} students have" if named else "nobody has"
        return Found(
            label,
            problem=f"{what} this name in the roster, and nobody the number "
            f"{match['number']}",
        )
    student = student or named[0]
    file = match["file"].rpartition("/")[2]
    return Found(label, file, student.id, received=_local(member.time))


def _local(time: datetime | None) -> datetime | None:
    """A time without a zone, taken for one of this machine's zone."""
    return time and time.astimezone(UTC)


NAMES = {Kind.CANVAS: _of_canvas, Kind.MOODLE: _of_moodle}
