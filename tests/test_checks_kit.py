"""The check kit: no check passes by accident, and a failure teaches."""

import doctest
import importlib
import random
import subprocess
import sys

import pytest

from scratchgrade.checks import kit
from scratchgrade.checks.compare import difference
from scratchgrade.checks.kit import (
    CheckFailed,
    CheckStopped,
    CourseError,
    Exercise,
    LocalCaller,
    Mistake,
    Session,
    Verdict,
    check,
    report,
)
from scratchgrade.checks.mistakes import explaining, revealing
from scratchgrade.protocol import StudentError


@pytest.fixture
def make(monkeypatch):
    """Make an exercise that is forgotten after the test."""
    monkeypatch.setattr(kit, "_REGISTRY", {})

    def make_exercise(run, needs=("double",), points=3):
        exercise = Exercise("99.1", "Doubling", needs, read="Chapter 99")
        exercise.check("doubles a number", points)(run)
        return exercise

    return make_exercise


def double(x):
    return 2 * x


def square(x):
    return x * x


def doubles(s: Session):
    s.agrees(
        "double",
        double,
        draw=lambda rng: (rng.randint(3, 99),),
        checked="twice a number",
        look="Multiply by two.",
        mistakes=[Mistake(square, "You squared it.")],
    )


def results_of(exercise, seed="seed", **answers):
    return exercise.run(LocalCaller(answers), seed)


def session(seed=0, **answers):
    return Session(LocalCaller(answers), random.Random(seed), read="Ch. 1")


def stopped(run, *args, **kwargs) -> kit.Diagnosis:
    """The diagnosis with which a comparison stops its check."""
    with pytest.raises(CheckStopped) as caught:
        run(*args, **kwargs)
    return caught.value.diagnosis


# Passing and failing


def test_a_right_answer_gets_the_points(make):
    (result,) = results_of(make(doubles), double=lambda x: x + x)
    assert (result.verdict, result.points) == (Verdict.PASSED, 3)
    assert result.diagnosis is None


def test_a_check_that_compares_nothing_is_our_error(make):
    exercise = make(lambda s: s.call("double", 1))
    with pytest.raises(CourseError, match="compared nothing"):
        results_of(exercise, double=double)


def test_agreeing_on_no_input_compares_nothing(make):
    exercise = make(
        lambda s: s.agrees("double", double, checked="it", look="there")
    )
    with pytest.raises(CourseError, match="compared nothing"):
        results_of(exercise, double=double)


def test_an_error_of_a_check_is_never_a_verdict(make):
    def broken(s):
        s.equal(1, 1, checked="one", look="one")
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        results_of(make(broken), double=double)


def test_one_failing_check_does_not_stop_the_next(make):
    exercise = make(doubles)
    exercise.check("doubles zero", 1)(
        lambda s: s.equal(
            s.call("double", 0), 0, checked="twice zero", look="zero"
        )
    )
    results = results_of(exercise, double=square)
    assert [r.verdict for r in results] == ["failed", "passed"]
    assert [r.points for r in results] == [0, 1]


# Same seed, same inputs


def test_a_seed_fixes_the_inputs_and_another_changes_them(make):
    exercise, seen = make(doubles), []

    def noting(x):
        seen.append(x)
        return 2 * x

    for seed in ("a", "a", "b"):
        results_of(exercise, seed, double=noting)
        seen.append(None)
    first, second, third = (
        " ".join(map(str, part)) for part in _split_at_none(seen)
    )
    assert first == second != third


def _split_at_none(values):
    part = []
    for value in values:
        if value is None:
            yield part
            part = []
        else:
            part.append(value)


def test_text_and_bytes_of_a_seed_are_the_same_seed(make):
    exercise = make(doubles)
    results = [
        results_of(exercise, seed, double=square) for seed in ("s", b"s")
    ]
    assert results[0] == results[1]


