"""Windows and the loader: counted against brute force, resumed at every
batch, and held to the promise that no token is lost, doubled or leaked."""

import doctest
import json
import random
from collections import Counter
from itertools import islice, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchlm import data, windows
from scratchlm.data import (
    WindowLoader,
    count_windows,
    document_starts,
    evaluation_batches,
    sliding_windows,
)

N_TOKENS, BATCH, LENGTH = 97, 3, 5


def examples(n):
    return settings(max_examples=n, derandomize=True, deadline=None)


def take(n, loader):
    return [tuple(t.tolist() for t in pair) for pair in islice(loader, n)]


def loader(**changes):
    settings = {"batch_size": BATCH, "context_length": LENGTH} | changes
    return WindowLoader(range(N_TOKENS), **settings)


# --- windows ---------------------------------------------------------------


@pytest.mark.parametrize("n_tokens", range(13))
def test_windows_are_those_of_a_plain_loop(n_tokens):
    for length, stride in product(range(1, 13), repeat=2):
        expected = [
            list(range(start, start + length + 1))
            for start in range(0, n_tokens, stride)
            if start + length + 1 <= n_tokens
        ]
        assert count_windows(n_tokens, length, stride) == len(expected)
        if expected:
            inputs, targets = sliding_windows(range(n_tokens), length, stride)
            assert inputs.tolist() == [window[:-1] for window in expected]
            assert targets.tolist() == [window[1:] for window in expected]


def test_eight_tokens_give_two_windows_and_need_no_invented_token():
    inputs, targets = sliding_windows(list(range(8)), 4, stride=2)
    assert inputs.tolist() == [[0, 1, 2, 3], [2, 3, 4, 5]]
    assert targets.tolist() == [[1, 2, 3, 4], [3, 4, 5, 6]]


def test_the_last_window_is_not_lost_and_its_target_not_too_long():
    assert count_windows(LENGTH + 1, LENGTH, 1) == 1
    assert count_windows(LENGTH, LENGTH, 1) == 0
    inputs, targets = sliding_windows(range(11), LENGTH, stride=LENGTH)
    assert inputs.shape == targets.shape == (2, LENGTH)
    assert targets[-1, -1] == 10


def predictions(stride):
    _, targets = sliding_windows(range(1 + 60), LENGTH, stride)
    return Counter(targets.flatten().tolist())


def test_stride_equal_to_the_length_predicts_each_token_once():
    assert predictions(LENGTH) == dict.fromkeys(range(1, 61), 1)


def test_stride_one_more_than_the_length_skips_tokens():
    skipped = set(range(1, 60)) - set(predictions(LENGTH + 1))
    assert skipped == set(range(6, 60, 6))


def test_stride_one_repeats_tokens_and_four_lengths_lose_three_quarters():
    assert max(predictions(1).values()) == LENGTH
    assert sum(predictions(4 * LENGTH).values()) == 60 / 4


def test_windows_share_the_memory_of_the_text():
    ids = torch.arange(1_000)
    inputs, targets = sliding_windows(ids, 100, stride=1)
    assert inputs.data_ptr() == ids.data_ptr()
    assert targets.data_ptr() == ids[1:].data_ptr()
    assert inputs.untyped_storage().nbytes() == ids.untyped_storage().nbytes()
    array = np.arange(1_000)
    assert sliding_windows(array, 9, 2)[0].data_ptr() == array.ctypes.data


@pytest.mark.parametrize("name", ["context_length", "stride"])
def test_lengths_and_strides_below_one_are_refused(name):
    for number in (0, -1):
        sizes = {"context_length": 4, "stride": 2, name: number}
        with pytest.raises(ValueError, match=f"{name}={number}, .* least 1"):
            count_windows(20, **sizes)
        with pytest.raises(ValueError, match=f"{name}={number}, .* least 1"):
            sliding_windows(range(20), **sizes)
        with pytest.raises(ValueError, match=f"{name}={number}, .* least 1"):
            WindowLoader(range(20), 2, **sizes)


