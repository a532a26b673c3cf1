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


# %% wrong: observed_share
# why: the mean of this one mask
# says: The factor is the same everywhere
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
    return weights * kept / kept.double().mean()


# %% wrong: one_mask_for_all_rows
# why: the shape of a row
# says: All rows drop the same places
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand(weights.shape[-1]) >= p
    return weights * kept / (1 - p)


# %% wrong: one_mask_for_all_heads
# why: the shape without heads
# says: All heads drop the same places
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
    if kept.ndim > 3:
        kept = kept[:, :1].expand(kept.shape)
    return weights * kept / (1 - p)


# %% wrong: one_mask_for_all_texts
# why: the shape without the batch
# says: All texts drop the same places
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand(weights.shape[1:]) >= p
    return weights * kept / (1 - p)


# %% wrong: an_exact_count
# why: randperm over the tensor
# says: Each call drops the same number
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.randperm(weights.numel()) >= p * weights.numel()
    kept = kept.view(weights.shape)
    return weights * kept / (1 - p)


# %% wrong: numpy_draws
# why: another library's numbers
# says: draw by torch, not by numpy
import numpy as np
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.tensor(np.random.rand(*weights.shape)) >= p
    return weights * kept / (1 - p)


# %% wrong: new_zeros_for_one
# why: zeros_like
# says: new zeros are cut off
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return torch.zeros_like(weights)
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)


# %% wrong: any_p_in_evaluation
# why: p checked in training only
# says: A wrong p is refused in evaluation
import torch


def dropout(weights, p, training):
    """In training, 0 with probability p, else divided by 1 - p."""
    if training and not 0 <= p <= 1:
        raise ValueError(f"p is a probability, not {p}")
    if not training or p == 0:
        return weights
    if p == 1:
        return weights * 0
    kept = torch.rand_like(weights) >= p
    return weights * kept / (1 - p)
