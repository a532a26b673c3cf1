"""nbgrader's own commands give the points of `scratchgrade grade`.

nbgrader gives full marks to a graded cell without output, and believes much
that a submission says of itself; each forgery here lives on one of these.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest
from fixtures import toy_course
from typer.testing import CliRunner

from scratchgrade import cli, gradebook, nbgrader_plugin
from scratchgrade.course import Course
from scratchgrade.graded_notebook import graded_notebook
from scratchgrade.limits import NoBox

NAME = toy_course.NAME
FILE = f"{NAME}.ipynb"
TESTS = toy_course.ROOT / "tests"
EVIL = (
    "Because <script>steal()</script> <img src=x onerror='steal()'> "
    "[a](javascript:steal()) **bold** $a<b$"
)


def cells_of(notebook: dict) -> dict[str, dict]:
    return {
        c["metadata"].get("nbgrader", {}).get("grade_id", c["id"]): c
        for c in notebook["cells"]
    }


def solved(course: Course) -> dict:
    """The release with every answer right."""
    notebook = json.loads(course.release(NAME).read_text("utf-8"))
    for name, cell in cells_of(notebook).items():
        if name.startswith("answer-"):
            exercise = name.removeprefix("answer-").replace("-", ".")
            stub = toy_course.STUBS[exercise]
            cell["source"] = stub + toy_course.ANSWERS[exercise]
    cells_of(notebook)["explain-1"]["source"] = EVIL
    return notebook


def partly(notebook: dict) -> None:
    """Two of three points in the first exercise, none in the second."""
    cells = cells_of(notebook)
    cells["answer-99-1"]["source"] = "def double(x): return 2 * x"
    cells["answer-99-2"]["source"] = "class Tally: pass"


def wrong(notebook: dict) -> None:
    for name, cell in cells_of(notebook).items():
        if name.startswith("answer-"):
            cell["source"] = "double = Tally = count_words = rarest = print"


def no_output(notebook: dict) -> None:
    """The checks are silenced: no output is full marks in nbgrader."""
    wrong(notebook)
    for name, cell in cells_of(notebook).items():
        if name.startswith("check-"):
            cell["source"] = "pass"
            cell["metadata"]["tags"] = ["skip-execution"]


def claims(notebook: dict) -> None:
    """Points, outputs and checksums as one would like them."""
    wrong(notebook)
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade"):
            meta |= {"points": 1000, "checksum": "0" * 32}
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "execution_count": 1,
                    "metadata": {},
                    "data": {"text/plain": "1000"},
                }
            ]


def removed(notebook: dict) -> None:
    """The cells that grade are gone."""
    wrong(notebook)
    notebook["cells"] = [
        c for c in notebook["cells"] if not c["id"].startswith("check-")
    ]


def turned(notebook: dict) -> None:
    """The cells that grade are no code, and twice there."""
    wrong(notebook)
    for cell in list(notebook["cells"]):
        if cell["id"].startswith("check-"):
            notebook["cells"].append({**cell, "id": cell["id"] + "x"})
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]


def bad_metadata(notebook: dict) -> None:
    """nbgrader's own validation ends in an exception on this."""
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 99


FORGED = {
    f.__name__.replace("_", "-"): f
    for f in (no_output, claims, removed, turned, bad_metadata)
}
CHANGES = {"solved": lambda notebook: None, "partly": partly} | FORGED
BYTES = {"cut": b'{"cells": [', "empty": b"", "latin": b"\xff\xfe{}"}


def run(course: Course, *command: str) -> subprocess.CompletedProcess:
    """A command in the course's folder, nobody's configuration but its."""
    nowhere = str(course.root / "none")
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=240,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": nowhere,
            "JUPYTER_DATA_DIR": nowhere,
        },
    )


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory) -> Course:
    """A course with all of these submissions, not graded yet."""
    root = tmp_path_factory.mktemp("nbgrader") / "course"
    course = toy_course.make_course(root)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(
            f"\nimport sys\nsys.path.insert(0, {str(TESTS)!r})\n"
            "from fixtures import toy_course\n"
        )
    for student, change in CHANGES.items():
        notebook = solved(course)
        change(notebook)
        put(course, student, json.dumps(notebook).encode())
    for student, data in BYTES.items():
        put(course, student, data)
    _ = course.store.key()  # the same inputs in both copies
    return course


