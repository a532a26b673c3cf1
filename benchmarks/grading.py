"""How many submissions a minute, beside `nbgrader autograde`?

    python benchmarks/grading.py                two assignments, both graders
    python benchmarks/grading.py --class 1000   a made-up class, ours alone

The first grades the same right answers twice in one run, in turns: with
`scratchgrade`, all walls up, through its store, and with plain nbgrader, one
process a core on a course of its own. It writes benchmarks/grading.json;
benchmarks/README.md tells the figures with their conditions. The second
grades right, wrong, hanging, crashing and unreadable work.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch starts

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import psutil

from scratchgrade import run
from scratchgrade.bank import variants
from scratchgrade.checks import kit
from scratchgrade.course import Course
from scratchgrade.grade import Assignment
from scratchgrade.intake import parse_release
from scratchgrade.limits import Limits
from scratchgrade.store import Store

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.append(str(ROOT / "instructor" / "class"))

import make_class  # noqa: E402

STAGE_1 = "01-tokenization"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "plain"
c.Exchange.root = "exchange"
"""


# --- submissions -----------------------------------------------------------


def material() -> make_class.Material:
    """What stage 1's submissions are made from."""
    course = Course(ROOT)
    return make_class.Material(
        STAGE_1,
        json.loads(course.assignment(STAGE_1).release),
        kit.exercises_of(STAGE_1),
        variants(STAGE_1, ROOT),
    )


def different(data: bytes, i: int) -> bytes:
    """The same work with a remark of its own: other bytes, other hash."""
    notebook = json.loads(data)
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name.startswith("answer"):
            cell["source"] = f"# Student {i}\n" + "".join(cell["source"])
            break
    return json.dumps(notebook).encode()


def write(folder: Path, works: list[bytes]) -> dict[str, Path]:
    """Files as students hand them in, by student."""
    folder.mkdir()
    paths = {f"s{i:05}": folder / f"{i}.ipynb" for i in range(len(works))}
    for path, work in zip(paths.values(), works, strict=True):
        path.write_bytes(work)
    return paths


# --- ours ------------------------------------------------------------------


class Memory(threading.Thread):
    """The most memory that the trusted processes held, together."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most: dict[int, int] = {}
        self.together, self.over = 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            held = 0
            for process in trusted():
                try:
                    held += process.memory_full_info().pss
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
            self.together = max(self.together, held)


def trusted() -> list[psutil.Process]:
    """The driver and its workers; a box is a child of a worker."""
    driver = psutil.Process()
    found = [driver]
    for child in driver.children():
        try:
            if "multiprocessing" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def grade(
    assignment: Assignment,
    submissions: dict[str, Path],
    folder: Path,
    workers: int,
    limits: Limits,
) -> tuple[list, float, int]:
    """Records, seconds, bytes; the pool's and the boxes' start included."""
    memory, started = Memory(), time.perf_counter()
    memory.start()
    try:
        summary = run.grade_class(
            Store(folder), assignment, submissions, limits, workers
        )
    finally:
        memory.over.set()
    return summary.records, time.perf_counter() - started, memory.together


# --- nbgrader --------------------------------------------------------------


def nbgrader_course(folder: Path, name: str, source: dict) -> None:
    """A course of nbgrader's own, with the release in its gradebook."""
    path = folder / "source" / name
    path.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    (path / f"{name}.ipynb").write_text(json.dumps(source))
    done = nbgrader(folder, "generate_assignment", name).wait()
    if done:
        raise RuntimeError((folder / "log").read_text()[-2000:])


def nbgrader(folder: Path, *arguments: str) -> subprocess.Popen:
    with (folder / "log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PYTHONPATH": f"{HERE}{os.pathsep}{ROOT}",
                "JUPYTER_CONFIG_DIR": str(folder / "none"),
            },
            stdout=log,
            stderr=log,
        )


def autograde(
    folder: Path, name: str, source: dict, works: list[bytes], workers: int
) -> tuple[list[float], float]:
    """Scores, and seconds for all; each process has its share of students."""
    courses = [folder / f"nbgrader-{i}" for i in range(workers)]
    for i, course in enumerate(courses):
        nbgrader_course(course, name, source)
        for j, work in enumerate(works[i::workers]):
            path = course / "submitted" / f"s{i}-{j}" / name
            path.mkdir(parents=True)
            (path / f"{name}.ipynb").write_bytes(work)
    started = time.perf_counter()
    processes = [nbgrader(course, "autograde", name) for course in courses]
    codes = [process.wait() for process in processes]
    seconds = time.perf_counter() - started
    if any(codes):
        raise RuntimeError((courses[0] / "log").read_text()[-2000:])
    return [s for course in courses for s in scores(course, name)], seconds


def scores(course: Path, name: str) -> list[float]:
    """What nbgrader's gradebook says of its own, without manual points."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return [
            sum(n.auto_score or 0 for n in submission.notebooks[0].grades)
            for submission in book.assignment_submissions(name)
        ]


# --- both, in turns --------------------------------------------------------


def stage_1() -> tuple[Assignment, dict, list[bytes]]:
    made = material()
    source = ROOT / "solutions" / STAGE_1 / f"{STAGE_1}.ipynb"
    works = [make_class.Notebook(made).solve(i).bytes() for i in (0, 1)]
    assignment = Course(ROOT).assignment(STAGE_1)
    return assignment, json.loads(source.read_text("utf-8")), works


def stage_4() -> tuple[Assignment, dict, list[bytes]]:
    """nbgrader's kernel has to be told where the checks of this one are."""
    import attention_course  # and torch: stage 1 is graded without it

    told = f"import attention_course\n{attention_course.SETUP}"
    answer = attention_course.ANSWER
    solution = f"### BEGIN SOLUTION\n{answer}### END SOLUTION"
    work = attention_course.notebook(attention_course.SETUP, answer)
    return (
        attention_course.assignment(),
        attention_course.notebook(told, solution),
        [json.dumps(work).encode()],
    )


