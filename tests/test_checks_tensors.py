"""Checks of arrays: what differs is found and told, what is right passes."""

import itertools
import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchgrade.bank import parse_bank
from scratchgrade.checks import chances, kit
from scratchgrade.checks.arrays import apart, unequal
from scratchgrade.checks.calls import answer, generator, source
from scratchgrade.checks.compare import brief, difference, off, same
from scratchgrade.checks.kit import CheckStopped, LocalCaller, Mistake, Session
from scratchgrade.checks.tensors import odd_sizes
from scratchgrade.checks.trials import Version
from scratchgrade.limits import Limits
from scratchgrade.protocol import StudentError
from scratchgrade.sandbox import Box
from tests.fixtures import toy_tensors  # noqa: F401 (registers itself)
from tests.fixtures.toy_tensors_bank import BANK

TOLD = {"checked": "it", "look": "there"}


def session(seed=0, tensors=True, **answers):
    return Session(
        LocalCaller(answers),
        random.Random(seed),
        read="Ch. 1",
        tensors=tensors,
        seed=seed,
    )


def stopped(run, *args, **kwargs) -> kit.Diagnosis:
    with pytest.raises(CheckStopped) as caught:
        run(*args, **{**TOLD, **kwargs})
    return caught.value.diagnosis


# --- comparing arrays ------------------------------------------------------

shapes = st.lists(st.integers(0, 5), max_size=3).map(tuple)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed, shape, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@settings(max_examples=100)
@given(seeds, shapes, st.sampled_from(["float16", "float32", "float64"]))
def test_an_array_is_close_to_itself_and_uses_no_tolerance(seed, shape, dtype):
    x = drawn(seed, shape, dtype)
    assert apart(x, x.copy(), None, None) == ("", 0.0)
    assert same(x, x.copy())


@settings(max_examples=100)
@given(seeds, st.floats(0, 3), st.floats(1e-6, 1e6))
def test_the_ratio_is_the_largest_error_as_a_share_of_the_tolerance(
    seed, share, scale
):
    """An oracle by hand: the tolerance belongs to the largest number."""
    want = scale * drawn(seed, (2, 5))
    tolerance = 1e-12 + 1e-9 * np.abs(want).max()
    got = want.copy()
    got[1, 3] += share * tolerance
    text, ratio = apart(got, want)
    exact = abs(got[1, 3] - want[1, 3]) / tolerance
    assert ratio == pytest.approx(exact, rel=1e-6)
    assert bool(text) == (ratio > 1)
    assert not text or "(1, 3)" in text


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (np.zeros((2, 5, 12)), "shape (2, 5, 12), expected (2, 12, 5)"),
        (np.zeros((2, 12, 5), "float32"), "dtype float32, expected float64"),
        (np.zeros(()), "shape (), expected (2, 12, 5)"),
        (np.ones((2, 12, 5)), "120 of 120 numbers differ; the most, at "),
        (0.0, "0.0 of type float, expected an array of float64 and shape"),
        (None, "None, expected an array of float64"),
        ([[0.0]], "[[0.0]] of type list, expected an array"),
        ("x", "'x' of type str, expected an array"),
    ],
)
def test_shape_and_dtype_come_before_numbers(got, said):
    text, _ = off(got, np.zeros((2, 12, 5)))
    assert text.startswith(said)


def test_what_is_not_finite_is_told_by_name_and_place():
    want, got = np.zeros((2, 3)), np.zeros((2, 3))
    got[1, 2] = np.nan
    assert off(got, want)[0] == (
        "1 of 6 numbers is NaN; the first, at (1, 2), is nan, expected 0"
    )
    got[1, 2], got[0, 1] = np.inf, -np.inf
    assert off(got, want)[0].startswith("2 of 6 numbers are infinite; the fi")
    want[0, 1] = -np.inf
    assert "(1, 2)" in off(got, want)[0]
    got[1, 2] = 0
    assert off(got, want) == ("", 0.0)
    assert "infinite or NaN as expected" in off(np.zeros((2, 3)), want)[0]


def test_the_largest_difference_is_told_with_two_numbers():
    want, got = np.ones((2, 3)), np.ones((2, 3))
    got[0, 1], got[1, 0] = 1.5, -2
    assert off(got, want)[0] == (
        "2 of 6 numbers differ; the most, at (1, 0): -2, expected 1"
    )
    got = want + [[0, 0, 0], [0, 0, 1e-7]]
    assert off(got, want)[0].endswith("at (1, 2): 1.0000001, expected 1")