def test_two_checks_of_one_seed_draw_different_inputs(make):
    drawn = []
    exercise = make(
        lambda s: (
            drawn.append(s.rng.random()) or s.equal(1, 1, checked="", look="")
        )
    )
    exercise.check("another", 1)(exercise.checks[0].run)
    results_of(exercise)
    assert drawn[0] != drawn[1]


# Many draws, many inputs


def test_a_check_may_draw_often_and_tells_once(make):
    exercise, seen = make(lambda s: None), []

    def below(s):
        seen.append(s.rng.randint(0, 9))
        s.true(
            s.call("double", seen[-1]) < 10,
            checked=f"double({seen[-1]})",
            came_out="10 or more",
            look="less",
        )

    exercise.checks.clear()
    exercise.check("below ten", 3, draws=20)(below)
    (result,) = results_of(exercise, double=double)
    large = [x for x in seen if x > 4]
    assert len(seen) == 20
    assert result.points == 0
    assert result.diagnosis.checked == f"double({large[0]})"
    assert result.diagnosis.came_out == (
        f"10 or more (the first of {len(large)} of 20 draws that fail)"
    )
    (result,) = results_of(exercise, double=lambda x: 0)
    assert result.points == 3


def test_an_untouched_cell_is_drawn_once(make):
    exercise, calls = make(lambda s: None), []

    def unwritten_too(x):
        calls.append(x)
        raise NotImplementedError

    exercise.checks.clear()
    exercise.check("doubles", 3, draws=20)(doubles)
    results_of(exercise, double=unwritten_too)
    n_calls = len(calls)
    exercise.checks.clear()
    exercise.check("doubles", 3)(doubles)
    results_of(exercise, double=unwritten_too)
    assert len(calls) == 2 * n_calls


def test_results_of_many_inputs_are_one_diagnosis_about_the_smallest(make):
    s = session(f=lambda text: text.upper())
    cases = [("abc",), ("ABC",), ("xy",), ("abcd",)]

    def keeps(text):
        got = s.call("f", text)
        s.equal(got, text, checked=f"f({text!r})", look="Keep it.")

    told = stopped(s.over, cases, keeps, checked="f", look="?")
    assert told.checked == "f('xy')"
    assert told.came_out == (
        "3 of 4 inputs differ; the smallest: 'XY', expected 'xy'"
    )
    assert (told.look, told.read) == ("Keep it.", "Ch. 1")
    again = stopped(s.over, cases, keeps, checked="f", look="?")
    assert again == told
    s.over(cases[1:2], keeps, checked="f", look="?")


def test_an_error_on_some_inputs_is_one_of_the_diagnoses():
    s = session(f=lambda n: 10 // n)
    cases = [(0,), (5,), (0,)]

    def run(n):
        s.equal(s.call("f", n), 10 // n, checked=f"f({n})", look="")

    told = stopped(s.over, cases, run, checked="f of whole numbers", look="0")
    assert told.checked == "f of whole numbers"
    assert told.came_out.startswith("2 of 3 inputs differ; the smallest: your")
    assert "ZeroDivisionError" in told.came_out


# Lies


class Liar(list):
    def __eq__(self, other):
        return True

    def __len__(self):
        return 3

    def __iter__(self):
        return iter([2, 4, 6])

    __hash__ = None


class OneForAll(int):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = int.__hash__


@pytest.mark.parametrize("lie", [Liar([1]), [OneForAll(7)], OneForAll(3)])
def test_an_object_that_equals_everything_is_not_believed(lie):
    s = session(f=lambda: lie)
    stopped(s.equal, s.call("f"), [2, 4, 6], checked="it", look="there")


class NeverWrong:
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    "value", [NeverWrong(), (i for i in [1]), object, [NeverWrong()]]
)
def test_what_is_no_plain_value_is_an_error_of_the_student(value):
    with pytest.raises(StudentError, match="cannot be compared"):
        session(f=lambda: value).call("f")


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (True, 1),
        (1.0, 1),
        ("1", 1),
        (b"a", "a"),
        ([1, True], [1, 1]),
        ({"a": 1}, {"a": 1.0}),
        ({1}, [1]),
        (None, 0),
        ([], None),
    ],
)
def test_equal_values_of_another_type_are_not_the_same(got, want):
    s = session()
    diagnosis = stopped(s.equal, got, want, checked="it", look="there")
    assert "expected" in diagnosis.came_out