def test_a_text_without_a_window_is_refused():
    with pytest.raises(ValueError, match=r"4 tokens hold no .* takes 5; give"):
        sliding_windows(range(4), 4, stride=4)


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ([0.5] * 9, r"shape \(9,\) and type float64"),
        ([[1, 2, 3]] * 3, r"shape \(3, 3\) and type int64"),
        (torch.ones(9, dtype=torch.bool), r"shape \(9,\) and type bool"),
        ("nine ids.", r"shape \(\) and type <U9"),
    ],
)
def test_what_is_no_list_of_ids_is_refused(ids, found):
    for use in (
        lambda: sliding_windows(ids, 2, 2),
        lambda: WindowLoader(ids, 1, 2),
        lambda: evaluation_batches(ids, 1, 2),
    ):
        with pytest.raises(ValueError, match=f"{found}; pass one flat"):
            use()


# --- evaluation ------------------------------------------------------------


@examples(200)
@given(st.integers(2, 60), st.integers(1, 5), st.integers(1, 9))
def test_evaluation_has_every_target_once_and_in_order(n, batch, length):
    batches = list(evaluation_batches(range(n), batch, length))
    seen = [t for _, targets in batches for t in targets.flatten().tolist()]
    assert seen == list(range(1, n))
    for inputs, targets in batches:
        assert inputs.dtype == targets.dtype == torch.int64
        assert inputs.shape == targets.shape
        assert torch.equal(inputs + 1, targets)


def test_evaluation_batches_are_full_but_the_last_ones():
    shapes = [tuple(x.shape) for x, _ in evaluation_batches(range(45), 3, 5)]
    assert shapes == [(3, 5), (3, 5), (2, 5), (1, 4)]
    shapes = [tuple(x.shape) for x, _ in evaluation_batches(range(31), 3, 5)]
    assert shapes == [(3, 5), (3, 5)]


def test_evaluating_less_than_one_target_is_refused_at_once():
    with pytest.raises(ValueError, match="1 tokens have no target"):
        evaluation_batches([7], 3, 5)
    with pytest.raises(ValueError, match="batch_size=0"):
        evaluation_batches([7, 8], 0, 5)


# --- epochs ----------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 3, LENGTH, LENGTH + 1, 4 * LENGTH])
def test_no_window_comes_twice_in_an_epoch_and_few_are_left(stride):
    drawn = loader(stride=stride, batch_size=2)
    for _ in range(7):
        starts = [
            row[0]
            for inputs, _ in take(drawn.n_batches, drawn)
            for row in inputs
        ]
        assert len(set(starts)) == len(starts)
        assert len({start % stride for start in starts}) == 1
        left = count_windows(N_TOKENS, LENGTH, stride) - len(starts)
        assert 0 <= left <= 2


def test_targets_are_the_next_tokens_wherever_the_window_lies():
    ids = torch.randint(97, (200,), generator=torch.Generator().manual_seed(0))
    pairs = set(zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True))
    for inputs, targets in islice(WindowLoader(ids, 4, 7), 60):
        assert inputs.shape == targets.shape == (4, 7)
        assert inputs.dtype == targets.dtype == torch.int64
        assert torch.equal(inputs[:, 1:], targets[:, :-1])
        ends = zip(
            inputs[:, -1].tolist(), targets[:, -1].tolist(), strict=True
        )
        assert set(ends) <= pairs


def test_every_epoch_has_another_order_and_other_places():
    drawn = loader()
    epochs = [
        [row[0] for x, _ in take(drawn.n_batches, drawn) for row in x]
        for _ in range(40)
    ]
    assert len(set(map(tuple, epochs))) == 40
    assert {epoch[0] % LENGTH for epoch in epochs} == set(range(LENGTH))
    # so every token but the very first is a target, and an input, sometime
    starts = {start for epoch in epochs for start in epoch}
    assert starts == set(range(N_TOKENS - LENGTH))


def test_windows_move_even_in_a_text_that_they_fill_exactly():
    exact = WindowLoader(range(6 * LENGTH + 1), 2, LENGTH)
    shifts = {x[0][0] % LENGTH for x, _ in take(40 * exact.n_batches, exact)}
    assert shifts == set(range(LENGTH))
    assert exact.n_batches == 2  # one of three is given up for it