def test_whole_numbers_are_compared_exactly():
    want = np.arange(6).reshape(2, 3)
    got = want.copy()
    got[1, 1] += 1
    assert off(got, want)[0] == (
        "1 of 6 numbers differs; the first, at (1, 1), is 5, expected 4"
    )
    assert off(10**15 + 1, 10**15)[0]
    assert unequal(np.array([np.nan]), np.array([np.nan])) == ""


def test_numbers_and_arrays_of_one_number_are_alike():
    """numpy's scalars arrive as numbers, torch's as arrays."""
    for got, want in itertools.product((0.5, np.array(0.5)), repeat=2):
        assert off(got, want) == ("", 0.0)
    assert off(0.5, torch.tensor(0.5, dtype=torch.float64))[0] == ""
    assert off(np.array([0.5]), 0.5)[0].startswith("an array of float64")


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        ({"w": np.ones(2)}, {"w": np.zeros(2)}, "w: 2 of 2 numbers differ"),
        ({}, {"w": np.zeros(2)}, "the key 'w' is missing"),
        ({"w": np.ones(2), "v": 1}, {"w": np.ones(2)}, "the key 'v' is too"),
        ([np.ones(2)], [np.ones(2), np.ones(1)], "1 items, expected 2"),
        ([1.0, np.ones(2)], [1.0, np.ones(3)], "item 1: shape (2,), exp"),
        ((np.ones(2), {"w": 1.0}), (np.ones(2), {"w": 2.0}), "item 1: w: 1.0"),
    ],
)
def test_a_difference_inside_names_its_place(got, want, said):
    assert off(got, want)[0].startswith(said)


JUNK = [
    *(None, True, 1, 10**400, 1.0, math.nan, "x", b"x", [], {}, [None]),
    *([[1.0]], {"output": 1}, {"gradients": []}, (1, 2), {1: 2}),
    np.zeros(0),
    np.ones((2, 3), "int8"),
    np.full((2, 5), np.nan),
    np.ones((1,) * 20),
]


@pytest.mark.parametrize("want", [np.ones((2, 5)), 1.0, {"w": np.ones(2)}, []])
def test_whatever_comes_back_the_text_is_short(want):
    for got in JUNK:
        text, _ = off(got, want)
        number = isinstance(want, float) and type(got) in (int, float)
        assert bool(text) == (got != want if number else not same(got, want))
        assert len(text) < 300
        assert len(brief(got)) < 300


def test_a_known_mistake_of_numbers_is_recognised():
    s, x = session(), np.arange(6.0).reshape(2, 3)
    mistakes = [Mistake(x + 1, "You added one."), Mistake(2 * x, "Twice.")]
    told = stopped(s.close, 2 * x, x, mistakes=mistakes)
    assert told.look == "Twice."
    assert stopped(s.close, 3 * x, x, mistakes=mistakes).look == "there"


def test_a_session_keeps_the_largest_share_of_a_tolerance():
    s = session()
    s.close(1 + 3e-10, 1.0, **TOLD)
    s.close(np.array([1 + 1e-10]), np.array([1.0]), **TOLD)
    assert s.worst == pytest.approx(0.3, rel=1e-2)


# --- inputs ----------------------------------------------------------------


@given(st.integers())
def test_odd_shapes_all_differ_and_hold_a_batch_and_a_length_of_one(seed):
    plain, one_batch, one_token = odd_sizes(
        random.Random(seed), "BTDH", ones="BT"
    )
    assert len(set(plain.values())) == 4
    assert min(plain.values()) > 1
    for sizes, one in ((one_batch, "B"), (one_token, "T")):
        assert sizes.pop(one) == 1
        assert len(set(sizes.values())) == 3
        assert min(sizes.values()) > 1


def test_too_few_sizes_for_the_names_are_our_error():
    with pytest.raises(ValueError):
        odd_sizes(random.Random(0), "BTD", low=2, high=3)


