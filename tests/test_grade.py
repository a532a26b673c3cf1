"""From a class of submissions to verdicts, on the toy and the real course."""

import importlib.util
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from fixtures import toy_course

from scratchgrade import grade, release, run
from scratchgrade.checks import kit
from scratchgrade.checks.kit import CourseError, Verdict
from scratchgrade.course import Course
from scratchgrade.grade import grade_one, secret_seed
from scratchgrade.record import Record
from scratchgrade.sandbox import Limits

ROOT = Path(__file__).resolve().parent.parent
QUICK = Limits(cell_seconds=2, call_seconds=2)
KEY = bytes(range(32))


def load_class():
    path = ROOT / "instructor" / "class" / "make_class.py"
    spec = importlib.util.spec_from_file_location("make_class", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_class"] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


make_class = load_class()
EXPECTED = json.loads(
    (ROOT / "instructor" / "class" / "expected.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Course:
    return toy_course.make_course(tmp_path_factory.mktemp("toy") / "course")


@pytest.fixture(scope="module")
def assignment(toy):
    return toy.assignment(toy_course.NAME)


def threads(workers: int) -> Executor:
    return ThreadPoolExecutor(workers)


def graded_class(course: Course, name: str, limits: Limits, pool):
    make_class.make_class(course, name)
    submissions, problems = run.find_submissions(course.submitted, name)
    assert not problems
    summary = run.grade_class(
        course.store,
        course.assignment(name),
        submissions,
        limits,
        make_executor=pool,
    )
    assert summary.graded == len(EXPECTED)
    return {record.student: record for record in summary.records}


@pytest.fixture(scope="module")
def records(toy):
    return graded_class(toy, toy_course.NAME, QUICK, threads)


# --- the simulated class ---------------------------------------------------


def test_every_recipe_has_an_expectation_and_stands_in_the_readme():
    assert EXPECTED.keys() == make_class.RECIPES.keys()
    assert len(EXPECTED) >= 12
    readme = ROOT / "instructor" / "class" / "README.md"
    told = re.findall(r"^\| `([a-z-]+)` ", readme.read_text("utf-8"), re.M)
    assert set(told) == EXPECTED.keys()


def check_expected(records: dict[str, Record], exercises) -> None:
    target = exercises[make_class.TARGET].id
    found = {}
    for student, want in EXPECTED.items():
        for e in records[student].exercises:
            allowed = want["target" if e.id == target else "others"]
            if e.verdict not in allowed.split(" or "):
                found[student, e.id] = e.verdict, allowed
            full, some = e.points == e.max_points, e.points > 0
            if full != (e.verdict == Verdict.PASSED):
                found[student, e.id] = f"{e.points} of {e.max_points}"
            attack = student.startswith(("attack", "untouched", "empty"))
            if some and attack:
                found[student, e.id] = f"{e.points} points"
    assert not found


def test_everybody_in_the_toy_class_gets_what_they_must(records, assignment):
    check_expected(records, list(assignment.exercises.values()))


def test_wrong_answers_are_told_what_the_bank_says(records, toy):
    for nth, student in enumerate(
        ["wrong-first", "wrong-second", "wrong-third"]
    ):
        check_told(records[student], toy, toy_course.NAME, nth)


def check_told(record: Record, course: Course, name: str, nth: int) -> None:
    answers = make_class.variants(name, course.root)
    for e in record.exercises:
        wrong = [a for a in answers if a.exercise == e.id and not a.correct]
        told = " ".join(f"{c.checked} {c.came_out} {c.look}" for c in e.checks)
        assert wrong[nth].says in told, (e.id, wrong[nth].name)


def test_a_forbidden_call_is_flagged_and_costs_nothing(
    toy, assignment, records, monkeypatch
):
    first = next(iter(assignment.exercises.values()))
    path = toy.submitted / "perfect" / toy_course.NAME
    notebook = json.loads((path / f"{toy_course.NAME}.ipynb").read_text())
    answer = next(
        c
        for c in notebook["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") == "answer-99-1"
    )
    answer["source"] = "import statistics\n" + "".join(answer["source"])
    answer["source"] += "\nstatistics.mean([1, 2])\n"
    monkeypatch.setattr(first, "forbids", ("statistics.mean",))
    graded = grade_one(
        json.dumps(notebook).encode(), assignment, KEY, "perfect", QUICK
    )
    assert graded.points == graded.max_points
    (flag,) = graded.flags
    assert "99.1" in flag
    assert "statistics.mean" in flag
    assert records["perfect"].flags == []


def test_the_refused_are_told_why(records):
    assert "cut off" in records["truncated"].refused
    assert records["truncated"].points == 0


def test_what_was_missing_changed_or_left_out_is_noted(records):
    def notes(student):
        return " ".join(records[student].notes)

    assert "Missing from the notebook: answer-99-3" in notes("missing-cells")
    assert "the original was used: check-99-1" in notes("attack-patches")
    assert "left out of the cell own-" in notes("notebook-habits")
    assert "the first 20 were run" in notes("notebook-habits")
    assert "was skipped" in notes("loop-in-cell")


def test_points_of_the_release_stand_whatever_a_notebook_claims(records):
    assert records["attack-patches"].max_points == 10
    assert records["attack-patches"].max_manual == 5


def test_the_attack_reached_nothing_of_the_grader(records):
    printed = "".join(o.output for o in records["attack-patches"].outputs)
    assert "refused" in printed
    assert "reached" not in printed


def test_no_secret_is_in_any_record(records, toy):
    key = toy.store.key()
    for record in records.values():
        text = record.to_json()
        assert key.hex() not in text
        for e in record.exercises:
            assert secret_seed(key, record.student, e.id).hex() not in text


def test_a_record_survives_json(records):
    for record in records.values():
        assert Record.from_json(record.to_json()) == record


SOLUTIONS = sorted(p.parent.name for p in ROOT.glob("solutions/*/*.ipynb"))


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_real_class_through_the_command_line(name, tmp_path):
    """What `make demo` does, in a copy of the course."""
    course = Course(tmp_path)
    (tmp_path / "nbgrader_config.py").write_bytes(
        (ROOT / "nbgrader_config.py").read_bytes()
    )
    source = tmp_path / "solutions" / name
    for path in sorted((ROOT / "solutions" / name).rglob("*")):
        if path.is_file() and "checkpoint" not in str(path):
            copy = source / path.relative_to(ROOT / "solutions" / name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    command(tmp_path, "release", name)
    make_class.make_class(course, name)
    said = command(tmp_path, "grade", name, "--call-seconds", "4",
                   "--cell-seconds", "4")  # fmt: skip
    assert f"{len(EXPECTED)} graded now" in said
    records = {r.student: r for r in course.store.current(name)}
    check_expected(records, kit.exercises_of(name))
    for nth, student in enumerate(
        ["wrong-first", "wrong-second", "wrong-third"]
    ):
        check_told(records[student], course, name, nth)
    said = command(tmp_path, "grade", name, "--call-seconds", "4",
                   "--cell-seconds", "4")  # fmt: skip
    assert ": 0 graded now" in said
    assert f"{len(EXPECTED)} graded before" in said
    command(tmp_path, "feedback", name)
    command(tmp_path, "export", name)


def command(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "scratchgrade.cli", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


# --- one submission --------------------------------------------------------


def solved(assignment, course) -> bytes:
    material = make_class.Material(
        assignment.name,
        json.loads(assignment.release),
        list(assignment.exercises.values()),
        make_class.variants(assignment.name, course.root),
    )
    return make_class.perfect(material)


def test_grading_is_a_function_of_its_arguments(assignment, toy):
    work = solved(assignment, toy)
    again = pickle.loads(pickle.dumps(assignment))
    first = grade_one(work, assignment, KEY, "ada", QUICK)
    assert grade_one(work, again, KEY, "ada", QUICK) == first
    assert first.points == first.max_points == 10
    assert not first.notes


def test_seeds_differ_by_student_exercise_and_key():
    seeds = {
        secret_seed(key, student, exercise)
        for key in (KEY, KEY[::-1])
        for student in ("ada", "bob")
        for exercise in ("1.1", "1.2")
    }
    assert len(seeds) == 8


def test_a_memorised_answer_fails(assignment, toy):
    """An answer that knows the public seed's inputs knows nothing else."""
    seen = {}
    public = kit.LocalCaller({"double": lambda x: seen.setdefault(str(x), 0)})
    toy_course.DOUBLE.run(public, "public-0")
    table = {x: 2 * int(x) for x in seen if x.isdigit()}
    source = f"def double(x):\n    return {table!r}.get(str(x), 0)"
    notebook = json.loads(solved(assignment, toy))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == (
            "answer-99-1"
        ):
            cell["source"] = source
    data = json.dumps(notebook).encode()
    points = [
        grade_one(data, assignment, KEY, student, QUICK).exercises[0].points
        for student in ("ada", "bob", "cem")
    ]
    assert min(points) == 0


def test_an_empty_file_gets_a_record(assignment):
    record = grade_one(b"", assignment, KEY, "ada", QUICK)
    assert record.refused
    verdicts = {e.verdict for e in record.exercises}
    assert verdicts == {Verdict.NOT_GRADABLE}


# --- mistakes of the course stop the run -----------------------------------


def changed(assignment, old: str, new: str):
    text = assignment.release.decode()
    assert old in text
    return replace(assignment, release=text.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"points": 3', '"points": 30', "gives 30 points.*add up to 3"),
        (r"check(\"99.1\", double)", "pass", "one call of check"),
        (r"check(\"99.1\", double)", r"check(\"99.9\", double)",
         "has no checks"),
        (r"check(\"99.1\", double)", r"check(\"99.2\", Tally)",
         "gives 3 points"),
        (r"check(\"99.1\", double)", r"check(\"99.1\", triple)",
         "passes .*triple"),
        ('"grade": true', '"grade": false', "no cell of the release"),
    ],
)  # fmt: skip
def test_a_release_that_disagrees_with_the_checks_stops(
    assignment, toy, old, new, says
):
    broken = changed(assignment, old, new)
    with pytest.raises(CourseError, match=says):
        run.grade_class(toy.store, broken, {}, QUICK)
    with pytest.raises(CourseError, match=says):
        grade_one(solved(assignment, toy), broken, KEY, "ada", QUICK)


def test_a_check_without_a_comparison_stops_the_run(
    assignment, toy, monkeypatch
):
    empty = kit.Check("looks at nothing", 4, lambda session: None)
    monkeypatch.setattr(toy_course.TALLY, "checks", [empty])
    with pytest.raises(CourseError, match="compared nothing"):
        grade_one(solved(assignment, toy), assignment, KEY, "ada", QUICK)


def test_a_check_that_breaks_on_an_answer_asks_for_a_person(
    assignment, toy, monkeypatch
):
    def fragile(session):
        session.call("double", 1)["key"]

    broken = kit.Check("trusts the answer", 3, fragile)
    monkeypatch.setattr(toy_course.DOUBLE, "checks", [broken])
    record = grade_one(solved(assignment, toy), assignment, KEY, "a", QUICK)
    first, second, _ = record.exercises
    assert first.verdict == Verdict.NOT_GRADABLE
    assert "the check itself stopped with TypeError" in (
        first.checks[0].came_out
    )
    assert second.verdict == Verdict.PASSED


def test_version_follows_checks_and_release(assignment):
    other = changed(assignment, "# A toy", "# A game")
    assert other.version != assignment.version
    again = pickle.loads(pickle.dumps(assignment))
    assert again.version == assignment.version


# --- the driver ------------------------------------------------------------


def test_students_without_a_usable_name_are_left_out_loudly(tmp_path):
    for name in ("ada", "Bob Smith", ".hidden", "cem"):
        (tmp_path / name / "99-toy").mkdir(parents=True)
    (tmp_path / "dee").mkdir()  # handed nothing in
    (tmp_path / "file").write_text("")
    found, problems = run.find_submissions(tmp_path, "99-toy")
    assert list(found) == ["ada", "cem"]
    assert len(problems) == 1
    assert "'Bob Smith' is no student id" in problems[0]


def test_nothing_is_found_where_there_is_no_folder(tmp_path):
    assert run.find_submissions(tmp_path / "none", "x") == ({}, [])


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_links_among_the_submissions_are_left_out(tmp_path):
    (tmp_path / "ada" / "99-toy").mkdir(parents=True)
    (tmp_path / "bob").symlink_to(tmp_path / "ada")
    found, problems = run.find_submissions(tmp_path, "99-toy")
    assert list(found) == ["ada"]
    assert "a link" in problems[0]


class Breaking(Executor):
    """Runs work here, but dies over the students named."""

    deadly: ClassVar[set[str]] = set()
    made: ClassVar[list[int]] = []

    def __init__(self, workers: int):
        self.made.append(workers)
        self.broken = False

    def submit(self, function, *args):
        future = Future()
        if self.broken or args[3] in self.deadly:
            self.broken = True
            future.set_exception(BrokenProcessPool("a worker died"))
        else:
            future.set_result(function(*args))
        return future


def test_a_submission_that_kills_its_grader_twice_is_not_gradable(
    toy, tmp_path, assignment, monkeypatch
):
    monkeypatch.setattr(Breaking, "deadly", {"bob"})
    work = solved(assignment, toy)
    submissions = {}
    for student in ("ada", "bob", "cem", "dee"):
        submissions[student] = tmp_path / f"{student}.ipynb"
        submissions[student].write_bytes(work)
    course = Course(tmp_path)
    summary = run.grade_class(
        course.store, assignment, submissions, QUICK, make_executor=Breaking
    )
    points = {r.student: r.points for r in summary.records}
    assert points == {"ada": 10, "bob": 0, "cem": 10, "dee": 10}
    bob = summary.records[1]
    assert "ended twice" in bob.refused
    assert bob.exercises[0].verdict == Verdict.NOT_GRADABLE


def test_the_default_pool_grades_in_processes_of_its_own(
    toy, tmp_path, assignment
):
    path = tmp_path / "ada.ipynb"
    path.write_bytes(solved(assignment, toy))
    summary = run.grade_class(
        Course(tmp_path).store, assignment, {"ada": path}, QUICK, workers=1
    )
    assert summary.records[0].points == 10


def write_script(folder: Path) -> str:
    """A program that grades the toy course around the current folder."""
    script = (
        "import signal, sys; sys.path.insert(0, sys.argv[1])\n"
        # A shell that starts the tests in the background has it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from fixtures import toy_course\n"
        "from scratchgrade import cli\n"
        "if __name__ == '__main__':\n"
        "    sys.argv = ['scratchgrade', 'grade', toy_course.NAME]\n"
        "    cli.main()\n"
    )
    (folder / "grade_toy.py").write_text(script)
    return "grade_toy.py"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_run_goes_on_where_it_was(toy, tmp_path, assignment):
    """SIGKILL in the middle; the same command again loses nothing."""
    course = toy_course.make_course(tmp_path, released=False)
    shutil.copytree(toy.root / "exercises", tmp_path / "exercises")
    slow = solved(assignment, toy).decode()
    for i in range(8):
        folder = course.submitted / f"student-{i}" / toy_course.NAME
        folder.mkdir(parents=True)
        text = slow.replace(
            "An answer in my own words", f"Number {i} has an answer"
        )
        (folder / f"{toy_course.NAME}.ipynb").write_text(text, "utf-8")
    script = write_script(tmp_path)
    arguments = [sys.executable, script, str(ROOT / "tests")]
    killed = subprocess.Popen(
        arguments,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    records = course.grading / "records"
    deadline = time.monotonic() + 60
    while not any(records.rglob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    kept = len(list(records.rglob("[!.]*.json")))
    assert kept >= 1
    done = subprocess.run(
        arguments, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "An earlier run" in done.stdout
    assert "8 submissions: " in done.stdout
    now, before = map(
        int, re.search(r"(\d+) graded now .* (\d+) graded b", done.stdout)
        .groups()
    )  # fmt: skip
    assert now + before == 8
    assert before >= kept
    assert len(course.store.current(toy_course.NAME)) == 8


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_stopped_run_says_that_nothing_is_lost(toy, tmp_path):
    course = toy_course.make_course(tmp_path, released=False)
    shutil.copytree(toy.root / "exercises", tmp_path / "exercises")
    make_class.make_class(course, toy_course.NAME)
    running = subprocess.Popen(
        [sys.executable, write_script(tmp_path), str(ROOT / "tests")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in running.stdout:
        if line.startswith("   2/"):
            break
    running.send_signal(signal.SIGINT)
    rest = running.stdout.read()
    running.stdout.close()
    assert running.wait() == 130
    assert "Stopped. What is graded is kept" in rest
    assert "Traceback" not in rest
    assert len(course.store.current(toy_course.NAME)) >= 2


# --- the release -----------------------------------------------------------


def test_a_release_has_no_answer_and_is_the_same_each_time(toy):
    path = toy.release(toy_course.NAME)
    first = path.read_bytes()
    text = first.decode()
    assert "SOLUTION" not in text
    assert "words.count" not in text
    assert text.count("raise NotImplementedError") == 3
    assert "3.11.0" not in text
    release.make_release(toy, toy_course.NAME)
    assert path.read_bytes() == first
    folder = path.parent
    assert [p.name for p in folder.rglob("*")] == [path.name]


@pytest.mark.parametrize(
    ("where", "leak", "says"),
    [
        (
            "statement-99-3",
            "words = text.split()\n"
            "return {word: words.count(word) for word in words}",
            "shows the answer of answer-99-3",
        ),
        (
            "free",
            "def __init__(self):\n    self.seen = []\n",
            r"shows the bank's 99_2\.py",
        ),
    ],
)
def test_a_release_that_shows_an_answer_is_refused(
    tmp_path, where, leak, says
):
    course = toy_course.make_course(tmp_path, released=False)
    source = course.source(toy_course.NAME)
    notebook = json.loads(source.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == where:
            cell["source"] += "\n\n" + leak
    source.write_text(json.dumps(notebook), "utf-8")
    with pytest.raises(CourseError, match=says):
        release.make_release(course, toy_course.NAME)
    assert not course.release(toy_course.NAME).exists()


def test_a_bank_in_the_release_is_found(tmp_path, toy):
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "1_1.py").write_text("x")
    source = toy.source(toy_course.NAME).parent
    assert "the bank is no part" in release.find_leaks(source, tmp_path)[0]


def test_an_unfinished_region_is_told_by_nbgrader(tmp_path):
    course = toy_course.make_course(tmp_path, released=False)
    source = course.source(toy_course.NAME)
    text = source.read_text("utf-8").replace("### END SOLUTION", "", 1)
    source.write_text(text, "utf-8")
    with pytest.raises(CourseError, match="nbgrader cannot make the release"):
        release.make_release(course, toy_course.NAME)


def test_gravity_covers_every_verdict():
    assert set(grade.GRAVITY) == set(Verdict)
