"""Other checks: what would change, who decides, and the way back."""

from pathlib import Path

import pytest
from fixtures import toy_course
from fixtures.fake_grading import Here, hand_in, with_version
from typer.testing import CliRunner

from scratchgrade import cli, gradebook, handed_in, policy, regrade, run
from scratchgrade.checks.kit import CourseError
from scratchgrade.course import Course
from scratchgrade.policy import Policy
from scratchgrade.sandbox import Limits
from scratchgrade.store import record_id

NAME = toy_course.NAME
WORK = {"ada": "3 4 3", "bob": "1 2 3", "cem": "0 0 0"}


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Course:
    root = tmp_path_factory.mktemp("released") / "course"
    return toy_course.make_course(root)


@pytest.fixture
def course(released, tmp_path) -> Course:
    """Three students, graded with the first checks."""
    course = toy_course.make_course(tmp_path / "course", released=False)
    course.release(NAME).parent.mkdir(parents=True)
    data = released.release(NAME).read_bytes()
    course.release(NAME).write_bytes(data)
    hand_in(course.submitted, NAME, WORK)
    grade(course, course.assignment(NAME))
    return course


def grade(course, assignment):
    handed = handed_in.look(course, NAME)
    return run.grade_class(
        course.store,
        assignment,
        handed.submissions,
        make_executor=Here,
        choose=handed.choose,
    )


def driver(course, version: str) -> run.Run:
    assignment = with_version(course.assignment(NAME), version)
    return run.Run(course.store, assignment, Limits(), 1, Here)


def again(course, version="strict", students=None):
    """The changes that other checks would make."""
    this = driver(course, version)
    old = regrade.outdated(this, course.store, students)
    return regrade.grade_again(this, course.store, old, lambda *_: None)


def counting(course) -> dict[str, float]:
    return {r.student: r.points for r in course.store.current(NAME)}


BEFORE = {"ada": 10, "bob": 6, "cem": 0}
AFTER = {"ada": 9, "bob": 5, "cem": 0}


# --- nothing counts before somebody says so --------------------------------


def test_grading_again_changes_nothing_that_counts(course):
    changes = again(course)
    assert counting(course) == BEFORE
    assert {c.student: c.after.points for c in changes} == AFTER
    assert [c.student for c in changes if c.differs] == ["ada", "bob"]


def test_accepting_lets_the_new_ones_count_and_keeps_the_old(course):
    old = {p: p.read_bytes() for p in course.grading.glob("records/*/*/*")}
    regrade.accept(course.store, NAME, again(course))
    assert counting(course) == AFTER
    assert all(path.read_bytes() == data for path, data in old.items())
    assert len(course.store.history(NAME, "ada")) == 2
    assert again(course) == []  # nothing is left under other conditions


def test_asking_twice_grades_once(course):
    again(course)
    Here.asked = 0
    assert len(again(course)) == 3
    assert Here.asked == 0


def test_after_a_no_grade_leaves_all_as_it_was(course):
    again(course)
    strict = with_version(course.assignment(NAME), "strict")
    assert grade(course, strict).graded == 0
    assert counting(course) == BEFORE


def test_only_the_named_students(course):
    regrade.accept(course.store, NAME, again(course, students=["bob"]))
    assert counting(course) == BEFORE | {"bob": 5}
    with pytest.raises(CourseError, match="nothing of dee's is graded"):
        again(course, students=["dee"])


# --- and back --------------------------------------------------------------


def test_undo_brings_back_exactly_what_counted(course):
    names = course.store.counting(NAME)
    regrade.accept(course.store, NAME, again(course))
    back, left = regrade.undo(course.store, NAME)
    assert (back, left) == (["ada", "bob", "cem"], [])
    assert course.store.counting(NAME) == names
    assert len(course.store.history(NAME, "ada")) == 2  # records stay
    with pytest.raises(CourseError, match="is left to undo"):
        regrade.undo(course.store, NAME)


def test_two_regrades_are_undone_one_after_the_other(course):
    regrade.accept(course.store, NAME, again(course, "strict"))
    regrade.accept(course.store, NAME, again(course, "kind"))
    assert counting(course) == BEFORE
    regrade.undo(course.store, NAME)
    assert counting(course) == AFTER
    regrade.undo(course.store, NAME)
    assert counting(course) == BEFORE
    assert all("v" not in r.version for r in course.store.current(NAME))


def test_undo_leaves_alone_who_handed_in_since(course):
    regrade.accept(course.store, NAME, again(course))
    hand_in(course.submitted, NAME, {"bob": "3 3 3"})
    grade(course, with_version(course.assignment(NAME), "strict"))
    back, left = regrade.undo(course.store, NAME)
    assert (back, left) == (["ada", "cem"], ["bob"])
    assert counting(course) == BEFORE | {"bob": 8}


