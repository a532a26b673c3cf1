"""Beyond one machine: a real Dask scheduler, and workers that are lost."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from fixtures import toy_course
from typer.testing import CliRunner

from scratchgrade import cli, cluster, cluster_worker, run
from scratchgrade.checks.kit import CourseError, Verdict
from scratchgrade.cluster import Cluster
from scratchgrade.cluster_worker import conditions, refusal
from scratchgrade.course import Course
from scratchgrade.grade import grade_one
from scratchgrade.limits import Limits, NoBox
from scratchgrade.record import Record, Usage
from scratchgrade.sandbox import BUBBLEWRAP

ROOT = Path(__file__).resolve().parent.parent
LIMITS = Limits(cell_seconds=5, call_seconds=5)
ABOUT = LIMITS, BUBBLEWRAP
KEY = bytes(range(32))
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="workers have the box of Linux"
)


# --- the work that workers are given ---------------------------------------


def slow_grade(*arguments) -> Record:
    """Grading that lasts long enough to be killed in the middle."""
    time.sleep(0.3)
    return grade_one(*arguments)


def deadly_grade(*arguments) -> Record:
    """Grading that one student's work ends, the process and all."""
    if arguments[3] == "bob":
        os.kill(os.getpid(), signal.SIGKILL)
    return slow_grade(*arguments)


# --- scheduler and workers -------------------------------------------------


