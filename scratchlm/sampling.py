"""From logits to the next token: temperature, cut-offs and one draw.

Every function acts on logits (..., V), row by row, and returns logits in
which a refused token has -inf; only `next_token_probabilities` makes
probabilities of them, and only `sample` draws. Nothing here holds a random
generator: the caller hands the random numbers in, so that every result can
be repeated and tested.

Left out on purpose: penalties by count, locally typical sampling, and biases
for single tokens.
"""

import math

import torch
import torch.nn.functional as F


def check_logits(logits):
    """Refuse rows that make no distribution.

    A logit may be -inf (a token that cannot come), but each row needs a
    finite maximum. Raises ValueError for NaN, for +inf, and when all of a
    row are -inf.
    """
    for top in logits.amax(-1).flatten().tolist():  # of NaN and x it is NaN
        if not math.isfinite(top):
            raise ValueError(
                f"the largest logit of a row is {top}; it must be finite. "
                "Has training diverged, or were all tokens refused?"
            )


def scale_temperature(logits, temperature):
    """Divide logits by `temperature`: softmax becomes sharper or flatter.

    temperature: 1 changes nothing, below 1 sharpens, above 1 flattens; 0 is
        greedy, with 0 for the lowest id of the maximum and -inf elsewhere
    returns: (..., V), each row shifted so that its maximum is 0, which
        softmax does not see and which keeps the division from overflowing

    As the temperature falls, tied maxima keep equal shares; only exactly 0
    breaks ties. Raises ValueError for a negative or not finite temperature.
    Source: Hinton et al. 2015 (arXiv 1503.02531), equation 1.

    >>> logits = torch.tensor([2.0, 1.0, 2.0])
    >>> scale_temperature(logits, 0.5)
    tensor([ 0., -2.,  0.])
    >>> scale_temperature(logits, 0.0)
    tensor([0., -inf, -inf])
    """
    if not 0.0 <= temperature < float("inf"):
        raise ValueError(
            f"temperature={temperature}; take 0.0 (greedy) or a positive "
            "number"
        )
    if temperature == 0.0:
        greedy = logits.argmax(-1, keepdim=True)  # (..., 1)
        return torch.full_like(logits, -torch.inf).scatter(-1, greedy, 0.0)
    smallest = torch.finfo(logits.dtype).tiny  # 1e-50 is 0 in float32
    shifted = logits - logits.amax(-1, keepdim=True)
    return shifted / max(temperature, smallest)


def keep_top_k(logits, top_k):
    """Keep each row's `top_k` highest logits, refuse the others.

    All tokens tied with the k-th are kept, as in `transformers`: equal
    logits are treated equally, whatever their ids. With V or fewer tokens
    all are kept. Raises ValueError when top_k < 1. Source: Fan et al. 2018
    (arXiv 1805.04833).

    >>> keep_top_k(torch.tensor([3.0, 1.0, 2.0, 2.0, 0.0]), 2)
    tensor([3., -inf, 2., 2., -inf])
    """
    if top_k < 1:
        raise ValueError(
            f"top_k={top_k} keeps no token; take 1 or more, None for all"
        )
    n_kept = min(top_k, logits.shape[-1])
    lowest = logits.topk(n_kept, sorted=True).values[..., -1:]  # (..., 1)
    return logits.masked_fill(logits < lowest, -torch.inf)


def keep_top_p(logits, top_p):
    """Keep each row's fewest tokens that together have probability top_p.

    The token that crosses top_p is kept too, so one always remains; of
    tied tokens the lower ids come first. top_p=1 keeps all. Raises
    ValueError outside (0, 1]. Source: Holtzman et al. 2019 (arXiv
    1904.09751), section 3.1.

    >>> logits = torch.tensor([0.2, 0.5, 0.3]).log()
    >>> keep_top_p(logits, 0.6).exp()
    tensor([0.0000, 0.5000, 0.3000])
    """
    if not 0.0 < top_p <= 1.0:
        raise ValueError(
            f"top_p={top_p}; take a probability above 0.0, up to 1.0"
        )
    if top_p == 1.0:  # not left to the rounding of a sum
        return logits
    ranked, token_ids = logits.sort(dim=-1, descending=True, stable=True)
    sums = ranked.softmax(-1, dtype=torch.float64).cumsum(-1)
    complete = F.pad(sums[..., :-1], (1, 0)) >= top_p  # without this token
    refused = torch.empty_like(complete).scatter(-1, token_ids, complete)
    return logits.masked_fill(refused, -torch.inf)