def test_a_regrade_cut_off_before_it_counted_undoes_to_the_same(
    course, monkeypatch
):
    """Killed between the note and the change: neither harms the other."""
    changes = again(course)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(course.store), "point", die)
        with pytest.raises(KeyboardInterrupt):
            regrade.accept(course.store, NAME, changes)
    assert counting(course) == BEFORE
    assert regrade.undo(course.store, NAME) == ([], [])
    assert counting(course) == BEFORE


# --- attempts --------------------------------------------------------------


def test_with_other_checks_another_attempt_may_be_the_best(course):
    policy.save(course.grading, NAME, Policy(attempts="best"))
    for text in ("3 4 1", "3 4 0.5", "3 4 0"):
        course.store.receive("eve", NAME, text.encode(), None, "inbox")
    grade(course, course.assignment(NAME))
    assert counting(course)["eve"] == 8
    (change,) = again(course, students=["eve"])
    assert change.after.points == 7
    # "3 4 1" and "3 4 0" are equal now, and the earlier one counts.
    assert change.after.submission == change.before.submission
    course.store.receive("eve", NAME, b"0 0 3", None, "inbox")  # not graded
    (change,) = again(course, students=["eve"])
    assert len(course.store.history(NAME, "eve")) == 6


# --- why -------------------------------------------------------------------


def test_each_changed_exercise_is_named_with_its_reason(course):
    ada, bob, _ = again(course)
    assert ada.reasons == ["99.3: 'a check' is now failed (2 came out)"]
    assert bob.reasons == ["99.3: 'a check' is now failed (2 came out)"]


# --- the commands ----------------------------------------------------------


@pytest.fixture
def command(course, monkeypatch):
    """The command line, with strict checks and grading that costs nothing."""
    plain = Course.assignment
    monkeypatch.setattr(
        Course,
        "assignment",
        lambda self, name: with_version(plain(self, name), "strict"),
    )
    monkeypatch.setattr(run, "process_pool", Here)
    monkeypatch.chdir(course.root)
    return lambda *arguments, **more: CliRunner().invoke(
        cli.app, arguments, **more
    )


def auto_score(course, student: str, cell: str) -> float:
    with gradebook.open_gradebook(course.store) as book:
        return book.find_grade(cell, NAME, NAME, student).auto_score


def test_the_command_shows_asks_counts_and_undoes(command, course):
    first = command("grade", NAME)
    assert first.exit_code == 0, first.output
    assert "3 were graded with other checks" in first.output
    no = command("regrade", NAME, input="n\n")
    assert no.exit_code == 0, no.output
    assert "10/10" in no.output
    assert "9/10" in no.output
    assert "3 graded again: 2 would change, 1 would stay" in no.output
    assert "Nothing changed" in no.output
    assert counting(course) == BEFORE
    yes = command("regrade", NAME, input="y\n")
    assert "They count now" in yes.output
    assert counting(course) == AFTER
    assert auto_score(course, "ada", "check-99-3") == 2
    nothing = command("regrade", NAME)
    assert "Everything was graded under the present" in nothing.output
    undone = command("regrade", NAME, "--undo")
    assert "counts again: 3 students" in undone.output
    assert counting(course) == BEFORE
    assert auto_score(course, "ada", "check-99-3") == 3


def test_without_an_answer_nothing_counts(command, course):
    result = command("regrade", NAME)
    assert result.exit_code == 1
    assert counting(course) == BEFORE
    assert command("regrade", NAME, "--yes").exit_code == 0
    assert counting(course) == AFTER


def test_results_of_two_releases_stand_in_no_table_together(command, course):
    """New exercises or points: only a regrade makes the class comparable."""
    command("grade", NAME)
    path = course.release(NAME)
    text = path.read_text("utf-8").replace("explain-1", "explain-2")
    path.write_text(text, "utf-8")
    hand_in(course.submitted, NAME, {"dee": "1 1 1"})
    mixed = command("grade", NAME)
    assert mixed.exit_code == 0, mixed.output
    assert "3 were graded with other checks" in mixed.output
    for name in ("feedback", "export"):
        result = command(name, NAME)
        assert "run `scratchgrade regrade 99-toy`" in str(result.exception)
    assert command("regrade", NAME, "--yes").exit_code == 0
    for name in ("feedback", "export"):
        assert command(name, NAME).exit_code == 0


def test_no_record_is_named_twice(course):
    again(course)
    files = [Path(p).stem for p in course.store.history(NAME, "ada")]
    records = again(course)
    assert record_id(records[0].before) in files
    assert record_id(records[0].after) in files
    assert len(set(files)) == 2
