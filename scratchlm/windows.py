"""Windows of token ids: inputs, and as targets the token after each input.

A window of `context_length` inputs covers `context_length` + 1 tokens, since
its last input has a target too. `sliding_windows` shows all windows of a text
at once, `evaluation_batches` passes over every target once; shuffled batches
for training come from `data.WindowLoader`.

Left out on purpose: document boundaries, which windows ignore; `documents`
respects them.
"""

from operator import index

import numpy as np
import torch

IGNORE_INDEX = -100  # a target that is not to be learned


def check_positive(**numbers):
    """Raise ValueError unless each number is an integer of at least 1."""
    for name, number in numbers.items():
        if index(number) < 1:
            raise ValueError(f"{name}={number}, but it must be at least 1")


def as_id_array(token_ids):
    """A numpy array (n_tokens,) of the ids, a view where that is possible.

    Raises ValueError unless the ids are integers in one dimension.
    """
    if isinstance(token_ids, torch.Tensor):
        token_ids = token_ids.cpu().numpy()
    array = np.asarray(token_ids)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(
            f"token_ids have shape {array.shape} and type {array.dtype}; "
            "pass one flat sequence of integers"
        )
    return array


def count_windows(n_tokens, context_length, stride):
    """How many windows start at 0, stride, 2 * stride, ... and are whole.

    A window takes context_length + 1 tokens, its last target included. Raises
    ValueError when context_length or stride is below 1.

    >>> count_windows(8, context_length=4, stride=2)
    2
    """
    check_positive(context_length=context_length, stride=stride)
    n_starts = n_tokens - context_length
    return max(0, (n_starts + stride - 1) // stride)


def sliding_windows(token_ids, context_length, stride):
    """Inputs and targets of all windows: two tensors (N, T).

    Targets are the inputs shifted by one. Both are views into one tensor of
    the ids, so overlapping windows cost no memory; do not write into them.
    With stride = context_length every token but the first is a target
    exactly once (a rest shorter than a window is left); a larger stride
    skips tokens, a smaller one repeats them. Raises ValueError when there is
    no whole window.

    >>> inputs, targets = sliding_windows(range(10, 18), 4, stride=2)
    >>> inputs.tolist()
    [[10, 11, 12, 13], [12, 13, 14, 15]]
    >>> targets.tolist()
    [[11, 12, 13, 14], [13, 14, 15, 16]]
    """
    ids = as_id_array(token_ids).astype(np.int64, copy=False)
    if not count_windows(len(ids), context_length, stride):
        raise ValueError(
            f"{len(ids)} tokens hold no window of context_length="
            f"{context_length}, which takes {context_length + 1}; give more "
            "text or a smaller context_length"
        )
    windows = torch.from_numpy(ids).unfold(0, context_length + 1, stride)
    return windows[:, :-1], windows[:, 1:]  # (N, T) each


def evaluation_batches(token_ids, batch_size, context_length):
    """Batches (inputs, targets), in order, with every target exactly once.

    All tokens but the first are targets. Windows do not overlap, so the last
    batch of whole windows may have fewer rows, and what is left of the text
    comes as one shorter row: (1, rest). Batches are therefore unequal; a
    mean over them must be weighted by their numbers of targets.

    Raises ValueError for fewer than 2 tokens.

    >>> batches = evaluation_batches(range(9), 2, context_length=3)
    >>> [targets.tolist() for inputs, targets in batches]
    [[[1, 2, 3], [4, 5, 6]], [[7, 8]]]
    """
    check_positive(batch_size=batch_size, context_length=context_length)
    ids = as_id_array(token_ids)
    if len(ids) < 2:
        raise ValueError(f"{len(ids)} tokens have no target; give at least 2")
    return _batches_in_order(ids, batch_size, context_length)


def _batches_in_order(ids, batch_size, context_length):
    n_targets = len(ids) - 1
    n_whole = n_targets - n_targets % context_length
    for first in range(0, n_whole, batch_size * context_length):
        last = min(first + batch_size * context_length, n_whole)
        part = torch.from_numpy(ids[first : last + 1].astype(np.int64))
        inputs = part[:-1].view(-1, context_length)  # (B, T)
        yield inputs, part[1:].view(-1, context_length)
    if n_whole < n_targets:
        rest = torch.from_numpy(ids[n_whole:].astype(np.int64))[None]
        yield rest[:, :-1], rest[:, 1:]  # (1, rest) each