def put(course: Course, student: str, data: bytes, name: str = FILE) -> None:
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def copy_of(course: Course, folder) -> Course:
    shutil.copytree(course.root, folder / "course", symlinks=True)
    return Course(folder / "course")


@pytest.fixture(scope="module")
def ours(handed_in, tmp_path_factory) -> Course:
    """Graded by `scratchgrade grade`."""
    course = copy_of(handed_in, tmp_path_factory.mktemp("ours"))
    arguments = ["grade", NAME, "--course", str(course.root)]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    return course


@pytest.fixture(scope="module")
def theirs(handed_in, tmp_path_factory) -> Course:
    """Graded by `nbgrader autograde`."""
    course = copy_of(handed_in, tmp_path_factory.mktemp("theirs"))
    done = run(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr[-3000:]
    return course


def rows(course: Course) -> dict:
    """All that the gradebook says of each student's cells."""
    with gradebook.open_gradebook(course.store) as book:
        grades = {
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
        comments = {
            (s.student.id, c.name, "comment"): c.auto_comment
            for s in book.assignment_submissions(NAME)
            for n in s.notebooks
            for c in n.comments
        }
    return grades | comments


def points(course: Course) -> dict[str, float]:
    with gradebook.open_gradebook(course.store) as book:
        return {
            s.student.id: s.score for s in book.assignment_submissions(NAME)
        }


def test_both_commands_write_the_same_gradebook(ours, theirs):
    assert rows(theirs) == rows(ours)
    assert len(points(theirs)) == len(CHANGES) + len(BYTES)


def test_the_points_are_the_honest_ones(theirs):
    found = points(theirs)
    assert found["solved"] == 10
    assert found["partly"] == 5
    assert found.pop("bad-metadata") == 10
    for student in FORGED.keys() - {"bad-metadata"}:
        assert found[student] == 0, student


def test_what_could_not_be_judged_waits_for_a_person(theirs):
    found = rows(theirs)
    for student in BYTES:
        for cell in ("check-99-1", "check-99-2", "check-99-3"):
            assert found[student, cell][0] is None
            assert found[student, cell][2], "needs a person"


def test_the_records_are_there_for_our_own_commands(ours, theirs):
    def kept(course):
        return {r.student: r.to_json() for r in course.store.current(NAME)}

    def without_usage(texts):
        found = {who: json.loads(text) for who, text in texts.items()}
        return {
            who: {k: v for k, v in record.items() if k != "usage"}
            for who, record in found.items()
        }

    assert without_usage(kept(theirs)) == without_usage(kept(ours))
    boxes = {r.environment["box"] for r in theirs.store.current(NAME)}
    assert boxes == {"bubblewrap"}


def test_a_graded_cell_always_ends_in_its_points(theirs):
    """The guard: take the number away, and nbgrader gives full marks."""
    import nbformat
    from nbgrader.utils import determine_grade

    assignment = theirs.assignment(NAME)
    for record in theirs.store.current(NAME):
        notebook = nbformat.from_dict(graded_notebook(assignment, record))
        cells = cells_of(notebook)
        for exercise in record.exercises:
            cell = cells[exercise.cell]
            most = exercise.max_points
            assert determine_grade(cell) == (exercise.points, most)
            cell["outputs"] = []
            assert determine_grade(cell) == (most, most)


def test_a_result_that_is_missing_stops_nbgrader(
    handed_in, tmp_path, monkeypatch
):
    course = copy_of(handed_in, tmp_path)
    monkeypatch.chdir(course.root)
    grade = nbgrader_plugin._grade

    def with_a_gap(*arguments):
        record = grade(*arguments)
        del record.exercises[1]
        return record

    monkeypatch.setattr(nbgrader_plugin, "_grade", with_a_gap)
    told = {"assignment": NAME, "student": "solved"}
    with pytest.raises(Exception, match="a result for each graded cell"):
        nbgrader_plugin.BoxedExecute().preprocess(None, {"nbgrader": told})


@pytest.mark.filterwarnings("ignore:Object of type")  # nbgrader's own
def test_without_a_box_nobody_gets_a_nought(handed_in, tmp_path, monkeypatch):
    course = copy_of(handed_in, tmp_path)
    assignment = course.assignment(NAME)
    gradebook.update(course.store, assignment, [])
    with gradebook.open_gradebook(course.store) as book:
        book.add_student("solved")  # as nbgrader does before it grades
        book.add_submission(NAME, "solved")
    monkeypatch.chdir(course.root)

    def refuse(*arguments, **options):
        raise NoBox("no bubblewrap", "it is not installed", "install it")

    monkeypatch.setattr(nbgrader_plugin.run, "grade_class", refuse)
    told = {"assignment": NAME, "student": "solved"}
    with pytest.raises(NoBox):
        nbgrader_plugin.BoxedExecute().preprocess(None, {"nbgrader": told})
    grades = [row for row in rows(course).values() if isinstance(row, tuple)]
    assert len(grades) == 4
    assert all(row[:3] == (None, None, True) for row in grades)


# --- feedback --------------------------------------------------------------


def test_feedback_shows_what_a_student_wrote_and_runs_none_of_it(
    theirs, tmp_path
):
    course = copy_of(theirs, tmp_path)
    done = run(course, "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr[-3000:]
    page = course.feedback / "solved" / NAME / f"{NAME}.html"
    text = page.read_text("utf-8")
    assert "10.0 / 15.0" in text
    assert "Exercise 99.1: passed, 3 of 3 points" in text
    assert "<strong>bold</strong>" in text
    assert "&lt;script&gt;steal()" in text
    for bad in ("<script>steal", "<img", "javascript:"):
        assert bad not in text.partition("<body")[2]
    pages = list(course.feedback.rglob("*.html"))
    assert len(pages) == len(CHANGES) + len(BYTES)


def test_without_our_filter_nbgrader_would_run_it():
    from nbconvert.filters import markdown2html

    assert "<script>steal()" in markdown2html(EVIL)
    assert "javascript:" in markdown2html(EVIL)
    safe = nbgrader_plugin.safe_markdown(EVIL)
    assert "<script" not in safe
    assert "javascript:" not in safe
    assert "<img" not in safe


# --- what else lies in a student's folder ----------------------------------


@pytest.mark.skipif(os.name != "posix", reason="POSIX files")
def test_nothing_of_a_folder_is_passed_on_but_the_notebook(
    handed_in, tmp_path
):
    course = copy_of(handed_in, tmp_path)
    for student in (CHANGES | BYTES).keys() - {"solved", "partly"}:
        shutil.rmtree(course.submitted / student)
    secret = tmp_path / "secret"
    secret.write_text("canary")
    folder = course.submitted / "solved" / NAME
    (folder / "x.txt").symlink_to(secret)
    (folder / "deep").mkdir()
    (folder / "deep" / "y.txt").symlink_to(secret)
    put(course, "linked", b"{}", "other.ipynb")
    (course.submitted / "linked" / NAME / FILE).symlink_to(secret)
    put(course, "misnamed", b"{}", "mine.ipynb")
    done = run(course, "autograde", NAME)
    assert done.returncode == 1, "nbgrader names who has no such notebook"
    assert "for student 'misnamed'" in done.stderr
    assert "for student 'solved'" not in done.stderr
    graded = course.grading / "autograded"
    assert {p.name for p in graded.rglob("*") if p.is_file()} == {FILE}
    assert "canary" not in "".join(
        p.read_text("utf-8") for p in graded.rglob("*") if p.is_file()
    )
    found = rows(course)
    for student in ("linked", "misnamed"):
        assert found[student, "check-99-1"][:3] == (None, None, True)
    assert points(course)["solved"] == 10


# --- both, one after the other ---------------------------------------------


def test_a_persons_score_survives_force(theirs, tmp_path):
    course = copy_of(theirs, tmp_path)
    for student in (CHANGES | BYTES).keys() - {"solved"}:
        shutil.rmtree(course.submitted / student)
    with gradebook.open_gradebook(course.store) as book:
        grade = book.find_grade("explain-1", NAME, NAME, "solved")
        grade.manual_score, grade.needs_manual_grade = 4.0, False
        book.db.commit()
    done = run(course, "autograde", NAME, "--force")
    assert done.returncode == 0, done.stderr[-3000:]
    assert rows(course)["solved", "explain-1"] == (None, 4, False, 5)
    assert points(course)["solved"] == 14


def test_a_course_that_is_being_graded_is_left_alone(handed_in, tmp_path):
    course = copy_of(handed_in, tmp_path)
    with course.store.lock():
        done = run(course, "autograde", NAME, "--student", "solved")
    assert done.returncode == 1
    assert "another run holds this course" in done.stderr
    with gradebook.open_gradebook(course.store) as book:
        assert not book.assignments, "so nobody has a nought"
    assert not list((course.grading / "autograded").rglob("*.ipynb"))
