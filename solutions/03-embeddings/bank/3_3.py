# %% correct: by_numbers_and_by_solving
import math

import torch


def sinusoidal(n_positions, emb_dim):
    rows = []
    for p in range(n_positions):
        row = []
        for column in range(emb_dim):
            angle = p / 10000 ** ((column - column % 2) / emb_dim)
            row.append(math.cos(angle) if column % 2 else math.sin(angle))
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64).reshape(n_positions, emb_dim)


def shift_matrix(emb_dim, offset):
    blocks = []
    for k in range(0, emb_dim, 2):
        a = offset / 10000 ** (k / emb_dim)
        blocks.append(
            torch.tensor(
                [[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]],
                dtype=torch.float64,
            )
        )
    return torch.block_diag(*blocks)


# %% wrong: halves
# why: all sines first
# says: All sines stand in the first half
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-2 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    return torch.cat([angles.sin(), angles.cos()], 1)


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix


# %% wrong: sine_and_cosine_swapped
# why: cosines in the even columns
# says: Sines and cosines are swapped
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-2 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.cos(), angles.sin()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix


# %% wrong: half_the_exponent
# why: -i / D
# says: yours is half of that
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix


# %% wrong: number_of_the_column
# why: -2 times the column
# says: You took the number of the column
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-4 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix


# %% wrong: positions_from_one
# why: p + 1
# says: The first position is 0
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(1, n_positions + 1, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-2 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix


# %% wrong: base_of_a_thousand
# why: another base
# says: The base is 10,000
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 1_000.0 ** (-2 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix


# %% wrong: turned_the_other_way
# why: signs swapped
# says: Your matrix moves the other way
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-2 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = -angles.sin()
    matrix[even + 1, even] = angles.sin()
    return matrix


# %% wrong: identity
# why: a shift that moves nothing
# says: Your matrix moves nowhere
import torch


def sinusoidal(n_positions, emb_dim):
    """Sines in the even columns, cosines in the odd ones."""
    p = torch.arange(n_positions, dtype=torch.float64)[:, None]
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = p * 10_000.0 ** (-2 * i / emb_dim)  # (n, D/2)
    table = torch.empty(n_positions, emb_dim, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


def shift_matrix(emb_dim, offset):
    """The matrix that moves every position on by `offset`."""
    i = torch.arange(emb_dim // 2, dtype=torch.float64)
    angles = 0 * offset * 10_000.0 ** (-2 * i / emb_dim)
    matrix = torch.zeros(emb_dim, emb_dim, dtype=torch.float64)
    even = 2 * i.long()
    matrix[even, even] = matrix[even + 1, even + 1] = angles.cos()
    matrix[even, even + 1] = angles.sin()
    matrix[even + 1, even] = -angles.sin()
    return matrix