def test_without_shuffling_the_order_is_that_of_the_text():
    inputs, _ = sliding_windows(range(N_TOKENS), LENGTH, LENGTH)
    plain = loader(shuffle=False)
    assert plain.n_batches == len(inputs) // BATCH
    drawn = torch.cat([x for x, _ in islice(plain, 2 * plain.n_batches)])
    used = inputs[: plain.n_batches * BATCH]
    assert torch.equal(drawn, torch.cat([used, used]))


def test_epochs_are_counted_when_their_last_batch_is_drawn():
    drawn = loader()
    for epoch in range(3):
        assert drawn.epoch == epoch
        take(drawn.n_batches - 1, drawn)
        assert drawn.epoch == epoch
        next(drawn)
        assert drawn.epoch == epoch + 1


def test_one_batch_may_be_the_whole_text():
    whole = WindowLoader(range(11), 2, 5)
    assert whole.n_batches == 1
    rows = {tuple(map(tuple, sorted(x))) for x, _ in take(9, whole)}
    assert rows == {((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))}
    with pytest.raises(ValueError, match=r"11 .* give 2 windows .*size=3;"):
        WindowLoader(range(11), 3, 5)


@pytest.mark.parametrize("make", [list, np.array, torch.tensor, np.uint16])
def test_lists_arrays_and_tensors_give_the_same_batches(make):
    ids = [i * 31 % 97 for i in range(N_TOKENS)]
    batches = take(40, WindowLoader(make(ids), BATCH, LENGTH))
    assert batches == take(40, WindowLoader(ids, BATCH, LENGTH))


# --- chosen starts ---------------------------------------------------------

END = 0


@examples(200)
@given(st.lists(st.integers(0, 3), min_size=1))
def test_documents_begin_at_the_end_of_the_one_before(ids):
    expected = [0] + [i for i, x in enumerate(ids[:-1]) if x == END]
    assert document_starts(ids, END).tolist() == expected


def test_long_texts_are_searched_in_parts(monkeypatch):
    ids = [i % 7 for i in range(100)]
    whole = document_starts(ids, END).tolist()
    monkeypatch.setattr(data, "CHUNK_TOKENS", 9)
    assert document_starts(ids, END).tolist() == whole
    assert len(whole) == 16  # the first document begins at 0 like its end


def test_an_epoch_has_each_of_the_chosen_windows_once():
    starts = [0, 3, 4, 30, 77, N_TOKENS - LENGTH - 1]
    too_late = [-1, N_TOKENS - LENGTH, N_TOKENS]
    drawn = loader(starts=starts + too_late)
    assert drawn.n_batches == 2
    epochs = [
        [row[0] for x, _ in take(2, drawn) for row in x] for _ in range(9)
    ]
    assert all(sorted(epoch) == starts for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1
    plain = loader(starts=starts, shuffle=False)
    assert [row[0] for x, _ in take(2, plain) for row in x] == starts


def test_too_few_chosen_windows_are_refused():
    with pytest.raises(ValueError, match="give 2 windows"):
        loader(starts=[0, 5, N_TOKENS])


def test_a_state_for_more_documents_is_refused():
    state = loader(starts=range(9)).state_dict()
    with pytest.raises(ValueError, match=r"n_batches=3, but .* n_batches=2"):
        loader(starts=range(6)).load_state_dict(state)


# --- seeds -----------------------------------------------------------------


def test_the_global_seed_neither_changes_the_order_nor_is_changed():
    expected = take(30, loader(seed=5))
    for seed in (0, 1):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        before = (
            random.getstate(),
            np.random.get_state()[1].tolist(),
            torch.get_rng_state().tolist(),
        )
        assert take(30, loader(seed=5)) == expected
        assert before == (
            random.getstate(),
            np.random.get_state()[1].tolist(),
            torch.get_rng_state().tolist(),
        )


def test_two_loaders_do_not_disturb_each_other():
    expected = take(30, loader(seed=1)), take(30, loader(seed=2))
    one, two = loader(seed=1), loader(seed=2)
    pairs = [(take(1, one)[0], take(1, two)[0]) for _ in range(30)]
    assert tuple(map(list, zip(*pairs, strict=True))) == expected
    assert expected[0] != expected[1]


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed=-1; take 0"):
        loader(seed=-1)


# --- resuming --------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{}, {"stride": 2}, {"shuffle": False}, {"starts": range(0, 60, 4)}],
)
def test_resuming_neither_repeats_nor_skips_a_batch(changes):
    n = 3 * loader(**changes).n_batches + 2
    expected = take(n, loader(**changes))
    running = loader(**changes)
    for done in range(n):
        state = json.loads(json.dumps(running.state_dict()))
        resumed = loader(**changes)
        resumed.load_state_dict(state)
        assert take(n - done, resumed) == expected[done:]
        assert state == running.state_dict()
        assert take(1, running) == expected[done : done + 1]


