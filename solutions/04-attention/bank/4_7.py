# %% correct: an_axis_for_the_group
import torch


def grouped_attention(queries, keys, values):
    b, h, t, d = queries.shape
    g = keys.shape[1]
    if g > h or h % g != 0:
        raise ValueError("the groups must divide the heads")
    q = queries.reshape(b, g, h // g, t, d)
    scores = torch.einsum("bgstd,bgud->bgstu", q, keys) * d**-0.5
    seen = torch.arange(t)[:, None] >= torch.arange(t)
    weights = torch.where(seen, scores, float("-inf")).softmax(dim=-1)
    return torch.einsum("bgstu,bguv->bgstv", weights, values).reshape(b, h, t, -1)


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    one_token = n_groups * head_dim * bytes_per_number
    return n_tokens * n_layers * (one_token + one_token)


# %% wrong: groups_dealt_out
# why: repeat
# says: as `repeat` does
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat(1, share, 1, 1)  # (B, H, T, Dh)
    v = values.repeat(1, share, 1, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: the_first_for_all
# why: group 0
# says: All heads use the first group
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys[:, :1]  # (B, H, T, Dh)
    v = values[:, :1]
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: the_last_for_the_rest
# why: clamped
# says: all others the last one
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    places = torch.arange(n_heads).clamp(max=n_groups - 1)
    k = keys[:, places]  # (B, H, T, Dh)
    v = values[:, places]
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: mean_of_the_groups
# why: averaged
# says: You average the groups
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.mean(1, keepdim=True)  # (B, H, T, Dh)
    v = values.mean(1, keepdim=True)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: no_scale
# why: not scaled
# says: The scale 1 / sqrt(Dh) is missing
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: no_mask
# why: not causal
# says: The causal mask is missing
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: any_number_of_groups
# why: no ValueError
# says: each group serves the same number
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    share, n = -(-n_heads // n_groups), queries.shape[2]
    k = keys.repeat_interleave(share, 1)[:, :n_heads]  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)[:, :n_heads]
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: keys_only
# why: without the 2
# says: Both keys *and* values are kept
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: one_layer
# why: layers forgotten
# says: Each layer has keys and values
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: squared
# why: T * T
# says: grows with T, not with its square
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens**2
    return numbers * bytes_per_number


# %% wrong: numbers
# why: bytes forgotten
# says: These are numbers, not bytes
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers


# %% wrong: queries_scaled_in_place
# why: /= on an argument
# says: argument 1 of grouped_attention after the call
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    queries /= queries.shape[-1] ** 0.5
    scores = queries @ k.mT
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: twice_as_many_groups
# why: either may divide the other
# says: for more groups than heads, too
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups and n_groups % n_heads:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = max(1, n_heads // n_groups), queries.shape[2]
    k = keys.repeat_interleave(share, 1)[:, :n_heads]  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)[:, :n_heads]
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -torch.inf).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number


# %% wrong: masked_by_a_number
# why: -1e4
# says: hides nothing where scores are lower
import torch


def grouped_attention(queries, keys, values):
    """Causal attention whose heads share keys and values in groups."""
    n_heads, n_groups = queries.shape[1], keys.shape[1]
    if n_heads % n_groups:
        raise ValueError(f"{n_heads} heads, {n_groups} groups")
    share, n = n_heads // n_groups, queries.shape[2]
    k = keys.repeat_interleave(share, 1)  # (B, H, T, Dh)
    v = values.repeat_interleave(share, 1)
    scores = queries @ k.mT / queries.shape[-1] ** 0.5
    later = torch.ones(n, n, dtype=torch.bool).triu(1)
    return scores.masked_fill(later, -1e4).softmax(-1) @ v


def cache_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    """The bytes of the keys and values of one text.

    >>> cache_bytes(12, 12, 64, 1024, 2)
    37748736
    """
    numbers = 2 * n_layers * n_groups * head_dim * n_tokens
    return numbers * bytes_per_number
