"""The bank of answers, and the guard that runs it."""

import doctest
import io
import json
import math
import random
import shutil

import pytest
from rich.console import Console
from typer.testing import CliRunner

from scratchgrade import bank as banks
from scratchgrade import mutants
from scratchgrade.checks import kit
from scratchgrade.cli import app
from tests.fixtures import toy_tensors
from tests.fixtures.toy_tensors_bank import BANK

ASSIGNMENT = "01-tokenization"
EXERCISES = [ex.id for ex in kit.exercises_of(ASSIGNMENT)]
SOLUTIONS = banks.ROOT.glob("solutions/*/*.ipynb")
ASSIGNMENTS = sorted(path.parent.name for path in SOLUTIONS)
ALL = [(n, ex.id) for n in ASSIGNMENTS for ex in kit.exercises_of(n)]


# The course's own answers


@pytest.mark.parametrize(("assignment", "exercise"), ALL)
def test_right_answers_pass_and_wrong_ones_hear_their_own_message(
    assignment, exercise
):
    report = mutants.calibrate(
        assignment, seeds=50, wrong_seeds=5, progress=False, only=(exercise,)
    )
    assert report.rows
    assert report.problems == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_notebook_answers_all_and_its_docstring_examples_are_true(
    assignment,
):
    answers = banks.notebook_answers(assignment)
    exercises = [e.id for e in kit.exercises_of(assignment)]
    assert [answer.exercise for answer in answers] == exercises
    assert sum(examples_in(answer.source) for answer in answers) > 0


def test_the_stretch_part_equals_brute_force():
    path = banks.ROOT / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    names = {"answer-1-9", "stretch-1"}
    namespace = {"__name__": "answer"}
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in names:
            names.remove(cell["metadata"]["nbgrader"]["grade_id"])
            source = "".join(cell["source"])
            exec(source, namespace)
            examples_in(source)
    assert not names
    pieces = {"a": -1.0, "b": -2.0, "ab": -2.5, "ba": -2.75, "aba": -4.0}
    paths = namespace["n_best"]("ababc", pieces, 10**6, -20.0)
    together = math.fsum(math.exp(score) for _, score in paths)
    assert namespace["log_likelihood"]("ababc", pieces, -20.0) == (
        pytest.approx(math.log(together))
    )
    assert namespace["log_likelihood"]("ab" * 500, pieces, -20.0) < -800
    rng, n = random.Random(1), 20_000
    drawn = [
        tuple(namespace["sample"]("ababc", pieces, -20.0, rng))
        for _ in range(n)
    ]
    for path, score in paths:
        share = math.exp(score) / together
        five_sigma = 5 * math.sqrt(share * (1 - share) / n)
        assert abs(drawn.count(tuple(path)) / n - share) < five_sigma


def examples_in(source: str) -> int:
    """Run the examples in the docstrings of a cell; how many there are."""
    namespace = {"__name__": "answer"}
    exec(source, namespace)
    runner, failures = doctest.DocTestRunner(verbose=False), io.StringIO()
    for name, thing in list(namespace.items()):
        if getattr(thing, "__module__", "") == "answer" and thing.__doc__:
            test = doctest.DocTestParser().get_doctest(
                thing.__doc__, dict(namespace), name, None, 0
            )
            runner.run(test, out=failures.write)
    assert runner.failures == 0, failures.getvalue()
    return runner.tries


JUNK = r"""
None|True|float("nan")|10**400|"x"|b"x"|"\ud800"|[]|{}|{1: 2}|[None]|[[1]]
[[1, 2]]|[(["a"], None)]|[([], "x")]|[(["a"], 10**400)]|[("a", None)]
(i for i in [])|object()|[[None, None]] * 3|["ab"]|[("uniform", 10**400)]
"""