def test_a_tuple_is_as_good_as_a_list():
    session().equal([(1, 2), [3]], ((1, 2), (3,)), checked="", look="")


@pytest.mark.parametrize("got", [float("nan"), float("inf"), True, "1", None])
def test_what_is_no_number_near_another_is_far(got):
    stopped(session().close, got, 1.0, checked="it", look="there")


def test_near_means_within_the_tolerance():
    s = session()
    s.close(1 + 1e-10, 1.0, checked="it", look="there")
    stopped(s.close, 1 + 1e-8, 1.0, checked="it", look="there")


# Student code in trouble


def fails(x):
    raise ValueError("x is too large")


def test_an_error_is_shown_with_its_text(make):
    (result,) = results_of(make(doubles), double=fails)
    assert result.verdict is Verdict.FAILED
    assert "ValueError: x is too large" in result.diagnosis.came_out
    assert result.diagnosis.look == "Multiply by two."


def test_an_expected_error_counts_by_its_kind():
    def choosy(x):
        if x < 0:
            raise ValueError("negative")
        return x

    s = session(same=choosy, bold=lambda x: x, other=fails)
    wanted = {"given": [(1,), (-1,)], "checked": "it", "look": "below 0"}
    s.agrees("same", choosy, **wanted)
    diagnosis = stopped(s.agrees, "bold", choosy, **wanted)
    assert diagnosis.came_out == (
        "1 of 2 inputs differs; the smallest: "
        "-1 was returned, expected ValueError raised"
    )
    stopped(s.agrees, "other", choosy, **wanted)
    s.raises("ValueError", "same", -1, checked="below 0", look="")
    stopped(s.raises, "ValueError", "same", 1, checked="above 0", look="")
    stopped(s.raises, "KeyError", "same", -1, checked="below 0", look="")
    s.raises(
        "ValueError", "same", -1, says=["nega"], checked="below 0", look=""
    )
    told = stopped(
        s.raises, "ValueError", "same", -1, says=["-1"], checked="", look=""
    )
    assert told.came_out == "ValueError: negative: the text lacks '-1'"


def unwritten(x):
    raise NotImplementedError


def test_an_untouched_cell_is_told_what_to_do_once(make):
    exercise = make(doubles)
    exercise.check("doubles again", 1)(doubles)
    results = results_of(exercise, double=unwritten)
    text = report(exercise, results)
    assert text.count("Replace `raise NotImplementedError`") == 1
    assert text.count("as above") == 1


def test_arguments_are_copies_and_a_change_is_found():
    numbers = [3, 1, 2]

    def in_place(values):
        values.sort()
        return values

    s = session(keeps=sorted, changes=in_place, wrong=lambda v: v)
    assert s.call("changes", numbers) == [1, 2, 3]
    assert numbers == [3, 1, 2]
    s.unchanged("keeps", numbers, oracle=sorted, look="Use a copy.")
    diagnosis = stopped(
        s.unchanged, "changes", numbers, oracle=sorted, look="Use a copy."
    )
    assert diagnosis.look == "Use a copy."
    assert diagnosis.came_out == "item 0 is 1, expected 3"
    assert "right answer" in (
        stopped(
            s.unchanged, "wrong", numbers, oracle=sorted, look="Use a copy."
        ).look
    )