def test_arrays_follow_from_the_seed():
    first, again, other = (session(n).normal(2, 3) for n in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    assert first.dtype == np.float64


# --- orders ----------------------------------------------------------------


def tanh_matmul(x, w):
    return torch.tanh(x @ w)


def test_inputs_arrive_as_tensors_only_where_the_exercise_says_so():
    kinds = {"f": lambda x: type(x).__name__}
    assert session(**kinds).call("f", np.ones(2)) == "Tensor"
    assert session(tensors=False, **kinds).call("f", np.ones(2)) == "ndarray"


def test_numbers_made_inside_have_the_precision_of_the_inputs():
    s = session(f=lambda x: x @ torch.ones(3))
    assert s.call("f", np.ones((2, 3))).dtype == np.float64
    assert torch.get_default_dtype() == torch.float32


def test_an_order_leaves_a_notebooks_random_numbers_alone():
    def f():
        return random.random(), np.random.rand(), torch.rand(1).item()

    s = session(f=f)
    before = random.getstate(), torch.get_rng_state()
    start = np.random.get_state()[1].tolist()
    first, second = s.call("f"), s.call("f")
    assert first == second
    assert session(1, f=f).call("f") != first
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert np.random.get_state()[1].tolist() == start


def test_a_gradient_is_that_of_finite_differences():
    s = session(f=tanh_matmul)
    x, w, g = s.normal(2, 3), s.normal(3, 4), s.normal(2, 4)
    output, gradients = s.gradient("f", x, w, cotangent=g)
    np.testing.assert_allclose(output, np.tanh(x @ w))
    for i, found in enumerate(gradients):
        numerical = s.numerical("f", x, w, cotangent=g, wrt=i)
        np.testing.assert_allclose(found, numerical, rtol=1e-8, atol=1e-10)


def test_a_wrong_backward_is_not_that_of_finite_differences():
    """The guard: a function whose own gradient is off by a factor."""

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0] ** 2

    s = session(f=Wrong.apply)
    x, g = s.normal(2, 3), s.normal(2, 3)
    told = stopped(
        s.close,
        s.gradient("f", x, cotangent=g).gradients[0],
        s.numerical("f", x, cotangent=g),
        rtol=1e-6,
    )
    assert told.came_out.startswith("6 of 6 numbers differ")


def test_gradients_may_be_asked_for_some_arguments_and_many_outputs():
    s = session(f=lambda x, y: (x * y, x.sum()))
    x, y, g = s.normal(3), s.normal(3), s.normal(3)
    found = s.gradient("f", x, y, cotangent=(g, np.array(2.0)), wrt=[0])
    np.testing.assert_allclose(found.gradients, [g * y + 2])


def test_a_gradient_that_does_not_flow_is_explained():
    s = session(f=lambda x: x.detach() * 2, g=lambda x: x[:1])
    x = s.normal(3)
    with pytest.raises(StudentError, match=r"no gradient.*\.detach\(\)"):
        s.gradient("f", x, cotangent=x)
    assert s.gradient("g", x, cotangent=x).gradients is None


class Affine(torch.nn.Module):
    def __init__(self, n_in, n_out, drop_rate=0.0):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(n_out, n_in))
        self.bias = torch.nn.Parameter(torch.zeros(n_out))
        self.drop = torch.nn.Dropout(drop_rate)

    def forward(self, x):
        return self.drop(x) @ self.weight.T + self.bias

    def twice(self, x):
        return 2 * self(x)


def affine_state(s, n_in=3, n_out=2):
    return {"weight": s.normal(n_out, n_in), "bias": s.normal(n_out)}


def test_a_module_is_loaded_run_and_differentiated():
    s = session(Affine=Affine)
    state, x, g = affine_state(s), s.normal(4, 3), s.normal(4, 2)
    ran = s.module("Affine", 3, 2, state=state, inputs=(x,), cotangent=g)
    np.testing.assert_allclose(
        ran.output, x @ state["weight"].T + state["bias"]
    )
    np.testing.assert_allclose(ran.gradients["weight"], g.T @ x)
    np.testing.assert_allclose(ran.gradients["bias"], g.sum(0))
    np.testing.assert_allclose(ran.input_gradients, [g @ state["weight"]])
    double = s.module("Affine", 3, 2, state=state, inputs=(x,), method="twice")
    np.testing.assert_allclose(double.output, 2 * ran.output)
    assert double.gradients is None


def test_a_module_is_called_again_and_again():
    class Running(Affine):
        """Keeps the sum of what it saw, as a cache keeps keys."""

        def __init__(self, *args):
            super().__init__(*args)
            self.reset()

        def reset(self):
            self.seen = 0

        def forward(self, x):
            self.seen = self.seen + super().forward(x)
            return self.seen

    s = session(Running=Running)
    state, x = affine_state(s), s.normal(1, 3)
    calls = [("__call__", (x,)), ("__call__", (x,)), ("reset", ())]
    calls.append(calls[0])
    output = s.module("Running", 3, 2, state=state, calls=calls).output
    np.testing.assert_allclose(output[1], 2 * output[0])
    assert output[2] is None
    np.testing.assert_array_equal(output[3], output[0])


