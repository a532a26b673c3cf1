"""Mixtures: probabilities by hand, draws within binomial bounds, and exact
resumption with all sources."""

import doctest
import json
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchlm import mixing
from scratchlm.data import WindowLoader
from scratchlm.mixing import (
    MixedLoader,
    epochs_per_source,
    mixing_probabilities,
)

SIZES = st.lists(st.integers(1, 10**13), min_size=1, max_size=9)


def examples(n):
    return settings(max_examples=n, derandomize=True, deadline=None)


# --- probabilities ---------------------------------------------------------


@examples(200)
@given(SIZES, st.floats(0, 1))
def test_probabilities_are_powers_of_the_shares(sizes, exponent):
    p = mixing_probabilities(sizes, exponent)
    assert p.shape == (len(sizes),)
    assert np.isclose(p.sum(), 1, rtol=1e-12)
    ratios = np.array(sizes) / sizes[0]
    assert np.allclose(p / p[0], ratios**exponent, rtol=1e-9)


@examples(100)
@given(SIZES)
def test_exponent_one_is_by_size_and_zero_is_equal(sizes):
    by_size = np.array(sizes) / sum(sizes)
    assert np.allclose(mixing_probabilities(sizes, 1), by_size, rtol=1e-12)
    equal = mixing_probabilities(sizes, 0)
    assert np.allclose(equal, 1 / len(sizes), rtol=1e-12)


def test_corpora_made_by_hand():
    # 10,000 : 100 : 1, so with the exponent 1/2 the weights are 100 : 10 : 1
    p = mixing_probabilities([10_000, 100, 1], 0.5)
    assert np.allclose(p, np.array([100, 10, 1]) / 111, rtol=1e-12)


def test_the_exponent_is_no_temperature():
    # p ~ size ** (1 / T): a high temperature is a low exponent
    sizes, temperature = [900, 100], 2.0
    p = mixing_probabilities(sizes, 1 / temperature)
    assert np.allclose(p, [0.75, 0.25])
    small = [mixing_probabilities(sizes, x)[1] for x in (1, 0.7, 0.3, 0)]
    assert small == sorted(small)


def test_only_sizes_count():
    p = mixing_probabilities([5, 7, 5, 12], 0.3)
    assert p[0] == p[2]
    assert np.allclose(p, mixing_probabilities([10, 14, 10, 24], 0.3))


@pytest.mark.parametrize(
    ("sizes", "exponent", "found"),
    [
        ([3, 0], 0.5, "sizes=.*0.0.*positive number of tokens"),
        ([], 0.5, "sizes=.*positive number of tokens"),
        ([3, 4], -0.1, "exponent=-0.1 would draw small sources the most"),
        ([3, 4], float("nan"), "exponent=nan"),
    ],
)
def test_impossible_mixtures_are_refused(sizes, exponent, found):
    with pytest.raises(ValueError, match=found):
        mixing_probabilities(sizes, exponent)


@examples(100)
@given(SIZES, st.floats(0, 1), st.integers(1, 10**12))
def test_epochs_times_sizes_are_the_tokens_of_the_run(sizes, exponent, n):
    p = mixing_probabilities(sizes, exponent)
    epochs = epochs_per_source(sizes, p, n)
    assert np.isclose((epochs * sizes).sum(), n, rtol=1e-9)
    # by size, no source is repeated more than another
    equal = epochs_per_source(sizes, mixing_probabilities(sizes, 1), n)
    assert np.allclose(equal, n / sum(sizes), rtol=1e-9)


def test_tokens_count_and_not_documents():
    # 10 long documents hold as much as 1,000 short ones: the same share
    tokens = [10 * 5_000, 1_000 * 50]
    assert mixing_probabilities(tokens, 1).tolist() == [0.5, 0.5]
    assert epochs_per_source(tokens, [0.9, 0.1], 200_000).tolist() == [
        3.6,
        0.4,
    ]


# --- the loader ------------------------------------------------------------

# Ids tell the source: 0 to 96 in the first, from 100 and 1,000 in the others.
SOURCES = [range(97), range(100, 151), range(1_000, 1_300)]
P = [0.2, 0.5, 0.3]


def mixed(n_draws=4, seed=0, probabilities=P, rank=0, world_size=1):
    loaders = [
        WindowLoader(
            ids, world_size, 5, seed=9, rank=rank, world_size=world_size
        )
        for ids in SOURCES
    ]
    return MixedLoader(loaders, probabilities, n_draws, seed)