def test_a_state_can_be_loaded_over_any_other():
    expected = take(70, loader())
    start, later = loader(), loader()
    first = start.state_dict()
    take(50, later)
    state = later.state_dict()
    take(61, start)
    start.load_state_dict(state)
    assert take(20, start) == expected[50:]
    start.load_state_dict(first)  # and back
    assert take(70, start) == expected


def test_a_state_is_a_few_plain_integers():
    drawn = loader(batch_size=np.int64(3), seed=np.int64(8))
    take(8, drawn)
    state = drawn.state_dict()
    assert {type(value) for value in state.values()} == {int}
    assert (state["seed"], state["epoch"], state["batch"]) == (8, 1, 2)


@pytest.mark.parametrize(
    ("name", "other", "own"),
    [
        ("seed", 4, 0),
        ("batch_size", 2, BATCH),
        ("context_length", 4, LENGTH),
        ("stride", 2, 3),
        ("shuffle", False, 1),
    ],
)
def test_a_state_of_another_loader_is_refused(name, other, own):
    state = loader(**({"stride": 3} | {name: other})).state_dict()
    found = f"{name}={int(other)}, but this loader has {name}={own}; build"
    with pytest.raises(ValueError, match=found):
        loader(stride=3).load_state_dict(state)


def test_a_state_for_another_text_is_refused():
    state = WindowLoader(range(98), BATCH, LENGTH).state_dict()
    with pytest.raises(ValueError, match=r"n_tokens=98, but .* n_tokens=97"):
        loader().load_state_dict(state)


@pytest.mark.parametrize(
    "damage",
    [
        {"batch": 6},
        {"batch": -1},
        {"epoch": -1},
        {"epoch": 1.5},
        {"batch": None},
    ],
)
def test_a_damaged_state_is_refused(damage):
    state = loader().state_dict() | damage
    with pytest.raises(ValueError, match="batches 0 to 5 in an epoch"):
        loader().load_state_dict(state)
    with pytest.raises(ValueError, match="seed=None"):
        loader().load_state_dict({})


# --- several processes -----------------------------------------------------


@pytest.mark.parametrize("world_size", [1, 2, 3, 6])
def test_the_ranks_together_have_the_batch_of_one_process(world_size):
    single = take(20, loader(batch_size=6))
    ranks = [
        take(20, loader(batch_size=6, rank=rank, world_size=world_size))
        for rank in range(world_size)
    ]
    for step, (inputs, targets) in enumerate(single):
        for rank in range(world_size):
            assert ranks[rank][step][0] == inputs[rank::world_size]
            assert ranks[rank][step][1] == targets[rank::world_size]


def test_a_run_may_go_on_with_another_number_of_processes():
    expected = take(20, loader(batch_size=6))
    two = loader(batch_size=6, rank=1, world_size=2)
    take(9, two)
    one = loader(batch_size=6)
    one.load_state_dict(two.state_dict())
    assert take(11, one) == expected[9:]


@pytest.mark.parametrize(
    ("rank", "world_size"), [(0, 2), (3, 3), (-1, 3), (0, 4)]
)
def test_ranks_that_cannot_share_a_batch_are_refused(rank, world_size):
    found = f"batch_size=3 .*world_size={world_size} .*rank={rank}"
    with pytest.raises(ValueError, match=found):
        loader(rank=rank, world_size=world_size)


@pytest.mark.parametrize("module", [data, windows])
def test_worked_examples_in_docstrings_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