def test_a_state_that_does_not_fit_says_names_and_shapes():
    s = session(Affine=Affine)
    state = {"weights": s.normal(2, 3), "bias": s.normal(3)}
    with pytest.raises(CheckStopped) as caught:
        s.module("Affine", 3, 2, state=state, inputs=(s.normal(1, 3),))
    assert caught.value.diagnosis.came_out == (
        "weights of shape (2, 3) is missing; bias has the shape (2,), "
        "expected (3,); weight is too much"
    )


def test_the_mode_is_set_and_dropout_is_the_same_for_both_sides():
    class Eager(Affine):
        """Draws more numbers when it is built."""

        def __init__(self, *args):
            super().__init__(*args)
            torch.rand(7)

    s = session(Affine=Eager)
    asked = {"state": affine_state(s), "inputs": (s.normal(5, 3),)}
    outputs = [
        s.module(who, 3, 2, 0.5, train=train, **asked).output
        for train in (True, False)
        for who in ("Affine", Affine)
    ]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[2], outputs[3])
    assert (outputs[0] != outputs[2]).any()


def test_what_is_no_module_is_told_so():
    s = session(Affine=lambda n: n)
    with pytest.raises(StudentError, match=r"int is no torch\.nn\.Module"):
        s.module("Affine", 3, inputs=())


def test_the_state_of_a_new_module():
    s = session(Affine=Affine)
    want = {"weight": (2, 3), "bias": (2,)}
    s.has_state("Affine", 3, 2, want=want, n_trainable=8, **TOLD)
    told = stopped(s.has_state, "Affine", 3, 2, want={"weight": (3, 2)})
    assert "weight has the shape (2, 3), expected (3, 2)" in told.came_out
    told = stopped(s.has_state, "Affine", 3, 2, want=want, n_trainable=6)
    assert told.came_out == "8 numbers are trained, expected 6"


def test_a_parameter_with_two_names_is_counted_once():
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Linear(3, 4, bias=False)
            self.b = torch.nn.Linear(3, 4, bias=False)
            self.b.weight = self.a.weight

    state = session(Tied=Tied).state("Tied")
    assert state.shapes == {"a.weight": (4, 3), "b.weight": (4, 3)}
    assert state.trainable == {"a.weight": 12}


# --- references and mistakes -----------------------------------------------


def test_the_mistake_that_explains_all_answers_is_told():
    mistakes = [
        Mistake(lambda x: x.mean(0), "Rows are not columns."),
        Mistake(lambda x: x.sum(-1), "You did not divide."),
        Mistake(lambda x: 1 / 0, "never"),
    ]

    def mean(x):
        return x.mean(-1)

    def told(f, cases):
        s = session(f=f)
        return stopped(s.matches, "f", mean, cases, mistakes=mistakes)

    cases = [(drawn(1, (2, 3)),), (drawn(2, (4, 5)),)]
    assert told(lambda x: x.sum(-1), cases).look == "You did not divide."
    assert told(lambda x: x.mean(0), cases).look == "Rows are not columns."
    both = told(lambda x: x.sum(-1) if len(x) == 2 else x[0] * 0, cases)
    assert both.look == "there"
    found = told(lambda x: x.sum(-1), cases)
    assert found.came_out.startswith(
        "2 of 2 inputs differ; the smallest: 2 of"
    )
    assert found.checked == "it: array(2, 3)"
    session(f=mean).matches("f", mean, cases, **TOLD)


def test_an_error_on_one_input_is_told_with_its_line():
    def fragile(x):
        return x[:, 2]

    s = session(f=fragile)
    cases = [(drawn(1, (2, 2)),), (drawn(2, (2, 3)),)]
    told = stopped(s.matches, "f", lambda x: x[:, -1], cases)
    assert "1 of 2 inputs differs" in told.came_out
    assert "IndexError" in told.came_out
    assert "return x[:, 2]" in told.came_out


def test_a_reference_that_raises_is_our_error():
    s = session(f=lambda x: x)
    with pytest.raises(RuntimeError, match="of ours raised ZeroDivision"):
        s.matches("f", lambda x: 1 / 0, [(np.ones(2),)], **TOLD)


def test_the_smallest_input_that_fails_is_shown():
    s = session(f=lambda x: x if len(x) < 3 else -x)
    cases = [(np.ones(n),) for n in (9, 4, 2, 5)]
    told = stopped(s.matches, "f", lambda x: x, cases)
    assert told.checked == "it: array(4,)"
    assert told.came_out.startswith("3 of 4 inputs differ; the smallest: 4 of")