class Machines:
    """A scheduler and its workers, on the loopback address only."""

    def __init__(self, folder: Path, allowed_failures: int = 3):
        self.allowed_failures = allowed_failures
        self.file = folder / "scheduler.json"
        self.log = (folder / "log").open("w")
        self.running: list[subprocess.Popen] = []
        self.scheduler = self._start("scheduler", "--port", "0")
        deadline = time.monotonic() + 30
        while not self.file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.closing(
            cluster.Client(scheduler_file=str(self.file), timeout=30)
        ) as client:
            self.address = client.scheduler.address

    def _start(
        self, kind: str, *options: str, path: str = ""
    ) -> subprocess.Popen:
        process = subprocess.Popen(
            [
                *[sys.executable, "-m", f"distributed.cli.dask_{kind}"],
                *["--scheduler-file", str(self.file), *options],
                *["--host", "127.0.0.1", "--no-dashboard"],
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(
                    filter(None, [path, str(ROOT), str(ROOT / "tests")])
                ),
                "OMP_NUM_THREADS": "1",
                "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(
                    self.allowed_failures
                ),
            },
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def worker(self, nanny: bool = False, path: str = "") -> subprocess.Popen:
        how = "--nanny" if nanny else "--no-nanny"
        return self._start("worker", how, "--nthreads", "1", path=path)

    def close(self) -> None:
        for process in reversed(self.running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.log.close()


@pytest.fixture
def machines(tmp_path, request):
    found = Machines(tmp_path, getattr(request, "param", 3))
    yield found
    found.close()


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Course:
    return toy_course.make_course(tmp_path_factory.mktemp("toy") / "course")


@pytest.fixture(scope="module")
def assignment(toy):
    return toy.assignment(toy_course.NAME)


@pytest.fixture
def submissions(toy, tmp_path) -> dict[str, Path]:
    """A class of eight; one of them has nothing right, one no notebook."""
    solved = toy.source(toy_course.NAME).read_text("utf-8")
    names = ["ada", "bob", "cem", "dee", "eve", "fay", "gus", "hal"]
    for name in names:
        text = solved.replace("Because two", f"{name} says that two")
        (tmp_path / f"{name}.ipynb").write_text(text, "utf-8")
    (tmp_path / "cem.ipynb").write_bytes(
        toy.release(toy_course.NAME).read_bytes()
    )
    (tmp_path / "dee.ipynb").write_text("{", "utf-8")
    return {name: tmp_path / f"{name}.ipynb" for name in names}


def fresh(folder: Path):
    """A store whose key is the one that all runs here share."""
    store = Course(folder).store
    store.root.mkdir(parents=True)
    (store.root / "course.key").write_text(KEY.hex())
    return store


def grade_with(store, assignment, submissions, machines, **options):
    with Cluster(machines.address, assignment, LIMITS, **options) as found:
        return run.grade_class(
            store,
            assignment,
            submissions,
            LIMITS,
            workers=found.at_once,
            make_executor=found.executor,
        )


# --- nothing lost, nothing twice -------------------------------------------


def test_a_killed_worker_costs_nobody_a_grade(
    machines, toy, assignment, submissions, tmp_path, monkeypatch
):
    """Each graded once, as on one machine, though a worker dies by -9."""
    monkeypatch.setattr(run, "grade_one", slow_grade)
    first, second = machines.worker(), machines.worker()
    saved, store, boxes = Counter(), fresh(tmp_path / "far"), []

    def save(record):
        saved[record.student] += 1
        if saved.total() == 2:
            boxes.extend(psutil.Process(first.pid).children(recursive=True))
            os.kill(first.pid, signal.SIGKILL)
        type(store).save(store, record)

    monkeypatch.setattr(store, "save", save)
    summary = grade_with(store, assignment, submissions, machines)
    assert first.wait() == -signal.SIGKILL
    assert second.poll() is None
    _, left = psutil.wait_procs(boxes, timeout=10)
    assert boxes
    assert not left  # a box ends with its worker
    assert saved == dict.fromkeys(submissions, 1)
    here = run.grade_class(
        fresh(tmp_path / "near"),
        assignment,
        submissions,
        LIMITS,
        make_executor=ThreadPoolExecutor,
    )
    assert summary.records == here.records
    assert len(store.current(toy_course.NAME)) == 8
    again = grade_with(store, assignment, submissions, machines)
    assert (again.graded, again.already) == (0, 8)


@pytest.mark.parametrize("machines", [0], indirect=True)
def test_what_kills_its_workers_is_not_gradable_and_alone(
    machines, toy, assignment, submissions, tmp_path, monkeypatch
):
    """One worker only, so that others die with the deadly one at first."""
    monkeypatch.setattr(run, "grade_one", deadly_grade)
    machines.worker(nanny=True)  # which starts a worker again
    summary = grade_with(
        fresh(tmp_path / "far"), assignment, submissions, machines
    )
    found = {r.student: (r.points, bool(r.refused)) for r in summary.records}
    whole = (10, False)
    assert found == dict.fromkeys(submissions, whole) | {
        "bob": (0, True),
        "cem": (0, False),
        "dee": (0, True),
    }
    bob = summary.records[1]
    assert "grading process ended" in bob.refused
    assert bob.exercises[0].verdict == Verdict.NOT_GRADABLE


def test_a_cluster_that_is_gone_ends_the_run_and_keeps_what_was_done(
    machines, assignment, submissions, tmp_path, monkeypatch
):
    monkeypatch.setattr(run, "grade_one", slow_grade)
    worker = machines.worker()
    store = fresh(tmp_path / "far")

    def save(record):
        type(store).save(store, record)
        if not record.refused:
            os.kill(worker.pid, signal.SIGKILL)

    monkeypatch.setattr(store, "save", save)
    with pytest.raises(CourseError, match="has had no worker for 2 s: start"):
        grade_with(store, assignment, submissions, machines, patience=2)
    done = len(store.current(toy_course.NAME))
    assert 1 <= done < 8
    machines.worker()

    def save_then_end(record):
        type(store).save(store, record)
        os.kill(machines.scheduler.pid, signal.SIGKILL)

    monkeypatch.setattr(store, "save", save_then_end)
    with pytest.raises(CourseError, match=r"scheduler at tcp.* is gone"):
        grade_with(store, assignment, submissions, machines)
    assert done < len(store.current(toy_course.NAME)) < 8


# --- only machines that grade alike ----------------------------------------


def other_torch(folder: Path, machines: Machines) -> None:
    """Start a worker whose installed torch really says another version."""
    installed = folder / "installed" / "torch-1.0.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Name: torch\nVersion: 1.0.0\n")
    machines.worker(path=str(installed.parent))


def test_a_worker_with_other_versions_is_refused_with_both(
    machines, assignment, tmp_path
):
    other_torch(tmp_path, machines)
    here = conditions(assignment, LIMITS)
    assignment = replace(assignment)
    assignment.__dict__["version"] = "0123456789abcdef"  # stays on this side
    with pytest.raises(CourseError) as told:
        Cluster(machines.address, assignment, LIMITS)
    for text in (
        f"torch is 1.0.0 there, {here['torch']} here",
        f"checks is {here['checks']} there, 0123456789abcdef here",
        f"the worker on {here['machine']}",
    ):
        assert text in str(told.value)


def test_a_worker_that_joins_late_is_asked_too(assignment):
    agreed = conditions(assignment, LIMITS)
    assert not refusal(agreed, {**agreed, "machine": "elsewhere"})
    with pytest.raises(CourseError, match=r"torch is \S+ there, 1\.0 here"):
        cluster_worker.grade_here(
            {**agreed, "torch": "1.0"},
            *[ABOUT, grade_one, b"", assignment, KEY, "ada", LIMITS],
        )


