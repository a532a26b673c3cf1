# %% correct: einsum_and_one_hot
import torch


def parts(x, W1, b1, W2, b2):
    h = torch.tanh(torch.einsum("bd,hd->bh", x, W1) + b1)
    z = torch.einsum("bh,ch->bc", h, W2) + b2
    z = z - z.max(1, keepdim=True).values
    return h, z - z.exp().sum(1, keepdim=True).log()


def loss_of(x, W1, b1, W2, b2, targets):
    _, log_p = parts(x, W1, b1, W2, b2)
    return -log_p.gather(1, targets[:, None]).sum() / x.shape[0]


def gradients_of(x, W1, b1, W2, b2, targets):
    h, log_p = parts(x, W1, b1, W2, b2)
    hot = (torch.arange(len(b2))[None, :] == targets[:, None]).to(x.dtype)
    g = (log_p.exp() - hot) / x.shape[0]
    gz = torch.einsum("bc,ch->bh", g, W2) * (1 - h) * (1 + h)
    ones = torch.ones(x.shape[0], dtype=x.dtype)
    return {
        "b2": ones @ g,
        "W2": torch.einsum("bc,bh->ch", g, h),
        "b1": ones @ gz,
        "W1": torch.einsum("bh,bd->hd", gz, x),
    }


# %% wrong: loss_summed
# why: a sum instead of a mean
# says: Your loss is the sum
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].sum()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: no_tanh
# why: two linear maps
# says: The tanh is missing
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = x @ W1.T + b1  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: no_logarithm
# why: -p
# says: The logarithm is missing
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: log_of_the_mean
# why: the logarithm of the mean
# says: You take the logarithm of the mean
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    p = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -p[torch.arange(len(x)), targets].mean().log()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: mean_forgotten
# why: gradients of the sum
# says: All gradients are B times too large
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: slope_of_tanh_forgotten
# why: d_hidden is passed on
# says: lack the slope of tanh
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: one_hot_forgotten
# why: softmax alone
# says: dlogits is softmax minus one-hot
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: biases_averaged
# why: the mean instead of the sum
# says: divided by B twice
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.mean(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.mean(0),
    }


# %% wrong: by_autograd
# why: autograd does the work
# says: where autograd is switched off
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    hidden = torch.tanh(x @ W1.T + b1)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    weights = [w.clone().requires_grad_() for w in (W1, b1, W2, b2)]
    grads = torch.autograd.grad(loss_of(x, *weights, targets), weights)
    return dict(zip(["W1", "b1", "W2", "b2"], grads))


# %% wrong: arguments_changed
# why: in-place operations on the arguments
# says: Operations that end in _
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p[torch.arange(len(x)), targets].mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    found = _gradients(rows, x, W1, b1, W2, b2, targets)
    b1 *= 0
    return found


def _gradients(rows, x, W1, b1, W2, b2, targets):
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }


# %% wrong: targets_become_a_column
# why: unsqueeze_ for unsqueeze
# says: argument 6 of loss_of after the call
import torch


def loss_of(x, W1, b1, W2, b2, targets):
    """Mean cross-entropy of the network, in nats."""
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    log_p = torch.log_softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    return -log_p.gather(1, targets.unsqueeze_(1)).mean()


def gradients_of(x, W1, b1, W2, b2, targets):
    """The gradients of the loss for the four weights."""
    rows = torch.arange(len(x))
    hidden = torch.tanh(x @ W1.T + b1)  # (B, H)
    d_logits = torch.softmax(hidden @ W2.T + b2, dim=-1)  # (B, C)
    d_logits[rows, targets] -= 1
    d_logits = d_logits / len(x)
    d_hidden = d_logits @ W2  # (B, H)
    d_z = d_hidden * (1 - hidden**2)
    return {
        "W1": d_z.T @ x,
        "b1": d_z.sum(0),
        "W2": d_logits.T @ hidden,
        "b2": d_logits.sum(0),
    }