def test_a_property_is_told_with_the_input_that_breaks_it():
    s = session(f=lambda x: x.softmax(0))

    def rows_sum_to_one(x):
        sums = s.call("f", x).sum(-1)
        return "" if np.allclose(sums, 1) else f"a row sums to {sums[0]:.3g}"

    cases = [(np.zeros((2, 2)),), (np.zeros((2, 5)),)]
    told = stopped(s.holds, rows_sum_to_one, cases)
    assert told.checked == "it: array(2, 5)"
    assert told.came_out == (
        "1 of 2 inputs differs; the smallest: a row sums to 2.5"
    )


# --- training --------------------------------------------------------------


def test_trajectories_part_at_a_step():
    s, want = session(), [{"w": np.full(2, float(n))} for n in range(5)]
    got = [*want[:3], {"w": np.array([3.0, 9.0])}, want[4]]
    s.follows(want, want, **TOLD)
    told = stopped(s.follows, got, want)
    assert told.came_out == (
        "they part at step 4 of 5: w: 1 of 2 numbers differs; the most, at "
        "(1): 9, expected 3"
    )
    mistakes = [Mistake(lambda: got, "You did.")]
    assert stopped(s.follows, got, want, mistakes=mistakes).look == "You did."
    for junk in JUNK:
        stopped(s.follows, junk, want)


def test_an_optimiser_follows_pytorchs():
    s = session(Adam=torch.optim.Adam)
    weights = [s.normal(3), s.normal(2, 2)]
    gradients = [[s.normal(3), s.normal(2, 2)] for _ in range(3)]
    path = s.optimise("Adam", 0.1, weights=weights, gradients=gradients)
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer = torch.optim.Adam(parameters, 0.1)
    for step, found in zip(gradients, path, strict=True):
        for p, g in zip(parameters, step, strict=True):
            p.grad = torch.tensor(g)
        optimizer.step()
        for p, w in zip(parameters, found, strict=True):
            np.testing.assert_allclose(w, p.detach().numpy())


def test_a_step_is_iterated_with_its_result_or_on_what_it_changes():
    def step(w, g):
        return w - g

    def in_place(w, g):
        w -= g

    s = session(step=step, in_place=in_place)
    steps = [(np.array([1.0]),), (np.array([2.0]),)]
    start = np.array([5.0])
    found = s.iterate("step", start, steps=steps, carry=True)
    assert [result.tolist() for result, _ in found] == [[4.0], [2.0]]
    found = s.iterate("in_place", start, steps=steps, watch=(0,))
    assert [seen[0].tolist() for _, seen in found] == [[4.0], [2.0]]
    assert start == 5


def test_an_argument_that_is_changed_is_told_by_its_number():
    def right(x, ids, model=None):
        return [[*ids, 0], x - x.max()]

    def fills(x, ids, model=None):
        x[0, 1:].fill_(-torch.inf)

    def turns(x, ids, model=None):
        x.t_()

    def extends(x, ids, model=None):
        ids.append(0)

    s = session(right=right, fills=fills, turns=turns, extends=extends)
    args = np.array([[1.5, 0.25]]), [7, 8]
    s.keeps("right", *args)
    s.keeps("right", *args, source("def model(): pass", "model"))
    s.keeps("right", *args, model=generator("torch", 1))
    assert s.comparisons == 6
    for name, n, came_out, look in (
        ("fills", 1, "1 of 2 numbers differs; the first, at (0, 1), is -inf, "
                     "expected 0.25", "`masked_fill` in place of"),
        ("turns", 1, "shape (2, 1), expected (1, 2)", "what ends in _"),
        ("extends", 2, "the length is 3, expected 2: item 2, 0, is too much",
         "in place of `x.append(y)`"),
    ):  # fmt: skip
        with pytest.raises(CheckStopped) as caught:
            s.keeps(name, *args)
        told = caught.value.diagnosis
        assert told.checked == f"argument {n} of {name} after the call"
        assert told.came_out == came_out
        assert look in told.look
        with pytest.raises(CheckStopped) as caught:
            s.keeps(name, *args, look="There.")
        assert caught.value.diagnosis.look == "There."


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        ([[1, 2, 3, 4, 5, 6, 7]], [[1, 2, 3, 4, 5, 6, 8]], "item 0: item 6 "),
        ((np.ones(2),), (np.zeros(2),), "item 0: 2 of 2 numbers differ; the "
         "first, at (0), is 1, expected 0"),
        ([np.ones(2)], [np.ones(3)], "item 0 is array(2,), expected array(3"),
    ],
)  # fmt: skip
def test_items_that_look_alike_are_told_apart(got, want, said):
    assert difference(got, want).startswith(said)