def test_a_class_is_built_and_driven():
    class Counter:
        def __init__(self, start):
            self.n = start

        def add(self, k):
            self.n += k
            return self.n

    s = session(Counter=Counter)
    calls = [("add", (1,)), ("add", (2,))]
    assert s.drive("Counter", (10,), calls) == [11, 13]
    cases = [calls, [], *[[("add", (i,))] for i in range(20)]]
    found = s.drives("Counter", (10,), cases)
    assert found == [[11, 13], [], *[[10 + i] for i in range(20)]]


def test_each_of_many_built_gets_arguments_of_its_own():
    class Keeper:
        def __init__(self, kept):
            self.kept = kept

        def add(self, x):
            self.kept.append(x)
            return list(self.kept)

    cases = [[("add", (i,))] for i in range(3)]
    found = session(Keeper=Keeper).drives("Keeper", ([7],), cases)
    assert found == [[[7, 0]], [[7, 1]], [[7, 2]]]


def test_every_result_comes_or_the_first_error():
    s = session(half=lambda x: 10 // x)
    assert s.every("half", [(n,) for n in (5, 2, 1)]) == [2, 5, 10]
    with pytest.raises(StudentError, match="ZeroDivisionError"):
        s.every("half", [(5,), (0,), ("",)])


def test_a_forged_list_of_answers_is_an_error_of_the_student():
    class Forger:
        def perform(self, name, order):
            return True

    s = Session(Forger(), random.Random(0))
    with pytest.raises(StudentError, match="not a list of 2 answers"):
        s.drive("Counter", (), [("add", (1,)), ("add", (2,))])
    with pytest.raises(StudentError, match="not a list of 1 answers"):
        s.drives("Counter", (), [[("add", (1,))]])


def test_ending_the_process_is_not_caught():
    def leave():
        raise SystemExit

    with pytest.raises(SystemExit):
        session(leave=leave).call("leave")


# Diagnosis


@pytest.mark.parametrize("name", ["arrays", "chances", "results", "tensors"])
def test_worked_examples_in_docstrings_are_true(name):
    module = importlib.import_module(f"scratchgrade.checks.{name}")
    result = doctest.testmod(module)
    assert result.failed == 0
    assert result.attempted or name == "arrays"


def test_a_diagnosis_has_three_parts_and_where_to_read(make):
    (result,) = results_of(make(doubles), double=lambda x: x)
    d = result.diagnosis
    assert d.checked.startswith("twice a number, double(")
    assert "expected" in d.came_out
    assert d.look == "Multiply by two."
    lines = str(d).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "Checked",
        "Came out",
        "Look at",
        "Read",
    ]
    assert lines[-1].endswith("Chapter 99")


def test_a_known_mistake_is_recognised(make):
    (result,) = results_of(make(doubles), double=square)
    assert result.diagnosis.look == "You squared it."


def test_a_mistake_must_explain_all_answers():
    """Two mistakes that meet on one input are not taken for each other."""
    s = session(f=lambda x: x * x if x < 5 else -1)
    diagnosis = stopped(
        s.agrees,
        "f",
        double,
        given=[(3,), (9,)],
        checked="twice",
        look="Multiply by two.",
        mistakes=[Mistake(square, "You squared it.")],
    )
    assert diagnosis.look == "Multiply by two."


def test_mistakes_that_fit_alike_are_not_guessed_between():
    s = session(f=square)
    twins = [Mistake(square, "one"), Mistake(lambda x: x**2, "two")]
    diagnosis = stopped(
        s.agrees,
        "f",
        double,
        given=[(3,)],
        checked="twice",
        look="Multiply by two.",
        mistakes=twins,
    )
    assert diagnosis.look == "Multiply by two."


def test_a_mistaken_value_may_be_computed_when_needed():
    s = session()
    mistakes = [Mistake(lambda: 1 / 0 == 0, "never asked for")]
    s.equal(1, 1, checked="", look="", mistakes=mistakes)
    mistakes = [Mistake(3, "three"), Mistake(lambda: 2 + 2, "four")]
    told = stopped(s.equal, 4, 5, checked="", look="", mistakes=mistakes)
    assert told.look == "four"
    told = stopped(s.close, 3.0, 5, checked="", look="", mistakes=mistakes)
    assert told.look == "three"


