"""Checks of exercise 0.4: softmax and cross-entropy that do not overflow."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

IGNORED = -100

ex4 = Exercise(
    "0.4",
    "Softmax and cross-entropy",
    needs=("softmax", "log_softmax", "cross_entropy"),
    read="Chapter 0, Step 2: A network",
    tensors=True,
    forbids=(
        "torch.softmax",
        "torch.log_softmax",
        "torch.logsumexp",
        "torch.nn.functional.softmax",
        "torch.nn.functional.log_softmax",
        "torch.nn.functional.cross_entropy",
    ),
)


def true_softmax(x, dim):
    import torch

    return torch.softmax(x, dim)


def true_log_softmax(x, dim):
    import torch

    return torch.log_softmax(x, dim)


def last_axis(x, dim):
    return true_softmax(x, -1)


def all_axes(x, dim):
    return true_softmax(x.flatten(), 0).reshape(x.shape)


def kept_sum(x, dim):
    return x.exp() / x.exp().sum()


def not_shifted(x, dim):
    return x.exp() / x.exp().sum(dim, keepdim=True)


def shifted_by_all(x, dim):
    e = (x - x.max()).exp()
    return e / e.sum(dim, keepdim=True)


def normalised(x, dim):
    return x / x.sum(dim, keepdim=True)


def some_arrays(s: Session, scale=1.0):
    for n in s.sizes(["A", "B", "C"], ones=["A", "C"]):
        x = s.normal(n["A"], n["B"], n["C"], scale=scale)
        for dim in (0, 1, 2, -1, -2):
            yield x, dim


@ex4.check("softmax along any axis", points=3)
def soft(s: Session):
    cases = list(some_arrays(s))
    s.matches(
        "softmax",
        true_softmax,
        cases,
        checked="softmax(x, dim)",
        look="exp of each number, divided by the sum along `dim` (keepdim="
        "True keeps the axis, so that the division broadcasts).",
        mistakes=[
            Mistake(last_axis, "`dim` is ignored: you take the last axis."),
            Mistake(
                all_axes,
                "Everything together sums to 1; it must be each slice along "
                "`dim`.",
            ),
            Mistake(
                normalised,
                "The exponential is missing: shares of the numbers "
                "themselves are no softmax.",
            ),
        ],
    )
    s.keeps("softmax", *cases[0])


@ex4.check("numbers of ten thousand", points=3)
def large(s: Session):
    cases = []
    for x, dim in some_arrays(s, 3.0):
        far = s.numbers.choice([-1e4, 0.0, 1e4], (x.shape[0], 1, 1))
        cases.append((x + far, dim))
    cases.append((np.array([[1e4, 0.0], [-1e4, -1e4 + 1]]), 1))
    s.matches(
        "softmax",
        true_softmax,
        cases,
        checked="softmax of numbers near 10,000 and -10,000",
        look="exp(1e4) is infinite. Subtract the largest number along `dim` "
        "first: it cancels out.",
        mistakes=[
            Mistake(
                not_shifted,
                "exp overflows to infinity, or all of a slice underflows to "
                "0, and 0 / 0 is NaN: subtract the maximum along `dim`.",
            ),
            Mistake(
                shifted_by_all,
                "You subtract the largest number of the whole tensor. A slice "
                "far below it becomes 0 / 0: take the maximum along `dim`.",
            ),
        ],
    )
    s.matches(
        "log_softmax",
        true_log_softmax,
        cases,
        checked="log_softmax of numbers near 10,000 and -10,000",
        look="x - max - log(sum(exp(x - max))), along `dim`. The logarithm "
        "of a softmax that has become 0 is -inf: it is too late then.",
        mistakes=[
            Mistake(
                lambda x, dim: true_softmax(x, dim).log(),
                "You take the logarithm of the softmax. Where that is 0 the "
                "true value may be -20,000: subtract the log of the sum.",
            ),
        ],
    )
    s.keeps("log_softmax", *cases[0])


def true_loss(logits, targets):
    import torch

    if bool((targets == IGNORED).all()):
        return logits.sum() * 0.0
    return torch.nn.functional.cross_entropy(logits, targets)


def over_all(logits, targets):
    n_kept = (targets != IGNORED).sum()
    return true_loss(logits, targets) * n_kept / len(targets)


def in_sum(logits, targets):
    return true_loss(logits, targets) * (targets != IGNORED).sum()


def target_zero(logits, targets):
    return true_loss(logits, targets.clamp(min=0))


def nan_for_none(logits, targets):
    import torch

    return torch.nn.functional.cross_entropy(logits, targets)


def with_base_two(logits, targets):
    import math

    return true_loss(logits, targets) / math.log(2)


def rows(s: Session, none=False):
    found = []
    for n in s.sizes(["N", "V"], ones=["N"], low=3):
        targets = s.numbers.integers(0, n["V"], n["N"])
        if n["N"] > 1:
            targets[s.rng.randrange(n["N"])] = IGNORED
        found.append((s.normal(n["N"], n["V"], scale=3.0), targets))
    if none:
        found.append((s.normal(3, 4), np.full(3, IGNORED)))
    return found


@ex4.check("the mean over the targets that count", points=4)
def entropy(s: Session):
    cases = rows(s)
    s.matches(
        "cross_entropy",
        true_loss,
        cases,
        checked="cross_entropy(logits, targets)",
        look="The mean of -log_softmax(logits)[target] over the rows whose "
        "target is not -100, in nats.",
        mistakes=[
            Mistake(
                over_all,
                "You divide by all rows. Those with the target -100 do not "
                "count, in the sum and in the number: longer padding would "
                "make the loss look better.",
            ),
            Mistake(in_sum, "Your loss is the sum; it is the mean."),
            Mistake(
                target_zero,
                "Rows with the target -100 are learned as token 0. Leave "
                "them out.",
            ),
            Mistake(
                with_base_two,
                "Your loss is in bits; the natural logarithm gives nats.",
            ),
        ],
    )
    s.keeps("cross_entropy", *cases[0])


@ex4.check("nothing to learn, and gradients that reach the logits", points=2)
def edges(s: Session):
    s.matches(
        "cross_entropy",
        true_loss,
        rows(s, none=True)[-1:],
        checked="cross_entropy where every target is -100",
        look="A batch without a target has the loss 0, or 0 / 0 spreads NaN "
        "into every weight.",
        mistakes=[
            Mistake(
                nan_for_none,
                "0 / 0: there is no target to take a mean over. Return a "
                "loss of 0.",
            )
        ],
    )
    s.matches(
        "cross_entropy",
        true_loss,
        rows(s),
        checked="cross_entropy, before its gradient is looked at",
        look="This check waits for a right loss: mend the one before.",
    )
    cases = [(x, t, np.array(1.0)) for x, t in rows(s)]
    s.matches(
        "cross_entropy",
        true_loss,
        cases,
        ask=lambda who, x, t, c: s.gradient(who, x, t, cotangent=c, wrt=[0]),
        checked="the gradient of cross_entropy for the logits",
        look="(softmax - one-hot) / number of targets, and 0 in rows that do "
        "not count. .item(), .detach() and .numpy() cut the graph.",
    )
