"""The driver: what is graded, what is left alone, and what counts."""

import io
import os
import subprocess
import sys
import textwrap
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime, timedelta

import pytest
from fixtures import toy_course
from fixtures.fake_grading import Here, fake_grade, hand_in, with_version
from rich.console import Console
from typer.testing import CliRunner

from scratchgrade import cli, handed_in, policy, run
from scratchgrade.cli import common
from scratchgrade.limits import Limits, NoBox
from scratchgrade.policy import Policy
from scratchgrade.sandbox import BUBBLEWRAP

NAME = toy_course.NAME
DUE = datetime(2026, 12, 1, 12, tzinfo=UTC)
WORK = {"ada": "3 4 3", "bob": "1 2 3", "cem": "0 0 0"}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The release, made once: nbgrader takes its time."""
    root = tmp_path_factory.mktemp("released") / "course"
    return toy_course.make_course(root).assignment(NAME)


@pytest.fixture
def course(released, tmp_path):
    course = toy_course.make_course(tmp_path / "course", released=False)
    course.release(NAME).parent.mkdir(parents=True)
    course.release(NAME).write_bytes(released.release)
    Here.asked = 0
    return course


def grade(course, assignment=None, executor=Here, limits=Limits()):  # noqa: B008
    handed = handed_in.look(course, NAME)
    return run.grade_class(
        course.store,
        assignment or course.assignment(NAME),
        handed.submissions,
        limits,
        make_executor=executor,
        choose=handed.choose,
    )


def points(course) -> dict[str, float]:
    return {r.student: r.points for r in course.store.current(NAME)}


def kept(course) -> dict:
    return {p: p.read_bytes() for p in course.grading.rglob("*.json")}


def receive(course, student: str, text: str, when=DUE):
    return course.store.receive(student, NAME, text.encode(), when, "inbox")


# --- what is graded and what is not ----------------------------------------


def test_a_second_run_grades_nothing_and_changes_nothing(course):
    hand_in(course.submitted, NAME, WORK)
    first = grade(course)
    assert (first.graded, first.already, first.outdated) == (3, 0, 0)
    before = kept(course)
    second = grade(course)
    assert (second.graded, second.already, second.outdated) == (0, 3, 0)
    assert Here.asked == 3
    assert before == {
        p: p.read_bytes() for p in course.grading.rglob("*.json")
    }
    assert points(course) == {"ada": 10, "bob": 6, "cem": 0}


def test_new_work_is_graded_and_counts(course):
    hand_in(course.submitted, NAME, WORK)
    grade(course)
    hand_in(course.submitted, NAME, {"bob": "3 3 3", "dee": "1 1 1"})
    assert grade(course).graded == 2
    assert points(course) == {"ada": 10, "bob": 9, "cem": 0, "dee": 3}


def test_other_checks_change_nobodys_result_by_themselves(course):
    hand_in(course.submitted, NAME, WORK)
    grade(course)
    strict = with_version(course.assignment(NAME), "strict")
    hand_in(course.submitted, NAME, {"dee": "3 4 3"})
    summary = grade(course, strict)
    assert (summary.graded, summary.already, summary.outdated) == (1, 3, 3)
    assert points(course) == {"ada": 10, "bob": 6, "cem": 0, "dee": 9}


def test_other_limits_are_other_conditions_too(course):
    hand_in(course.submitted, NAME, WORK)
    grade(course)
    summary = grade(course, limits=Limits(call_seconds=99))
    assert (summary.graded, summary.outdated) == (0, 3)


def test_a_damaged_record_is_graded_again(course):
    hand_in(course.submitted, NAME, WORK)
    grade(course)
    (path,) = course.store.history(NAME, "bob")
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    assert grade(course).graded == 1
    assert path.read_bytes() == whole


def test_a_file_that_cannot_be_read_gets_a_record_and_no_points(course):
    hand_in(course.submitted, NAME, WORK)
    path = course.submitted / "bob" / NAME / f"{NAME}.ipynb"
    path.unlink()
    path.mkdir()
    grade(course)
    bob = course.store.current(NAME)[1]
    assert "not an ordinary file" in bob.refused
    assert bob.exercises[0].verdict == "not gradable"
    assert grade(course).graded == 0


# --- reasons of ours -------------------------------------------------------


class Deadly(Here):
    """Dies over bob."""

    def submit(self, function, *args):
        future = Future()
        if args[3] == "bob":
            future.set_exception(BrokenProcessPool("a worker died"))
            return future
        return super().submit(function, *args)


def test_who_lost_its_worker_is_tried_again_by_the_next_run(course):
    hand_in(course.submitted, NAME, WORK)
    grade(course, executor=Deadly)
    assert course.store.current(NAME)[1].refused == run.LOST
    summary = grade(course)
    assert (summary.graded, summary.already) == (1, 2)
    assert points(course)["bob"] == 6
    assert len(course.store.history(NAME, "bob")) == 1


def test_a_damaged_stored_copy_stops_nobody_else(course):
    """The work of one is lost to us: the others get their points."""
    names = {s: receive(course, s, t).submission for s, t in WORK.items()}
    path = course.grading / "store" / names["bob"][:2] / names["bob"]
    path.chmod(0o644)
    path.write_bytes(b"")
    grade(course)
    assert points(course) == {"ada": 10, "bob": 0, "cem": 0}
    bob = course.store.current(NAME)[1]
    assert (bob.refused, bob.exercises[0].verdict) == (
        run.UNREADABLE,
        "not gradable",
    )
    receive(course, "bob", WORK["bob"])  # collected once more
    assert grade(course).graded == 1
    assert points(course)["bob"] == 6


# --- attempts --------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "counts", "n_graded"),
    [
        (Policy(), 2, 1),
        (Policy(attempts="first"), 6, 1),
        (Policy(attempts="best"), 9, 3),
        (Policy(attempts="best", max_attempts=1), 6, 1),
        (Policy(max_attempts=2), 9, 1),
        (Policy(DUE, 0, 50, 100, "best"), 6, 3),
    ],
)
def test_the_attempt_that_counts_follows_the_rules(
    course, rules, counts, n_graded
):
    policy.save(course.grading, NAME, rules)
    for i, text in enumerate(["3 2 1", "3 4 2", "1 1 0"]):
        receive(course, "ada", text, DUE + timedelta(hours=i))
    assert grade(course).graded == n_graded
    assert points(course) == {"ada": counts}


def test_a_change_of_rules_needs_only_what_is_missing(course):
    for i, text in enumerate(["3 2 1", "3 4 2", "1 1 0"]):
        receive(course, "ada", text, DUE + timedelta(hours=i))
    grade(course)
    policy.save(course.grading, NAME, Policy(attempts="best"))
    assert grade(course).graded == 2
    assert points(course) == {"ada": 9}
    policy.save(course.grading, NAME, Policy())
    assert grade(course).graded == 0
    assert points(course) == {"ada": 2}


def test_what_was_collected_outranks_the_folder_and_it_is_said(course):
    policy.save(course.grading, NAME, Policy(due=DUE))
    hand_in(course.submitted, NAME, {"ada": "3 4 3", "bob": "1 1 1"})
    receive(course, "ada", "0 0 0")
    assert grade(course).graded == 2
    assert points(course) == {"ada": 0, "bob": 3}
    remarks = "\n".join(handed_in.look(course, NAME).remarks)
    assert "taken as on time: bob" in remarks
    assert "is not what was collected" in remarks
    receive(course, "ada", "3 4 3")
    assert "not what" not in "\n".join(handed_in.look(course, NAME).remarks)


def test_attempts_over_the_limit_are_said(course):
    policy.save(course.grading, NAME, Policy(max_attempts=1))
    receive(course, "ada", "0 0 0")
    receive(course, "ada", "3 4 3")
    (remark,) = handed_in.look(course, NAME).remarks
    assert remark == "ada: 2 attempts, of which the first 1 may count"


# --- the pool --------------------------------------------------------------


def test_half_a_character_in_an_output_stops_nobody(course, released):
    """A lone surrogate, which no file takes, comes back from the box."""

    def grade_with_half(*args):
        record = fake_grade(*args)
        return type(record)(**{**vars(record), "notes": ["\ud800"]})

    class Half(Here):
        def submit(self, function, *args):
            future = Future()
            future.set_result(grade_with_half(*args))
            return future

    hand_in(course.submitted, NAME, WORK)
    assert grade(course, executor=Half).records[0].notes == ["?"]
    assert grade(course).already == 3


@pytest.mark.skipif(os.name != "posix", reason="process numbers")
@pytest.mark.parametrize("how", ["cut", "kill"])
def test_workers_end_with_their_driver_at_once(tmp_path, how):
    """Whether it lets go of them or is killed, while they are at work."""
    script = tmp_path / "driver.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, sys, time
            from scratchgrade.pool import process_pool
            def work(path):
                open(path, "w").write(str(os.getpid()))
                time.sleep(600)
            if __name__ == "__main__":
                pool = process_pool(1)
                pool.submit(work, sys.argv[1])
                while not os.path.exists(sys.argv[1]):
                    time.sleep(0.02)
                time.sleep(0.1)
                if sys.argv[2] == "kill":
                    os.kill(os.getpid(), 9)
                pool.cut()
                pool.shutdown()
            """
        )
    )
    told = tmp_path / "pid"
    subprocess.run(
        [sys.executable, str(script), str(told), how],
        timeout=30,
        capture_output=True,
        check=how == "cut",
    )
    worker = int(told.read_text())
    deadline = time.monotonic() + 5
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in open(f"/proc/{pid}/stat").read().split(")")[1].split()[0]


