"""Packing and splitting: which targets exist, that packed equals separate in
the models themselves, and that no copy crosses a split."""

import doctest
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchlm import documents
from scratchlm.attention import document_mask
from scratchlm.deduplicate import normalize
from scratchlm.documents import (
    PADDING,
    best_fit,
    pack_documents,
    split_documents,
)
from scratchlm.llama import LlamaConfig, LlamaModel
from scratchlm.loss import cross_entropy
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.windows import IGNORE_INDEX


def examples(n):
    return settings(max_examples=n, derandomize=True, deadline=None)


# Each id is unique, so that a token tells where it came from.
def numbered(lengths):
    ends = np.cumsum(lengths)
    return [
        list(range(end - length, end))
        for length, end in zip(lengths, ends, strict=True)
    ]


LENGTHS = st.lists(st.integers(0, 40), max_size=30).filter(
    lambda lengths: any(length > 1 for length in lengths)
)


# --- packing ---------------------------------------------------------------


@examples(200)
@given(LENGTHS, st.integers(1, 17))
def test_every_token_but_the_first_of_a_document_is_a_target_once(
    lengths, context_length
):
    texts = numbered(lengths)
    rows = pack_documents(texts, context_length)
    asked = rows.targets != IGNORE_INDEX
    assert sorted(rows.targets[asked].tolist()) == [
        token for text in texts for token in text[1:]
    ]
    # and always the one after the input, of the same document
    assert torch.equal(rows.inputs[asked] + 1, rows.targets[asked])


@examples(200)
@given(LENGTHS, st.integers(1, 17))
def test_rows_hold_whole_documents_or_pieces_as_long_as_a_row(
    lengths, context_length
):
    rows = pack_documents(numbered(lengths), context_length)
    for inputs, _, ids, positions in zip(*rows, strict=True):
        for place in set(ids.tolist()) - {PADDING}:
            at = (ids == place).nonzero().flatten()
            n, first = len(at), sum(lengths[:place])
            assert at.tolist() == list(range(at[0], at[0] + n))
            assert positions[at].tolist() == list(range(n))
            offset = int(inputs[at[0]]) - first
            assert offset % context_length == 0
            assert n == min(context_length, lengths[place] - offset)
        padding = ids == PADDING
        assert torch.equal(padding, padding.cummax(0).values)  # at the end


@examples(200)
@given(LENGTHS, st.integers(1, 17))
def test_padding_is_zero_and_never_learned(lengths, context_length):
    rows = pack_documents(numbered(lengths), context_length)
    padding = rows.document_ids == PADDING
    for tensor, value in zip(rows, (0, IGNORE_INDEX, -1, 0), strict=True):
        assert tensor.dtype == torch.int64
        assert tensor.shape == rows.inputs.shape
        assert (tensor[padding] == value).all()


@pytest.mark.parametrize(
    ("length", "n_rows", "kept"),
    [(4, 1, 4), (5, 1, 5), (6, 1, 5), (7, 2, 7), (11, 2, 10), (12, 3, 12)],
)
def test_a_long_document_keeps_its_targets_across_the_cut(
    length, n_rows, kept
):
    rows = pack_documents([list(range(length))], 5)
    assert rows.inputs.shape == (n_rows, 5)
    assert (rows.document_ids == 0).sum() == kept
    targets = rows.targets[rows.targets != IGNORE_INDEX]
    assert targets.sort().values.tolist() == list(range(1, length))


def test_the_boundary_between_documents_has_no_target():
    rows = pack_documents([[5, 6, 7], [8, 9]], 5)
    assert rows.inputs.tolist() == [[5, 6, 7, 8, 9]]
    assert rows.targets.tolist() == [[6, 7, IGNORE_INDEX, 9, IGNORE_INDEX]]


def test_the_separator_is_the_last_target_of_each_document():
    rows = pack_documents([[5, 6], [7]], 6, separator_id=0)
    assert rows.inputs.tolist() == [[5, 6, 0, 7, 0, 0]]
    assert rows.targets.tolist() == [
        [6, 0, IGNORE_INDEX, 0, IGNORE_INDEX, IGNORE_INDEX]
    ]
    assert rows.document_ids.tolist() == [[0, 0, 0, 1, 1, PADDING]]


