"""Who is in the class: grading/roster.csv, and how others name them.

Names are matched exactly. Who is not on the list, or is there twice, is not
matched at all: nobody is guessed.
"""

import csv
import io
import re
import unicodedata
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from scratchgrade.checks.kit import CourseError
from scratchgrade.files import write_atomically
from scratchgrade.intake import Refused, student_id
from scratchgrade.tables import guarded, read_table, unguarded


@dataclass(frozen=True)
class Student:
    """A line of the roster.

    Attributes:
        id: what we call the student; folders have this name.
        name: in full, as the other system writes it.
        canvas_id: the number in Canvas's column ID.
        moodle_id: numbers of Moodle's participant, one an assignment,
            separated by blanks.
        email, idnumber: as Moodle has them.
    """

    id: str
    name: str = ""
    canvas_id: str = ""
    moodle_id: str = ""
    email: str = ""
    idnumber: str = ""


COLUMNS = [field.name for field in fields(Student)]


class Roster:
    """The class, to be looked up in by one exact name at a time."""

    def __init__(self, students: list[Student]):
        self.students = sorted(students, key=lambda s: s.id)
        self._ids = {s.id: s for s in students}
        self._canvas = {s.canvas_id: s for s in students if s.canvas_id}
        self._moodle = {n: s for s in students for n in s.moodle_id.split()}

    def __len__(self) -> int:
        return len(self.students)

    def by_id(self, text: str) -> Student | None:
        """Who has this id of ours."""
        return self._ids.get(text)

    def by_canvas(self, number: str) -> Student | None:
        """Who has this number in Canvas."""
        return self._canvas.get(number)

    def by_moodle(self, number: str) -> Student | None:
        """Who is this participant of some assignment in Moodle."""
        return self._moodle.get(number)

    def by_name(self, name: str) -> list[Student]:
        """All who have this full name."""
        wanted = plain(name)
        return [s for s in self.students if s.name and plain(s.name) == wanted]


def plain(text: str) -> str:
    """Text in one of the several ways that Unicode has to write it."""
    return unicodedata.normalize("NFC", text).strip()


# --- on disk ---------------------------------------------------------------


def read_roster(path: Path) -> Roster:
    """The roster in a file; an empty one if there is no file.

    Raises:
        CourseError: if a line cannot be used, or two claim the same.
    """
    if not path.exists():
        return Roster([])
    head, *rows = read_table(path) or [[]]
    if "id" not in head or not set(head) <= set(COLUMNS):
        raise CourseError(
            f"{path} must have columns out of {', '.join(COLUMNS)}, and id "
            "among them; `scratchgrade roster import` makes it"
        )
    students = [
        Student(**{k: unguarded(v) for k, v in line.items()})
        for line in _lines(head, rows)
    ]
    _check(students, path.name)
    return Roster(students)


def _lines(head: list[str], rows: list[list[str]]) -> list[dict[str, str]]:
    """Rows as dicts; a short row lacks its last columns."""
    return [
        {k: v.strip() for k, v in zip(head, row, strict=False)} for row in rows
    ]


def write_roster(path: Path, students: list[Student]) -> None:
    """Write the roster; what looks like a formula is guarded.

    Raises:
        CourseError: if it could not be read again.
    """
    _check(students, path.name)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for student in sorted(students, key=lambda s: s.id):
        writer.writerow(map(guarded, astuple(student)))
    write_atomically(path, out.getvalue().encode())


def _check(students: list[Student], where: str) -> None:
    """See that every id can be used and nothing is claimed twice."""
    taken: dict[tuple[str, str], Student] = {}
    for student in students:
        try:
            student_id(student.id)
        except Refused as refusal:
            raise CourseError(f"{where}: {refusal}") from None
        for kind, value in sorted(_claims(student)):
            other = taken.setdefault((kind, value), student)
            if other is not student:
                raise CourseError(
                    f"{where}: {_who(other)} and {_who(student)} both have "
                    f"the {kind} {value!r}; give each their own"
                )


def _claims(student: Student) -> set[tuple[str, str]]:
    """What only one student can have."""
    claims = {("id", student.id), ("canvas_id", student.canvas_id)}
    claims |= {("moodle_id", n) for n in student.moodle_id.split()}
    claims |= {("email", student.email.casefold())}
    return {(kind, value) for kind, value in claims if value}


