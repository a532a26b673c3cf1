"""Gradebook, feedback pages and CSV: projections that can be rebuilt."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fixtures import toy_course
from typer.testing import CliRunner

from scratchgrade import cli, feedback, gradebook, report
from scratchgrade.checks.kit import CourseError, Verdict
from scratchgrade.course import Course
from scratchgrade.export import to_csv
from scratchgrade.intake import Step
from scratchgrade.late import Lateness
from scratchgrade.record import (
    CheckRecord,
    ExerciseRecord,
    ManualRecord,
    OutputRecord,
    Record,
)

NAME = toy_course.NAME
EVIL = "<script>alert('x')</script>\x1b[31m\u202e\u0000"


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Course:
    root = tmp_path_factory.mktemp("released") / "course"
    course = toy_course.make_course(root)
    course.grading.mkdir()
    with gradebook.open_gradebook(course.store):
        pass  # nbgrader takes seconds to make an empty database
    return course


@pytest.fixture
def course(released, tmp_path) -> Course:
    """A fresh course with the toy release."""
    shutil.copytree(released.root, tmp_path / "course")
    return Course(tmp_path / "course")


def exercise(i: int, verdict: str, points: float) -> ExerciseRecord:
    most = (3, 4, 3)[i - 1]
    check = CheckRecord("c", verdict, points, most)
    if verdict != Verdict.PASSED:
        check = replace(
            check,
            checked=f"double({EVIL})",
            came_out=f"{EVIL} came out",
            look="the sum",
            read="Chapter 99",
        )
    return ExerciseRecord(
        f"check-99-{i}", f"99.{i}", "Title", verdict, points, most, [check]
    )


def a_record(student: str, *verdicts: str, **changes) -> Record:
    points = {"passed": (3, 4, 3)}
    record = Record(
        NAME,
        student,
        "ab" * 32,
        "v1",
        "k1",
        {"python": "3.11.0", "system": "Linux"},
        exercises=[
            exercise(i + 1, v, points.get(v, (1, 0, 0))[i])
            for i, v in enumerate(verdicts)
        ],
        manual=[ManualRecord("explain-1", 5, f"Because {EVIL}")],
        notes=[f"a note {EVIL}"],
        outputs=[
            OutputRecord("answer-99-1", f"printed {EVIL}", ""),
            OutputRecord("own-1", "", f"ValueError: {EVIL}"),
        ],
        steps=[
            Step("own-1", "extra", "x = 1"),
            Step("setup", "locked", ""),
            Step("answer-99-1", "solution", "def double(x): return 2 * x"),
            Step("check-99-1", "check", ""),
            Step("own-2", "extra", "y = 2"),
        ],
    )
    return replace(record, **changes)


RECORDS = [
    a_record("ada", "passed", "passed", "passed"),
    a_record("bob", "failed", "timed out", "crashed"),
    a_record(
        "cem",
        "not gradable",
        "not gradable",
        "not gradable",
        refused="the file is not UTF-8 text",
        steps=[],
        outputs=[],
        submission="cd" * 32,
    ),
]


def update(course: Course, records=RECORDS):
    return gradebook.update(course.store, course.assignment(NAME), records)


def grades(course: Course) -> dict:
    """(student, cell) -> what the database holds of it."""
    with gradebook.open_gradebook(course.store) as book:
        return {
            (s.student.id, g.name): (
                g.auto_score,
                g.manual_score,
                bool(g.needs_manual_grade),
                g.max_score,
            )
            for s in book.assignment_submissions(NAME)
            for n in s.notebooks
            for g in n.grades
        }


def enter(course, student, cell, score, extra=None, comment=None) -> None:
    """What an instructor does in formgrader."""
    with gradebook.open_gradebook(course.store) as book:
        grade = book.find_grade(cell, NAME, NAME, student)
        grade.manual_score, grade.extra_credit = score, extra
        grade.needs_manual_grade = False
        if comment:
            found = book.find_comment(cell, NAME, NAME, student)
            found.manual_comment = comment
        book.db.commit()


# --- gradebook -------------------------------------------------------------


def test_the_gradebook_holds_points_and_what_needs_a_person(course):
    update(course)
    assert grades(course) == {
        ("ada", "check-99-1"): (3, None, False, 3),
        ("ada", "check-99-2"): (4, None, False, 4),
        ("ada", "check-99-3"): (3, None, False, 3),
        ("ada", "explain-1"): (None, None, True, 5),
        ("bob", "check-99-1"): (1, None, False, 3),
        ("bob", "check-99-2"): (0, None, True, 4),
        ("bob", "check-99-3"): (0, None, True, 3),
        ("bob", "explain-1"): (None, None, True, 5),
        # What could not be judged has no score, and no nought.
        ("cem", "check-99-1"): (None, None, True, 3),
        ("cem", "check-99-2"): (None, None, True, 4),
        ("cem", "check-99-3"): (None, None, True, 3),
        ("cem", "explain-1"): (None, None, True, 5),
    }


def test_nbgrader_itself_sees_the_scores(course):
    update(course)
    enter(course, "ada", "explain-1", 4.0)
    with gradebook.open_gradebook(course.store) as book:
        submission = book.find_submission(NAME, "ada")
        assert submission.score == 14
        assert submission.max_score == 15
        assert not submission.needs_manual_grade
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "export", "--to", "out.csv"],
        cwd=course.root,
        capture_output=True,
        text=True,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(course.root / "none")},
    )
    assert done.returncode == 0, done.stderr
    rows = csv.DictReader((course.root / "out.csv").open())
    assert {r["student_id"]: float(r["score"]) for r in rows} == {
        "ada": 14,
        "bob": 1,
        "cem": 0,
    }


def test_manual_scores_survive_regrading_and_a_deleted_gradebook(course):
    update(course)
    enter(course, "ada", "explain-1", 4.0, comment="clear")
    enter(course, "bob", "check-99-2", 3.0, extra=0.5)
    update(course)
    gradebook.database(course.store).unlink()
    scores = update(course)
    found = grades(course)
    assert found["ada", "explain-1"] == (None, 4, False, 5)
    assert found["bob", "check-99-2"] == (0, 3, False, 4)
    assert scores["ada"]["explain-1"].comment == "clear"
    with gradebook.open_gradebook(course.store) as book:
        comment = book.find_comment("explain-1", NAME, NAME, "ada")
        assert comment.manual_comment == "clear"
    assert scores["bob"]["check-99-2"].extra == 0.5


def test_a_new_submission_needs_a_second_look(course):
    update(course)
    enter(course, "ada", "explain-1", 4.0)
    update(course)
    assert grades(course)["ada", "explain-1"] == (None, 4, False, 5)
    again = replace(RECORDS[0], submission="ef" * 32)
    update(course, [again])
    assert grades(course)["ada", "explain-1"] == (None, 4, True, 5)
    # Still the same score: only a person can settle it, by scoring again.
    update(course, [again])
    assert grades(course)["ada", "explain-1"] == (None, 4, True, 5)
    enter(course, "ada", "explain-1", 5.0)
    update(course, [again])
    assert grades(course)["ada", "explain-1"] == (None, 5, False, 5)


def test_a_score_taken_back_is_gone(course):
    update(course)
    enter(course, "ada", "explain-1", 4.0)
    update(course)
    enter(course, "ada", "explain-1", None)
    update(course)
    assert grades(course)["ada", "explain-1"] == (None, None, True, 5)


def test_a_changed_release_rebuilds_the_assignment(course):
    update(course)
    enter(course, "bob", "check-99-2", 3.0)
    path = course.release(NAME)
    text = path.read_text("utf-8").replace("explain-1", "explain-2")
    path.write_text(text, "utf-8")
    records = [
        replace(r, manual=[replace(r.manual[0], cell="explain-2")])
        for r in RECORDS
    ]
    update(course, records)
    found = grades(course)
    assert ("ada", "explain-1") not in found
    assert found["ada", "explain-2"] == (None, None, True, 5)
    assert found["bob", "check-99-2"] == (0, 3, False, 4)


def test_formgrader_gets_a_notebook_with_the_students_code(course):
    import nbformat

    update(course)
    for record in RECORDS:
        path = course.grading / "autograded" / record.student / NAME
        notebook = nbformat.read(path / f"{NAME}.ipynb", as_version=4)
        nbformat.validate(notebook)
    ada = course.grading / "autograded" / "ada" / NAME / f"{NAME}.ipynb"
    cells = json.loads(ada.read_text("utf-8"))["cells"]
    by_name = {
        c["metadata"].get("nbgrader", {}).get("grade_id", c["id"]): c
        for c in cells
    }
    assert by_name["answer-99-1"]["source"] == "def double(x): return 2 * x"
    assert "3 of 3 points" in by_name["check-99-1"]["outputs"][0]["text"]
    assert by_name["explain-1"]["source"].startswith("Because")
    order = [c["id"] for c in cells]
    assert order[0] == "own-1"
    assert order.index("own-2") == order.index("check-99-1") + 1


# --- feedback --------------------------------------------------------------

PAGES = [feedback.student_page(record, {}) for record in RECORDS]
REPORT = dict(report.pages({NAME: RECORDS}, {NAME: {}}))["index.html"]


@pytest.mark.parametrize("page", [*PAGES, REPORT])
def test_what_students_wrote_is_shown_as_text(page):
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not feedback.UNSEEN.search(page)


@pytest.mark.parametrize("page", [*PAGES, REPORT])
def test_pages_forbid_scripts_and_requests(page):
    (policy,) = re.findall(r'Policy" content="([^"]+)"', page)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_a_page_says_verdict_points_and_diagnosis():
    page = PAGES[1]
    for text in ("failed", "timed out", "crashed", "Came out", "the sum"):
        assert text in page
    assert "1</strong> of 15 points" in page
    assert "exercise 99.2, exercise 99.3, question explain-1" in page
    assert "needs manual grading" in page


def test_a_refused_page_says_why_and_what_to_do():
    assert "the file is not UTF-8 text" in PAGES[2]
    assert "Hand it in again" in PAGES[2]
    assert "not gradable" in PAGES[2]


def test_a_persons_score_and_comment_are_on_the_page():
    manual = {
        "ada": {
            "explain-1": gradebook.Manual(4, None, "clear", "ab" * 32),
            "check-99-1": gradebook.Manual(2.5, None, "", "ab" * 32),
        }
    }
    page = feedback.student_page(RECORDS[0], manual)
    assert "13.5</strong> of 15 points" in page
    assert "so far" not in page
    assert "clear" in page
    assert "Your instructor set these points; the checks gave 3." in page


def test_a_page_says_what_lateness_costs():
    late_by = Lateness(datetime(2026, 12, 2, tzinfo=UTC), 2, 20)
    page = feedback.student_page(RECORDS[0], {}, late_by)
    assert "8</strong> of 15 points" in page
    assert "late, 2 days after" in page
    assert "10 points less 20 %, which is 2." in page
    assert "Handed in late" not in PAGES[0]


@pytest.mark.parametrize(
    ("box", "told"), [("none", True), ("process", True), ("bubblewrap", False)]
)
def test_a_page_says_that_there_was_no_sandbox(box, told):
    record = replace(
        RECORDS[0], environment={**RECORDS[0].environment, "box": box}
    )
    page = feedback.student_page(record, {})
    assert ("Graded without the sandbox" in page) == told


def test_the_report_counts_and_links():
    assert "3 students" in REPORT
    assert f'href="ada/{NAME}/{NAME}.html"' in REPORT
    assert "passed, of 3</th><td></td>\n<td>1</td>" in REPORT


# --- CSV -------------------------------------------------------------------


def test_the_table_has_points_verdicts_and_what_waits():
    rows = list(csv.DictReader(io.StringIO(to_csv(RECORDS, {}))))
    assert [r["student"] for r in rows] == ["ada", "bob", "cem"]
    assert rows[0]["total"] == "10"
    assert rows[0]["max"] == "15"
    assert rows[0]["waiting"] == "explain-1"
    assert rows[1]["99.2 verdict"] == "timed out"
    assert rows[1]["waiting"] == "check-99-2 check-99-3 explain-1"
    assert rows[2]["notes"].startswith("the file is not UTF-8 text")
    assert rows[0]["explain-1"] == ""
    manual = {"ada": {"explain-1": gradebook.Manual(4, 1, "", "ab" * 32)}}
    rows = list(csv.DictReader(io.StringIO(to_csv(RECORDS, manual))))
    assert (rows[0]["total"], rows[0]["explain-1"]) == ("15", "5")


def test_formulas_in_notes_are_escaped_in_the_file():
    record = replace(RECORDS[0], notes=["=HYPERLINK(1)"])
    rows = list(csv.DictReader(io.StringIO(to_csv([record], {}))))
    assert rows[0]["notes"] == "'=HYPERLINK(1)"


# --- the command line ------------------------------------------------------


@pytest.fixture
def command(course, monkeypatch):
    monkeypatch.chdir(course.root)
    return lambda *arguments: CliRunner().invoke(cli.app, arguments)


def test_commands_work_together_and_twice(command, course):
    for student in ("ada", "bob"):
        folder = course.submitted / student / NAME
        folder.mkdir(parents=True)
        path = folder / f"{NAME}.ipynb"
        path.write_bytes(course.release(NAME).read_bytes())
    first = command("grade", NAME)
    assert first.exit_code == 0, first.output
    assert "2 submissions: 2 graded now" in first.output
    assert "Exercises: 6 failed" in first.output
    second = command("grade", NAME)
    assert ": 0 graded now" in second.output
    assert "2 graded before" in second.output
    assert command("feedback", NAME).exit_code == 0
    report = course.feedback / "index.html"
    assert "ada" in report.read_text("utf-8")
    assert command("export", NAME).exit_code == 0
    kept = {
        path: path.read_bytes()
        for path in [*course.feedback.rglob("*.html"), report]
    }
    for path in kept:
        path.unlink(missing_ok=True)
    command("feedback", NAME)
    assert all(path.read_bytes() == data for path, data in kept.items())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("grade", "98-none"), "no assignment '98-none'; there are"),
        (("grade", NAME), "nothing was handed in"),
        (("feedback", NAME), "nothing of 99-toy is graded yet"),
        (("export", NAME), "run `scratchgrade grade 99-toy` first"),
        (("release", "98-none"), "does not exist"),
    ],
)
def test_mistakes_are_told_in_one_line(command, arguments, says):
    result = command(*arguments)
    assert isinstance(result.exception, CourseError)
    assert says in str(result.exception)


def test_a_mistake_ends_with_exit_code_1_and_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "scratchgrade.cli", "feedback", NAME],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("scratchgrade: neither ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["release", "collect", "grade", "feedback", "export", "similarity"]
    + ["calibrate"],
)
def test_every_command_has_help(name):
    result = CliRunner().invoke(cli.app, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output) > 200
