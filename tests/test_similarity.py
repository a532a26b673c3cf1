"""Similarity: finds a disguised copy, counts nothing that was given, and
says that it is a hint."""

import random
import re

import pytest
from fixtures import toy_course
from typer.testing import CliRunner

from scratchgrade import cli, similarity
from scratchgrade.checks.kit import CourseError
from scratchgrade.intake import Step
from scratchgrade.record import Record

NAME = toy_course.NAME
FORMS = [
    "for {v} in range({n}):\n        {w} = {w} + {v} * {n}",
    "while {v} < {n}:\n        {v} += {n}; {w}.append({v})",
    "if {v} in {w}:\n        return [{v}, {n}]",
    "{w} = [{v} ** {n} for {v} in {w} if {v} % {n}]",
    "try:\n        {v} = {w}[{n}]\n    except KeyError:\n        {v} = {n}",
    "{w}[{v}], {w}[{n}] = {w}[{n}], {w}[{v}]",
    "with open({v}) as {w}:\n        {v} = {w}.read()[:{n}]",
    "assert {v} <= {w} + {n}, {v}",
    "print(sorted({w}, key=lambda {v}: -{v} // {n}))",
]
GIVEN = "def given(text):\n" + "\n".join(
    f"    part_{i} = text[{i}:{i + 1}].upper().strip()" for i in range(60)
)


def program(seed: int, n_lines: int = 30) -> str:
    """Code of its own: the numbers make every line another one."""
    rng = random.Random(seed)
    lines = [
        rng.choice(FORMS).format(
            v=rng.choice("abcd"), w=rng.choice("xyz"), n=rng.randrange(10**6)
        )
        for _ in range(n_lines)
    ]
    return "def f(a, x):\n    " + "\n    ".join(lines)


def disguised(code: str) -> str:
    """Other names, comments and blank lines: what a copyist changes."""
    code = re.sub(r"\b([abcdxyz])\b", r"my_\1", code)
    return "# my own work\n\n" + code.replace("\n", "  # so\n\n")


def names(pairs) -> list[tuple[str, str]]:
    return [(p.first.student, p.second.student) for p in pairs]


def test_a_disguised_copy_comes_first_and_others_do_not_come():
    codes = {f"s{i}": program(i) for i in range(8)}
    codes["copyist"] = disguised(codes["s3"])
    pairs = similarity.compare(codes)
    assert names(pairs) == [("copyist", "s3")]
    assert pairs[0].share > 0.95


def test_a_part_is_a_part_and_is_marked():
    theirs, own = program(1), program(2)
    pairs = similarity.compare({"ada": theirs, "bob": own + "\n" + theirs})
    ((ada, bob),) = [(p.first, p.second) for p in pairs]
    assert ada.share > 0.95
    assert 0.4 < bob.share < 0.7
    assert "".join(text for text, _ in bob.parts) == own + "\n" + theirs
    marked = "".join(text for text, shared in bob.parts if shared)
    assert theirs[60:] in marked
    assert len(marked) < 0.75 * len(own + theirs)


def test_a_class_does_not_shift_the_marks():
    """copydetect 0.5 counts wrongly after the word `class`."""
    head = "class " + "A" * 50 + ":\n    pass\n\n\n"
    one, other = program(1), program(2)
    pairs = similarity.compare(
        {"ada": head + one, "bob": head.replace("A", "B") + other + one}
    )
    for side in (pairs[0].first, pairs[0].second):
        marked = "".join(text for text, shared in side.parts if shared)
        assert one[200:-200] in marked


def test_what_was_given_is_not_counted():
    codes = {"ada": f"{GIVEN}\n{program(1)}", "bob": f"{GIVEN}\n{program(2)}"}
    assert names(similarity.compare(codes)) == [("ada", "bob")]
    assert similarity.compare(codes, GIVEN) == []


def test_what_most_of_a_class_wrote_is_not_counted():
    usual = program(99)
    codes = {f"s{i}": usual + "\n" + program(i) for i in range(12)}
    assert similarity.compare(codes) == []
    few = dict(list(codes.items())[:4])
    assert len(similarity.compare(few)) == 6


def test_the_result_does_not_depend_on_the_order_of_students():
    codes = {f"s{i}": program(i % 5) for i in range(8)}
    backwards = dict(reversed(codes.items()))
    assert similarity.compare(codes) == similarity.compare(backwards)


@pytest.mark.parametrize(
    "code", ["", " \n", "(" * 5000, "'''" * 999, "\x00\x1b[31m", "é" * 4000]
)
def test_odd_code_is_no_accident(code):
    pairs = similarity.compare({"ada": code, "bob": code, "cem": program(1)})
    assert ("ada", "cem") not in names(pairs)


def a_record(student: str, code: str) -> Record:
    steps = [
        Step("setup", "locked", "from locked import cell"),
        Step("answer-1", "solution", code),
    ]
    return Record(NAME, student, student * 9, "v1", "k1", {}, steps=steps)


def test_only_solution_cells_are_compared_and_not_without_end():
    assert similarity.code_of(a_record("ada", "x = 1")) == (
        "# answer-1\nx = 1"
    )
    long = similarity.code_of(a_record("ada", "x" * 10**6))
    assert len(long) == similarity.MAX_CODE


# --- the page --------------------------------------------------------------


def test_the_page_says_that_it_is_no_evidence_and_runs_nothing():
    evil = program(1) + "\n    # <script>alert(1)</script>\x1b[31m"
    pairs = similarity.compare({"ada": evil, "bob": evil})
    page = similarity.similarity_page(NAME, pairs, 2)
    assert "A hint for a person, not evidence." in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "<mark>" in page
    (policy,) = re.findall(r'Policy" content="([^"]+)"', page)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.fixture
def command(tmp_path, monkeypatch):
    course = toy_course.make_course(tmp_path / "course")
    monkeypatch.chdir(course.root)

    def run(*codes: str):
        records = [a_record(f"s{i}", code) for i, code in enumerate(codes)]
        for record in records:
            course.store.save(record)
        if records:
            course.store.set_current(NAME, records)
        return CliRunner().invoke(cli.app, ["similarity", NAME])

    return run


def test_the_command_writes_the_page(command):
    done = command(program(1), program(2), disguised(program(1)))
    assert done.exit_code == 0, done.output
    assert "1 pair of 3 students" in done.output
    assert "not evidence" in done.output


def test_a_large_class_is_warned(command, monkeypatch):
    monkeypatch.setattr(similarity, "MANY", 2)
    done = command(program(1), program(2), program(3))
    assert "3 students are 3 pairs" in done.output


def test_nothing_to_compare_is_told(command):
    done = command()
    assert isinstance(done.exception, CourseError)
    assert "scratchgrade grade" in str(done.exception)