@pytest.mark.parametrize("exercise", EXERCISES)
def test_whatever_comes_back_a_check_fails_and_does_not_break(exercise):
    for value in JUNK.strip().replace("\n", "|").split("|"):
        source = "".join(
            f"def {name}(*args): return {value}\n"
            if name[0].islower()
            else f"class {name}:\n"
            "    def __init__(self, *args): pass\n"
            f"    def __getattr__(self, name): return lambda *a: {value}\n"
            for name in kit.exercise(exercise).needs
        )
        results = mutants.judge(source, exercise, 0)
        points = sum(result.points for result in results)
        assert points < kit.exercise(exercise).points / 2, value


# Answers of arrays


@pytest.fixture(scope="module")
def tensor_bank(tmp_path_factory):
    root = tmp_path_factory.mktemp("tensors")
    toy_tensors.write_bank(root)
    return root


@pytest.mark.parametrize("exercise", list(BANK))
def test_tensor_checks_hold_on_many_seeds(exercise, tensor_bank):
    report = mutants.calibrate(
        toy_tensors.NAME,
        200,
        False,
        wrong_seeds=5,
        only=(exercise,),
        root=tensor_bank,
    )
    assert report.problems == []
    right = [row for row in report.rows if row.answer.correct]
    assert [row.seeds for row in right] == [200, 200]
    assert all(row.ratio <= 0.01 for row in right), "float64 leaves room"


def test_processes_that_share_the_work_give_the_same_report(
    tensor_bank, monkeypatch
):
    monkeypatch.setattr(mutants, "CHUNK", 2)
    asked = {"wrong_seeds": 3, "only": ("98.3",), "root": tensor_bank}
    one, two = (
        mutants.calibrate(toy_tensors.NAME, 5, False, workers=n, **asked)
        for n in (1, 2)
    )
    assert one == two
    assert {row.seeds for row in one.rows} == {3, 5}


def change_bank(root, number, change):
    folder = root / "solutions" / toy_tensors.NAME / "bank"
    folder.mkdir(parents=True)
    path = folder / f"{number.replace('.', '_')}.py"
    path.write_text(change(BANK[number]), encoding="utf-8")
    return mutants.calibrate(
        toy_tensors.NAME, 2, False, only=(number,), root=root
    ).problems


def test_an_array_near_the_edge_of_its_tolerance_is_reported(tmp_path):
    sloppy = "    return weights @ v * (1 + 9e-10)\n"
    problems = change_bank(
        tmp_path,
        "98.1",
        lambda text: text.replace("    return weights @ v\n", sloppy, 1),
    )
    (found,) = [p for p in problems if "by_hand" in p]
    assert found.startswith("98.1 by_hand: uses ")
    assert found.endswith("at most 50% is safe")


def test_an_answer_that_is_sent_into_the_box_is_reported(tmp_path):
    shown = (
        "\n# %% correct: shown\ndef check_softmax(softmax):\n"
        "    x = torch.ones(2, 3)\n"
        "    assert softmax(x).sum() == 2, 'rows sum to one'\n"
    )
    version = toy_tensors.GOOD[0]
    source = version.made["source"]
    version.made["source"] = source + shown.replace("# %%", "#")
    try:
        problems = change_bank(tmp_path, "98.6", lambda text: text + shown)
    finally:
        version.made["source"] = source
    assert any(
        p.startswith("98.6: its checks send the answer of 98.6 into the box:")
        for p in problems
    )


def test_a_property_that_a_constant_has_is_reported(tmp_path, monkeypatch):
    exercise = kit.exercise("98.3")

    def steady(s):
        both = s.call("softmax", s.normal(2)), s.call("softmax", s.normal(2))
        s.true(
            type(both[0]) is type(both[1]), checked="", came_out="", look=""
        )

    checks = [*exercise.checks, kit.Check("steady", 1, steady)]
    monkeypatch.setattr(exercise, "checks", checks)
    problems = change_bank(tmp_path, "98.3", lambda text: text)
    assert (
        "98.3: the check 'steady' is passed by code that always gives None"
        in problems
    )


