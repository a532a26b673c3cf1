# %% correct: by_triangles
import torch


def window_mask(n_queries, n_keys, window):
    shift = n_keys - n_queries
    ones = torch.ones(n_queries, n_keys)
    return (ones.tril(shift) - ones.tril(shift - window)).bool()


def visible_pairs(n_tokens, window):
    return int(window_mask(n_tokens, n_tokens, window).sum())


def reach(n_layers, window):
    return n_layers * window - n_layers + 1


# %% wrong: one_too_many
# why: window + 1
# says: One key too many
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back <= window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: one_too_few
# why: window - 1
# says: One key too few
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window - 1)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: both_sides
# why: absolute distance
# says: The window looks ahead as well
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return back.abs() < window


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: later_keys
# why: not causal
# says: Later keys are visible: the window
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return back < window


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: queries_at_the_start
# why: no shift
# says: the first query stands at n_keys - n_queries
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_queries)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: a_rectangle
# why: T times window
# says: T times the window counts keys before the start
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return n_tokens * window


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: a_full_window_each
# why: T times min
# says: you count a full window for each
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return n_tokens * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: no_window
# why: the triangle
# says: This is the count without a window
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return n_tokens * (n_tokens + 1) // 2


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)


# %% wrong: layers_times_window
# why: overlap
# says: Windows of neighbouring layers overlap
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return n_layers * window


# %% wrong: the_window_alone
# why: one layer
# says: reach grows with layers
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return window


# %% wrong: a_power
# why: window ** L
# says: Reach grows by a sum
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) // 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return window**n_layers


# %% wrong: pairs_as_a_float
# why: / in place of //
# says: The number is right, its type is not
import torch


def window_mask(n_queries, n_keys, window):
    """True for a query's own key and the window - 1 before it.

    >>> window_mask(3, 3, 2).int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    positions = torch.arange(n_keys - n_queries, n_keys)[:, None]
    back = positions - torch.arange(n_keys)
    return (back >= 0) & (back < window)


def visible_pairs(n_tokens, window):
    """How many scores are left for n_tokens queries and keys.

    >>> visible_pairs(4, 2)
    7
    """
    full = min(window, n_tokens)
    return full * (full + 1) / 2 + (n_tokens - full) * full


def reach(n_layers, window):
    """How many tokens, itself included, can change an output.

    >>> reach(2, 3)
    5
    """
    return 1 + n_layers * (window - 1)
