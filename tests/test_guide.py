"""The instructor's guide: what it shows is what happens, from first to last.

Every command in it is run, in order, in a course with thirty made-up
students, and the output it shows is compared; `...` stands for what differs.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from fixtures import guide_course
from fixtures.guide_course import NAME
from nbgrader.api import Gradebook

from scratchgrade.cli import app

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "instructor" / "grading-guide.md"
TEXT = GUIDE.read_text("utf-8")

# What is shown and not run; anything else must run, or the test fails.
NOT_RUN = [
    "git clone ADDRESS-OF-THIS-REPOSITORY course",
    "cd course",
    "make setup",
    ". .venv/bin/activate",
    "jupyter lab",
]
WAITING = ("s02", "s03", "s04")  # a person must look at their exercises
BLOCK = re.compile(
    r"(?P<mark><!-- not run: [^\n]+ -->\n)?```(?P<kind>[^\n]*)\n"
    r"(?P<body>.*?)^```$",
    re.S | re.M,
)


@dataclass
class Step:
    """A command of the guide, and the lines shown below it."""

    command: str
    shown: list[str]
    runs: bool


def steps(text: str) -> list[Step]:
    """The commands in a text's blocks, in order.

    Raises:
        ValueError: if a block is of a kind in which commands could hide.
    """
    found = []
    for block in BLOCK.finditer(text):
        first, *_ = lines = block["body"].splitlines()
        if block["kind"] not in ("console", "sh") or first[:2] != "$ ":
            raise ValueError(f"a block that cannot be run: {first}")
        for line in lines:
            if line.startswith("$ "):
                found.append(Step(line[2:], [], not block["mark"]))
            else:
                found[-1].shown.append(line)
    return found


def matches(shown: list[str], output: str) -> bool:
    """Whether an output is as shown; a line `...` is any number of lines."""
    pattern = ""
    for line in shown:
        if line == "...":
            pattern += r"(?:[^\n]*\n)*"
        else:
            parts = map(re.escape, line.split("..."))
            pattern += r"[^\n]*".join(parts) + r"\n"
    return re.fullmatch(pattern, output) is not None


def enter_scores(course: Path) -> None:
    """What a person does in formgrader: read the answers to the question."""
    database = f"sqlite:///{course / 'grading' / 'gradebook.db'}"
    with Gradebook(database) as book:
        for who in set(guide_course.students()) - set(WAITING):
            grade = book.find_grade("explain-1", NAME, NAME, who)
            grade.manual_score, grade.needs_manual_grade = 8.0, False
        book.db.commit()


def run(step: Step, course: Path) -> subprocess.CompletedProcess:
    """Run one command of scratchgrade as a shell would."""
    program, *arguments = shlex.split(step.command)
    assert program == "scratchgrade", f"not run and not marked: {step.command}"
    return subprocess.run(
        [sys.executable, "-m", "scratchgrade.cli", *arguments],
        cwd=course,
        env={**os.environ, "COLUMNS": "100", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the box is Linux's")
def test_every_command_does_what_the_guide_shows(tmp_path):
    guide_course.make_course(tmp_path)
    for step in steps(TEXT):
        if not step.runs:
            if step.command == "jupyter lab":
                enter_scores(tmp_path)
            continue
        done = run(step, tmp_path)
        told = f"$ {step.command}\n{done.stdout}"
        assert done.returncode == 0, told
        shown = "\n".join(step.shown)
        assert matches(step.shown, done.stdout), f"{told}\nshown:\n{shown}"
    page = tmp_path / "grading" / "feedback" / "s01" / NAME
    assert list(page.iterdir()), "no feedback for the first student"


def test_what_is_not_run_is_known():
    assert [s.command for s in steps(TEXT) if not s.runs] == NOT_RUN


def test_no_command_hides_outside_the_blocks_that_run():
    """An option or a command that the prose names must exist."""
    group = typer.main.get_command(app)
    options = {
        name
        for command in group.commands.values()
        for each in (command, *getattr(command, "commands", {}).values())
        for parameter in each.params
        for name in [*parameter.opts, *parameter.secondary_opts]
    }
    prose = BLOCK.sub("", TEXT)
    named = re.findall(r"`([^`\n]+)`", prose)
    assert {w for n in named for w in n.split() if w[:2] == "--"} <= options
    first = [n.split()[1] for n in named if n.startswith("scratchgrade ")]
    assert set(first) <= set(group.commands)
    assert not re.search(r"^ {4}\S", prose, re.M), "an indented block"


def test_the_guide_says_all_that_is_not_defended():
    last = TEXT.rpartition("What is not defended")[2].casefold()
    for weakness in (
        "kernel", "timing", "someone else", "jupyter", "--unsafe-no-sandbox",
        "processors", "cgroups", "polled",
    ):  # fmt: skip
        assert weakness in last, weakness


def test_the_guide_is_read_in_ten_minutes():
    assert len(TEXT.split()) <= 2000


def test_links_lead_somewhere():
    for page in (GUIDE, GUIDE.with_name("README.md")):
        for link in re.findall(r"\]\(([^):#]+)\)", page.read_text("utf-8")):
            there = page.parent / link
            found = there.exists() or there.with_suffix(".md").exists()
            assert found, f"{page.name}: {link}"


# --- the test's own guards -------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        (["30 rows"], "30 rows\n", True),
        (["30 rows"], "29 rows\n", False),
        (["30 rows"], "30 rows\nand more\n", False),
        (["30 rows"], "", False),
        (["...", "last"], "a\nb\nlast\n", True),
        (["...", "last"], "a\nb\n", False),
        (["in ... s, 3"], "in 1.5 s, 3\n", True),
        (["in ... s, 3"], "in 1.5 s, 4\n", False),
        ([], "", True),
        ([], "a word\n", False),
    ],
)
def test_a_difference_in_the_fixed_parts_is_seen(shown, output, same):
    assert matches(shown, output) is same


def test_a_block_that_could_hide_commands_is_refused():
    for kind in ("", "bash", "text"):
        with pytest.raises(ValueError, match="cannot be run"):
            steps(f"```{kind}\n$ scratchgrade verify\n```\n")
    with pytest.raises(ValueError, match="cannot be run"):
        steps("```sh\nscratchgrade verify\n```\n")


def test_only_the_mark_keeps_a_block_from_running():
    block = "```sh\n$ scratchgrade verify\n```\n"
    mark = "<!-- not run: it is a test -->\n"
    assert [s.runs for s in steps(block + mark + block)] == [True, False]