# --- chance ----------------------------------------------------------------


def exact_tail(n, p, threshold):
    """P(divergence > threshold), over every outcome of n draws."""
    total = 0.0
    for counts in itertools.product(range(n + 1), repeat=len(p) - 1):
        if sum(counts) > n:
            continue
        counts = (*counts, n - sum(counts))
        if chances.divergence(dict(enumerate(counts)), dict(enumerate(p))) > (
            threshold
        ):
            log = math.lgamma(n + 1) + sum(
                c * math.log(q) - math.lgamma(c + 1)
                for c, q in zip(counts, p, strict=True)
            )
            total += math.exp(log)
    return total


@pytest.mark.parametrize("rate", [1e-1, 1e-3, 1e-9])
@pytest.mark.parametrize(
    ("n", "p"),
    [
        (1, (0.5, 0.5)),
        (20, (0.5, 0.5)),
        (60, (0.99, 0.01)),
        (300, (0.3, 0.7)),
        (30, (0.2, 0.3, 0.5)),
        (40, (0.001, 0.009, 0.99)),
    ],
)
def test_a_right_sampler_is_failed_at_most_at_the_rate(n, p, rate):
    """Exactly, by adding up every outcome: no limit of many draws."""
    assert exact_tail(n, p, chances.limit(len(p), rate)) <= rate


@pytest.mark.parametrize("rate", [1e-1, 1e-3, 1e-9])
@pytest.mark.parametrize("q", [0.6, 0.9, 0.999, 0.2])
def test_a_wrong_sampler_is_missed_at_most_at_the_rate(q, rate):
    p, wrong = (0.5, 0.5), (q, 1 - q)
    n = chances.draws_to_tell(p, wrong, rate)
    threshold, missed = chances.limit(2, rate), 0.0
    for c in range(n + 1):
        counts = {0: c, 1: n - c}
        if chances.divergence(counts, dict(enumerate(p))) <= threshold:
            log = math.lgamma(n + 1) - math.lgamma(c + 1)
            log += c * math.log(q) + (n - c) * math.log1p(-q)
            missed += math.exp(log - math.lgamma(n - c + 1))
    assert missed <= rate