# The guard itself: each thing that it must catch


RIGHT = """
import math

def bytes_per_token(texts, encodings):
    return sum(len(t.encode()) for t in texts) / sum(map(len, encodings))

def fertility(texts, encodings):
    return sum(map(len, encodings)) / sum(len(t.split()) for t in texts)

def rank_models(text, losses):
    n_bytes = len(text.encode())
    bits = {k: sum(v) / math.log(2) / n_bytes for k, v in losses.items()}
    return sorted(bits.items(), key=lambda item: item[1])
"""
WRONG = RIGHT.replace(".encode()", "")
SAYS = "You count characters"


@pytest.fixture
def bank(tmp_path):
    """A copy of one bank that can be spoilt; returns what calibrate says."""
    folder = tmp_path / "solutions" / ASSIGNMENT / "bank"
    folder.mkdir(parents=True)
    path = folder / "1_10.py"
    shutil.copy(
        banks.ROOT / "solutions" / ASSIGNMENT / "bank" / "1_10.py", path
    )

    def problems(change=lambda text: text):
        path.write_text(
            change(path.read_text(encoding="utf-8")), encoding="utf-8"
        )
        return mutants.calibrate(
            ASSIGNMENT, 3, False, only=("1.10",), root=tmp_path
        ).problems

    problems.path = path
    return problems


def test_a_sound_bank_has_no_problems(bank):
    assert bank() == []


def test_a_wrong_answer_that_survives_is_reported(bank):
    block = f"\n# %% wrong: survivor\n# why: none\n# says: never\n{RIGHT}"
    assert "1.10 survivor: survives 5 of 5 seeds" in bank(lambda t: t + block)


def test_a_right_answer_that_fails_is_reported(bank):
    found = bank(lambda text: text + f"\n# %% correct: not_so\n{WRONG}")
    assert any("not_so: fails on 3 of 3 seeds" in p for p in found)
    assert any(SAYS in p for p in found), "with what it was told"


def test_a_wrong_answer_without_its_message_is_reported(bank):
    (found,) = bank(lambda text: text.replace(SAYS, "You count sheep"))
    assert "is not told 'You count sheep' on 5 of 5 seeds" in found


def test_a_message_that_others_hear_too_is_reported(bank):
    found = bank(lambda text: text.replace(SAYS, "Chapter 1"))
    assert len(found) > 5
    assert all("belongs to another answer: 'Chapter 1'" in p for p in found)


def test_two_answers_with_one_message_are_reported(bank):
    block = f"\n# %% wrong: twin\n# why: w\n# says: {SAYS}\n{WRONG}"
    found = bank(lambda text: text + block)
    assert f"1.10: 2 wrong answers share the message {SAYS!r}" in found


def test_too_few_answers_are_reported(bank):
    def keep(text):
        head, *blocks = text.split("# %% ")
        right = [b for b in blocks if b.startswith("correct")][:1]
        wrong = [b for b in blocks if b.startswith("wrong")][:4]
        return "# %% ".join([head, *right, *wrong])

    found = bank(keep)
    assert any("1.10: 1 correct answers, at least 2" in p for p in found)
    assert "1.10: 4 wrong answers, at least 5" in found


def test_a_check_that_no_wrong_answer_fails_is_reported(bank):
    def keep(text):
        head, *blocks = text.split("# %% ")
        return "# %% ".join(
            [
                head,
                *(
                    b
                    for b in blocks
                    if "worst" not in b
                    and "ranked_by" not in b
                    and "not_sorted" not in b
                    and "losses_replaced" not in b
                ),
            ]
        )

    assert bank(keep) == [
        "1.10: no wrong answer fails the check "
        "'the ranking does not depend on the tokenizer'"
    ]


def test_a_bank_of_an_unknown_exercise_is_reported(bank):
    shutil.copy(bank.path, bank.path.with_name("1_99.py"))
    assert bank() == ["1.99: has answers, but there is no such exercise"]


