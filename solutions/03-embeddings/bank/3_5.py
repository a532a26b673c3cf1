# %% correct: head_by_head_with_slices
import torch


def interleaved_to_half(weight, n_heads):
    heads = weight.chunk(n_heads, dim=0)
    return torch.cat([torch.cat([h[::2], h[1::2]]) for h in heads])


def half_to_interleaved(weight, n_heads):
    result = torch.empty_like(weight)
    d = weight.shape[0] // n_heads
    for h in range(n_heads):
        head = weight[h * d : (h + 1) * d]
        result[h * d : (h + 1) * d : 2] = head[: d // 2]
        result[h * d + 1 : (h + 1) * d : 2] = head[d // 2 :]
    return result


# %% wrong: across_heads
# why: all rows at once
# says: You sort all rows at once
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    rest = weight.shape[1:]
    pairs = weight.reshape(1, -1, 2, *rest)  # (H, Dh/2, 2, ...)
    return pairs.transpose(1, 2).reshape(weight.shape)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: columns_sorted
# why: columns instead of rows
# says: You sort the columns
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    if weight.ndim == 1 or weight.shape[1] % 2:
        return weight
    return torch.cat([weight[:, ::2], weight[:, 1::2]], 1)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: nothing_done
# why: returns the weights
# says: Nothing changed
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    rest = weight.shape[1:]
    pairs = weight.reshape(n_heads, -1, 2, *rest)  # (H, Dh/2, 2, ...)
    return weight


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: every_hth_row
# why: heads taken from every H-th row
# says: You take every H-th row
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    rest = weight.shape[1:]
    split = weight.reshape(-1, n_heads, *rest).transpose(0, 1)
    pairs = split.reshape(n_heads, -1, 2, *rest)
    return pairs.transpose(1, 2).reshape(weight.shape)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: directions_swapped
# why: the inverse
# says: That is the other direction
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    rest = weight.shape[1:]
    pairs = weight.reshape(n_heads, 2, -1, *rest)  # (H, Dh/2, 2, ...)
    return pairs.transpose(1, 2).reshape(weight.shape)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: sorted_again
# why: the same permutation back
# says: You sort even and odd rows once more
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    rest = weight.shape[1:]
    pairs = weight.reshape(n_heads, -1, 2, *rest)  # (H, Dh/2, 2, ...)
    return pairs.transpose(1, 2).reshape(weight.shape)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, -1, 2, *rest)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: matrices_only
# why: a bias breaks it
# says: A bias has one axis
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    pairs = weight.reshape(n_heads, -1, 2, weight.shape[1])  # (H, Dh/2, 2, ...)
    return pairs.transpose(1, 2).reshape(weight.shape)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: heads_sorted_in_place
# why: the rows of each head are written back
# says: argument 1 of interleaved_to_half after the call
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    for rows in weight.chunk(n_heads):
        rows[:] = torch.cat([rows[0::2], rows[1::2]])
    return weight


def half_to_interleaved(weight, n_heads):
    """The way back."""
    rest = weight.shape[1:]
    halves = weight.reshape(n_heads, 2, -1, *rest)  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).reshape(weight.shape)


# %% wrong: heads_dealt_in_place
# why: the rows of each head are written back
# says: argument 1 of half_to_interleaved after the call
import torch


def interleaved_to_half(weight, n_heads):
    """Even rows first, then odd ones, within each head.

    >>> interleaved_to_half(torch.arange(8), 2).tolist()
    [0, 2, 1, 3, 4, 6, 5, 7]
    """
    rest = weight.shape[1:]
    pairs = weight.reshape(n_heads, -1, 2, *rest)  # (H, Dh/2, 2, ...)
    return pairs.transpose(1, 2).reshape(weight.shape)


def half_to_interleaved(weight, n_heads):
    """The way back."""
    for rows in weight.chunk(n_heads):
        first, second = rows.clone().chunk(2)
        rows[0::2], rows[1::2] = first, second
    return weight