def test_a_worker_whose_files_changed_under_it_is_refused(
    assignment, monkeypatch
):
    """It has the old code in memory, whatever its files say by now."""
    agreed = conditions(assignment, LIMITS)
    monkeypatch.setitem(cluster_worker._loaded, assignment.module, "old")
    there = conditions(assignment, LIMITS)
    assert there["checks"] == agreed["checks"]
    assert f"code is old there, {agreed['code']} here" in refusal(
        agreed, there
    )


def boxless(*arguments) -> Record:
    raise NoBox("user namespaces", "they are off", "switch them on")


def test_a_worker_without_a_box_is_named(assignment, machines, tmp_path):
    agreed = conditions(assignment, LIMITS)
    with pytest.raises(NoBox) as told:
        cluster_worker.grade_here(agreed, ABOUT, boxless, assignment)
    assert f"the worker on {agreed['machine']}" in str(told.value)
    assert "they are off" in str(told.value)
    assert "scratchgrade doctor" in told.value.mend
    machines.worker()
    with pytest.raises(NoBox, match="other"):
        Cluster(machines.address, assignment, LIMITS, backend="other")


def test_everything_in_a_records_environment_is_compared(assignment):
    """A wall, limit or version that records tell apart is told apart."""
    agreed = conditions(assignment, LIMITS)
    other = conditions(assignment, replace(LIMITS, call_seconds=6))
    assert "limits is {" in refusal(agreed, other)
    for name in agreed.keys() - {"machine"}:
        assert f"{name} is other there" in refusal(
            agreed, {**agreed, name: "other"}
        )


def test_a_record_comes_back_as_text_with_what_it_took(assignment, toy):
    data = toy.source(toy_course.NAME).read_bytes()
    arguments = data, assignment, KEY, "ada", LIMITS
    text = cluster_worker.grade_here(
        conditions(assignment, LIMITS), ABOUT, grade_one, *arguments
    )
    assert isinstance(text, str)
    assert Record.from_json(text) == grade_one(*arguments)
    assert Record.from_json(text).usage.seconds > 0


# --- clear refusals --------------------------------------------------------


def test_nobody_there_is_told_with_what_to_do(assignment):
    with pytest.raises(CourseError, match="no Dask scheduler answers at tcp"):
        cluster.connect("tcp://127.0.0.1:9", seconds=0.2)
    with pytest.raises(CourseError, match="no Dask scheduler answers at x"):
        Cluster("x://y", assignment, LIMITS)


def test_a_scheduler_without_workers_is_told(machines, assignment):
    with pytest.raises(CourseError, match="has had no worker for 1 s"):
        Cluster(machines.address, assignment, LIMITS, patience=1)


def test_a_worker_that_cannot_answer_is_named(machines):
    worker = machines.worker()
    with contextlib.closing(cluster.connect(machines.address)) as client:
        client.wait_for_workers(1, timeout=30)
        assert list(
            cluster.ask_workers(
                client, cluster_worker.try_box, LIMITS
            ).values()
        ) == [""]
        with pytest.raises(CourseError, match=r"worker tcp://\S+ cannot take"):
            cluster.ask_workers(client, int, "no number")
    assert worker.poll() is None


def test_the_command_tells_of_each_worker(
    machines, toy, assignment, monkeypatch, tmp_path
):
    ask = ["workers", toy_course.NAME, "--scheduler", machines.address]
    monkeypatch.chdir(toy.root)
    result = CliRunner().invoke(cli.app, ask)
    assert isinstance(result.exception, CourseError)
    assert "has no workers yet" in str(result.exception)
    machines.worker()
    with contextlib.closing(cluster.connect(machines.address)) as client:
        client.wait_for_workers(1, timeout=30)
        result = CliRunner().invoke(cli.app, ask)
        assert result.exit_code == 0, result.output
        assert "1 worker, 0 of which cannot grade" in result.output
        assert "as here" in result.output
        other_torch(tmp_path, machines)
        client.wait_for_workers(2, timeout=30)
    result = CliRunner().invoke(cli.app, ask)
    assert result.exit_code == 1
    assert "2 workers, 1 of which cannot grade" in result.output


def test_usage_survives_json_and_old_records_have_none(assignment):
    record = Record("a", "ada", "", "v", "k", {}, usage=Usage(1.5, 1 << 20))
    assert Record.from_json(record.to_json()).usage == Usage(1.5, 1 << 20)
    assert record == replace(record, usage=None)
    old = asdict(record)
    del old["usage"]
    assert Record.from_json(json.dumps(old)).usage is None
