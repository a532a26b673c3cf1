# %% correct: where_and_fresh_parts
import torch


def merge(left, right):
    top = torch.where(left[0] > right[0], left[0], right[0])
    found = [top, 0, 0]
    for maximum, total, mixed in (left, right):
        factor = torch.where(total > 0, torch.exp(maximum - top), torch.zeros_like(total))
        found[1] = found[1] + factor * total
        found[2] = found[2] + factor.unsqueeze(-1) * mixed
    return tuple(found)


def tiled_attention(queries, keys, values, tile):
    n = queries.size(0)
    empty = torch.full((n,), float("-inf"), dtype=queries.dtype)
    part = (empty, torch.zeros_like(empty), torch.zeros(n, values.size(1), dtype=values.dtype))
    pieces = zip(range(0, n, tile), keys.split(tile), values.split(tile))
    for first, some_keys, some_values in pieces:
        a = (queries * queries.size(1) ** -0.5) @ some_keys.T
        for j in range(len(some_keys)):
            a[: first + j, j] = float("-inf")
        top = a.max(1).values
        p = torch.exp(a - top.clamp(min=-1e300).unsqueeze(1))
        part = merge(part, (top, p.sum(1), p @ some_values))
    return part[2] / part[1].unsqueeze(1)


# %% wrong: mixed_not_rescaled
# why: total only
# says: The mixed values are not rescaled
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = mixed1 + mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: total_not_rescaled
# why: mixed only
# says: The totals are not rescaled
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, total1 + total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: nothing_rescaled
# why: plain sums
# says: Nothing is rescaled
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = mixed1 + mixed2
    return m, total1 + total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: the_latest_maximum
# why: m2
# says: not the latest
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = m2
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: averaged
# why: halved
# says: Mixed values are added, not averaged
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    mixed = mixed / 2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: nan_without_keys
# why: inf - inf
# says: two parts without keys
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: no_maximum
# why: exp of the scores
# says: exp of a large positive number is inf
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    a, b = m1.exp(), m2.exp()
    m = torch.maximum(m1, m2)
    down = (-m).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, down * (a * total1 + b * total2), down[:, None] * mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: no_scale
# why: not scaled
# says: 1 / sqrt(Dh) is missing.
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: not_causal
# why: no mask
# says: Later keys are visible.
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later & False, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: whole_tiles_only
# why: the rest lost
# says: The last, shorter tile is lost
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        if start + tile > n and n >= tile:
            break
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: mean_of_tiles
# why: outputs averaged
# says: You average the outputs of the tiles
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    outputs = []
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5
        scores = scores.masked_fill(later, -torch.inf)
        outputs.append(scores.softmax(-1).nan_to_num() @ v)
    return sum(outputs) / len(outputs)


# %% wrong: all_scores_at_once
# why: a (T, T) tensor
# says: A (T, T) tensor was made
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    all_scores = queries @ keys.T / width**0.5
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = all_scores[:, start : start + tile]
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: left_part_updated
# why: the left part is rescaled where it stands
# says: argument 1 of merge after the call
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    total1 *= a
    total1 += b * total2
    mixed1 *= a[:, None]
    mixed1 += b[:, None] * mixed2
    return m, total1, mixed1


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: queries_scaled_in_place
# why: /= on an argument
# says: argument 1 of tiled_attention after the call
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    queries /= width**0.5
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: parts_empty_as_a_whole
# why: .all() in place of each row
# says: You look for keys in the part as a whole
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    if (m1 == -torch.inf).all():
        return right
    if (m2 == -torch.inf).all():
        return left
    a, b = (m1 - m).exp(), (m2 - m).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: no_maximum_in_a_tile
# why: exp of a tile's scores
# says: exp meets the scores themselves
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        m = m.masked_fill(m != -torch.inf, 0.0)
        powers = scores.exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: maximum_starts_at_zero
# why: zeros as the first part
# says: Your maximum is never below 0
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_zeros(n)
    part = nothing, nothing, queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: maximum_clamped
# why: -1e4 as the least maximum
# says: Your maximum has a lowest value
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax(-1)
        safe = m.clamp(min=-1e4)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: one_maximum_a_tile
# why: amax() over all rows
# says: One maximum serves the whole tile
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -torch.inf)
        m = scores.amax().expand(n)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]


# %% wrong: later_keys_at_a_low_number
# why: -1e4 in place of -inf
# says: A later key gets a score that is low
import torch


def merge(left, right):
    """Join two parts (maximum, total, mixed) of a softmax."""
    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    m = torch.maximum(m1, m2)
    safe = m.masked_fill(m == -torch.inf, 0.0)  # no key at all
    a, b = (m1 - safe).exp(), (m2 - safe).exp()
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    return m, a * total1 + b * total2, mixed


def tiled_attention(queries, keys, values, tile):
    """Causal attention, (T, Dv), with scores of one tile at a time."""
    n, width = queries.shape
    nothing = queries.new_full((n,), -torch.inf)
    part = nothing, nothing.exp(), queries.new_zeros(n, values.shape[-1])
    position = torch.arange(n)[:, None]
    for start in range(0, n, tile):
        k, v = keys[start : start + tile], values[start : start + tile]
        later = start + torch.arange(len(k)) > position
        scores = queries @ k.T / width**0.5  # (T, tile)
        scores = scores.masked_fill(later, -1e4)
        m = scores.amax(-1)
        safe = m.masked_fill(m == -torch.inf, 0.0)
        powers = (scores - safe[:, None]).exp()
        part = merge(part, (m, powers.sum(-1), powers @ v))
    _, total, mixed = part
    return mixed / total[:, None]
