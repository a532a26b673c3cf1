"""The roster: who is who, exactly, or an error that names both."""

import csv
import random

import pytest
from fixtures import toy_course
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from scratchgrade import cli
from scratchgrade.checks.kit import CourseError
from scratchgrade.roster import (
    Roster,
    Student,
    merge,
    read_roster,
    students_in,
    write_roster,
)

CANVAS = [
    ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Essay (9)"],
    ["    Points Possible", "", "", "", "", "20"],
    ["Doe, Jane", "101", "s1", "JDoe@uni.edu", "One", ""],
    ["Ünal, Cem", "102", "s2", "cunal", "One", ""],
    ["Student, Test", "103", "", "", "One", ""],
]
MOODLE = [
    ["First name", "Last name", "ID number", "Email address", "Total"],
    ["Jane", "Doe", "", "JDoe@uni.edu", "1"],
    ["Cem", "Ünal", "4711", "cunal@uni.edu", "-"],
]
WORKSHEET = [
    ["Identifier", "Full name", "Email address", "Status", "Grade"],
    ["Participant 900", "Jane Doe", "jdoe@uni.edu", "", ""],
    ["Participant 901", "Cem Ünal", "cunal@uni.edu", "", ""],
]


def table(tmp_path, rows):
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


NAMES = st.text(st.sampled_from("=+'\", ;éa1@-"), max_size=8).map(str.strip)


@given(st.lists(NAMES, max_size=6))
def test_what_is_written_is_read_again(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    students = [Student(f"s{i}", name) for i, name in enumerate(names)]
    write_roster(path, students)
    assert read_roster(path).students == students


def test_a_canvas_gradebook_gives_ids_and_numbers(tmp_path):
    found = students_in(table(tmp_path, CANVAS))
    assert [(s.id, s.name, s.canvas_id) for s in found] == [
        ("jdoe", "Doe, Jane", "101"),
        ("cunal", "Ünal, Cem", "102"),
        ("canvas-103", "Student, Test", "103"),
    ]


def test_a_moodle_gradebook_gives_names_and_addresses(tmp_path):
    found = students_in(table(tmp_path, MOODLE))
    assert [(s.id, s.name, s.email) for s in found] == [
        ("jdoe", "Jane Doe", "JDoe@uni.edu"),
        ("4711", "Cem Ünal", "cunal@uni.edu"),
    ]


def test_worksheets_add_the_numbers_of_each_assignment(tmp_path):
    roster = merge([], students_in(table(tmp_path, MOODLE)))
    second = [[c.replace("90", "95") for c in row] for row in WORKSHEET]
    for rows in (WORKSHEET, second, WORKSHEET):
        roster = merge(roster, students_in(table(tmp_path, rows)))
    found = Roster(roster)
    assert found.by_id("4711").moodle_id == "901 951"
    assert found.by_moodle("950") == found.by_moodle("900")
    assert found.by_moodle("900").id == "jdoe"
    assert len(found) == 2


def test_the_order_of_a_file_does_not_matter(tmp_path):
    expected = merge([], students_in(table(tmp_path, CANVAS)))
    shuffled = CANVAS[1:]
    random.Random(0).shuffle(shuffled)
    got = merge([], students_in(table(tmp_path, [CANVAS[0], *shuffled])))
    assert Roster(got).students == Roster(expected).students


def test_an_id_that_was_changed_by_hand_stays(tmp_path):
    old = [Student("jane", "x", canvas_id="101")]
    found = Roster(merge(old, students_in(table(tmp_path, CANVAS))))
    assert found.by_canvas("101").id == "jane"
    assert found.by_canvas("101").name == "Doe, Jane"


def test_a_name_must_be_the_same_and_may_be_twice():
    roster = Roster([Student("a", "Zo\u00eb"), Student("b", "Zoe\u0308")])
    assert [s.id for s in roster.by_name("Zoë")] == ["a", "b"]
    assert roster.by_name("Zoe") == roster.by_name("zoë") == []
    assert roster.by_name("") == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["Name"], ["x"]], "no gradebook that is known here"),
        ([["Identifier", "Status"], ["x", ""]], "no gradebook"),
        (
            [*MOODLE, ["Joe", "Doe", "", "jdoe@other.edu", ""]],
            "would share the id jdoe, but have the email",
        ),
        (
            [*MOODLE, ["Joe", "Doe", "", "", ""]],
            "has neither login, number nor address",
        ),
    ],
)
def test_what_is_not_certain_is_refused(tmp_path, rows, says):
    with pytest.raises(CourseError, match=says):
        merge([], students_in(table(tmp_path, rows)))


def test_two_students_in_one_are_refused(tmp_path):
    old = [Student("jdoe"), Student("x", canvas_id="101")]
    with pytest.raises(CourseError, match="at once jdoe and x"):
        merge(old, students_in(table(tmp_path, CANVAS)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\nx\n", "must have columns"),
        ("id,age\nx,1\n", "must have columns"),
        ("id\n../x\n", "no student id"),
        ("id\nAda\n", "no student id"),
        ("id,canvas_id\na,1\nb,1\n", "both have the canvas_id '1'"),
        ("id\na\na\n", "both have the id 'a'"),
        ("id,moodle_id\na,1 2\nb,2\n", "both have the moodle_id '2'"),
    ],
)
def test_a_roster_with_a_mistake_is_refused(tmp_path, text, says):
    path = tmp_path / "roster.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(CourseError, match=says):
        read_roster(path)


def test_the_command_adds_and_says_what_it_did(tmp_path, monkeypatch):
    course = toy_course.make_course(tmp_path / "course")
    monkeypatch.chdir(course.root)
    path = str(table(tmp_path, CANVAS))
    for expected in ("3 new, 0 changed", "0 new, 0 changed"):
        done = CliRunner().invoke(cli.app, ["roster", "import", path])
        assert done.exit_code == 0, done.output
        assert expected in done.output
    done = CliRunner().invoke(cli.app, ["roster", "show"])
    assert "Ünal" in done.output


def test_five_thousand_students_are_merged_in_a_moment():
    class_ = [Student(f"s{i}", canvas_id=str(i)) for i in range(5000)]
    assert len(merge(class_, class_)) == 5000