def test_a_right_answer_near_the_edge_of_a_tolerance_is_reported(bank):
    close = RIGHT.replace("v) / math", "v) * (1 + 8e-10) / math")
    (found,) = bank(lambda text: text + f"\n# %% correct: sloppy\n{close}")
    assert found.startswith("1.10 sloppy: uses 8")


def test_the_report_shows_every_answer_and_every_problem(bank, tmp_path):
    bank(lambda text: text.replace(SAYS, "You count sheep"))
    report = mutants.calibrate(
        ASSIGNMENT, 2, False, only=("1.10",), root=tmp_path
    )
    console = Console(file=io.StringIO(), width=120)
    mutants.print_report(report, console)
    shown = console.file.getvalue()
    assert not report.ok
    assert all(row.answer.name in shown for row in report.rows)
    assert "is not told 'You count sheep'" in shown
    assert "2 correct and 14 wrong answers: problems: 1" in shown


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["one"], 1)])
def test_the_command_fails_when_something_does_not_hold(
    monkeypatch, problems, code
):
    asked = []

    def calibrate(*args, **kwargs):
        asked.append((args, kwargs))
        return mutants.Report(ASSIGNMENT, [], problems)

    monkeypatch.setattr(mutants, "calibrate", calibrate)
    done = CliRunner().invoke(
        app, ["calibrate", ASSIGNMENT, "--seeds", "7", "--workers", "2"]
    )
    assert done.exit_code == code
    assert asked == [((ASSIGNMENT, 7), {"workers": 2})]


# Reading and judging


def test_a_bank_is_read_block_by_block():
    text = "# A bank.\n\n# %% correct: one way\nx = 1\n\n"
    text += "# %% wrong: off\n# why: because\n# says: look here\n# y\nx = 2\n"
    assert banks.parse_bank(text, "1.3") == [
        banks.Answer("1.3", "one way", True, "x = 1\n\n"),
        banks.Answer(
            "1.3", "off", False, "# y\nx = 2\n", "because", "look here"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# %% right: a\nx\n", "start it with"),
        ("# %% correct:\nx\n", "start it with"),
        ("# %% wrong: a\n# why: w\nx\n", "must have .'says', 'why'."),
        ("# %% correct: a\n# says: s\nx\n", r"must have \[\]"),
        ("# %% correct: a\nx\n# %% correct: a\ny\n", "same name"),
    ],
)
def test_a_malformed_bank_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        banks.parse_bank(text, "1.3")


def test_the_notebooks_own_answers_are_read_by_their_grade_id(tmp_path):
    folder = tmp_path / "solutions" / "x"
    folder.mkdir(parents=True)

    def cell(kind, label, *source):
        metadata = {"nbgrader": {"grade_id": label}} if label else {}
        return {"cell_type": kind, "metadata": metadata, "source": source}

    cells = [
        cell("markdown", "statement-1-10", "text"),
        cell("code", "", "setup"),
        cell("code", "answer-1-10", "x = 1\n", "y = 2"),
        cell("code", "check-1-10", "check()"),
    ]
    (folder / "x.ipynb").write_text(json.dumps({"cells": cells}))
    assert banks.notebook_answers("x", tmp_path) == [
        banks.Answer("1.10", "the notebook's", True, "x = 1\ny = 2")
    ]


def test_an_answer_that_does_not_run_fails_every_check():
    for source, error in (("def f(:", "SyntaxError"), ("1 / 0", "ZeroDiv")):
        results = mutants.judge(source, "1.10", 0)
        assert len(results) == 5
        assert all(error in str(result.diagnosis) for result in results)


def test_what_an_answer_prints_is_swallowed(capsys):
    loud = RIGHT.replace("    n_bytes", "    print('loud')\n    n_bytes")
    results = mutants.judge("print('top')\n" + loud, "1.10", 0)
    assert all(result.points for result in results)
    assert capsys.readouterr().out == ""
