"""Sampling: properties of distributions first, never of single samples, then
`transformers` as oracle, then worked examples. Everything in float64, with
sizes that are all different unless equal sizes are the trap."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from scratchlm.sampling import (
    check_logits,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    next_token_probabilities,
    penalize_repetition,
    sample,
    scale_temperature,
)

B, T, V = 2, 5, 97
INF = torch.inf
BELOW_ONE = math.nextafter(1.0, 0.0)
CUTS = {
    "top_k": lambda logits: keep_top_k(logits, 3),
    "top_p": lambda logits: keep_top_p(logits, 0.6),
    "min_p": lambda logits: keep_min_p(logits, 0.2),
    "temperature": lambda logits: scale_temperature(logits, 0.7),
    "greedy": lambda logits: scale_temperature(logits, 0.0),
}
ALL_CUTS = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())


def draw(*shape, seed=0, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return scale * noise


def logits_of(*probabilities):
    return torch.tensor(probabilities, dtype=torch.float64).log()


def kept(logits):
    """The ids that are not refused, of one row."""
    return logits.isfinite().nonzero().flatten().tolist()


def examples(n):
    return settings(max_examples=n, deadline=None)


# --- every function, every row by itself -----------------------------------


@ALL_CUTS
def test_leading_shapes_are_rows_of_their_own(cut):
    logits = draw(2, 3, V)
    together = cut(logits)
    assert together.shape == logits.shape
    for i in range(2):
        for j in range(3):
            assert_close(together[i, j], cut(logits[i, j]))


@ALL_CUTS
def test_thresholds_belong_to_rows_even_when_batch_equals_vocabulary(cut):
    """A threshold of shape (B,) would broadcast over the columns here."""
    logits = draw(5, 5)
    assert_close(cut(logits), torch.stack([cut(row) for row in logits]))


@ALL_CUTS
def test_what_is_refused_stays_refused(cut):
    logits = draw(B, V)
    logits[0, ::2], logits[1, 3:] = -INF, -INF
    assert (cut(logits)[logits == -INF] == -INF).all()
    assert not cut(logits).isnan().any()


@ALL_CUTS
def test_the_input_is_not_changed(cut):
    logits = draw(B, V)
    before = logits.clone()
    cut(logits)
    assert_close(logits, before, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["top_k", "top_p", "min_p"])
def test_what_is_kept_keeps_its_logits_and_so_its_odds(name):
    logits = draw(B, V)
    cut = CUTS[name](logits)
    assert ((cut == logits) | (cut == -INF)).all()
    assert 1 <= len(kept(cut[0])) < V


@pytest.mark.parametrize("name", ["top_k", "top_p", "min_p"])
def test_the_most_probable_token_is_always_kept(name):
    for seed in range(20):
        logits = draw(V, seed=seed, scale=seed / 4)
        assert logits.argmax() in kept(CUTS[name](logits))


# --- temperature -----------------------------------------------------------


def test_temperature_acts_on_logits_not_on_probabilities():
    logits, temperature = draw(B, V), 0.7
    right = (logits / temperature).softmax(-1)
    wrong = logits.softmax(-1) / temperature
    made = next_token_probabilities(logits, temperature)
    assert_close(made, right)
    assert (made - wrong / wrong.sum(-1, keepdim=True)).abs().max() > 0.01


def test_temperature_raises_odds_to_a_power():
    odds = next_token_probabilities(logits_of(0.8, 0.2), temperature=0.5)
    assert_close(odds[0] / odds[1], torch.tensor(16.0).double())  # 4 ** 2


def test_temperature_zero_is_one_hot_on_the_lowest_of_tied_ids():
    logits = torch.tensor([[1.0, 3.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    made = next_token_probabilities(logits, temperature=0.0)
    assert made.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-50, 5e-324])
def test_a_falling_temperature_tends_to_greedy(dtype, temperature):
    logits = draw(B, V).to(dtype)
    greedy = next_token_probabilities(logits, temperature=0.0)
    made = next_token_probabilities(logits, temperature=temperature)
    assert_close(made, greedy)
    tied = torch.tensor([2.0, 1.0, 2.0], dtype=dtype)
    made = next_token_probabilities(tied, temperature=temperature)
    assert made.tolist() == [0.5, 0.0, 0.5]


def test_a_rising_temperature_tends_to_uniform_on_what_may_come():
    logits = torch.tensor([5.0, -INF, 0.0, -5.0])
    made = next_token_probabilities(logits, temperature=1e30)
    third = 1 / 3
    assert_close(made, torch.tensor([third, 0.0, third, third]))


# --- top-k -----------------------------------------------------------------


@pytest.mark.parametrize("top_k", [1, 2, 10, V - 1])
def test_top_k_keeps_k_when_nothing_is_tied(top_k):
    logits = draw(B, V)
    for row, cut in zip(logits, keep_top_k(logits, top_k), strict=True):
        best = sorted(range(V), key=lambda i: -row[i])[:top_k]
        assert kept(cut) == sorted(best)


@pytest.mark.parametrize("top_k", [V, V + 1, 10**9])
def test_top_k_of_the_vocabulary_or_more_keeps_all(top_k):
    logits = draw(B, V)
    assert_close(keep_top_k(logits, top_k), logits, rtol=0, atol=0)


def test_top_k_keeps_all_that_are_tied_with_the_kth():
    logits = torch.tensor([3.0, 1.0, 2.0, 2.0, 2.0, 0.0])
    assert kept(keep_top_k(logits, 1)) == [0]
    for top_k in (2, 3, 4):
        assert kept(keep_top_k(logits, top_k)) == [0, 2, 3, 4]
    assert kept(keep_top_k(torch.zeros(6), 2)) == [0, 1, 2, 3, 4, 5]


def test_top_k_does_not_depend_on_how_ids_are_numbered():
    logits = draw(V).round()  # many ties
    order = torch.randperm(V, generator=torch.Generator().manual_seed(0))
    cut = keep_top_k(logits, 7)
    assert len(kept(cut)) > 7
    assert_close(keep_top_k(logits[order], 7), cut[order])


# --- top-p -----------------------------------------------------------------


@examples(200)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=8),
    st.integers(1, 40).map(lambda n: Fraction(2 * n - 1, 80)),
)
def test_top_p_keeps_the_fewest_tokens_that_reach_p(weights, top_p):
    """Against exact fractions; 80ths with odd numerators are never sums."""
    total = sum(weights)
    if any(k * 80 % total == 0 and k * 80 // total % 2 for k in range(total)):
        return  # a sum may be p itself, which floats cannot tell
    expected, reached = [], Fraction(0)
    for token_id in sorted(range(len(weights)), key=lambda i: -weights[i]):
        if reached < top_p:
            expected.append(token_id)
            reached += Fraction(weights[token_id], total)
    logits = torch.tensor(weights, dtype=torch.float64).log()
    assert kept(keep_top_p(logits, float(top_p))) == sorted(expected)


def test_top_p_keeps_the_token_that_crosses_p():
    logits = logits_of(0.1, 0.6, 0.3)
    assert kept(keep_top_p(logits, 0.59)) == [1]
    assert kept(keep_top_p(logits, 0.61)) == [1, 2]
    assert kept(keep_top_p(logits, 0.91)) == [0, 1, 2]
    assert kept(keep_top_p(logits, 1e-9)) == [1]  # never none
    assert kept(keep_top_p(torch.zeros(4), 0.5)) == [0, 1]  # just reached


def test_top_p_breaks_ties_by_the_lower_id():
    assert kept(keep_top_p(torch.zeros(8), 0.3)) == [0, 1, 2]
    tied = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0])
    assert kept(keep_top_p(tied, 0.5)) == [1, 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_top_p_of_one_keeps_all_in_spite_of_rounding(dtype):
    """The float32 sum of 50,257 probabilities reaches 1 before the end."""
    logits = draw(50_257, scale=6.0).to(dtype)
    assert (logits.softmax(-1).cumsum(-1) >= 1).any() or dtype.itemsize > 4
    assert_close(keep_top_p(logits, 1.0), logits, rtol=0, atol=0)
    peaked = torch.tensor([0.0, -60.0], dtype=dtype)  # 1 + 1e-26 is 1
    assert kept(keep_top_p(peaked, 1.0)) == [0, 1]


# --- min-p -----------------------------------------------------------------


def test_min_p_is_relative_to_the_best_token_of_the_row():
    logits = torch.stack([logits_of(0.6, 0.3, 0.1), logits_of(0.4, 0.3, 0.3)])
    cut = keep_min_p(logits, 0.4)
    assert [kept(row) for row in cut] == [[0, 1], [0, 1, 2]]


def test_min_p_is_a_distance_of_logits():
    logits = draw(B, V)
    near = logits >= logits.amax(-1, keepdim=True) + math.log(0.07)
    assert (keep_min_p(logits, 0.07).isfinite() == near).all()


def test_min_p_ends_of_the_range():
    logits = torch.tensor([1.0, 2.0, 2.0, -INF])
    assert_close(keep_min_p(logits, 0.0), logits)
    assert kept(keep_min_p(logits, 1.0)) == [1, 2]


# --- repetition penalty ----------------------------------------------------


def test_penalty_divides_positive_and_multiplies_negative_logits():
    logits = torch.tensor([3.0, -3.0, 0.0, 5.0, -INF])
    made = penalize_repetition(logits, torch.tensor([0, 1, 2, 4]), 1.5)
    assert made.tolist() == [2.0, -4.5, 0.0, 5.0, -INF]


def test_penalty_counts_each_id_once():
    logits = draw(B, V)
    once = penalize_repetition(logits, torch.tensor([[4, 7], [9, 0]]), 1.3)
    often = torch.tensor([[4, 7, 7, 4, 7], [0, 9, 9, 9, 0]])
    assert_close(penalize_repetition(logits, often, 1.3), once)


@examples(50)
@given(st.floats(-9, 9), st.floats(1.01, 5))
def test_penalty_never_makes_a_token_more_probable(logit, penalty):
    """Dividing a negative logit, the slip of early code, would."""
    logits = torch.tensor([0.5, logit, -0.5], dtype=torch.float64)
    made = penalize_repetition(logits, torch.tensor([1]), penalty)
    assert made.softmax(-1)[1] <= logits.softmax(-1)[1]


def test_penalty_of_one_changes_nothing_and_below_one_encourages():
    logits, seen = draw(B, V), torch.tensor([[1, 2, 3], [4, 5, 6]])
    same = penalize_repetition(logits, seen, 1.0)
    assert_close(same, logits, rtol=0, atol=0)
    more = penalize_repetition(logits, seen, 0.5)
    chosen = logits.gather(-1, seen)
    assert (more.gather(-1, seen) > chosen).all()


# --- the whole -------------------------------------------------------------


def test_probabilities_sum_to_one_and_refuse_exactly():
    logits = draw(2, 3, V)
    made = next_token_probabilities(logits, 0.8, top_k=20, top_p=0.9)
    assert_close(made.sum(-1), torch.ones(2, 3).double())
    assert (made > 0).sum(-1).max() <= 20


def test_cuts_act_on_what_earlier_cuts_have_left():
    """Top-p sees the distribution after temperature and top-k."""
    logits = logits_of(0.4, 0.3, 0.2, 0.1)
    made = next_token_probabilities(logits, top_k=2, top_p=0.55)
    assert kept(made.log()) == [0]  # 0.4 of 0.7; alone, top_p needs two
    assert kept(keep_top_p(logits, 0.55)) == [0, 1]
    made = next_token_probabilities(logits, top_p=0.55, min_p=0.6)
    assert kept(made.log()) == [0, 1]  # min-p first would leave 0.4 of 0.7
    sharper = next_token_probabilities(logits, 0.25, top_p=0.55)
    assert kept(sharper.log()) == [0]


def test_no_setting_at_all_is_softmax():
    logits = draw(B, V)
    assert_close(next_token_probabilities(logits), logits.softmax(-1))


def test_half_precision_logits_give_precise_probabilities():
    logits = draw(B, V).bfloat16()
    made = next_token_probabilities(logits, 0.7, top_k=50, top_p=0.9)
    assert made.dtype == torch.float32
    exact = next_token_probabilities(logits.double(), 0.7, 50, 0.9)
    assert_close(made.double(), exact, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("scale", [1e-4, 1e4, 1e38])
def test_large_logits_do_not_overflow(scale):
    logits = torch.tensor([1.0, -1.0, 0.5]) * scale
    for temperature in (1e-30, 0.5, 2.0):
        made = next_token_probabilities(logits, temperature, 2, 0.9, 0.01)
        assert_close(made.sum(), torch.tensor(1.0))
        assert made.argmax() == 0


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ([1.0, math.nan, 2.0], "nan"),
        ([1.0, math.inf, 2.0], "inf"),
        ([-math.inf] * 3, "-inf"),
    ],
)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_make_no_distribution_are_refused(row, named, temperature):
    logits = torch.tensor([[1.0, 2.0, 3.0], row])
    with pytest.raises(ValueError, match=f"largest logit .* is {named};"):
        next_token_probabilities(logits, temperature)
    check_logits(logits[:1])
    check_logits(torch.tensor([-math.inf, 0.0]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("temperature", -0.1),
        ("temperature", math.inf),
        ("temperature", math.nan),
        ("top_k", 0),
        ("top_k", -1),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("top_p", math.nan),
        ("min_p", -0.1),
        ("min_p", 1.1),
        ("min_p", math.nan),
    ],
)
def test_settings_out_of_range_are_named(setting, value):
    with pytest.raises(ValueError, match=f"{setting}={value}"):
        next_token_probabilities(draw(V), **{setting: value})


@pytest.mark.parametrize("penalty", [0.0, -1.0, math.inf, math.nan])
def test_a_penalty_out_of_range_is_named(penalty):
    with pytest.raises(ValueError, match=f"penalty={penalty}; .*1.0 for none"):
        penalize_repetition(draw(V), torch.tensor([0]), penalty)


# --- transformers ----------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda z: keep_top_k(z, 1), TopKLogitsWarper(1)),
        (lambda z: keep_top_k(z, 12), TopKLogitsWarper(12)),
        (lambda z: keep_top_k(z, 3 * V), TopKLogitsWarper(3 * V)),
        (lambda z: keep_top_p(z, 0.05), TopPLogitsWarper(0.05)),
        (lambda z: keep_top_p(z, 0.92), TopPLogitsWarper(0.92)),
        (lambda z: keep_top_p(z, 1.0), TopPLogitsWarper(1.0)),
        (lambda z: keep_min_p(z, 0.1), MinPLogitsWarper(0.1)),
        (lambda z: keep_min_p(z, 1.0), MinPLogitsWarper(1.0)),
        (
            lambda z: scale_temperature(z, 0.3).log_softmax(-1),
            lambda ids, z: TemperatureLogitsWarper(0.3)(ids, z).log_softmax(
                -1
            ),
        ),
    ],
)
def test_each_step_equals_that_of_transformers(ours, theirs, seed):
    logits = draw(B, V, seed=seed)
    assert_close(ours(logits), theirs(None, logits.clone()))


def test_ties_of_top_k_and_min_p_are_those_of_transformers():
    logits = draw(5, V).round()
    assert_close(keep_top_k(logits, 9), TopKLogitsWarper(9)(None, logits))
    assert_close(keep_min_p(logits, 0.2), MinPLogitsWarper(0.2)(None, logits))


def test_penalty_equals_that_of_transformers():
    logits = draw(B, V)
    generator = torch.Generator().manual_seed(1)
    seen = torch.randint(0, V, (B, 3 * V), generator=generator)  # T > V
    for token_ids in (seen, seen[:, :T]):
        assert_close(
            penalize_repetition(logits, token_ids, 1.2),
            RepetitionPenaltyLogitsProcessor(1.2)(token_ids, logits.clone()),
        )


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_all_steps_is_that_of_transformers(seed):
    logits = draw(B, V, seed=seed)
    seen = logits.topk(T).indices  # the penalty changes the best
    steps = LogitsProcessorList(
        [
            RepetitionPenaltyLogitsProcessor(1.7),
            TemperatureLogitsWarper(1.4),
            TopKLogitsWarper(30),
            TopPLogitsWarper(0.8),
            MinPLogitsWarper(0.1),
        ]
    )
    made = next_token_probabilities(
        penalize_repetition(logits, seen, 1.7), 1.4, 30, 0.8, 0.1
    )
    assert_close(made, steps(seen, logits.clone()).softmax(-1))
    reverse = LogitsProcessorList(steps[::-1])(seen, logits.clone())
    assert (made - reverse.softmax(-1)).abs().max() > 1e-3


# --- one draw --------------------------------------------------------------


@examples(100)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=9).filter(any))
def test_a_draw_has_exactly_the_given_distribution(weights):
    """One uniform number from the middle of each of N equal parts."""
    total = sum(weights)
    uniforms = (torch.arange(total) + 0.5) / total
    probabilities = torch.tensor(weights, dtype=torch.float64) / total
    ids = sample(probabilities.expand(total, -1), uniforms)
    counts = torch.bincount(ids, minlength=len(weights))
    assert counts.tolist() == weights


@examples(200)
@given(
    st.lists(st.sampled_from([0.0, 0.0, 1e-300, 1e-9, 0.1, 0.3, 7.0])).filter(
        any
    ),
    st.sampled_from([0.0, 5e-324, 0.1, 0.5, 1 - 1e-9, BELOW_ONE]),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_an_id_of_probability_zero_is_never_drawn(weights, uniform, dtype):
    probabilities = torch.tensor(weights, dtype=dtype)
    if probabilities.any():  # 1e-300 is 0 in float32
        assert probabilities[sample(probabilities, uniform)] > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_last_draw_survives_sums_that_are_not_one(dtype):
    """Softmax sums to one only up to rounding; zeros follow at the end."""
    for seed in range(20):
        probabilities = draw(50, seed=seed).to(dtype).softmax(-1)
        probabilities = torch.cat([probabilities, torch.zeros(7)])
        assert sample(probabilities, BELOW_ONE) == 49
        assert sample(probabilities.flip(0), 0.0) == 7


def test_a_small_probability_beside_a_large_one_can_be_drawn():
    """Their float32 sum is the large one alone."""
    assert sample(torch.tensor([1.0, 1e-9]), BELOW_ONE) == 1


def test_a_boundary_belongs_to_the_next_id():
    probabilities = torch.tensor([0.25, 0.0, 0.5, 0.25])
    drawn = [sample(probabilities, u).item() for u in (0.0, 0.25, 0.75)]
    assert drawn == [0, 2, 3]


def test_rows_are_drawn_with_their_own_numbers():
    probabilities = draw(5, 5).softmax(-1)  # batch equals vocabulary
    uniforms = torch.tensor([0.1, 0.9, 0.5, 0.0, 0.7])
    drawn = sample(probabilities, uniforms)
    assert drawn.dtype == torch.int64
    for row in range(5):
        assert drawn[row] == sample(probabilities[row], uniforms[row])
    shaped = sample(draw(2, 3, V).softmax(-1), torch.full((2, 3), 0.4))
    assert shaped.shape == (2, 3)


def test_a_row_need_not_sum_to_one():
    weights = torch.tensor([1.0, 0.0, 3.0])
    assert sample(weights, 0.24) == 0
    assert sample(weights, 0.25) == 2


@pytest.mark.parametrize(
    ("probabilities", "uniform", "message"),
    [
        ([[0.5, 0.5]] * 3, [0.1, 0.2], r"\(3, 2\) need uniform .* \(3,\)"),
        ([[0.5, 0.5]] * 3, 0.1, r"\(3, 2\) need uniform .* \(3,\), not \(\)"),
        ([0.5, 0.5], 1.0, r"in \[0, 1\)"),
        ([0.5, 0.5], -0.1, r"in \[0, 1\)"),
        ([0.5, 0.5], math.nan, r"in \[0, 1\)"),
        ([0.0, 0.0], 0.5, "positive sum; the sums are 0"),
        ([1.5, -0.5], 0.5, "the least is -0.5"),
        ([0.5, math.nan], 0.5, "sums are nan"),
    ],
)
def test_what_cannot_be_drawn_from_is_named(probabilities, uniform, message):
    probabilities = torch.tensor(probabilities)
    uniform = torch.tensor(uniform)
    with pytest.raises(ValueError, match=message):
        sample(probabilities, uniform)