def cut_off(x):
    return min(2 * x, 190)


def a_number(rng):
    return (rng.randint(0, 99),)


def test_answers_come_one_by_one_and_an_error_stops_no_other():
    def moody(x):
        if x == 3:
            raise IndexError("three")
        return object() if x == 5 else [x]

    got = session(f=moody).answers("f", [(x,) for x in range(20)])
    assert [value for value, _ in got[:3]] == [[0], [1], [2]]
    assert (got[3][1].kind, got[3][1].message) == ("IndexError", "three")
    assert got[5][1].kind == "TypeError"
    assert "object" in got[5][1].message
    assert [value for value, _ in got[6:]] == [[x] for x in range(6, 20)]


@pytest.mark.parametrize(
    "reply", [None, [], [[]], [[True]], [[1, 2]], [[False, 1]], [5], "ab"]
)
def test_a_forged_reply_is_an_error_of_the_student(reply):
    class Forger:
        def perform(self, name, order):
            return reply

    s = Session(Forger(), random.Random(0))
    with pytest.raises(StudentError):
        s.answers("f", [(1,)])


def test_code_of_ours_borrows_the_students():
    def sum_of_two(function, x, y):
        return function(x) + function(y)

    s = session(f=square)
    assert s.lend("f", sum_of_two, 3, 4) == 25
    assert s.lend(double, sum_of_two, 3, 4) == 14


def test_inputs_are_drawn_until_every_mistake_has_erred():
    for seed in range(20):
        rng = random.Random(seed)
        cases = revealing(rng, a_number, double, [square, cut_off])
        assert len(cases) >= 3
        assert all(want == double(*args) for args, want in cases)
        for wrong in (square, cut_off):
            assert any(wrong(*args) != want for args, want in cases)


def test_inputs_that_are_given_come_first_and_count():
    given = [(0,), (1,), (99,)]
    cases = revealing(random.Random(0), a_number, double, [square], given)
    assert [args for args, _ in cases] == given
    given = [(0,), (2,)]  # here the two are alike
    cases = revealing(random.Random(0), a_number, double, [square], given)
    assert [args for args, _ in cases[:2]] == given
    assert any(square(*args) != want for args, want in cases[2:])


def test_a_mistake_that_never_errs_is_our_error():
    with pytest.raises(RuntimeError, match="do not reveal 1 wrong functions"):
        revealing(
            random.Random(0),
            a_number,
            double,
            [lambda x: x + x, square],
            tries=50,
        )


def test_mistakes_that_fit_so_far_are_told_apart_by_asking():
    """At 3 both add six; only more questions show which one it is."""
    mistakes = [Mistake(lambda x: x * 3, "three"), Mistake(square, "square")]
    asked = []

    def ask(args):
        asked.append(args)
        return square(*args)

    rng = random.Random(0)
    known = [((3,), 9), ((0,), 0)]
    found = explaining(mistakes, known, ask, lambda: a_number(rng))
    assert [m.look for m in found] == ["square"]
    assert len(asked) == 1
    assert len(explaining(mistakes, known, ask)) == 2
    never = explaining(mistakes, [*known, ((5,), 7)], ask, None)
    assert never == []


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        ([1, 2, 3], [1, 5, 3], "item 1 is 2, expected 5"),
        ([1, 2], [1, 2, 3], "the length is 2, expected 3: item 2, 3, is"),
        ([1, 2], [1], "the length is 2, expected 1: item 1, 2, is too much"),
        ([[1, 2]], [[1, 3]], "item 0 is [1, 2], expected [1, 3]"),
        (["1"], [1], "item 0: '1' of type str, expected 1 of type int"),
        ({"a": [1]}, {"a": [2]}, "under the key 'a': item 0 is 1"),
        ({}, {"a": 1}, "the key 'a' is missing"),
        ({"a": 1}, {}, "the key 'a' is too much"),
        (None, "x", "None, expected 'x' of type str"),
        ("a" * 90 + "b", "a" * 91, "at position 90"),
    ],
)
def test_a_difference_names_the_place(got, want, said):
    assert difference(got, want).startswith(said)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (list(range(5000)), list(range(1, 5001))),
        (["word"] * 5000, []),
        ("x" * 100_000, "y" * 100_000),
        ({i: i for i in range(5000)}, {i: i + 1 for i in range(5000)}),
        ([list(range(500))] * 9, [list(range(499))] * 9),
        ([10**4000], [1]),
    ],
)
def test_a_diagnosis_never_shows_a_whole_value(got, want):
    assert len(difference(got, want)) < 300
    s = session(f=lambda x: got)
    diagnosis = stopped(
        s.agrees, "f", lambda x: want, given=[(got,)], checked="", look=""
    )
    assert len(str(diagnosis)) < 600


