"""Documents kept apart: packing several into one row, splitting a corpus.

`pack_documents` fills rows without letting one document predict, or see,
another; `split_documents` divides a corpus into training and validation
without putting copies of a document on both sides.

Left out on purpose: masks (`attention.document_mask` makes them from the
document ids) and near duplicates (`deduplicate` removes them).
"""

from bisect import bisect_left, insort
from collections import defaultdict
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np
import torch

from scratchlm.windows import IGNORE_INDEX, as_id_array, check_positive

PADDING = -1  # the document id of what belongs to no document


class PackedRows(NamedTuple):
    """Rows of several documents each: four int64 tensors (N, T)."""

    inputs: torch.Tensor  # 0 in the padding
    targets: torch.Tensor  # IGNORE_INDEX where there is none
    document_ids: torch.Tensor  # places in the list; PADDING in the padding
    positions: torch.Tensor  # 0 at the start of every document


def best_fit(lengths, capacity):
    """Put pieces of these lengths into rows: a list of lists of indices.

    The longest piece goes first, each into the fullest row that still has
    room for it (best-fit decreasing; Ding et al. 2024, arXiv 2404.10830,
    section 2). Lengths are at most `capacity`; ties keep their order.

    >>> best_fit([2, 5, 4, 1], capacity=6)
    [[1, 3], [2, 0]]
    """
    rows = []
    free = []  # (room, row), sorted
    for piece in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        at = bisect_left(free, (lengths[piece], -1))
        if at == len(free):
            room, row = capacity, len(rows)
            rows.append([])
        else:
            room, row = free.pop(at)
        rows[row].append(piece)
        if left := room - lengths[piece]:
            insort(free, (left, row))
    return rows


def pack_documents(documents, context_length, separator_id=None):
    """Rows of `context_length` inputs, each holding one or more documents.

    documents: lists of token ids
    separator_id: the end-of-text id, to be added to each document as its
        last token; None when the documents have theirs already
    returns: PackedRows; rows are in no particular order

    Every token of a document but its first is a target exactly once: a
    document of n tokens has n - 1 targets, the input at its last token has
    none. Only a document longer than a row is cut, into pieces of
    `context_length` inputs and a rest. A piece keeps the target of its last
    input, which is the first input of the next piece, but starts again at
    position 0 and sees nothing of the piece before. A rest of one token has
    no target and is left out, and so are documents of a single token.

    The model treats each document as if it were alone when it is given
    `positions` and `attention.document_mask(document_ids)`; the padding at
    the end of a row counts as one more document. Raises ValueError when
    there is no target at all.

    >>> rows = pack_documents([[5, 6, 7], [8, 9]], context_length=6)
    >>> rows.inputs.tolist(), rows.targets.tolist()
    ([[5, 6, 7, 8, 9, 0]], [[6, 7, -100, 9, -100, -100]])
    >>> rows.document_ids.tolist(), rows.positions.tolist()
    ([[0, 0, 0, 1, 1, -1]], [[0, 1, 2, 0, 1, 0]])
    """
    check_positive(context_length=context_length)
    pieces = []  # (place of the document, inputs, targets)
    for place, document in enumerate(documents):
        ids = as_id_array(document).astype(np.int64)
        if separator_id is not None:
            ids = np.append(ids, separator_id)
        targets = np.append(ids[1:], IGNORE_INDEX)
        for first in range(0, len(ids) - 1, context_length):
            part = slice(first, first + context_length)
            pieces.append((place, ids[part], targets[part]))
    if not pieces:
        raise ValueError(
            "no document has two tokens, so there is nothing to predict"
        )
    layout = best_fit([len(ids) for _, ids, _ in pieces], context_length)
    padding = (0, IGNORE_INDEX, PADDING, 0)
    packed = [np.full((len(layout), context_length), x) for x in padding]
    for row, members in enumerate(layout):
        at = 0
        for place, ids, targets in (pieces[member] for member in members):
            span = slice(at, at := at + len(ids))
            parts = (ids, targets, place, np.arange(len(ids)))
            for tensor, part in zip(packed, parts, strict=True):
                tensor[row, span] = part
    return PackedRows(*map(torch.from_numpy, packed))


def content(document):
    """The document in a form that is equal for equal documents."""
    if isinstance(document, str):
        return document
    return tuple(as_id_array(document).tolist())


def split_documents(documents, fractions, seed, key=content):
    """Divide documents at random into len(fractions) lists.

    documents: texts or lists of token ids
    fractions: of the number of different documents; they add up to 1
    key: documents with an equal key stay together, by default only those
        that are equal; an author, a source or `deduplicate.normalize` keeps
        more together

    Equal documents never end up in two lists: a copy of a validation
    document in the training set makes memory look like skill. The sizes are
    therefore exact in different documents, each rounded so that no list is
    more than one off; copies go where their original goes. Each list is in
    the order of `documents`. The split depends on `seed` and the documents
    only. Raises ValueError when fractions are not positive, do not add up to
    1, or would leave a list empty.

    >>> split_documents(["a", "b", "c", "a", "d"], [0.5, 0.5], seed=1)
    [['a', 'b', 'a'], ['c', 'd']]
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(
            f"fractions={list(fractions)} add up to {sum(fractions)}; they "
            "must be positive and add up to 1"
        )
    documents = list(documents)
    groups = defaultdict(list)  # key: places in documents
    for place, document in enumerate(documents):
        groups[key(document)].append(place)
    ends = [round(end * len(groups)) for end in accumulate(fractions)]
    if any(start == end for start, end in pairwise([0, *ends])):
        raise ValueError(
            f"{len(groups)} different documents are too few for fractions="
            f"{list(fractions)}: a list would be empty"
        )
    order = np.random.default_rng(seed).permutation(len(groups))
    groups = list(groups.values())
    split = []
    for start, end in pairwise([0, *ends]):
        places = chain.from_iterable(groups[g] for g in order[start:end])
        split.append([documents[place] for place in sorted(places)])
    return split
