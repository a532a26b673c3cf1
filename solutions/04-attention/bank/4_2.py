# %% correct: by_comparing_positions
import torch


def causal_mask(n_queries, n_keys):
    query = torch.arange(n_keys - n_queries, n_keys)
    return torch.arange(n_keys)[None, :] <= query[:, None]


def causal_bias(n_queries, n_keys):
    hidden = torch.full((n_queries, n_keys), float("-inf"), dtype=torch.float64)
    return torch.triu(hidden, diagonal=n_keys - n_queries + 1)


def mask_weights(weights):
    scores = weights.log() + causal_bias(weights.shape[-2], weights.shape[-1])
    return torch.softmax(scores, dim=-1)


# %% wrong: itself_hidden
# why: strictly earlier
# says: A token does not see itself: the diagonal
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries - 1)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: queries_at_the_start
# why: square masks only
# says: the earlier keys come from a cache
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril()


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: the_future
# why: triu
# says: Each query sees the later keys
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.triu(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: true_is_hidden
# why: the other convention
# says: True means visible; yours is True where hidden
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ~ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * ~causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: zero_times_infinity
# why: the mask times -inf
# says: 0 times -inf is NaN
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    hidden = ~causal_mask(n_queries, n_keys)
    return hidden.double() * -torch.inf


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: ones_to_be_added
# why: a triangle of ones
# says: only adds a little
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), 1.0)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: a_large_number
# why: -1e9
# says: -1e9 is not -inf
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -1e9)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: rows_below_one
# why: not divided
# says: Rows no longer sum to 1: divide
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept


# %% wrong: softmax_twice
# why: softmax of weights
# says: A second softmax flattens
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    hidden = ~causal_mask(*weights.shape[-2:])
    return weights.masked_fill(hidden, -torch.inf).softmax(-1)


# %% wrong: columns_divided
# why: dim=-2
# says: You divide by sums of columns
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-2, keepdim=True)


# %% wrong: weights_filled_in_place
# why: masked_fill_ for masked_fill
# says: argument 1 of mask_weights after the call
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    hidden = ~causal_mask(*weights.shape[-2:])
    kept = weights.masked_fill_(hidden, 0.0)
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: bias_of_float32
# why: no dtype is given
# says: The places are right, the dtype is not
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True)


# %% wrong: sum_clamped
# why: clamp(min=1e-9) against a division by 0
# says: The sum is clamped
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / kept.sum(-1, keepdim=True).clamp(min=1e-9)


# %% wrong: sum_with_a_bit_more
# why: 1e-12 against a division by 0
# says: Something small is added to the sum
import torch


def causal_mask(n_queries, n_keys):
    """True where a query may look, (Tq, Tk).

    >>> causal_mask(2, 3).tolist()
    [[True, True, False], [True, True, True]]
    """
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool)
    return ones.tril(n_keys - n_queries)


def causal_bias(n_queries, n_keys):
    """0 where a query may look and -inf where not, float64."""
    bias = torch.zeros(n_queries, n_keys, dtype=torch.float64)
    return bias.masked_fill(~causal_mask(n_queries, n_keys), -torch.inf)


def mask_weights(weights):
    """Weights of a softmax without mask, made causal afterwards."""
    kept = weights * causal_mask(*weights.shape[-2:])
    return kept / (kept.sum(-1, keepdim=True) + 1e-12)