def compare(
    title: str, assignment, source, works, n_ours, n_nbgrader, workers, turns
) -> dict:
    """Submissions a minute of both; every one of them must be right."""
    most = sum(cell.points for cell in parse_release(assignment.release)
               if cell.role == "check")  # fmt: skip
    ours, theirs, together = [], [], 0
    for turn in range(turns):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            many = [different(works[i % len(works)], i) for i in range(n_ours)]
            records, seconds, memory = grade(
                assignment,
                write(folder / "in", many),
                folder / "grading",
                workers,
                Limits(),
            )
            wrong = [r for r in records if r.points != most]
            assert not wrong, wrong[0]
            ours.append(60 * n_ours / seconds)
            together = max(together, memory)
            found, seconds = autograde(
                folder, assignment.name, source, many[:n_nbgrader], workers
            )
            assert found == [most] * n_nbgrader, found
            theirs.append(60 * n_nbgrader / seconds)
        print(
            f"  turn {turn + 1}: scratchgrade {ours[-1]:,.0f}, "
            f"nbgrader {theirs[-1]:.1f} a minute",
            flush=True,
        )
    return {
        "what": title,
        "scratchgrade": max(ours),
        "scratchgrade, lowest": min(ours),
        "nbgrader": max(theirs),
        "nbgrader, lowest": min(theirs),
        "ratio": max(ours) / max(theirs),
        "graded a turn": [n_ours, n_nbgrader],
        "trusted memory, MiB": together / 2**20,
    }


def conditions(workers: int) -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "workers": str(workers),
        **{name: version(name) for name in ("nbgrader", "torch")},
    }


# --- a class ---------------------------------------------------------------


def made_up_class(n: int) -> list[bytes]:
    """Work of every kind: most answers right, many wrong, few that stop."""
    made, rng = material(), random.Random(0)
    by_exercise = {
        e.id: ([], []) for e in made.exercises
    }  # right and wrong answers
    for answer in made.answers:
        by_exercise[answer.exercise][not answer.correct].append(answer.source)
    works = []
    for i in range(n):
        kind, notebook = rng.random(), make_class.Notebook(made)
        for exercise in made.exercises:
            wrong = rng.random() < 0.3
            source = rng.choice(by_exercise[exercise.id][wrong])
            notebook.answer(exercise, source)
        work = different(notebook.bytes(), i)
        if kind < 0.01:
            work = different(make_class.loop_in_call(made), i)
        elif kind < 0.015:
            work = different(make_class.loop_in_cell(made), i)
        elif kind < 0.025:
            work = different(make_class.segfault_in_cell(made), i)
        elif kind < 0.03:
            work = make_class.truncated(made)[: -i - 1]
        works.append(work)
    return works


def simulate(n: int, workers: int) -> None:
    """Grade a class, and tell time, rate, memory and what is ungraded."""
    assignment = Course(ROOT).assignment(STAGE_1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        submissions = write(folder / "in", made_up_class(n))
        idle = psutil.Process().memory_full_info().pss
        records, seconds, memory = grade(
            assignment, submissions, folder / "grading", workers, Limits()
        )
    counts = Counter(e.verdict for r in records for e in r.exercises)
    lost = [r.student for r in records if r.refused in run.OURS]
    missing = submissions.keys() - {r.student for r in records}
    print(f"{n} submissions in {seconds:.0f} s: {60 * n / seconds:,.0f} a min")
    print(f"verdicts of their exercises: {dict(counts)}")
    print(f"not readable: {sum(bool(r.refused) for r in records)}")
    print(
        f"trusted processes: at most {memory / 2**20:.0f} MiB together, "
        f"{idle / 2**20:.0f} MiB of it the idle driver's"
    )
    print(f"ungraded: {len(missing)}; lost with their worker: {len(lost)}")
    if missing or lost:
        raise SystemExit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--class", type=int, dest="n_students")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.n_students:
        simulate(options.n_students, options.workers)
        return
    found = {"conditions": conditions(options.workers), "rates": []}
    few = 10 if options.quick else 1
    for title, made, n_ours, n_nbgrader in (
        ("stage 1, ten exercises", stage_1, 240, 8),
        ("stage 4's size, ten checks with gradients", stage_4, 240, 8),
    ):
        print(title, flush=True)
        found["rates"].append(
            compare(
                *[title, *made(), n_ours // few, n_nbgrader],
                *[options.workers, 1 if options.quick else options.turns],
            )
        )
    print("\n| a minute | scratchgrade | nbgrader autograde | ratio |")
    print("| --- | --- | --- | --- |")
    for rate in found["rates"]:
        print(
            f"| {rate['what']} | {rate['scratchgrade']:,.0f} "
            f"| {rate['nbgrader']:.1f} | {rate['ratio']:.0f} |"
        )
    if not options.quick:
        path = HERE / "grading.json"
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
