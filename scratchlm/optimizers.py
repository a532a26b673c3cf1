"""How a step changes the weights: schedules, groups, clipping, optimisers.

A schedule gives the learning rate of every optimiser step. AdamW is
PyTorch's, in its fused form; `Muon` is ours. Steps count from 0.

Left out on purpose: optimisers for memory below AdamW's, and schedules that
look at the loss.
"""

import math

import torch

# --- schedules -------------------------------------------------------------


def warmup_cosine(step, n_steps, peak, n_warmup=0, floor=0.0):
    """Learning rate of `step`: a straight rise, then half a cosine down.

    The rise takes n_warmup steps, of which the first has peak / n_warmup and
    the last peak; the last of n_steps has floor. Units: optimiser steps, not
    epochs. Raises ValueError for a step outside of 0 ... n_steps - 1.
    Source: Loshchilov and Hutter 2016 (arXiv 1608.03983), equation 5.

    >>> [round(warmup_cosine(s, 5, 1.0, n_warmup=2), 3) for s in range(5)]
    [0.5, 1.0, 0.75, 0.25, 0.0]
    """
    check_step(step, n_steps, n_warmup)
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    done = (step - n_warmup + 1) / (n_steps - n_warmup)  # in (0, 1]
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2


def warmup_stable_decay(
    step, n_steps, peak, n_warmup=0, floor=0.0, decay_share=0.2
):
    """Learning rate of `step`: a rise, a plateau, a straight way down.

    The decay takes the last decay_share of n_steps and ends at floor; until
    it begins, a run can be continued for as long as one likes. Units and
    errors as in `warmup_cosine`. Source: Hu et al. 2024 (arXiv 2404.06395),
    section 4.

    >>> rates = [warmup_stable_decay(s, 6, 1.0, 2, 0.0, 0.5) for s in range(6)]
    >>> [round(rate, 3) for rate in rates]
    [0.5, 1.0, 1.0, 0.667, 0.333, 0.0]
    """
    check_step(step, n_steps, n_warmup)
    n_decay = max(1, round(decay_share * n_steps))
    rise = (step + 1) / n_warmup if step < n_warmup else 1.0
    fall = min(1.0, (n_steps - 1 - step) / n_decay)
    return floor * (1 - fall) + peak * fall if rise == 1.0 else peak * rise


def check_step(step, n_steps, n_warmup):
    """Raise ValueError unless the schedule has this step."""
    if not 0 <= step < n_steps:
        raise ValueError(
            f"step={step} is outside of a schedule of n_steps={n_steps}; "
            "steps count from 0"
        )
    if not 0 <= n_warmup < n_steps:
        raise ValueError(
            f"n_warmup={n_warmup} leaves nothing of n_steps={n_steps}; "
            "take fewer"
        )


SCHEDULES = {"cosine": warmup_cosine, "stable-decay": warmup_stable_decay}


# --- groups and clipping ---------------------------------------------------


def parameter_groups(model, weight_decay):
    """Two groups for AdamW: matrices decay, the rest does not.

    Norms and biases have no reason to be small, and embeddings are looked
    up, not multiplied; the head is excluded with them where it is tied.
    Returns [{"params", "weight_decay"}, ...]; a shared parameter stands in
    one group once.
    """
    embeddings = {
        id(module.weight)
        for module in model.modules()
        if isinstance(module, torch.nn.Embedding)
    }
    decayed, others = [], []
    for parameter in model.parameters():
        is_matrix = parameter.dim() >= 2 and id(parameter) not in embeddings
        (decayed if is_matrix else others).append(parameter)
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


@torch.no_grad()
def clip_gradients(parameters, max_norm):
    """Scale all gradients together so that their norm is at most max_norm.

    The norm is that of all gradients as one vector, so their direction stays.
    Smaller gradients are left as they are; parameters without one are passed
    over. Returns the norm before, a scalar tensor. Raises ValueError when it
    is not finite: a step would destroy the weights. Source: Pascanu et al.
    2012 (arXiv 1211.5063), algorithm 1.
    """
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.zeros(())
    norm = torch.stack(torch._foreach_norm(grads)).norm()
    if not norm.isfinite():
        raise ValueError(
            f"the gradients' norm is {norm.item()}; lower the learning rate, "
            "or look for a division by zero"
        )
    if norm > max_norm:
        torch._foreach_mul_(grads, max_norm / norm)
    return norm


# --- Muon ------------------------------------------------------------------


def orthogonalize(matrix, n_iterations=5):
    """The nearest matrix with all singular values near 1, same shape.

    Newton-Schulz iterations on the quintic 3.4445 x - 4.775 x^3 + 2.0315 x^5,
    which drives singular values between about 0.7 and 1.2 without computing
    them. Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers".
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(n_iterations):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if is_tall else x


class Muon(torch.optim.Optimizer):
    """Steps of the same size in all directions of a weight matrix.

    The momentum of each matrix is orthogonalised before it is applied. For
    hidden matrices only: embeddings, head, norms and biases go to AdamW.

    params: two-dimensional parameters; learning_rate as for AdamW, since
    the update is scaled to AdamW's usual size (0.2 sqrt(larger side)).
    Raises ValueError for a parameter that is no matrix. Source: Jordan et
    al. 2024; scale and decay: Liu et al. 2025 (arXiv 2502.16982), equation 4.
    """

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0):
        settings = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
        }
        super().__init__(params, settings)
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.dim() != 2:
                    raise ValueError(
                        f"Muon takes matrices, but a parameter has the shape "
                        f"{tuple(parameter.shape)}; give it to AdamW"
                    )

    @torch.no_grad()
    def step(self, closure=None):
        """Apply one step to all parameters that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, group)
        return loss

    def _step(self, parameter, group):
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        grad, momentum = parameter.grad, state["momentum"]
        momentum.lerp_(grad, 1 - group["momentum"])
        ahead = grad.lerp(momentum, group["momentum"])  # Nesterov's look
        update = orthogonalize(ahead) * 0.2 * math.sqrt(max(grad.shape))
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(update, alpha=-group["lr"])


def build_optimizers(model, weight_decay, name="adamw", betas=(0.9, 0.95)):
    """Optimisers for all parameters of `model`; the schedule sets their lr.

    name: "adamw", or "muon" for Muon on the hidden matrices and AdamW on the
    rest. Returns a list. Raises ValueError for another name.
    """
    decayed, others = parameter_groups(model, weight_decay)
    if name == "adamw":
        groups = [decayed, others]
        return [torch.optim.AdamW(groups, lr=0.0, betas=betas, fused=True)]
    if name == "muon":
        head = model.head.weight
        hidden = [p for p in decayed["params"] if p is not head]
        rest = [p for p in decayed["params"] if p is head]
        adamw = [{**decayed, "params": rest}, others]
        return [
            Muon(hidden, lr=0.0, weight_decay=weight_decay),
            torch.optim.AdamW(
                [group for group in adamw if group["params"]],
                lr=0.0,
                betas=betas,
                fused=True,
            ),
        ]
    raise ValueError(f"no optimiser is called {name!r}; take adamw or muon")
