# %% correct: recursive_slopes_and_tril
import math

import torch


def slopes(n_heads):
    def row(n):
        if math.log2(n).is_integer():
            first = 2 ** (-8 / n)
            return [first ** (k + 1) for k in range(n)]
        below = 2 ** math.floor(math.log2(n))
        return row(below) + row(2 * below)[0::2][: n - below]

    return torch.tensor(row(n_heads), dtype=torch.float64)


def distance_bias(n_heads, n_tokens):
    steps = torch.ones(n_tokens, n_tokens, dtype=torch.float64).tril(-1)
    distance = steps.flip(1).cumsum(1).flip(1)  # ones that follow in the row
    hidden = torch.full((n_tokens, n_tokens), float("-inf"), dtype=torch.float64)
    return hidden.triu(1) - torch.einsum("h,ij->hij", slopes(n_heads), distance)


# %% wrong: halves_always
# why: 1/2, 1/4, 1/8
# says: whatever the number of heads is
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** -torch.arange(1, n + 1, dtype=torch.float64)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: linear
# why: evenly spread
# says: The slopes grow evenly
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return torch.arange(1, n + 1, dtype=torch.float64) / n


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: from_one
# why: the first slope is 1
# says: The first slope is 1
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** (-8 * torch.arange(n, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: formula_for_all
# why: n need not be a power of two
# says: You use the formula with n itself
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    return row_of(n_heads)


def row_of(n):
    return 2.0 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: raises_with_distance
# why: a positive bias
# says: The sign: distance lowers a score
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: later_keys_visible
# why: no -inf
# says: What comes later is not hidden
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, 0.0)


# %% wrong: one_slope_for_all
# why: heads alike
# says: All heads have the same slope
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:1, None, None] * distance.expand(n_heads, -1, -1)
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: position_of_the_key
# why: j instead of i - j
# says: You take the key's position
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * places.expand_as(distance)
    return bias.masked_fill(distance < 0, -torch.inf)


# %% wrong: transposed
# why: rows are keys
# says: Rows and columns are swapped
import torch


def slopes(n_heads):
    """How much each head takes off for a token of distance, (H,)."""
    n = 1
    while 2 * n <= n_heads:
        n *= 2
    found = row_of(n)
    return torch.cat([found, row_of(2 * n)[::2]])[:n_heads]


def row_of(n):
    return 2.0 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def distance_bias(n_heads, n_tokens):
    """What is added to the scores: (H, T, T)."""
    places = torch.arange(n_tokens)
    distance = places[:, None] - places[None, :]
    bias = -slopes(n_heads)[:, None, None] * distance
    return bias.masked_fill(distance < 0, -torch.inf).transpose(1, 2)
