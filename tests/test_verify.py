"""Every kind of damage is found, and what is said of it mends it."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fixtures import toy_course
from fixtures.fake_grading import Here, hand_in
from typer.testing import CliRunner

from scratchgrade import cli, gradebook, run
from scratchgrade.course import Course
from scratchgrade.verify import verify

NAME = toy_course.NAME
DUE = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Course:
    """Two students from the folder, one collected, all graded."""
    root = tmp_path_factory.mktemp("graded") / "course"
    course = toy_course.make_course(root)
    hand_in(course.submitted, NAME, {"ada": "3 4 3", "bob": "1 2 3"})
    collect(course)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "process_pool", Here)
        done = grade(course)
    assert done.exit_code == 0, done.output
    return course


def collect(course) -> None:
    course.store.receive("cem", NAME, b"0 0 0", DUE, "inbox")


def grade(course):
    arguments = ["grade", NAME, "--course", str(course.root)]
    return CliRunner().invoke(cli.app, arguments)


@pytest.fixture
def course(graded, tmp_path, monkeypatch) -> Course:
    monkeypatch.setattr(run, "process_pool", Here)
    shutil.copytree(graded.root, tmp_path / "course")
    return Course(tmp_path / "course")


def damage(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def stored(course, student: str) -> Path:
    (record,) = (r for r in course.store.current(NAME) if r.student == student)
    name = record.submission
    return course.grading / "store" / name[:2] / name


def record_of(course, student: str) -> Path:
    (path,) = course.store.history(NAME, student)
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    damage(path, text.replace(old, new).encode())


def sql(course, statement: str) -> None:
    with closing(sqlite3.connect(course.grading / "gradebook.db")) as book:
        book.execute(statement)
        book.commit()


def unlink(path: Path) -> None:
    path.unlink()


# What is done to the course, what is said of it, and what mends it.
DAMAGE = {
    "a submission's bytes": (
        lambda c: damage(stored(c, "ada"), b"3 4 2"),
        "no longer what was handed in",
        grade,
    ),
    "a submission gone": (
        lambda c: stored(c, "bob").unlink(),
        "it is gone",
        grade,
    ),
    "a collected submission's bytes": (
        lambda c: damage(stored(c, "cem"), b""),
        "collect 99-toy of cem again",
        collect,
    ),
    "a record's points": (
        lambda c: change(record_of(c, "bob"), '"points": 1.0', '"points": 3'),
        "its hash is another",
        grade,
    ),
    "a record cut": (
        lambda c: damage(record_of(c, "bob"), b"{"),
        "is damaged",
        grade,
    ),
    "a record of another student": (
        lambda c: shutil.copy(record_of(c, "ada"), record_of(c, "bob")),
        "of ada in 99-toy",
        grade,
    ),
    "a record gone": (
        lambda c: record_of(c, "ada").unlink(),
        "of ada is gone",
        grade,
    ),
    "what counts unreadable": (
        lambda c: damage(c.grading / "current" / f"{NAME}.json", b"{"),
        "delete it, then scratchgrade grade",
        lambda c: (unlink(c.grading / "current" / f"{NAME}.json"), grade(c)),
    ),
    "receipts unreadable": (
        lambda c: damage(c.grading / "receipts" / NAME / "cem.json", b"["),
        "collect 99-toy again",
        lambda c: (
            unlink(c.grading / "receipts" / NAME / "cem.json"),
            collect(c),
        ),
    ),
    "rules unreadable": (
        lambda c: damage(c.grading / "policy.toml", b"due = x"),
        "correct it by hand",
        lambda c: unlink(c.grading / "policy.toml"),
    ),
    "key gone": (
        lambda c: (c.grading / "course.key").rename(c.root / "kept.key"),
        "bring it back from your own backup",
        lambda c: (c.root / "kept.key").rename(c.grading / "course.key"),
    ),
    "key cut": (
        lambda c: (
            shutil.copy(c.grading / "course.key", c.root / "kept.key"),
            damage(c.grading / "course.key", b"abcd\n"),
        ),
        "is damaged",
        lambda c: (c.root / "kept.key").rename(c.grading / "course.key"),
    ),
    "gradebook gone": (
        lambda c: (c.grading / "gradebook.db").unlink(),
        "it is gone",
        grade,
    ),
    "gradebook empty": (
        lambda c: damage(c.grading / "gradebook.db", b""),
        "for 3: ada, bob, cem",
        grade,
    ),
    "gradebook cut": (
        lambda c: damage(
            c.grading / "gradebook.db",
            (c.grading / "gradebook.db").read_bytes()[:40_000],
        ),
        "scratchgrade restore",
        lambda c: (unlink(c.grading / "gradebook.db"), grade(c)),
    ),
    "gradebook with other points": (
        lambda c: sql(c, "UPDATE grade SET auto_score = 9"),
        "other points than the records",
        grade,
    ),
    "the kept copy of scores entered by hand": (
        lambda c: damage(c.grading / "manual" / f"{NAME}.json", b"{"),
        "reads the scores from the gradebook again",
        lambda c: (unlink(c.grading / "manual" / f"{NAME}.json"), grade(c)),
    ),
}


def test_a_sound_course_has_no_problem_and_all_of_it_is_read(course):
    report = verify(course.store)
    assert report.problems == []
    assert report.read == {
        "submissions": 3,
        "records": 3,
        "receipts": 1,
        "results that count": 3,
    }


def test_an_empty_course_has_no_problem(tmp_path):
    assert verify(Course(tmp_path).store).problems == []


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_and_what_is_said_mends_it(course, kind):
    harm, says, mend = DAMAGE[kind]
    before = {r.student: r.points for r in course.store.current(NAME)}
    harm(course)
    problems = verify(course.store).problems
    assert problems
    assert says in " ".join(f"{p.what} {p.mend}" for p in problems)
    mend(course)
    grade(course)
    assert verify(course.store).problems == []
    after = {r.student: r.points for r in course.store.current(NAME)}
    assert after == before


def test_reading_changes_nothing(course):
    def all_files() -> dict:
        found = course.grading.rglob("*")
        return {p: p.read_bytes() for p in found if p.is_file()}

    damage(stored(course, "ada"), b"x")
    (course.grading / "store" / "ab").mkdir(exist_ok=True)
    (course.grading / "store" / "ab" / ".new-half").write_bytes(b"x")
    before = all_files()
    verify(course.store)
    assert all_files() == before


def test_a_record_that_does_not_count_may_be_deleted(course):
    text = record_of(course, "ada").read_text("utf-8")
    other = record_of(course, "ada").with_name("0" * 24 + ".json")
    other.write_text(text.replace("99-toy", "99-tox"), "utf-8")
    (problem,) = verify(course.store).problems
    assert problem.mend == "it does not count: delete it"


def test_what_nothing_refers_to_may_be_deleted(course):
    path = course.grading / "store" / "ab" / ("ab" + "0" * 62)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    (problem,) = verify(course.store).problems
    assert problem.mend == "nothing refers to it: delete it"


# --- the commands ----------------------------------------------------------


@pytest.fixture
def command(course, monkeypatch):
    monkeypatch.chdir(course.root)
    return lambda *arguments: CliRunner().invoke(cli.app, arguments)


def test_verify_tells_and_fails_when_something_is_wrong(command, course):
    sound = command("verify")
    assert sound.exit_code == 0, sound.output
    assert "3 submissions" in sound.output
    assert "Everything is as it was written" in sound.output
    stored(course, "ada").unlink()
    wrong = command("verify")
    assert wrong.exit_code == 1
    assert "what mends it" in wrong.output
    assert "1 wrong" in wrong.output


def test_restore_lists_and_brings_back(command, course):
    sql(course, "UPDATE grade SET manual_score = 1 WHERE auto_score = 0")
    command("grade", NAME)
    sql(course, "UPDATE grade SET manual_score = NULL")
    command("grade", NAME)
    listed = command("restore")
    (*copies, last) = listed.output.splitlines()
    assert len(copies) == 2
    assert "scratchgrade restore NUMBER" in last
    number = copies[0].split()[0]
    done = command("restore", number)
    assert "is that of" in done.output
    scores = gradebook.manual_scores(course.store, NAME)
    assert {m.score for m in scores["cem"].values()} == {1}
    assert command("restore", "77").exit_code == 1


def test_policy_is_shown_set_and_kept(command, course):
    shown = command("policy", NAME)
    assert "No due date" in shown.output
    assert "the last attempt counts" in shown.output
    done = command(
        *("policy", NAME, "--due", "2026-12-01T23:59+01:00", "--cap", "50"),
        *("--percent-a-day", "10", "--grace", "15", "--attempts", "best"),
    )
    assert done.exit_code == 0, done.output
    assert "Due 2026-12-01 23:59 +0100, 15 minutes of grace" in done.output
    assert "10 % of the points earned" in done.output
    command("policy", NAME, "--max-attempts", "3")
    again = command("policy", NAME)
    assert "the best attempt of the first 3 counts" in again.output
    assert "50 % at most" in again.output
    assert "No due date" in command("policy", NAME, "--due", "none").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--due", "2026-12-01T23:59"], "no time zone: add its offset"),
        (["--zone", "Europe/Berlin"], "--zone belongs to --due"),
        (["--cap", "200"], "cap_percent is 200"),
        (["--attempts", "some"], "it may be last, best, first"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    command, course, arguments, says
):
    result = command("policy", NAME, *arguments)
    assert says in str(result.exception)
    assert not (course.grading / "policy.toml").exists()


def test_a_late_submission_costs_points_in_the_gradebook_alone(
    command, course
):
    """The record keeps what the work earned; nbgrader sees the penalty."""
    before = record_of(course, "cem").read_bytes()
    course.store.receive("cem", NAME, b"3 4 1", DUE.replace(day=3), "inbox")
    command("policy", NAME, "--due", DUE.isoformat(), "--percent-a-day", "10")
    result = command("grade", NAME)
    assert "taken as on time: ada, bob" in result.output
    with gradebook.open_gradebook(course.store) as book:
        found = {
            s.student.id: (s.score, s.late_submission_penalty)
            for s in book.assignment_submissions(NAME)
        }
        cem = book.find_submission(NAME, "cem")
        assert cem.total_seconds_late == 2 * 86400
    assert found == {"ada": (10, 0), "bob": (6, 0), "cem": (8, 1.6)}
    files = course.store.history(NAME, "cem")
    assert len(files) == 2
    assert before in [path.read_bytes() for path in files]
