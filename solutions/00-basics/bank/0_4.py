# %% correct: through_the_logarithm_of_the_sum
import torch


def log_sum(x, dim):
    top = torch.amax(x, dim=dim, keepdim=True).detach()
    return top + torch.log(torch.sum(torch.exp(x - top), dim=dim, keepdim=True))


def log_softmax(x, dim):
    return x - log_sum(x, dim)


def softmax(x, dim):
    return torch.exp(log_softmax(x, dim))


def cross_entropy(logits, targets):
    losses = []
    for row, target in zip(logits, targets.tolist()):
        if target >= 0:
            losses.append(log_sum(row, 0)[0] - row[target])
    if not losses:
        return torch.zeros((), dtype=logits.dtype)
    return torch.stack(losses).mean()


# %% wrong: last_axis_always
# why: dim is not read
# says: `dim` is ignored
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(-1, keepdim=True).values)
    return weights / weights.sum(-1, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: everything_sums_to_one
# why: no axis at all
# says: Everything together sums to 1
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max())
    return weights / weights.sum()


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: shares_without_exp
# why: no exponential
# says: The exponential is missing
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = x
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: not_shifted
# why: exp of large numbers
# says: exp overflows to infinity
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: maximum_of_all
# why: the largest number of the tensor
# says: You subtract the largest number of the whole tensor
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max())
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: log_of_softmax
# why: the logarithm of the softmax
# says: You take the logarithm of the softmax
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    return softmax(x, dim).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: divided_by_all_rows
# why: ignored rows count in the mean
# says: You divide by all rows
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).sum() / len(targets)


# %% wrong: loss_summed
# why: a sum
# says: Your loss is the sum; it is the mean
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).sum()


# %% wrong: ignored_means_zero
# why: -100 becomes token 0
# says: are learned as token 0
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets == targets
    none = bool((targets == -100).all())
    targets = targets.clamp(min=0)
    log_p = log_softmax(logits[kept], -1)
    if none:
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: in_bits
# why: the logarithm to base 2
# says: Your loss is in bits
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean() / 0.6931471805599453


# %% wrong: nan_for_no_target
# why: 0 / 0
# says: there is no target to take a mean over
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: graph_cut
# why: item() in the loss
# says: cut the graph
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return torch.tensor(-log_p.gather(1, targets[kept][:, None]).mean().item(), dtype=logits.dtype)


# %% wrong: softmax_in_place
# why: the maximum is subtracted from x itself
# says: argument 1 of softmax after the call
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    x -= x.max(dim, keepdim=True).values
    weights = torch.exp(x)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: log_softmax_in_place
# why: the maximum is subtracted from x itself
# says: argument 1 of log_softmax after the call
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    x -= x.max(dim, keepdim=True).values
    return x - x.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    log_p = log_softmax(logits[kept], -1)
    if not kept.any():
        return logits.sum() * 0.0
    return -log_p.gather(1, targets[kept][:, None]).mean()


# %% wrong: targets_overwritten
# why: -100 is replaced in the targets themselves
# says: argument 2 of cross_entropy after the call
import torch


def softmax(x, dim):
    """Shares along an axis: exp(x) over its sum."""
    weights = torch.exp(x - x.max(dim, keepdim=True).values)
    return weights / weights.sum(dim, keepdim=True)


def log_softmax(x, dim):
    """The logarithm of softmax(x, dim), without computing it."""
    shifted = x - x.max(dim, keepdim=True).values
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets):
    """Mean loss over the targets that are not -100, in nats."""
    kept = targets != -100
    if not kept.any():
        return logits.sum() * 0.0
    targets[~kept] = 0  # any id: the row is left out
    log_p = log_softmax(logits, -1).gather(1, targets[:, None])
    return -log_p[kept].mean()
