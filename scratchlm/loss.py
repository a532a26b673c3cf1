"""The training loss: how surprised the model is by the next token.

`cross_entropy` is the definition, on logits. `linear_cross_entropy` is the
same from the hidden states, with head, softmax and their gradients a few rows
at a time, so that the logits of a batch never exist at once: for GPT-2 they
would be its largest tensor by far.

Left out on purpose: label smoothing, and weights for single targets.
"""

import torch
from torch.autograd.function import once_differentiable

from scratchlm.windows import IGNORE_INDEX

CHUNK_ELEMENTS = 2**21  # logits at a time; 8 MB stay in the cache
MIN_CHUNK_ROWS = 128  # fewer would make the matrix products slow


def cross_entropy(logits, targets):
    """Sum of -ln p(target) in nats, and the number of targets in it.

    logits: (..., V)
    targets: (...) int64; IGNORE_INDEX where nothing is to be predicted
    returns: two scalars, whose ratio is the mean loss in nats per token

    Sums can be added over batches of unequal length, means cannot. With no
    target at all both are 0.

    >>> total, n_targets = cross_entropy(torch.zeros(4, 5), torch.arange(4))
    >>> round((total / n_targets).item(), 4)  # ln 5
    1.6094
    """
    counted = targets != IGNORE_INDEX  # (...)
    log_probabilities = logits.log_softmax(-1)  # (..., V)
    target_ids = targets.clamp_min(0)[..., None]  # (..., 1)
    chosen = log_probabilities.gather(-1, target_ids)[..., 0]  # (...)
    return -chosen.where(counted, 0.0).sum(), counted.sum()


def chunk_loss(hidden, weight, targets):
    """Sum of losses of n rows, and its gradient by their logits, (n, V).

    In each row the gradient is softmax(logits) less one at the target.
    """
    counted = (targets != IGNORE_INDEX)[:, None]  # (n, 1)
    target_ids = targets.clamp_min(0)[:, None]  # (n, 1)
    logits = hidden @ weight.t()  # (n, V)
    wide = torch.promote_types(logits.dtype, torch.float32)
    log_probabilities = logits.to(wide).log_softmax(-1)
    chosen = log_probabilities.gather(1, target_ids)  # (n, 1)
    total = -chosen.where(counted, 0.0).sum()
    grad = log_probabilities.exp_()  # in place: probabilities from here
    grad.scatter_add_(1, target_ids, -torch.ones_like(chosen))
    return total, grad.mul_(counted).to(logits.dtype)


class LinearCrossEntropy(torch.autograd.Function):
    """The sum of losses; its gradients are made on the way forward.

    They are known as soon as the logits are, so that nothing else has to be
    kept for the backward pass, which only scales them.
    """

    @staticmethod
    def forward(ctx, hidden, weight, targets, dtype):
        """hidden (N, D), weight (V, D), targets (N,) -> scalar

        dtype: of the matrix products
        """
        rows, head = hidden.to(dtype), weight.to(dtype)
        grad_rows = torch.empty_like(rows)
        grad_weight = torch.zeros_like(weight)
        total = torch.zeros_like(weight[0, 0])
        n_rows = max(MIN_CHUNK_ROWS, CHUNK_ELEMENTS // len(weight))
        for start in range(0, len(rows), n_rows):
            part = slice(start, start + n_rows)
            loss, grad = chunk_loss(rows[part], head, targets[part])
            total += loss
            if any(ctx.needs_input_grad):
                grad_rows[part] = grad @ head
                grad_weight += grad.t() @ rows[part]
        ctx.save_for_backward(grad_rows.to(hidden.dtype), grad_weight)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_total):
        """Scale what the forward pass found."""
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad_total, grad_weight * grad_total, None, None


def linear_cross_entropy(hidden, weight, targets):
    """Sum of -ln p(target) in nats for logits = hidden @ weight.T: a scalar.

    hidden: (B, T, D); weight: (V, D), of the head
    targets: (B, T) int64; IGNORE_INDEX where nothing is to be predicted

    Equal to the first result of `cross_entropy`, in a fraction of its
    memory. Under autocast the products are made in its dtype. After the idea
    of Wijmans et al. 2024 (arXiv 2411.09009).
    """
    kind = hidden.device.type
    dtype = weight.dtype
    if torch.is_autocast_enabled(kind):
        dtype = torch.get_autocast_dtype(kind)
    with torch.autocast(kind, enabled=False):
        return LinearCrossEntropy.apply(
            hidden.flatten(0, 1), weight, targets.flatten(), dtype
        )
