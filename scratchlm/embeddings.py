"""Where a token is: positions as vectors, as rotations and as a bias.

Sinusoids are added to the token embeddings; RoPE turns queries and keys
by an angle that grows with their position; ALiBi lowers the scores of
distant keys. All work from the position alone and have no weights. Tables
that are learned, of tokens or of positions, belong to the models. Left out:
relative position buckets (T5), and heads of which only a part is rotated.
"""

import math

import torch


def sinusoidal_positions(n_positions, emb_dim, base=10_000.0):
    """Sines in the even columns, cosines in the odd ones.

    Returns (n_positions, D) float32: columns 2i and 2i + 1 hold the sine and
    cosine of position * base^(-2i / emb_dim) radians. The dot product of two
    rows depends only on the distance of their positions. Raises ValueError
    when `emb_dim` is odd. Vaswani et al. 2017 (arXiv 1706.03762), section
    3.5.

    >>> sinusoidal_positions(2, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    frequencies = rotary_frequencies(emb_dim, base)  # (D/2,)
    cos, sin = rotary_table(torch.arange(n_positions), frequencies)
    return torch.stack((sin, cos), dim=-1).flatten(-2)  # (n_positions, D)


def rotary_frequencies(head_dim, base=10_000.0):
    """Radians per token of each pair of features: (Dh/2,) float64.

    Pair i turns by base^(-2i / head_dim) per token: the first pair by one
    radian, the others more slowly. Raises ValueError when `head_dim` cannot
    be cut into pairs. Su et al. 2021 (arXiv 2104.09864), section 3.2.2.

    >>> [round(x, 6) for x in rotary_frequencies(6, base=1000.0).tolist()]
    [1.0, 0.1, 0.01]
    """
    if head_dim < 2 or head_dim % 2:
        raise ValueError(
            f"{head_dim} features cannot be cut into pairs; "
            "take an even number of at least 2"
        )
    exponents = torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim
    return base**-exponents  # (Dh/2,)


def check_factor(factor):
    """Raises ValueError for a `factor` below 1."""
    if factor < 1:
        raise ValueError(
            f"factor={factor} would shorten the window; take the new "
            "context length divided by the old one, which is at least 1"
        )


def interpolate_frequencies(frequencies, factor):
    """Position interpolation: every pair turns `factor` times more slowly.

    A window `factor` times as long then has the angles of the old one, but
    neighbours are harder to tell apart. Raises ValueError when `factor` is
    below 1. Chen et al. 2023 (arXiv 2306.15595), section 2.3.
    """
    check_factor(factor)
    return frequencies / factor


def ntk_frequencies(head_dim, factor, base=10_000.0):
    """NTK-aware frequencies: those of the base b * factor^(Dh / (Dh - 2)).

    The fastest pair keeps its speed, so that neighbours stay distinct; the
    slowest turns exactly `factor` times more slowly. Raises ValueError when
    `factor` is below 1 or there is only one pair. Peng et al. 2023
    (arXiv 2309.00071), section 3.1.
    """
    check_factor(factor)
    if head_dim < 4:
        raise ValueError(
            f"head_dim={head_dim} has one pair, which cannot be both the "
            "fastest and the slowest; take 4 or more"
        )
    return rotary_frequencies(
        head_dim, base * factor ** (head_dim / (head_dim - 2))
    )


def yarn_frequencies(
    head_dim,
    factor,
    original_context_length,
    base=10_000.0,
    beta_fast=32.0,
    beta_slow=1.0,
):
    """YaRN: fast pairs keep their speed, slow ones are interpolated.

    A pair that turns `beta_fast` times or more within the original window is
    kept, one that turns at most `beta_slow` times becomes `factor` times
    slower, and those between are mixed. As in the authors' code, the share
    grows evenly from pair to pair, between limits rounded to whole pairs;
    in the paper it grows with the number of turns. Raises ValueError when
    `factor` is below 1 or the betas are out of order. Peng et al. 2023
    (arXiv 2309.00071), section 3.2.
    """
    if not beta_fast > beta_slow > 0:
        raise ValueError(
            f"beta_fast={beta_fast} turns must be more than beta_slow="
            f"{beta_slow}, and both above 0; exchange them?"
        )

    def pair_that_turns(times):
        tokens_per_radian = original_context_length / (math.tau * times)
        return head_dim * math.log(tokens_per_radian, base) / 2

    kept = rotary_frequencies(head_dim, base)
    slowed = interpolate_frequencies(kept, factor)
    first = max(math.floor(pair_that_turns(beta_fast)), 0)
    last = math.ceil(pair_that_turns(beta_slow))
    pairs = torch.arange(head_dim // 2, dtype=torch.float64)
    share = ((pairs - first) / max(last - first, 0.001)).clamp(0, 1)
    return torch.lerp(kept, slowed, share)  # (Dh/2,)


def yarn_attention_scale(factor):
    """The `scale` of a rotary table under YaRN: 0.1 ln(factor) + 1.

    Queries and keys both carry it, so scores grow by its square. Raises
    ValueError when `factor` is below 1. arXiv 2309.00071, section 3.4.
    """
    check_factor(factor)
    return 0.1 * math.log(factor) + 1


def rotary_table(positions, frequencies, scale=1.0, dtype=torch.float32):
    """Cosines and sines of every position's angles, times `scale`.

    positions: (..., T) whole numbers, in any order; frequencies: (Dh/2,)
    Returns (cos, sin), each (..., T, Dh/2). Angles are computed in float64:
    in float32 they are off by 0.005 radians around position 100,000.
    """
    angles = positions[..., None] * frequencies.double()  # (..., T, Dh/2)
    return (scale * angles.cos()).to(dtype), (scale * angles.sin()).to(dtype)


def check_table(x, cos):
    """Raises ValueError for a table that would be broadcast over x."""
    n_tokens, head_dim = x.shape[-2:]
    if cos.shape[-2:] != (n_tokens, head_dim / 2):
        raise ValueError(
            f"x ends in {n_tokens} tokens x {head_dim} features, the rotary "
            f"table in {cos.shape[-2]} x {cos.shape[-1]}; make it from the "
            "positions of these tokens and the frequencies of this width"
        )


def rotate(x, cos, sin):
    """Turn the pairs (i, i + Dh/2) of x by the angles of `rotary_table`.

    x: (..., T, Dh), heads before T; cos, sin: (T, Dh/2) or (B, 1, T, Dh/2)
    Returns the shape and dtype of x. The score of a turned query and a
    turned key depends on their positions only through the distance. This
    "half-split" order is that of Hugging Face's Llama. Raises ValueError
    when the table is for other shapes. Su et al. 2021 (arXiv 2104.09864),
    equation 34.

    >>> quarter_turn = torch.tensor([[0.0]]), torch.tensor([[1.0]])
    >>> rotate(torch.tensor([[3.0, 4.0]]), *quarter_turn)
    tensor([[-4.,  3.]])
    """
    check_table(x, cos)
    first, second = x.chunk(2, dim=-1)  # 2 x (..., T, Dh/2)
    turned = first * cos - second * sin, first * sin + second * cos
    return torch.cat(turned, dim=-1).to(x.dtype)  # (..., T, Dh)


def rotate_interleaved(x, cos, sin):
    """Like `rotate`, with the pairs (2i, 2i + 1).

    This is the order of RoFormer and of Meta's own Llama. Weights made for
    one order give wrong scores under the other, except between tokens at
    the same position: see `half_split_rows`.
    """
    check_table(x, cos)
    even, odd = x[..., ::2], x[..., 1::2]  # 2 x (..., T, Dh/2)
    turned = even * cos - odd * sin, even * sin + odd * cos
    return torch.stack(turned, dim=-1).flatten(-2).to(x.dtype)  # (..., T, Dh)


def half_split_rows(weight, n_heads):
    """From weights for `rotate_interleaved` to weights for `rotate`.

    weight: (H * Dh, ...), the rows or bias of a query or key projection
    Returns the same shape; within every head the even rows come first, then
    the odd ones. Scores stay equal when queries and keys are both changed.

    >>> half_split_rows(torch.arange(8), n_heads=2)
    tensor([0, 2, 1, 3, 4, 6, 5, 7])
    """
    pairs = weight.unflatten(0, (n_heads, -1, 2))  # (H, Dh/2, 2, ...)
    return pairs.transpose(1, 2).flatten(0, 2)  # (H * Dh, ...)


def interleaved_rows(weight, n_heads):
    """From weights for `rotate` to weights for `rotate_interleaved`.

    >>> interleaved_rows(torch.tensor([0, 2, 1, 3]), n_heads=1)
    tensor([0, 1, 2, 3])
    """
    halves = weight.unflatten(0, (n_heads, 2, -1))  # (H, 2, Dh/2, ...)
    return halves.transpose(1, 2).flatten(0, 2)  # (H * Dh, ...)


def alibi_slopes(n_heads):
    """How much a head lowers its scores per token of distance: (H,).

    For 8 heads 1/2, 1/4, ..., 1/256; other powers of two spread the same
    range over the heads. For other counts the authors' code takes the slopes
    of the power of two below and then every second slope of the one above.
    Press et al. 2022 (arXiv 2108.12409), section 3.

    >>> alibi_slopes(4).tolist()
    [0.25, 0.0625, 0.015625, 0.00390625]
    """
    n_even = 2 ** int(math.log2(n_heads))  # the power of two at or below
    slopes = [2 ** (-8 * (i + 1) / n_even) for i in range(n_even)]
    finer = [2 ** (-4 * (i + 1) / n_even) for i in range(0, 2 * n_even, 2)]
    return torch.tensor((slopes + finer)[:n_heads])


def alibi_bias(n_heads, n_queries, n_keys):
    """-slope * distance in tokens, to be added to scores: (H, T, T_k).

    The last query is at the position of the last key, as in a causal mask.

    >>> alibi_bias(8, n_queries=1, n_keys=3)[0]
    tensor([[-1.0000, -0.5000, -0.0000]])
    """
    keys = torch.arange(n_keys)
    queries = torch.arange(n_keys - n_queries, n_keys)
    distance = (queries[:, None] - keys).abs()  # (T, T_k)
    return -alibi_slopes(n_heads)[:, None, None] * distance  # (H, T, T_k)