def test_documents_without_a_target_are_left_out():
    rows = pack_documents([[], [5], [6, 7], [8]], 3)
    assert rows.inputs.tolist() == [[6, 7, 0]]
    assert rows.document_ids.tolist() == [[2, 2, PADDING]]
    with pytest.raises(ValueError, match="no document has two tokens"):
        pack_documents([[], [5]], 3)
    with pytest.raises(ValueError, match="context_length=0"):
        pack_documents([[5, 6]], 0)


@examples(200)
@given(st.lists(st.integers(1, 12), max_size=60))
def test_rows_are_filled_before_a_new_one_begins(lengths):
    rows = best_fit(lengths, 12)
    assert sorted(sum(rows, [])) == list(range(len(lengths)))  # noqa: RUF017
    loads = [sum(lengths[i] for i in row) for row in rows]
    assert all(load <= 12 for load in loads)
    # two rows that are half empty would have become one
    assert sum(load <= 6 for load in loads) <= 1
    # and what is alone in its row fits into no other
    for row, load in zip(rows, loads, strict=True):
        if len(row) == 1:
            others = [other for other in rows if other is not row]
            rooms = [12 - sum(lengths[i] for i in other) for other in others]
            assert all(load > room for room in rooms)


def test_best_fit_takes_the_fullest_row_with_room():
    assert best_fit([7, 9, 3], 12) == [[1, 2], [0]]
    assert best_fit([12, 5, 12, 7], 12) == [[0], [2], [3, 1]]
    assert best_fit([], 12) == []


# --- packed = separate -----------------------------------------------------

GPT = GPTConfig(97, 12, 24, 3, 2, qkv_bias=True)
LLAMA = LlamaConfig(97, 12, 24, 6, 2, 2, hidden_dim=20)


@pytest.fixture(params=[(GPTModel, GPT), (LlamaModel, LLAMA)])
def model(request):
    kind, config = request.param
    torch.manual_seed(0)
    model = kind(config).double().eval()
    for parameter in model.parameters():  # far from the small start
        torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(1)
    return [rng.integers(97, size=n).tolist() for n in (5, 2, 9, 3, 4, 31)]


def separate_pieces(text, context_length):
    for first in range(0, len(text) - 1, context_length):
        yield torch.tensor([text[first : first + context_length]])


@torch.no_grad()
def test_packed_logits_are_those_of_each_document_alone(model, texts):
    rows = pack_documents(texts, 12)
    packed = model(
        rows.inputs,
        positions=rows.positions,
        mask=document_mask(rows.document_ids),
    )
    found = Counter()
    for row, ids in enumerate(rows.document_ids):
        for place in set(ids.tolist()) - {PADDING}:
            at = ids == place
            piece = rows.inputs[row, at]
            alone = model(piece[None])
            torch.testing.assert_close(
                packed[row, at], alone[0], rtol=1e-11, atol=1e-11
            )
            found[place] += len(piece)
    assert found == {
        i: sum(piece.shape[1] for piece in separate_pieces(text, 12))
        for i, text in enumerate(texts)
    }


@torch.no_grad()
def test_the_packed_loss_is_that_of_each_document_alone(model, texts):
    rows = pack_documents(texts, 12)
    logits = model(
        rows.inputs, rows.positions, document_mask(rows.document_ids)
    )
    packed, n_targets = cross_entropy(logits, rows.targets)
    assert n_targets == sum(len(text) - 1 for text in texts)
    total = 0.0
    for text in texts:
        rest = text
        for piece in separate_pieces(text, 12):
            log_probabilities = model(piece)[0].log_softmax(-1)
            following = rest[1 : 1 + piece.shape[1]]
            for row, target in zip(log_probabilities, following, strict=False):
                total -= row[target]
            rest = rest[piece.shape[1] :]
    torch.testing.assert_close(packed, total, rtol=1e-11, atol=0)


@torch.no_grad()
def test_without_the_mask_a_document_sees_the_one_before(model, texts):
    rows = pack_documents(texts, 12)
    mask = document_mask(rows.document_ids)
    right = model(rows.inputs, rows.positions, mask)
    leaking = model(rows.inputs, rows.positions)
    later = (rows.document_ids != rows.document_ids[:, :1]) & (
        rows.document_ids != PADDING
    )
    assert later.any()
    differs = (leaking - right).abs().amax(-1) > 1e-3
    assert torch.equal(differs & (rows.document_ids != PADDING), later)


