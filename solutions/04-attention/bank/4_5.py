# %% correct: by_bernoulli
import torch


def dropout(weights, p, training):
    if p < 0 or p > 1:
        raise ValueError("no probability")
    if not training:
        return weights.clone()
    keep = torch.bernoulli(torch.full(weights.shape, 1.0 - p, dtype=weights.dtype))
    return weights * (keep / max(1.0 - p, 1e-9))


# %% wrong: divided_by_p
# why: 1 / p
# says: You divide by p.
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept / p


# %% wrong: not_scaled
# why: mean shrinks
# says: Survivors are not scaled
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept


# %% wrong: multiplied
# why: times 1 - p
# says: You multiply by 1 - p
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept * (1 - p)


# %% wrong: rows_normalised
# why: sums to 1 again
# says: rows must not be normalised again
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    left = weights * kept
    return left / (left.sum(-1, keepdim=True) + 1e-12)


# %% wrong: p_is_kept
# why: < p
# says: p is the probability to *drop*
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) < p
    return weights * kept / (1 - p)


# %% wrong: always_training
# why: no evaluation mode
# says: In evaluation nothing is dropped
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)


# %% wrong: scaled_in_evaluation
# why: the first form
# says: You scale in evaluation
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights * (1 - p)
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)


# %% wrong: whole_rows
# why: one chance a row
# says: One chance for a whole row
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand(*weights.shape[:-1], 1) >= p
    return weights * kept / (1 - p)


# %% wrong: an_exact_share
# why: as many in each row
# says: Exactly a share of p falls
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    places = torch.rand_like(weights).argsort(-1).argsort(-1)
    kept = places >= round(p * weights.shape[-1])
    return weights * kept / (1 - p)


# %% wrong: the_same_places_for_ever
# why: a seed inside
# says: A seed inside the function
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    torch.manual_seed(0)
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)


# %% wrong: nan_for_one
# why: 0 / 0
# says: Dividing by 1 - p = 0
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)


# %% wrong: any_p
# why: no ValueError
# says: a ValueError for anything else
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not training or p <= 0:
        return weights
    if p >= 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)


# %% wrong: no_gradient
# why: detached
# says: no gradient
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights.detach() * kept / (1 - p)
