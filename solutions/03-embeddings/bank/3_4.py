# %% correct: a_half_turn_and_a_doubled_table
import torch


def rotate(x, positions, base):
    d = x.shape[-1]
    speeds = torch.tensor([base ** (-2 * k / d) for k in range(d // 2)], dtype=torch.float64)
    theta = positions.to(torch.float64).unsqueeze(-1) * speeds
    theta = torch.cat([theta, theta], dim=-1)
    first, second = x.double().split(d // 2, dim=-1)
    quarter = torch.cat([-second, first], dim=-1)
    return (x.double() * theta.cos() + quarter * theta.sin()).to(x.dtype)


# %% wrong: positions_ignored
# why: counts 0, 1, 2, ...
# says: `positions` is ignored
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = base ** (-i / half)
    angles = torch.arange(x.shape[-2])[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half].double(), x[..., half:].double()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


# %% wrong: base_ignored
# why: 10,000 always
# says: `base` is ignored
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = 10_000.0 ** (-i / half)
    angles = positions[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half].double(), x[..., half:].double()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


# %% wrong: neighbours_paired
# why: interleaved
# says: You pair neighbours
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = base ** (-i / half)
    angles = positions[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., ::2].double(), x[..., 1::2].double()
    turned = torch.stack([a * cos - b * sin, a * sin + b * cos], -1)
    return turned.flatten(-2).to(x.dtype)


# %% wrong: turned_backwards
# why: the sign of the sine
# says: You turn the other way
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = base ** (-i / half)
    angles = positions[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), -angles.sin()
    a, b = x[..., :half].double(), x[..., half:].double()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


# %% wrong: speeds_of_the_root
# why: -i / Dh
# says: yours is its root
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = base ** (-i / x.shape[-1])
    angles = positions[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half].double(), x[..., half:].double()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


# %% wrong: angles_in_float32
# why: float32 all the way
# says: it two behind
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=x.dtype)
    speeds = base ** (-i / half)
    angles = positions[..., None].to(x.dtype) * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1).to(x.dtype)


# %% wrong: stays_in_float64
# why: the dtype is not given back
# says: The result has the dtype of x
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = base ** (-i / half)
    angles = positions[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half].double(), x[..., half:].double()
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


# %% wrong: turned_in_place
# why: the halves are written back into x
# says: argument 1 of rotate after the call
import torch


def rotate(x, positions, base):
    """Turn the pairs (i, i + Dh/2) of x by position times speed."""
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    speeds = base ** (-i / half)
    angles = positions[..., None].double() * speeds  # (..., T, Dh/2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., :half].double().clone(), x[..., half:].double()
    x[..., :half] = a * cos - b * sin
    x[..., half:] = a * sin + b * cos
    return x