def chi_square_above(n, x):
    """P(chi-square of n degrees > x), n even: a sum of Poisson terms."""
    half = x / 2
    return math.fsum(
        math.exp(-half + k * math.log(half) - math.lgamma(k + 1))
        for k in range(n // 2)
    )


@pytest.mark.parametrize("rate", [1e-1, 1e-3, 1e-9])
@pytest.mark.parametrize("n", [10, 100, 1000])
def test_the_limits_of_a_spread_hold_for_normal_numbers(n, rate):
    mean, low, high = chances.spread_limits(n, rate)
    assert math.erfc(mean * math.sqrt(n / 2)) <= rate / 2
    assert chi_square_above(n, n * high) <= rate / 4
    if low > 0:
        assert 1 - chi_square_above(n, n * low) <= rate / 4 + 1e-12


def test_chernoffs_information_of_two_known_laws():
    """Of laws that share one outcome in k: log of the share, at either end."""
    a, b = {0: 0.25, 1: 0.75}, {1: 0.75, 2: 0.25}
    assert chances.chernoff(a, b) == pytest.approx(-math.log(0.75))
    assert chances.chernoff({0: 1.0}, {1: 1.0}) == math.inf
    fair, biased = {0: 0.5, 1: 0.5}, {0: 0.75, 1: 0.25}
    best = min(
        math.log(0.5**x * 0.75 ** (1 - x) + 0.5**x * 0.25 ** (1 - x))
        for x in np.linspace(0, 1, 100_001)
    )
    assert chances.chernoff(fair, biased) == pytest.approx(-best, rel=1e-6)


def test_a_sampler_is_judged_by_its_law():
    law = [0.1, 0.2, 0.7]
    mistakes = [
        Mistake([1 / 3] * 3, "uniform"),
        Mistake([0.7, 0.2, 0.1], "reversed"),
    ]
    n = max(chances.draws_to_tell(law, m.value) for m in mistakes)
    for told, weights in ((None, law), *((m.look, m.value) for m in mistakes)):
        s = session(f=lambda weights, rng: rng.choices(range(3), weights)[0],
                    tensors=False)  # fmt: skip
        draws = s.repeat("f", weights, generator("random", 5), times=n)
        asked = {"n": n, "mistakes": mistakes}
        if told is None:
            s.drawn_from(draws, law, **asked, **TOLD)
        else:
            found = stopped(s.drawn_from, draws, law, **asked)
            assert found.look == told
            assert f"of {n:,}, expected" in found.came_out


@pytest.mark.parametrize("junk", [*JUNK, [0] * 99, [[0], {}] * 50])
def test_draws_that_are_none_fail(junk):
    stopped(session().drawn_from, junk, [0.5, 0.5], n=100)
    stopped(session().spread, junk, 0.0, 1.0, n=100)


def test_an_impossible_draw_is_told_at_once():
    told = stopped(session().drawn_from, [0, 1, 7, 0], [0.5, 0.5], n=4)
    assert told.came_out == "7 was drawn 1 times of 4, its probability is 0"


def test_too_few_draws_to_tell_a_mistake_are_our_error():
    with pytest.raises(ValueError, match="draw at least 4,913 times"):
        session().drawn_from(
            [0, 1], [0.5, 0.5], n=2, mistakes=[Mistake([0.6, 0.4], "")], **TOLD
        )
    with pytest.raises(ValueError, match="do not tell"):
        session().spread(
            np.zeros(50), 0, 1, n=50, mistakes=[Mistake((0, 1.1), "")], **TOLD
        )


def test_the_spread_of_new_weights():
    s = session()
    mistakes = [Mistake((0, 0.04), "variance"), Mistake((0.1, 0.2), "moved")]
    asked = {"mistakes": mistakes, "n": 2000}
    s.spread(0.2 * s.normal(40, 50), 0, 0.2, **asked, **TOLD)
    uniform = s.numbers.uniform(-1, 1, 2000) * 0.2 * 3**0.5
    s.spread(uniform, 0, 0.2, **asked, **TOLD)
    told = stopped(s.spread, 0.04 * s.normal(40, 50), 0, 0.2, **asked)
    assert told.look == "variance"
    assert "of 2,000 numbers, expected about 0 and 0.2" in told.came_out
    told = stopped(s.spread, 0.1 + 0.2 * s.normal(40, 50), 0, 0.2, **asked)
    assert told.look == "moved"


def test_equal_draws_start_from_fresh_arguments():
    def spoils(x):
        x += 1
        return x

    found = session(f=spoils).repeat("f", np.zeros(2), times=3)
    assert found.tolist() == [[1, 1]] * 3


# --- counts ----------------------------------------------------------------


def ask_each(f, n):
    return [f(i) for i in range(n)]


def ask_pairs(f, n):
    return [f(i) for i in range(n) for _ in range(n)]


IDENTITY = source("def f(x): return x", "f")


def test_calls_of_an_argument_are_counted_exactly():
    s = session(once=ask_each, often=ask_pairs, tensors=False)
    assert s.count("once", IDENTITY, 7).calls == {"f": 7}
    assert s.count("often", IDENTITY, 7).calls == {"f": 49}


def test_work_that_grows_too_fast_is_told_with_counts():
    s = session(once=ask_each, often=ask_pairs, tensors=False)

    def measure(name):
        return lambda n: s.count(name, IDENTITY, n).calls["f"]

    asked = {"most": 2.2, "unit": "calls"}
    s.grows(measure("once"), 8, **asked, **TOLD)
    told = stopped(s.grows, measure("often"), 8, **asked)
    assert told.came_out == (
        "64 calls for 8, 256 for 16: 4.0 times, at most 2.2 times expected"
    )


def test_lines_of_the_students_code_are_counted():
    def sums(numbers):
        total = 0
        for number in numbers:
            total += number
        return total

    s = session(f=sums, tensors=False)
    ten, twenty = (s.count("f", list(range(n))).lines for n in (10, 20))
    assert twenty - ten == 20  # the head of the loop, and its body


def test_operations_and_allocated_numbers_are_counted():
    def attend(q, k, v):
        return torch.softmax(q @ k.T, -1) @ v

    def in_rows(q, k, v):
        return torch.stack([attend(row[None], k, v)[0] for row in q])

    s = session(whole=attend, rows=in_rows)
    q, k, v = s.normal(7, 2), s.normal(11, 2), s.normal(11, 3)
    whole, rows = (s.count(name, q, k, v) for name in ("whole", "rows"))
    assert whole.operations["mm"] == 2
    assert whole.functions["torch.softmax"] == 1
    assert whole.largest == 7 * 11
    assert whole.allocated == 2 * 7 * 11 + 7 * 3  # views are none
    assert rows.largest == 7 * 3
    assert rows.operations["mm"] == 14
    np.testing.assert_allclose(whole.result, rows.result)


def test_calls_of_a_module_are_counted_too():
    def run(model, x, n):
        for _ in range(n):
            x = model(x)
        return x

    s = session(run=run)
    model = source("import torch\nF = torch.nn.Identity", "F", 1)
    assert s.count("run", model, np.ones(2), 3).calls == {"Identity": 3}


def test_a_students_argument_may_have_any_name():
    s = session(f=lambda thing, name: thing - name, tensors=False)
    assert s.call("f", thing=3, name=1) == 2


def test_another_answer_can_be_an_argument():
    s = session(twice=lambda f, x: f(f(x)), inner=lambda x: x + 1)
    assert s.call("twice", answer("inner"), 1) == 3


# --- tests that students write ---------------------------------------------


def version(label, body):
    return Version(label, source(f"def f(x): return {body}", "f"), f"{label}?")


GOOD = [version("doubled", "2 * x"), version("added", "x + x")]
BAD = [version("squared", "x * x"), version("off", "2 * x + (x > 9)")]


def trial(test):
    s = session(test=test, tensors=False)
    s.notices("test", good=GOOD, bad=BAD, **TOLD)


def test_a_test_that_accepts_good_and_refuses_bad_passes():
    def by_assert(f):
        assert [f(1), f(20)] == [2, 40]

    trial(by_assert)
    trial(lambda f: [f(1), f(20)] == [2, 40])


@pytest.mark.parametrize(
    ("test", "said", "look"),
    [
        (lambda f: f(2) == 4, "2 of 2 wrong implementations pass", "squared?"),
        (lambda f: f(1) == 2, "1 of 2 wrong implementations passes your test: "
                              "off", "off?"),
        (lambda f: f(20) == 0, "your test refuses right code (doubled)",
         "doubled?"),
        (lambda f: 1 / 0, "refuses right code (doubled): ZeroDiv", "doubled?"),
        (lambda f: None, "2 of 2 wrong implementations pass", "squared?"),
    ],
)  # fmt: skip
def test_a_test_that_misjudges_is_told_what(test, said, look):
    with pytest.raises(CheckStopped) as caught:
        trial(test)
    assert said in caught.value.diagnosis.came_out
    assert caught.value.diagnosis.look == look


def test_a_test_that_counts_its_calls_does_not_pass():
    """Who knows that the good come first learns nothing from that."""
    calls = []

    def counting(f):
        calls.append(f)
        return len(calls) <= len(GOOD)

    with pytest.raises(CheckStopped):
        trial(counting)


# --- the toy exercises, in a notebook and in the box -----------------------

TOYS = [f"98.{n}" for n in range(1, 7)]


@pytest.fixture(scope="module")
def box():
    limits = Limits(submission_seconds=300)
    with Box(limits, preload=("torch", "numpy")) as made:
        yield made


@pytest.mark.parametrize("number", TOYS)
def test_the_diagnosis_in_a_notebook_is_that_of_grading(number, box):
    exercise = kit.exercise(number)
    right, *_, wrong = parse_bank(BANK[number], number)
    for given_answer in (right, wrong):
        box.run_cell("answer", given_answer.source)
        namespace = {}
        exec(given_answer.source, namespace)
        here = exercise.run(LocalCaller(namespace), b"secret")
        there = exercise.run(box, b"secret")
        assert [(r.verdict, r.diagnosis) for r in here] == [
            (r.verdict, r.diagnosis) for r in there
        ]
        assert given_answer.correct == all(r.points for r in here)


class Forger:
    """A box that returns whatever it likes."""

    def __init__(self, value):
        self.value = value

    def perform(self, name, order):
        return self.value


EXERCISES = [
    exercise.id
    for name, module in kit.STAGES.values()
    if module.startswith("scratchgrade.")
    for exercise in kit.exercises_of(name)
]


@pytest.mark.parametrize("number", [*TOYS, *EXERCISES])
def test_a_forged_reply_earns_nothing_and_breaks_no_check(number):
    parts = {"output": 1, "gradients": 2, "input_gradients": 3}
    parts |= {"shapes": 4, "trainable": 5, "values": 6, "result": 7}
    parts = [parts, *(dict.fromkeys(parts, x) for x in (None, {}, ["a"]))]
    parts.append(dict.fromkeys(parts[0], np.ones(3)))
    lists = [[x] * n for x in (None, {}, np.ones(3)) for n in range(1, 7)]
    for value in [*JUNK, *lists, *parts]:
        results = kit.exercise(number).run(Forger(value), "seed")
        assert not any(r.points for r in results), value
