"""Checks of exercise 4.2: three causal masks."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex2 = Exercise(
    "4.2",
    "Three causal masks",
    needs=("causal_mask", "causal_bias", "mask_weights"),
    read="Chapter 4, Step 4: Mask",
    tensors=True,
)


def seen_by(strict=False, start=False, invert=False, swap=False, square=False):
    """The mask by comparing positions; each part can be a wrong one."""

    def mask(n_queries, n_keys):
        import torch

        if square:
            n_queries = n_keys
        first = 0 if start else n_keys - n_queries
        query = torch.arange(n_queries)[:, None] + first
        key = torch.arange(n_keys)
        seen = key < query if strict else key <= query
        if swap:
            seen = key >= query
        return ~seen if invert else seen

    return mask


true_mask = seen_by()


def bias_by(
    mask=true_mask, hidden=-float("inf"), broken=False, dtype="float64"
):
    def bias(n_queries, n_keys):
        import torch

        seen = mask(n_queries, n_keys)
        if broken:
            return (~seen).double() * hidden
        empty = torch.zeros(n_queries, n_keys, dtype=getattr(torch, dtype))
        return empty.masked_fill(~seen, hidden)

    return bias


true_bias = bias_by()


def sizes(s: Session) -> list[tuple]:
    n, m = s.rng.sample(range(3, 9), 2)
    return [(1, 1), (n, n), (min(n, m), max(n, m)), (1, m), (n, n + 1)]


SLIPS = [
    Mistake(
        {"strict": True},
        "A token does not see itself: the diagonal belongs to the mask, "
        "j <= i.",
    ),
    Mistake(
        {"start": True},
        "With more keys than queries the earlier keys come from a cache: the "
        "*last* query stands at the last key.",
    ),
    Mistake(
        {"swap": True}, "Each query sees the later keys, not the earlier."
    ),
    Mistake(
        {"invert": True}, "True means visible; yours is True where hidden."
    ),
]


@ex2.check("a mask of True and False", points=3)
def boolean(s: Session):
    s.matches(
        "causal_mask",
        true_mask,
        sizes(s),
        checked="causal_mask(n_queries, n_keys)",
        look="Query i stands at position i + n_keys - n_queries and sees the "
        "keys up to it: a bool tensor (Tq, Tk).",
        mistakes=[Mistake(seen_by(**m.value), m.look) for m in SLIPS],
    )


@ex2.check("a mask to be added", points=3)
def added(s: Session):
    def ask(who, *case):  # a notebook's dtype, if none is asked for
        return s.perform(who, "call", args=case, kwargs={}, dtype="float32")

    s.matches(
        "causal_bias",
        true_bias,
        sizes(s),
        ask=ask,
        checked="causal_bias(n_queries, n_keys)",
        look="0 where the query may look, -inf where not, float64.",
        mistakes=[
            Mistake(
                bias_by(broken=True),
                "0 times -inf is NaN: multiplying a matrix of 0 and 1 by "
                "-inf spoils every place that should be 0. Fill instead.",
            ),
            Mistake(
                bias_by(hidden=1.0),
                "1 at the hidden places only adds a little to the scores. "
                "-inf is what softmax turns into 0.",
            ),
            Mistake(
                bias_by(hidden=-1e9),
                "-1e9 is not -inf: where all keys of a row have it, it "
                "cancels, and in half precision it overflows.",
            ),
            Mistake(
                bias_by(dtype="float32"),
                "The places are right, the dtype is not: torch makes float32 "
                "unless it is told dtype=torch.float64.",
            ),
            *(
                Mistake(bias_by(seen_by(**m.value)), "In the bias: " + m.look)
                for m in SLIPS
            ),
        ],
    )


def true_masked(weights):
    """Softmax over what is seen, from the logarithms of the weights."""
    import torch

    seen = true_mask(*weights.shape[-2:])
    kept = weights.log().masked_fill(~seen, -float("inf"))
    return torch.softmax(kept, -1)


def not_renormalised(weights):
    return weights * true_mask(*weights.shape[-2:])


def soft_again(weights):
    import torch

    seen = true_mask(*weights.shape[-2:])
    return torch.softmax(weights.masked_fill(~seen, -float("inf")), -1)


def divided_by(total):
    def masked(weights):
        kept = not_renormalised(weights)
        return kept / total(kept.sum(-1, keepdim=True))

    return masked


TINY = (1e-12, 1e-9, 1e-8, 1e-6)


def by_column(weights):
    kept = not_renormalised(weights)
    return kept / kept.sum(-2, keepdim=True)


@ex2.check("weights, masked afterwards", points=2)
def afterwards(s: Session):
    def softmax(x):
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    found = []
    for n in s.sizes(["B", "T", "U"], ones=["B"]):
        low, high = sorted((n["T"], n["U"]))
        found.append((softmax(s.normal(n["B"], low, high)),))
        found.append((softmax(s.normal(n["B"], 2, low, low)),))
    scores = s.normal(4, 4, scale=0.3)
    scores[:2, 2:] += 24  # some 2e-11 is left; F.normalize clamps at 1e-12
    found.append((softmax(scores),))
    s.matches(
        "mask_weights",
        true_masked,
        found,
        rtol=1e-9,
        checked="mask_weights(weights)",
        look="Hidden weights become 0 and each row is divided by what is "
        "left, so that it sums to 1: exactly what -inf before the softmax "
        "gives.",
        mistakes=[
            Mistake(
                not_renormalised,
                "Rows no longer sum to 1: divide each by its new sum.",
            ),
            Mistake(
                soft_again,
                "A second softmax flattens the weights. Only the sum of a "
                "row has changed: divide by it.",
            ),
            Mistake(by_column, "You divide by sums of columns (dim=-2)."),
            *(
                Mistake(
                    divided_by(lambda x, least=least: x.clamp(min=least)),
                    "The sum is clamped. What is left may be less than that "
                    "and is never 0, as a token sees itself: divide by it.",
                )
                for least in TINY
            ),
            *(
                Mistake(
                    divided_by(lambda x, extra=extra: x + extra),
                    "Something small is added to the sum. What is left may "
                    "be smaller, and is never 0: divide by the sum alone.",
                )
                for extra in TINY
            ),
        ],
    )
    s.keeps("mask_weights", *found[1])