def _who(student: Student) -> str:
    return f"{student.name!a} ({student.id})"


# --- from Canvas and Moodle ------------------------------------------------


def students_in(path: Path) -> list[Student]:
    """The students in a gradebook or worksheet that was exported as CSV.

    Canvas: Grades, Export. Moodle: Grades, Export, Plain text file; and for
    the numbers in the names of downloaded folders: the assignment's grading
    worksheet.

    Raises:
        CourseError: if it is none of the three, or a line names nobody.
    """
    head, *rows = read_table(path) or [[]]
    head = ["Last name" if name == "Surname" else name for name in head]
    lines = _lines(head, rows)
    if {"Student", "ID"} <= set(head):
        return [_of_canvas(line) for line in lines if line.get("ID")]
    if {"Identifier", "Full name", "Email address"} <= set(head):
        return [_of_worksheet(line) for line in lines]
    if {"First name", "Last name", "Email address"} <= set(head):
        return [_of_moodle(line) for line in lines]
    raise CourseError(
        f"{path.name} is no gradebook that is known here: Canvas's has the "
        "columns Student and ID; Moodle's has First name, Last name and Email "
        "address; Moodle's grading worksheet has Identifier, Full name and "
        f"Email address. It has {', '.join(map(repr, head[:8]))}"
    )


def _of_canvas(line: dict[str, str]) -> Student:
    number, login = line["ID"], line.get("SIS Login ID", "")
    email = login if "@" in login else ""
    made = _id_of(login) or _id_of(f"canvas-{number}")
    return Student(made, line["Student"], canvas_id=number, email=email)


def _of_moodle(line: dict[str, str]) -> Student:
    email, number = line["Email address"], line.get("ID number", "")
    return Student(
        _id_of(number) or _id_of(email),
        f"{line['First name']} {line['Last name']}".strip(),
        email=email,
        idnumber=number,
    )


def _of_worksheet(line: dict[str, str]) -> Student:
    number = re.search(r"\d+$", line["Identifier"])
    return Student(
        _id_of(line["Email address"]),
        line["Full name"],
        moodle_id=number.group() if number else "",
        email=line["Email address"],
    )


def _id_of(text: str) -> str:
    """An id out of a login, number or address; "" if it gives none."""
    try:
        return student_id(text.lower().partition("@")[0])
    except Refused:
        return ""


def merge(old: list[Student], new: list[Student]) -> list[Student]:
    """The roster with what an export adds; ids that exist stay.

    A student is the same by number, by e-mail address or by id.

    Raises:
        CourseError: if two of these point to different students, or a new
            student has nothing to make an id of.
    """
    merged = {s.id: s for s in old}
    known = {claim: s.id for s in old for claim in _claims(s)}
    for student in new:
        same = {known[claim] for claim in _claims(student) if claim in known}
        if len(same) > 1:
            raise CourseError(
                f"{_who(student)} is at once {' and '.join(sorted(same))}: "
                "mend roster.csv first"
            )
        if not same and not student.id:
            raise CourseError(
                f"{student.name!a} has neither login, number nor address that "
                "would make an id; add a line for them to roster.csv by hand"
            )
        before = merged[same.pop()] if same else Student(student.id)
        made = merged[before.id] = _added(before, student)
        known |= dict.fromkeys(_claims(made), made.id)
    return list(merged.values())


def _added(before: Student, new: Student) -> Student:
    """A line with what the other one adds.

    Raises:
        CourseError: if they are two people with one id.
    """
    for kind in ("canvas_id", "email", "idnumber"):
        ours, theirs = getattr(before, kind), getattr(new, kind)
        if ours and theirs and ours.casefold() != theirs.casefold():
            raise CourseError(
                f"{_who(before)} and {_who(new)} would share the id "
                f"{before.id}, but have the {kind} {ours!r} and {theirs!r}: "
                "give one of them another id in roster.csv by hand"
            )
    numbers = dict.fromkeys(before.moodle_id.split() + new.moodle_id.split())
    return replace(
        before,
        name=new.name or before.name,
        canvas_id=new.canvas_id or before.canvas_id,
        moodle_id=" ".join(numbers),
        email=new.email or before.email,
        idnumber=new.idnumber or before.idnumber,
    )