# The notebook's side


def test_check_prints_the_report_and_passes(make, capsys):
    make(doubles)
    assert check("99.1", double) is None
    printed = capsys.readouterr().out
    assert "passed   doubles a number  3/3" in printed
    assert "3 of 3 points" in printed


def test_check_prints_the_report_and_raises(make, capsys):
    make(doubles)
    with pytest.raises(CheckFailed, match="1 of 1 checks"):
        check("99.1", square)
    printed = capsys.readouterr().out
    assert "Look at:  You squared it." in printed
    assert "0 of 3 points" in printed


def test_check_draws_other_inputs_for_another_seed(make, capsys):
    make(doubles)
    reports = []
    for seed in (0, 0, 1):
        with pytest.raises(CheckFailed):
            check("99.1", square, seed=seed)
        reports.append(capsys.readouterr().out)
    assert reports[0] == reports[1] != reports[2]


def test_check_says_which_answers_it_takes(make):
    make(doubles)
    with pytest.raises(TypeError, match=r"takes 1 answers \(double\), not 2"):
        check("99.1", double, square)
    with pytest.raises(KeyError, match=r"99[.]1"):
        check("99.2", double)


def test_a_failed_check_shows_no_traceback_in_a_notebook(make):
    lines = CheckFailed("1 of 5 checks")._render_traceback_()
    assert lines == ["1 of 5 checks"]


def test_a_report_keeps_the_spaces_of_quoted_text(make):
    text = "a  b   " * 12

    def compares(s):
        s.equal(s.call("double", text), "", checked=repr(text), look="?")

    exercise = make(compares)
    printed = report(exercise, results_of(exercise, double=lambda x: x))
    assert repr(text) in printed


def test_a_report_fits_a_page_of_79_columns(make):
    (*_, exercise) = (
        kit.Exercise("99.2", "Words", ("f",), "here"),
        make(
            lambda s: s.equal(
                1, 2, checked="one, " * 40, look="two words " * 40
            )
        ),
    )
    printed = report(exercise, results_of(exercise))
    assert max(map(len, printed.splitlines())) <= 79


def test_points_add_up_and_numbers_are_found(make):
    exercise = make(doubles, points=3)
    exercise.check("more", 2)(doubles)
    assert exercise.points == 5
    assert kit.exercise("99.1") is exercise


def test_an_assignment_lists_its_exercises_in_order():
    ids = [e.id for e in kit.exercises_of("01-tokenization")]
    assert ids == [f"1.{n}" for n in range(1, 11)]
    with pytest.raises(KeyError, match="01-tokenization"):
        kit.exercises_of("02-nothing")


def test_plain_checks_run_without_torch():
    code = (
        "import sys; from scratchgrade.checks import exercises_of;"
        "from scratchgrade.checks.kit import LocalCaller;"
        "(first, *_) = exercises_of('01-tokenization');"
        "first.run(LocalCaller({name: len for name in first.needs}), 's');"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr
