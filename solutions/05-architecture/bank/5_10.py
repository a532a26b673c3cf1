# %% correct: by_einsum_and_complex
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    b, t, d = x.shape

    def norm(y, g):
        return g * y * torch.rsqrt(y.square().mean(-1, keepdim=True) + 1e-6)

    y = norm(x, weights["norm1"])
    q = (y @ weights["q"].T).view(b, t, n_groups, n_heads // n_groups, -1)
    k = (y @ weights["k"].T).view(b, t, n_groups, -1)
    v = (y @ weights["v"].T).view(b, t, n_groups, -1)
    w = k.shape[-1]
    i = torch.arange(w // 2, dtype=torch.float64)
    angle = torch.outer(torch.arange(t, dtype=torch.float64), float(base) ** (-2 * i / w))
    turn = torch.polar(torch.ones_like(angle), angle)

    def spin(z, shape):
        c = torch.complex(z[..., : w // 2].contiguous(), z[..., w // 2 :].contiguous())
        c = c * turn.view(shape)
        return torch.cat([c.real, c.imag], -1)

    q, k = spin(q, (1, t, 1, 1, w // 2)), spin(k, (1, t, 1, w // 2))
    s = torch.einsum("bigsw,bjgw->bgsij", q, k) * w**-0.5
    s = s + torch.full((t, t), float("-inf"), dtype=s.dtype).triu(1)
    z = torch.einsum("bgsij,bjgw->bigsw", s.softmax(-1), v).reshape(b, t, -1)
    x = x + z @ weights["out"].T
    y = norm(x, weights["norm2"])
    a = y @ weights["gate"].T
    return x + (torch.nn.functional.silu(a) * (y @ weights["up"].T)) @ weights["down"].T


# %% wrong: layer_norms
# why: centred
# says: the modern block has RMS norms
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        y = y - y.mean(-1, keepdim=True)
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: no_rotation
# why: left out
# says: Nothing is rotated
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = heads(y @ w["q"].mT, n_heads)
    k = heads(y @ w["k"].mT, n_groups)
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: queries_only
# why: keys forgotten
# says: Only the queries are rotated
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = heads(y @ w["k"].mT, n_groups)
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: values_too
# why: all three
# says: The values are rotated as well
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = rotated(heads(y @ w["v"].mT, n_groups))
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: neighbours_paired
# why: interleaved
# says: You pair neighbouring features
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., 0::2], y[..., 1::2]
        pairs = [a * cos - b * sin, a * sin + b * cos]
        return torch.stack(pairs, -1).flatten(-2)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: groups_dealt_out
# why: repeat
# says: The groups are dealt out in turn
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat(1, share, 1, 1), v.repeat(1, share, 1, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: gelu
# why: in the gate
# says: GELU in the gate
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = torch.nn.functional.gelu(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: silu_on_up
# why: swapped
# says: it belongs to `gate`
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["up"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["gate"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: no_mask
# why: sees all
# says: The causal mask is missing.
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: no_first_sum
# why: x lost
# says: x is not added behind the attention.
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""
    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: stream_in_place
# why: += on an argument
# says: argument 1 of modern_block after the call
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""

    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x += mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT


# %% wrong: mask_of_a_number
# why: a large number is taken for infinity
# says: the mask is -inf, no number
import torch


def modern_block(x, weights, n_heads, n_groups, base):
    """A block of today's models, from its nine weights."""

    def rms(y, weight):
        return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

    def heads(y, n):  # (B, T, n * Dh) to (B, n, T, Dh)
        return y.unflatten(-1, (n, -1)).transpose(1, 2)

    def rotated(y):
        n, half = y.shape[-2], y.shape[-1] // 2
        speeds = base ** (-torch.arange(half, dtype=y.dtype) / half)
        angles = torch.arange(n, dtype=y.dtype)[:, None] * speeds
        cos, sin = angles.cos(), angles.sin()
        a, b = y[..., :half], y[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)

    w, n = weights, x.shape[1]
    y = rms(x, w["norm1"])
    q = rotated(heads(y @ w["q"].mT, n_heads))
    k = rotated(heads(y @ w["k"].mT, n_groups))
    v = heads(y @ w["v"].mT, n_groups)
    share = n_heads // n_groups
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(later, -1e4)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(-2)
    x = x + mixed @ w["out"].mT
    y = rms(x, w["norm2"])
    opened = y @ w["gate"].mT
    hidden = opened * torch.sigmoid(opened) * (y @ w["up"].mT)
    return x + hidden @ w["down"].mT
