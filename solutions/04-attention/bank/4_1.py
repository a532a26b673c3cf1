# %% correct: exponentials_by_hand
import math

import torch


def attention_weights(queries, keys, mask=None):
    scores = torch.einsum("...qd,...kd->...qk", queries, keys)
    scores = scores / math.sqrt(keys.size(-1))
    seen = torch.ones_like(scores) if mask is None else mask.expand(scores.shape).to(scores)
    top = (scores - 1e30 * (1 - seen)).max(-1, keepdim=True).values.detach()
    power = torch.exp((scores - top.clamp(min=-1e20)) * seen) * seen
    return power / power.sum(-1, keepdim=True).clamp(min=1e-30)


def attend(queries, keys, values, mask=None):
    return torch.einsum("...qk,...kv->...qv", attention_weights(queries, keys, mask), values)


# %% wrong: no_scale
# why: scores as they are
# says: The scores are not scaled
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: scaled_by_the_width
# why: divides by Dh
# says: You divide by Dh;
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1]  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: scaled_by_the_keys
# why: sqrt of Tk
# says: You scale by the number of keys
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / keys.shape[-2] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: scaled_afterwards
# why: weights divided
# says: You scale after the softmax
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1) / queries.shape[-1] ** 0.5
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0) / queries.shape[-1] ** 0.5


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: softmax_over_queries
# why: dim=-2
# says: The softmax runs over the queries
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-2)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-2).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: mask_inverted
# why: hides what may be seen
# says: The mask is the other way round
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    mask = ~mask
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: masked_after_the_softmax
# why: weights multiplied
# says: You mask after the softmax
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    return scores.softmax(-1) * mask


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: zero_in_place_of_infinity
# why: scores multiplied by the mask
# says: exp(0) = 1: they still get
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, 0.0)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: mask_ignored
# why: never used
# says: The mask plays no part
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if True:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: an_empty_row_is_nan
# why: plain softmax of -inf
# says: A row that is all -inf has no softmax
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: an_empty_row_is_shared
# why: -1e9
# says: shares 1 over keys
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    return scores.masked_fill(~mask, -1e9).softmax(-1)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: nan_in_the_gradient
# why: -inf added
# says: NaN in a gradient
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores + torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: mean_of_the_values
# why: divided by Tk once more
# says: You divide by the number of keys once more
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values / keys.shape[-2]


# %% wrong: mask_not_handed_on
# why: attend without it
# says: attend does not hand on the mask
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys) @ values


# %% wrong: empty_rows_opened_in_place
# why: rows without a key are opened in the caller's mask
# says: argument 3 of attention_weights after the call
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    mask |= nothing  # so that no row is all -inf
    scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: exp_of_the_scores
# why: no maximum subtracted
# says: exp meets the scores themselves
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    powers = scores.exp()
    if mask is not None:
        powers = powers * mask
    total = powers.sum(-1, keepdim=True)
    return powers / total.masked_fill(total == 0, 1.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: one_maximum_for_all_rows
# why: max() of the whole tensor
# says: One maximum serves all rows
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    powers = (scores - scores.max().clamp(min=-1e300)).exp()
    total = powers.sum(-1, keepdim=True)
    return powers / total.masked_fill(total == 0, 1.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: maximum_over_hidden_keys
# why: hidden after exp
# says: A hidden key with a large score
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    if mask is not None:
        powers = powers * mask
    total = powers.sum(-1, keepdim=True)
    return powers / total.masked_fill(total == 0, 1.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: shared_out_again
# why: masked after the softmax, divided by a clamped sum
# says: You share out what the softmax left
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    weights = scores.softmax(-1)
    if mask is None:
        return weights
    weights = weights * mask
    return weights / weights.sum(-1, keepdim=True).clamp(min=1e-12)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: hidden_at_minus_100
# why: -100 in place of -inf
# says: Hidden scores become -100,
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -100.0)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: hidden_at_minus_10000
# why: -1e4 in place of -inf
# says: Hidden scores become -10,000
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is None:
        return scores.softmax(-1)
    nothing = ~mask.any(-1, keepdim=True)
    scores = scores.masked_fill(~mask, -1e4)
    return scores.softmax(-1).masked_fill(nothing, 0.0)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values


# %% wrong: added_to_the_sum
# why: 1e-6 against a division by 0
# says: nothing is added to the sum
import torch


def attention_weights(queries, keys, mask=None):
    """What each query gives to each key; rows sum to 1, or are all 0."""
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., Tq, Tk)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    powers = (scores - scores.amax(-1, keepdim=True).clamp(min=-1e300)).exp()
    total = powers.sum(-1, keepdim=True)
    return powers / (total + 1e-6)


def attend(queries, keys, values, mask=None):
    """The values, mixed by the weights."""
    return attention_weights(queries, keys, mask) @ values