# --- what is told ----------------------------------------------------------


def test_the_bar_counts_what_is_to_do_now_and_shows_its_rate(
    course, monkeypatch
):
    """Nine graded before and one now: one of one, not ten of ten."""
    screen = Console(force_terminal=True, width=120, file=io.StringIO())
    monkeypatch.setattr(common, "out", screen)
    record = fake_grade(
        b"3 4 3",
        course.assignment(NAME),
        bytes(32),
        "ada",
        Limits(),
        BUBBLEWRAP,
    )
    with common.Reporter(10) as report:
        for _ in range(9):
            report(record, False)
        report(record, True)
        (task,) = report.bar.tasks
        assert (task.completed, task.total) == (1, 1)
    task.finished_speed = 7.0
    assert str(common.RateColumn().render(task)) == "420 a minute"


def test_without_a_box_nobody_is_graded_and_the_exit_code_is_3(
    course, monkeypatch, capsys
):
    class Boxless(Here):
        def submit(self, function, *args):
            future = Future()
            future.set_exception(NoBox("bubblewrap", "it is gone", "get it"))
            return future

    monkeypatch.setattr(run, "process_pool", Boxless)
    hand_in(course.submitted, NAME, WORK)
    arguments = ["scratchgrade", "grade", NAME, "--course", str(course.root)]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    assert "To mend it: get it" in capsys.readouterr().err
    assert course.store.history(NAME, "ada") == []


def test_the_unsafe_switch_is_told_and_stands_in_every_record(
    course, monkeypatch
):
    monkeypatch.setattr(run, "process_pool", Here)
    hand_in(course.submitted, NAME, WORK)
    done = CliRunner().invoke(
        cli.app,
        ["grade", NAME, "--course", str(course.root), "--unsafe-no-sandbox"],
    )
    assert done.exit_code == 0, done.output
    assert "No sandbox" in done.output
    boxes = {r.environment["box"] for r in course.store.current(NAME)}
    assert boxes == {"none"}