def keep_min_p(logits, min_p):
    """Keep tokens at least `min_p` times as probable as the best one.

    In logits: at most -ln(min_p) below the row's maximum. min_p=0 keeps
    all. Raises ValueError outside [0, 1]. Source: Nguyen et al. 2024 (arXiv
    2407.01082).

    >>> logits = torch.tensor([0.2, 0.5, 0.3]).log()
    >>> keep_min_p(logits, 0.5).exp()
    tensor([0.0000, 0.5000, 0.3000])
    """
    if not 0.0 <= min_p <= 1.0:
        raise ValueError(f"min_p={min_p}; take a ratio from 0.0 to 1.0")
    probabilities = logits.softmax(-1)
    lowest = min_p * probabilities.amax(-1, keepdim=True)  # (..., 1)
    return logits.masked_fill(probabilities < lowest, -torch.inf)


def penalize_repetition(logits, token_ids, penalty):
    """Make tokens that have already come less probable.

    logits: (..., V)
    token_ids: (..., T) int64, what each row has seen; an id counts once,
        however often it stands there
    penalty: above 1 discourages, below 1 encourages. A positive logit is
        divided by it and a negative one multiplied: dividing both would
        make the improbable more probable

    Raises ValueError when penalty is not positive. Source: Keskar et al.
    2019 (arXiv 1909.05858), section 4.1, which divides all; negative logits
    as mended in huggingface/transformers#2303.

    >>> logits = torch.tensor([4.0, -4.0, 4.0, -4.0])
    >>> penalize_repetition(logits, torch.tensor([0, 1, 0]), 2.0)
    tensor([ 2., -8.,  4., -4.])
    """
    if not 0.0 < penalty < float("inf"):
        raise ValueError(
            f"penalty={penalty}; take a positive number, 1.0 for none"
        )
    seen = logits.gather(-1, token_ids)  # (..., T)
    seen = torch.where(seen < 0, seen * penalty, seen / penalty)
    return logits.scatter(-1, token_ids, seen)


def next_token_probabilities(
    logits, temperature=1.0, top_k=None, top_p=None, min_p=None
):
    """The distribution that the next token is drawn from: (..., V).

    The steps, in the order of `transformers`: temperature, top-k, top-p,
    min-p, each on what the one before has left, then softmax. A repetition
    penalty comes before all of them, since it must see the model's own
    logits: p = next_token_probabilities(penalize_repetition(...), ...).

    Raises ValueError for logits that make no distribution and for settings
    outside their range.

    >>> logits = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
    >>> next_token_probabilities(logits, top_k=3, top_p=0.7)
    tensor([0.0000, 0.5714, 0.0000, 0.4286])
    """
    check_logits(logits)
    precise = torch.promote_types(logits.dtype, torch.float32)
    logits = scale_temperature(logits.to(precise), temperature)
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    if min_p is not None:
        logits = keep_min_p(logits, min_p)
    return logits.softmax(-1)


def sample(probabilities, uniform):
    """Draw one token id a row, by the inverse of the cumulative sum.

    probabilities: (..., V), not negative; a row need not sum to one
    uniform: (...), in [0, 1), one random number a row
    returns: (...) int64, the first id whose cumulative sum is above
        `uniform` times the row's sum

    "Above" makes an id of probability 0 impossible: its sum is not above
    that of the id before it. Raises ValueError for shapes that do not match,
    numbers out of range, and a row that sums to 0.

    >>> probabilities = torch.tensor([0.0, 0.25, 0.75])
    >>> [sample(probabilities, u).item() for u in (0.0, 0.2, 0.25, 0.99)]
    [1, 1, 2, 2]
    """
    uniform = torch.as_tensor(uniform, dtype=torch.float64)
    if uniform.shape != probabilities.shape[:-1]:
        raise ValueError(
            f"probabilities of shape {tuple(probabilities.shape)} need "
            f"uniform of shape {tuple(probabilities.shape[:-1])}, not "
            f"{tuple(uniform.shape)}"
        )
    if not ((uniform >= 0.0) & (uniform < 1.0)).all():
        raise ValueError(f"uniform must be in [0, 1); got {uniform}")
    cumulative = probabilities.cumsum(-1, dtype=torch.float64)
    total = cumulative[..., -1:]  # (..., 1)
    if not ((total > 0.0) & total.isfinite()).all() or probabilities.min() < 0:
        raise ValueError(
            f"probabilities must be 0 or more with a positive sum; the sums "
            f"are {total.squeeze(-1)}, the least is {probabilities.min()}"
        )
    point = uniform[..., None] * total  # below total, in float64 too
    return torch.searchsorted(cumulative, point, right=True).squeeze(-1)
