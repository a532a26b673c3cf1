"""Nothing lost: killed runs, two at once, broken gradebooks, full disks."""

import json
import os
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest
from fixtures import dying, toy_course
from fixtures.fake_grading import Here, hand_in
from typer.testing import CliRunner

from scratchgrade import backup, cli, gradebook, run
from scratchgrade.course import Course
from scratchgrade.grade import Assignment

NAME = toy_course.NAME
TESTS = Path(__file__).resolve().parent
EARLIER = {"ada": "3 4 3", "bob": "1 2 3"}
LATER = {"bob": "3 3 3", "cem": "0 0 0", "dee": "2 2 2"}
N_STUDENTS = 6  # with the two collected ones
KILLED = -9

pytestmark = pytest.mark.skipif(os.name != "posix", reason="fork, SIGKILL")


class Nursery:
    """The program of fixtures/dying.py, and the courses that it works on."""

    def __init__(self, folder: Path, prefix: tuple[str, ...] = ()):
        self.folder, self.n = folder, 0
        self.program = subprocess.Popen(
            [*prefix, sys.executable, dying.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def prepare(self) -> None:
        """Make the course that all begin with, and what it must become."""
        self.start = toy_course.make_course(self.folder / "start")
        hand_in(self.start.submitted, NAME, EARLIER)
        with gradebook.open_gradebook(self.start.store):
            pass
        assert self.run(self.start)["code"] == 0
        self._score_by_hand()
        hand_in(self.start.submitted, NAME, LATER)
        undisturbed = self.course()
        self.seconds = self.run(undisturbed)["seconds"]
        self.expected = state(undisturbed)

    def _score_by_hand(self) -> None:
        with gradebook.open_gradebook(self.start.store) as book:
            grade = book.find_grade("explain-1", NAME, NAME, "ada")
            grade.manual_score, grade.extra_credit = 4.0, 0.5
            book.db.commit()
        # What `fay` and `eva` collected is new to the runs that follow.
        for name in ("receipts", "records", "current"):
            for path in (self.start.grading / name).rglob("*"):
                if path.stem in ("eva", "fay"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        counting = self.start.grading / "current" / f"{NAME}.json"
        names = json.loads(counting.read_text())
        kept = {who: names[who] for who in EARLIER}
        counting.write_text(json.dumps(kept, indent=1, sort_keys=True))

    def course(self) -> Course:
        """A fresh course: two graded, four to be graded."""
        self.n += 1
        root = self.folder / f"course-{self.n}"
        shutil.copytree(self.start.root, root)
        return Course(root)

    def run(self, course: Course, **how) -> dict:
        (found,) = self.runs(course, **how)
        return found

    def runs(self, course: Course, **how) -> list[dict]:
        order = {"course": str(course.root), **how}
        self.program.stdin.write(json.dumps(order) + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def close(self) -> None:
        self.program.stdin.close()
        self.program.wait()
        self.program.stdout.close()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory):
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    nursery.prepare()
    yield nursery
    nursery.close()


def state(course: Course) -> dict:
    """All that counts: files by their bytes, the gradebook by its content."""
    folders = ("store", "receipts", "records", "current", "autograded")
    files = {
        str(path.relative_to(course.grading)): path.read_bytes()
        for name in (*folders, "manual")
        for path in sorted((course.grading / name).rglob("*"))
        # Half a copy of scores stays: others than the lock's holder write it.
        if path.is_file() and not path.match("manual/.new-*")
    }
    return files | {"gradebook": rows(course)}


ROWS = """
    SELECT student_id, base_cell.name, auto_score, manual_score,
        extra_credit, needs_manual_grade, late_submission_penalty
    FROM grade
    JOIN base_cell ON base_cell.id = grade.cell_id
    JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
    JOIN submitted_assignment
        ON submitted_assignment.id = submitted_notebook.assignment_id
    UNION ALL
    SELECT student_id, base_cell.name, auto_comment, manual_comment, '', '', ''
    FROM comment
    JOIN base_cell ON base_cell.id = comment.cell_id
    JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
    JOIN submitted_assignment
        ON submitted_assignment.id = submitted_notebook.assignment_id
"""


def rows(course: Course) -> list[str]:
    """The gradebook without its random ids and its times."""
    with closing(sqlite3.connect(gradebook.database(course.store))) as book:
        return sorted(map(repr, book.execute(ROWS)))


def assert_as_undisturbed(nursery: Nursery, course: Course) -> None:
    found, want = state(course), nursery.expected
    assert found.keys() == want.keys()
    assert [name for name in want if found[name] != want[name]] == []
    assert len(course.store.current(NAME)) == N_STUDENTS


# --- killed ----------------------------------------------------------------

POINTS = {
    "before a submission is stored": ("store:Store.put", "before", 2),
    "a submission stored, its receipt not": ("store:Store.put", "after", 1),
    "a receipt written": ("store:Store.receive", "after", 2),
    "a file begun": ("os:fsync", "before", 1),
    "a file whole, not in its place": ("os:replace", "before", 3),
    "a file in its place, the folder not synced": ("os:replace", "after", 4),
    "before a record": ("store:Store.save", "before", 1),
    "between two records": ("store:Store.save", "after", 2),
    "all records, none counts": ("store:Store.set_current", "before", 1),
    "all count, the gradebook is behind": (
        "store:Store.set_current",
        "after",
        1,
    ),
    "a copy of the gradebook made": ("gradebook:back_up", "after", 1),
    "half of the students in the gradebook": (
        "gradebook:_project",
        "after",
        3,
    ),
    "before the notebooks for formgrader": (
        "gradebook:write_notebook",
        "before",
        2,
    ),
    "the gradebook whole, the copy of its scores not": (
        "gradebook:_keep",
        "before",
        2,
    ),
    "everything done but to let go": ("cli.grading:tell_verdicts", "after", 1),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_and_resumed_nothing_is_lost(nursery, point):
    course = nursery.course()
    killed = nursery.run(course, die=POINTS[point])
    assert killed["code"] == KILLED, killed["said"]
    resumed = nursery.run(course)
    assert resumed["code"] == 0, resumed["said"]
    assert_as_undisturbed(nursery, course)


def test_killed_at_sixty_moments_nothing_is_lost(nursery):
    """Killed up to five times a course, also while it recovers."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, n_killed = random.Random(seed), 0
    # How many moments fall into a run depends on how busy the machine is.
    for _ in range(100):
        if n_killed >= 60:
            break
        course = nursery.course()
        for _ in range(5):
            seconds = chance.uniform(0, 1.1 * nursery.seconds)
            n_killed += nursery.run(course, seconds=seconds)["code"] == KILLED
        resumed = nursery.run(course)
        assert resumed["code"] == 0, resumed["said"]
        assert_as_undisturbed(nursery, course)
        shutil.rmtree(course.root)
    assert n_killed >= 60


def test_killed_while_the_first_gradebook_is_made(nursery):
    course = nursery.course()
    gradebook.manual_scores(course.store, NAME)  # keeps a copy of them
    gradebook.database(course.store).unlink()
    made = ("nbgrader.api:Gradebook.close", "after", 1)
    assert nursery.run(course, die=made)["code"] == KILLED
    assert not gradebook.database(course.store).exists()
    assert nursery.run(course)["code"] == 0
    assert_as_undisturbed(nursery, course)


# --- two at once -----------------------------------------------------------


def test_a_second_grader_waits_and_then_finds_everything_done(nursery):
    course = nursery.course()
    runs = nursery.runs(course, at_once=[["--wait"], ["--wait"]], delay=0.1)
    assert [run["code"] for run in runs] == [0, 0], runs
    said = "".join(run["said"] for run in runs)
    assert "Waiting for another run to end (process " in said
    assert ": 5 graded now" in said
    assert ": 0 graded now" in said
    assert_as_undisturbed(nursery, course)


def test_a_second_grader_that_does_not_wait_says_who_holds_it(nursery):
    course = nursery.course()
    with course.store.lock():
        refused = nursery.run(course)
    assert refused["code"] == 99  # collecting, here without a command line
    assert f"process {os.getpid()} on " in refused["said"]
    assert nursery.run(course)["code"] == 0
    assert_as_undisturbed(nursery, course)


# --- the gradebook ---------------------------------------------------------


@pytest.fixture
def command(monkeypatch):
    """`scratchgrade grade` in this process, as the nursery would do it."""
    monkeypatch.setattr(run, "process_pool", Here)
    monkeypatch.setattr(Assignment, "version", "fixed")
    monkeypatch.setattr(backup, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(gradebook, "BUSY_SECONDS", 0.1)

    def grade(course: Course):
        for student, attempts in dying.COLLECTED.items():
            for text in attempts:
                course.store.receive(
                    student, NAME, text.encode(), dying.RECEIVED, "inbox"
                )
        arguments = ["grade", NAME, "--course", str(course.root)]
        return CliRunner().invoke(cli.app, arguments)

    return grade


def test_a_gradebook_in_use_stops_the_projection_alone(nursery, command):
    course = nursery.course()
    path = gradebook.database(course.store)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        result = command(course)
        assert "is in use by another program" in str(result.exception)
        assert len(course.store.current(NAME)) == N_STUDENTS
        other.rollback()
    again = command(course)
    assert "0 graded now" in again.output
    assert_as_undisturbed(nursery, course)


def test_a_gradebook_that_gets_in_use_meanwhile_is_told_too(
    nursery, command, monkeypatch
):
    """Locked for writing after its copy was made, as formgrader does."""
    course = nursery.course()
    path = gradebook.database(course.store)
    other = sqlite3.connect(path, isolation_level=None)
    plain = gradebook.back_up

    def then_lock(database):
        plain(database)
        other.execute("BEGIN IMMEDIATE")

    with closing(other), monkeypatch.context() as patch:
        patch.setattr(gradebook, "back_up", then_lock)
        result = command(course)
        assert isinstance(result.exception, backup.GradebookError)
        assert "is in use by another program" in str(result.exception)
        other.rollback()
    assert command(course).exit_code == 0
    assert_as_undisturbed(nursery, course)


def test_a_deleted_gradebook_is_made_again_with_scores_by_hand(
    nursery, command
):
    course = nursery.course()
    assert command(course).exit_code == 0
    gradebook.database(course.store).unlink()
    assert command(course).exit_code == 0
    assert rows(course) == nursery.expected["gradebook"]


@pytest.mark.parametrize("size", [0, 100, 50_000, -5000])
def test_a_cut_gradebook_loses_nothing_and_says_what_to_do(
    nursery, command, size
):
    course = nursery.course()
    assert command(course).exit_code == 0
    path = gradebook.database(course.store)
    path.write_bytes(path.read_bytes()[:size])
    result = command(course)
    if size:
        assert "is damaged" in str(result.exception)
        assert "scratchgrade restore" in str(result.exception)
        path.unlink()
        result = command(course)
    assert result.exit_code == 0, result.output
    assert rows(course) == nursery.expected["gradebook"]


def test_all_projections_are_made_again_the_same(nursery, command):
    """Gradebook, notebooks, pages and tables: deleted and built again."""
    course = nursery.course()
    made = ("autograded", "feedback", "exports")

    def build() -> dict:
        command(course)
        for words in (["feedback"], ["export"]):
            arguments = [*words, NAME, "--course", str(course.root)]
            result = CliRunner().invoke(cli.app, arguments)
            assert result.exit_code == 0, result.output
        found = {
            path: path.read_bytes()
            for name in made
            for path in (course.grading / name).rglob("*")
            if path.is_file()
        }
        return found | {"gradebook": rows(course)}

    first = build()
    assert len(first) > 2 * N_STUDENTS + 2
    gradebook.database(course.store).unlink()
    for name in made:
        shutil.rmtree(course.grading / name)
    assert build() == first


# --- the disk --------------------------------------------------------------


@pytest.mark.parametrize("nth", [1, 2, 6, 9, 14, 20])
def test_no_space_at_any_write_is_told_and_resumed(nursery, nth):
    """From the n-th write on nothing can be written."""
    course = nursery.course()
    failed = nursery.run(course, full=("os:fsync", nth))
    assert failed["code"] != 0
    assert "No space left on device" in failed["said"]
    assert nursery.run(course)["code"] == 0
    assert_as_undisturbed(nursery, course)


OWN_MOUNTS = ("unshare", "--mount")
if os.name == "posix" and os.geteuid():
    OWN_MOUNTS += ("--map-root-user",)


@pytest.fixture(scope="module")
def small_disks(nursery, tmp_path_factory):
    """A nursery that may mount disks in memory, seen by itself alone."""
    probe = f"{shlex.join(OWN_MOUNTS)} mount -t tmpfs tmpfs /mnt"
    if subprocess.run(probe, shell=True, capture_output=True).returncode:
        pytest.skip(f"no disk can be mounted here: {probe}")
    small = Nursery(tmp_path_factory.mktemp("small"), OWN_MOUNTS)
    small.start, small.expected = nursery.start, nursery.expected
    yield small
    small.close()


@pytest.mark.parametrize("free", [0, 8_192, 40_960, 81_920, 200_000])
def test_a_full_disk_is_told_and_resumed(small_disks, free):
    course = small_disks.course()
    failed, resumed = small_disks.runs(course, free=free)
    assert failed["code"] != 0
    assert "No space left" in failed["said"] or "is full" in failed["said"]
    assert resumed["code"] == 0, resumed["said"]
    assert_as_undisturbed(small_disks, course)


def test_a_read_only_disk_is_told_and_resumed(small_disks):
    course = small_disks.course()
    failed, resumed = small_disks.runs(course, read_only=True)
    assert failed["code"] != 0
    assert "Read-only file system" in failed["said"]
    assert resumed["code"] == 0, resumed["said"]
    assert_as_undisturbed(small_disks, course)


# --- the clock -------------------------------------------------------------


def test_a_score_entered_after_the_clock_went_back_is_seen(nursery, command):
    course = nursery.course()
    assert command(course).exit_code == 0
    for path in course.grading.rglob("*"):  # all written in the future
        ahead = time.time() + 10 * 86400
        os.utime(path, (ahead, ahead))
    with gradebook.open_gradebook(course.store) as book:
        book.find_grade("explain-1", NAME, NAME, "bob").manual_score = 3.0
        book.db.commit()
    scores = gradebook.manual_scores(course.store, NAME)
    assert scores["bob"]["explain-1"].score == 3


# --- Ctrl-C ----------------------------------------------------------------


def test_ctrl_c_ends_at_once_even_in_a_hanging_cell(tmp_path):
    """With real boxes, a cell that never ends, and nothing left running."""
    course = toy_course.make_course(tmp_path / "course")
    text = course.release(NAME).read_text("utf-8")
    hang = text.replace("def double(x):", "while True: pass\\ndef double(x):")
    assert hang != text
    hand_in(course.submitted, NAME, {"ada": hang, "bob": hang})
    script = tmp_path / "grade_toy.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import signal, sys; sys.path.insert(0, {str(TESTS)!r})
            # A shell that starts the tests in the background has it ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            from fixtures import toy_course
            from scratchgrade import cli
            if __name__ == "__main__":
                sys.argv = ["scratchgrade", "grade", toy_course.NAME,
                            "--cell-seconds", "100"]
                cli.main()
            """
        )
    )
    running = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while len(list(course.grading.glob("store/*/*"))) < 1:
        time.sleep(0.05)
    time.sleep(3)  # the workers have started
    before = time.monotonic()
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=20)
    assert running.returncode == 130, said
    assert time.monotonic() - before < 5
    assert "Stopped. What is graded is kept" in said
    assert "Traceback" not in said
    assert group(running.pid) == []


def group(session: int) -> list[int]:
    """The processes of a session that are still there."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,sid=,stat="], capture_output=True, text=True
    )
    found = [line.split() for line in listed.stdout.splitlines()]
    return [
        int(pid)
        for pid, sid, stat in found
        if int(sid) == session and not stat.startswith("Z")
    ]