def take(n, loader):
    return [tuple(t.tolist() for t in pair) for pair in islice(loader, n)]


def source_of(token_id):
    return (token_id >= 100) + (token_id >= 1_000)


def test_draws_have_the_probabilities_within_binomial_bounds():
    n = 2_000
    rows = [row for inputs, _ in take(n // 4, mixed()) for row in inputs]
    counts = np.bincount([source_of(row[0]) for row in rows], minlength=3)
    deviation = np.sqrt(n * np.array(P) * (1 - np.array(P)))
    assert counts.sum() == n
    assert (abs(counts - n * np.array(P)) < 4 * deviation).all()
    # and the bounds would notice another mixture
    assert (abs(n / 3 - n * np.array(P)) > 4 * deviation).any()


def test_rows_come_from_one_source_and_batches_from_several():
    batches = take(50, mixed())
    for inputs, targets in batches:
        assert np.shape(inputs) == np.shape(targets) == (4, 5)
        for row, following in zip(inputs, targets, strict=True):
            assert len({source_of(token) for token in row + following}) == 1
            assert [token + 1 for token in row] == following
    assert any(len({source_of(r[0]) for r in x}) == 3 for x, _ in batches)


def test_one_draw_takes_the_batch_from_a_single_source():
    loaders = [WindowLoader(ids, 3, 5) for ids in SOURCES]
    for inputs, _ in take(30, MixedLoader(loaders, P)):
        assert np.shape(inputs) == (3, 5)
        assert len({source_of(row[0]) for row in inputs}) == 1


def test_each_source_keeps_its_own_epochs():
    loader = mixed()
    take(200, loader)
    drawn = [
        source.epoch * source.n_batches + source.state_dict()["batch"]
        for source in loader.loaders
    ]
    assert sum(drawn) == 800
    assert loader.loaders[1].epoch > loader.loaders[2].epoch


def test_a_source_of_probability_zero_is_never_drawn():
    batches = take(100, mixed(probabilities=[0, 0.5, 0.5]))
    assert all(source_of(row[0]) for inputs, _ in batches for row in inputs)


def test_the_global_seed_has_no_part_in_it():
    expected = take(20, mixed(seed=3))
    np.random.seed(1)
    torch.manual_seed(1)
    assert take(20, mixed(seed=3)) == expected
    assert take(20, mixed(seed=4)) != expected


def test_resuming_neither_repeats_nor_skips_data_in_any_source():
    n = 60
    expected, running = take(n, mixed()), mixed()
    for done in range(n):
        state = json.loads(json.dumps(running.state_dict()))
        resumed = mixed()
        resumed.load_state_dict(state)
        assert take(n - done, resumed) == expected[done:]
        next(running)


@pytest.mark.parametrize(
    ("name", "other"),
    [("seed", 1), ("n_draws", 3), ("probabilities", [0.2, 0.3, 0.5])],
)
def test_a_state_of_another_mixture_is_refused(name, other):
    state = mixed(**{name: other}).state_dict()
    with pytest.raises(ValueError, match=f"saved with {name}=.*has {name}="):
        mixed().load_state_dict(state)


def test_a_state_of_another_source_is_refused():
    state = mixed().state_dict()
    state["loaders"][1]["n_tokens"] = 52
    with pytest.raises(ValueError, match=r"n_tokens=52, but .* n_tokens=51"):
        mixed().load_state_dict(state)


@pytest.mark.parametrize(
    "p", [[0.5, 0.5], [0.5, 0.6, 0.1], [1.2, -0.3, 0.1], [float("nan")] * 3]
)
def test_what_are_no_probabilities_is_refused(p):
    with pytest.raises(ValueError, match="3 sources; give one for each"):
        mixed(probabilities=p)


def test_all_ranks_draw_the_same_sources():
    single = take(
        20,
        MixedLoader(
            [WindowLoader(ids, 2, 5, seed=9) for ids in SOURCES], P, 4
        ),
    )
    ranks = [take(20, mixed(rank=rank, world_size=2)) for rank in range(2)]
    for (whole, _), (even, _), (odd, _) in zip(single, *ranks, strict=True):
        assert even == whole[0::2]
        assert odd == whole[1::2]


def test_worked_examples_in_docstrings_are_true():
    result = doctest.testmod(mixing)
    assert result.attempted > 0
    assert result.failed == 0