@torch.no_grad()
def test_without_the_positions_learned_positions_are_wrong(texts):
    torch.manual_seed(0)
    model = GPTModel(GPT).double()
    rows = pack_documents(texts, 12)
    mask = document_mask(rows.document_ids)
    right = model(rows.inputs, rows.positions, mask)
    shifted = model(rows.inputs, mask=mask)
    later = rows.positions != torch.arange(12)
    differs = (shifted - right).abs().amax(-1) > 1e-9
    assert torch.equal(differs, later)


# --- splitting -------------------------------------------------------------

DOCUMENTS = [f"Document {i}" for i in range(97)]


@pytest.mark.parametrize(
    ("fractions", "sizes"),
    [
        ([1], [97]),
        ([0.8, 0.2], [78, 19]),
        ([0.8, 0.1, 0.1], [78, 9, 10]),
        ([0.25] * 4, [24, 24, 25, 24]),
        ([1 / 3] * 3, [32, 33, 32]),
    ],
)
def test_sizes_are_exact_and_no_document_is_lost(fractions, sizes):
    for seed in range(5):
        split = split_documents(DOCUMENTS, fractions, seed)
        assert list(map(len, split)) == sizes
        assert sorted(sum(split, [])) == sorted(DOCUMENTS)  # noqa: RUF017
        for size, fraction in zip(sizes, fractions, strict=True):
            assert abs(size - 97 * fraction) < 1


def test_the_split_is_the_seed_s_and_keeps_the_order():
    split = split_documents(DOCUMENTS, [0.7, 0.3], seed=4)
    assert split == split_documents(iter(DOCUMENTS), [0.7, 0.3], seed=4)
    assert split != split_documents(DOCUMENTS, [0.7, 0.3], seed=5)
    for part in split:
        assert part == sorted(part, key=DOCUMENTS.index)
    # by chance, not by place: both halves of the corpus are in both parts
    for part in split:
        assert {DOCUMENTS.index(text) > 48 for text in part} == {False, True}


@examples(200)
@given(
    st.lists(st.integers(0, 12), min_size=20).filter(
        lambda x: len(set(x)) > 5
    ),
    st.integers(0, 9),
)
def test_copies_never_leak_into_another_list(contents, seed):
    texts = [f"text {i}" for i in contents]
    split = split_documents(texts, [0.6, 0.4], seed)
    train, validation = map(Counter, split)
    assert not set(train) & set(validation)
    assert train + validation == Counter(texts)
    assert len(train) == round(0.6 * len(set(texts)))


@pytest.mark.parametrize("make", [list, np.array, torch.tensor, tuple])
def test_copies_of_token_ids_are_found_whatever_holds_them(make):
    ids = [make([i % 7, 5, 5]) for i in range(70)]
    split = split_documents(ids, [0.5, 0.5], seed=0)
    first, second = ({int(text[0]) for text in part} for part in split)
    assert not first & second
    assert first | second == set(range(7))


def test_a_split_by_characters_would_leak_copies():
    # what the guard is for: the same corpus, cut in the middle
    texts = [f"text {i % 10}" for i in range(100)]
    assert set(texts[:80]) & set(texts[80:])
    train, validation = split_documents(texts, [0.8, 0.2], seed=0)
    assert not set(train) & set(validation)
    assert (len(train), len(validation)) == (80, 20)


def test_a_key_keeps_more_than_copies_together():
    texts = [f"{space}Text {i}" for i in range(20) for space in ("", "  ")]
    plain = split_documents(texts, [0.5, 0.5], seed=0)
    assert set(map(normalize, plain[0])) & set(map(normalize, plain[1]))
    train, validation = split_documents(texts, [0.5, 0.5], 0, key=normalize)
    assert not set(map(normalize, train)) & set(map(normalize, validation))
    assert len(train) == len(validation) == 20


@pytest.mark.parametrize(
    "fractions", [[0.8, 0.1], [0.8, 0.3], [1.1, -0.1], [1, 0]]
)
def test_fractions_that_do_not_divide_are_refused(fractions):
    with pytest.raises(ValueError, match=r"must be positive and add up to 1"):
        split_documents(DOCUMENTS, fractions, seed=0)


def test_a_split_with_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="2 different documents are too few"):
        split_documents(["a", "b", "a", "a"], [0.9, 0.1], seed=0)


def test_worked_examples_in_docstrings_are_true():
    result = doctest.testmod(documents)
    assert result.attempted > 0
    assert result.failed == 0
