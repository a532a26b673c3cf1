"""Exports: final points only, of the right student, in a safe table."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fixtures import toy_course
from typer.testing import CliRunner

from scratchgrade import cli
from scratchgrade.checks.kit import CourseError
from scratchgrade.export import to_canvas, to_csv, to_moodle
from scratchgrade.gradebook import Manual
from scratchgrade.late import Lateness
from scratchgrade.record import ExerciseRecord, ManualRecord, Record
from scratchgrade.roster import Roster, Student, write_roster

NAME = toy_course.NAME
HOSTILE = '=HYPERLINK("http://x";"y"),Ada'
ROSTER = Roster(
    [
        Student("ada", HOSTILE, "101", email="ada@x.edu", idnumber="7"),
        Student("bob", "Bob, Ü", "102", email="bob@x.edu"),
        Student("cem", "Cem", "103", email="cem@x.edu"),
        Student("eve", "Eve"),
    ]
)
HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
COLUMN = f"{NAME} (4711)"
TEMPLATE = [
    [*HEAD, "Essay (9)", COLUMN, "Current Score"],
    ["    Points Possible", "", "", "", "", "20", "15", "(read only)"],
    [HOSTILE, "101", "s1", "ada@x.edu", "One", "3", "", "1"],
    ["Bob, Ü", "102", "s2", "bob", "One", "", "", ""],
    ["Cem", "103", "s3", "cem", "Two", "", "4", ""],
    ["Zed", "109", "s9", "zed", "Two", "", "", ""],
]


def a_record(student: str, points: float, verdict="passed") -> Record:
    return Record(
        NAME,
        student,
        "ab" * 32,
        "v1",
        "k1",
        {},
        exercises=[
            ExerciseRecord("check-99-1", "99.1", "T", verdict, points, 10, [])
        ],
        manual=[ManualRecord("explain-1", 5, "Because")],
    )


RECORDS = [
    a_record("ada", 10),
    a_record("bob", 0, "failed"),
    a_record("cem", 0, "timed out"),
    a_record("eve", 7),
]
MANUAL = {
    who: {"explain-1": Manual(4.5, None, "", "ab" * 32)}
    for who in ("ada", "bob", "eve")
}
LATE = {"bob": Lateness(datetime(2026, 12, 2, tzinfo=UTC), 1, 10)}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def canvas(records=RECORDS, template=TEMPLATE, column=""):
    return to_canvas(records, MANUAL, LATE, ROSTER, template, column)


# --- Canvas ----------------------------------------------------------------


def test_canvas_gets_the_points_of_each_student_it_named():
    made = canvas()
    possible, *found = rows(made.text)
    assert list(possible) == [*HEAD, COLUMN]
    assert possible["Student"].strip() == "Points Possible"
    assert possible[COLUMN] == "15"
    assert {r["ID"]: r[COLUMN] for r in found} == {
        "101": "14.5",
        "102": "4.05",  # a day late
    }
    assert made.rows == 2
    assert found[0]["SIS Login ID"] == "ada@x.edu"


def test_who_needs_a_person_is_left_out_and_named_never_a_nought():
    made = canvas()
    assert made.waiting == ["cem"]
    assert "103" not in made.text
    assert ",0\n" not in made.text


def test_who_canvas_does_not_know_is_named():
    assert canvas().unknown == ["eve"]


def test_a_hostile_name_comes_back_as_text():
    """The round trip: what a CSV reader sees is the name, guarded."""
    found = rows(canvas().text)
    assert found[1]["Student"] == "'" + HOSTILE
    assert found[1]["ID"] == "101"


def test_the_column_may_be_named():
    column = "Essay (9)"
    template = [row[:] for row in TEMPLATE]
    template[1][5] = "15"
    found = rows(canvas(template=template, column="Essay").text)
    assert found[1][column] == "14.5"
    assert rows(canvas(template=template, column=column).text) == found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({0: ["Name", "ID"]}, "no gradebook of Canvas"),
        ({0: [*HEAD, "Essay (9)", "Other (1)", "x"]}, "no column for"),
        ({0: [*HEAD, f"{NAME} (9)", COLUMN, "x"]}, "more than one column"),
        ({1: ["Points Possible", *[""] * 5, "100"]}, "has 100 points, here"),
    ],
)
def test_a_template_that_does_not_fit_is_refused(change, says):
    template = [change.get(i, row) for i, row in enumerate(TEMPLATE)]
    with pytest.raises(CourseError, match=says):
        canvas(template=template)


# --- Moodle ----------------------------------------------------------------


def test_moodle_gets_address_grade_and_feedback():
    made = to_moodle(RECORDS, MANUAL, LATE, ROSTER)
    ada, bob = rows(made.text)
    assert ada["Email address"] == "ada@x.edu"
    assert ada["ID number"] == "7"
    assert ada["Grade"] == "14.5"
    assert ada["Feedback"] == "99.1 passed (10/10), explain-1 (4.5/5)"
    assert bob["Grade"] == "4.05"
    assert bob["Feedback"].endswith("late (-0.45)")
    assert made.waiting == ["cem"]
    assert made.unknown == ["eve"]


# --- the plain table -------------------------------------------------------


def test_the_plain_table_has_everybody_and_what_lateness_costs():
    found = {r["student"]: r for r in rows(to_csv(RECORDS, MANUAL, LATE))}
    assert found["bob"]["total"] == "4.05"
    assert found["bob"]["late_days"] == "1"
    assert found["bob"]["deduction"] == "0.45"
    assert found["ada"]["deduction"] == "0"
    assert found["cem"]["waiting"] == "check-99-1 explain-1"


def test_notes_of_a_student_are_no_formula():
    record = replace(RECORDS[0], notes=["=1+1", "x;=2"])
    (row,) = rows(to_csv([record], {}))
    assert row["notes"] == "'=1+1 x;'=2"


# --- the command -----------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch):
    course = toy_course.make_course(tmp_path / "course")
    for record in RECORDS:
        course.store.save(record)
    course.store.set_current(NAME, RECORDS)
    write_roster(course.grading / "roster.csv", ROSTER.students)
    monkeypatch.chdir(course.root)
    return lambda *arguments: CliRunner().invoke(cli.app, arguments)


def test_the_command_writes_the_table_and_lists_who_is_left_out(command):
    done = command("export", NAME, "--to", "moodle")
    assert done.exit_code == 0, done.output
    assert "0 students in grading/exports/99-toy.moodle.csv" in done.output
    assert "still look, so left out: ada, bob, cem" in done.output
    assert "Not to be found for moodle, so left out: eve" in done.output


def test_canvas_needs_a_template(command, tmp_path):
    done = command("export", NAME, "--to", "canvas")
    assert isinstance(done.exception, CourseError)
    assert "--template" in str(done.exception)
    path = tmp_path / "canvas.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(TEMPLATE)
    options = ("--to", "canvas", "--template", str(path))
    done = command("export", NAME, *options)
    assert done.exit_code == 0, done.output
    assert command("export", NAME, "--template", str(path)).exception
