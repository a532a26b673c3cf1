# %% correct: row_by_row
import torch


def one_row(z, temperature, top_k, top_p, min_p):
    p = torch.zeros_like(z)
    if temperature == 0:
        p[int(z.argmax())] = 1
        return p
    p = torch.softmax(z / temperature, 0)
    if top_k and top_k < len(p):
        p = p * (z >= torch.sort(z).values[-top_k])
        p = p / p.sum()
    if top_p < 1:
        total, kept = 0.0, torch.zeros_like(p)
        for i in sorted(range(len(p)), key=lambda i: -float(p[i])):
            kept[i] = p[i]
            total += float(p[i])
            if total >= top_p:
                break
        p = kept / kept.sum()
    if min_p:
        p = torch.where(p >= min_p * p.max(), p, torch.zeros_like(p))
        p = p / p.sum()
    return p


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    return torch.stack([one_row(z, temperature, top_k, top_p, min_p) for z in logits])


def penalise(logits, seen, penalty):
    out = logits.clone()
    out[seen & (logits > 0)] /= penalty
    out[seen & (logits < 0)] *= penalty
    return out


# %% wrong: temperature_multiplied
# why: z * T
# says: You multiply by the temperature
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits * temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: temperature_on_probabilities
# why: softmax twice
# says: Temperature acts on logits
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits.softmax(-1) / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: nan_at_zero
# why: division
# says: nothing is divided by 0
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature < 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: limit_of_the_batch
# why: one threshold
# says: The limit comes from the whole batch
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.flatten().topk(min(top_k, n)).values[-1]
        logits = logits.masked_fill((logits < least) & (logits.amax(-1, keepdim=True) >= least), -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: k_plus_one
# why: off by one
# says: One token too many is kept
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k + 1, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_k_not_normalised
# why: sum below 1
# says: What is left does not sum to 1
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        p = logits.softmax(-1).masked_fill(logits < least, 0.0)
    else:
        p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: ties_dropped
# why: exactly k
# says: Tokens that tie with the k-th
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits.argsort(dim=-1, descending=True, stable=True).argsort(-1) >= top_k, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: crossing_token_dropped
# why: sum <= p
# says: The token that crosses the limit
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before > top_p).scatter(-1, order, (before + sorted_p > top_p) & (before > 0))
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_p_not_normalised
# why: sum below 1
# says: What top_p leaves does not sum
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_p_of_each
# why: a threshold
# says: top_p limits the *sum*
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill((p < 1 - top_p) & (p < p.amax(-1, keepdim=True)), 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: min_p_absolute
# why: a probability
# says: min_p is a share of the *largest*
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill((p < min_p) & (p.amax(-1, keepdim=True) >= min_p), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: negative_logits_raised
# why: divided always
# says: Dividing a *negative* logit raises it
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = logits / penalty
    return torch.where(seen, smaller, logits)


# %% wrong: all_punished
# why: seen ignored
# says: Tokens that were not seen are punished
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return smaller


# %% wrong: a_difference
# why: subtracted
# says: The penalty is a factor
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = logits - penalty
    return torch.where(seen, smaller, logits)


# %% wrong: cooled_in_place
# why: /= on an argument
# says: The logits of the caller are divided as well
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits /= temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_k_in_place
# why: -inf is written into the logits
# says: The dropped tokens are -inf for the caller too
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    if temperature != 1:
        logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits[logits < least] = -torch.inf
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: penalised_in_place
# why: the seen logits are written over
# says: argument 1 of penalise after the call
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    logits[seen] = smaller[seen]
    return logits


# %% wrong: small_is_zero
# why: temperatures below 0.1 are taken for 0
# says: A small temperature is not 0
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature < 0.1:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: softmax_overflows
# why: exp without the largest logit taken off
# says: exp(1000) is infinite
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.exp() / logits.exp().sum(-1, keepdim=True)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: warm_default
# why: another library's default
# says: The default of temperature is
import torch


def next_probabilities(logits, temperature=0.7, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_k_default
# why: another library's default
# says: The default of top_k is
import torch


def next_probabilities(logits, temperature=1.0, top_k=50, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_p_default
# why: another library's default
# says: The default of top_p is
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=0.9, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: one_more_at_the_limit
# why: > for >=
# says: A sum that *is* top_p is enough
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before > top_p).scatter(-1, order, before > top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: top_p_keeps_ties
# why: a threshold as in top-k
# says: a token that ties with the last
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        least = p.masked_fill(dropped, 2.0).amin(-1, keepdim=True)
        p = p.masked_fill(p < least, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: min_p_strict
# why: <= for <
# says: with min_p = 1 the largest
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if min_p:
        p = p.masked_fill(p <= min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: min_p_of_one_ignored
# why: 1 is taken for no limit, as in top_p
# says: min_p = 1 is no exception
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    if 0 < min_p < 1:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)


# %% wrong: min_p_before_top_p
# why: another order
# says: min_p comes behind top_p
import torch


def next_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """(B, V) logits to (B, V) probabilities of the next token."""
    n = logits.shape[-1]
    if temperature == 0:
        best = logits.argmax(-1)
        return torch.nn.functional.one_hot(best, n).to(logits.dtype)
    logits = logits / temperature
    if top_k:
        least = logits.topk(min(top_k, n)).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    p = logits.softmax(-1)
    if min_p:
        p = p.masked_fill(p < min_p * p.amax(-1, keepdim=True), 0.0)
        p = p / p.sum(-1, keepdim=True)
    if top_p < 1:
        sorted_p, order = p.sort(dim=-1, descending=True, stable=True)
        before = sorted_p.cumsum(-1) - sorted_p
        dropped = (before >= top_p).scatter(-1, order, before >= top_p)
        p = p.masked_fill(dropped, 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def penalise(logits, seen, penalty):
    """Smaller logits for tokens that were seen."""
    smaller = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, smaller, logits)
