"""Checks of exercise 4.1: scaled dot-product attention."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex1 = Exercise(
    "4.1",
    "Scaled dot-product attention",
    needs=("attention_weights", "attend"),
    read="Chapter 4, Step 3: Scale",
    tensors=True,
    forbids=("torch.nn.functional.scaled_dot_product_attention",),
)


def weights_by(
    scale=lambda q, k: q.shape[-1] ** 0.5,
    axis=-1,
    invert=False,
    fill=-float("inf"),
    after=False,
    late=False,
    top=None,
    drop=False,
    extra=0.0,
    least=0.0,
):
    """Weights, one query after the other; each part can be a wrong one.

    `after` hides weights, `drop` powers, in place of scores; `top` says what
    is subtracted before exp; `extra` is added to the sum, and `least` is the
    smallest sum to divide by once more.
    """

    def weights(queries, keys, mask=None):
        import torch

        scores = (queries[..., :, None, :] * keys[..., None, :, :]).sum(-1)
        divisor = scale(queries, keys)
        if not late:
            scores = scores / divisor
        if mask is None:
            seen = torch.ones_like(scores, dtype=torch.bool)
        else:
            seen = torch.broadcast_to(mask, scores.shape) ^ invert
        kept = scores if after or drop else scores.masked_fill(~seen, fill)
        largest = kept.amax(axis, keepdim=True).clamp(min=-1e300)
        powers = (kept - (top(kept) if top else largest)).exp()
        if drop:
            powers = powers * seen
        total = powers.sum(axis, keepdim=True) + extra
        found = powers / total.where(total > 0, torch.ones_like(total))
        if after:
            found = found * seen
        if least:
            found = found / found.sum(-1, keepdim=True).clamp(min=least)
        return found / divisor if late else found

    return weights


true_weights = weights_by()


def true_attend(queries, keys, values, mask=None):
    return true_weights(queries, keys, mask) @ values


def undefined(queries, keys, mask=None):
    """The softmax of a row that is all -inf, as PyTorch gives it."""
    import torch

    found = true_weights(queries, keys, mask)
    empty = ~torch.broadcast_to(mask, found.shape).any(-1, keepdim=True)
    return found.masked_fill(empty, float("nan"))


SLIPS = [
    Mistake(
        weights_by(scale=lambda q, k: 1.0),
        "The scores are not scaled: divide by sqrt(Dh) before the softmax.",
    ),
    Mistake(
        weights_by(scale=lambda q, k: q.shape[-1]),
        "You divide by Dh; the variance of a score is Dh, so its spread is "
        "sqrt(Dh).",
    ),
    Mistake(
        weights_by(scale=lambda q, k: k.shape[-2] ** 0.5),
        "You scale by the number of keys; it is the width Dh whose products "
        "are summed.",
    ),
    Mistake(
        weights_by(late=True),
        "You scale after the softmax. Rows then no longer sum to 1: scale "
        "the scores, not the weights.",
    ),
    Mistake(
        weights_by(axis=-2),
        "The softmax runs over the queries. Each query (row) shares out 1 "
        "over its keys: dim=-1.",
    ),
    *(
        Mistake(
            weights_by(top=lambda scores: 0.0, drop=drop),
            "exp meets the scores themselves: it makes inf of 2,000 and 0 of "
            "-2,000. Subtract the largest visible score of the row before.",
        )
        for drop in (False, True)
    ),
    Mistake(
        weights_by(top=lambda scores: scores.amax()),
        "One maximum serves all rows: where all scores are far below it, "
        "every power is 0. Each row has its own, amax(-1, keepdim=True).",
    ),
]


def cases(s: Session, mask: bool = False) -> list[tuple]:
    """(queries, keys) or (queries, keys, mask), 3-D and 4-D, Tq != Tk."""
    found = []
    for n in s.sizes(["B", "H", "Q", "K", "D"], ones=["B", "Q", "H"]):
        for lead in ((n["B"],), (n["B"], n["H"])):
            case = (
                s.normal(*lead, n["Q"], n["D"]),
                s.normal(*lead, n["K"], n["D"]),
            )
            if mask:
                seen = s.numbers.random((n["Q"], n["K"])) < 0.5
                seen[:, s.rng.randrange(n["K"])] = True
                case += (seen,)
            found.append(case)
    return found


def large(s: Session, hidden=True) -> list[tuple]:
    """Scores far from 0; the first key, if hidden, as far on the other side.

    About the same in all rows, or another in each row.
    """
    rows = [2e3, 0.0, -2e3]
    s.rng.shuffle(rows)
    found = []
    for level in (-20, 2e3, -2e3, -2e4, rows):
        n = s.sizes("KD", low=3)[0]
        queries, keys = s.normal(3, n["D"]), s.normal(n["K"], n["D"])
        queries[:, 0] = np.array(level) * n["D"] ** 0.5
        keys[:, 0] = 1
        seen = np.ones((3, n["K"]), bool)
        if hidden:
            keys[0, 0], seen[:, 0] = -1, False
        found.append((queries, keys, seen) if hidden else (queries, keys))
    return found


@ex1.check("the weights, without a mask", points=4)
def plain(s: Session):
    s.matches(
        "attention_weights",
        true_weights,
        cases(s) + large(s, hidden=False),
        rtol=1e-9,
        checked="attention_weights(queries, keys)",
        look="Products of each query with each key, (..., Tq, Tk), divided "
        "by sqrt(Dh), then softmax over the keys.",
        mistakes=SLIPS,
    )


@ex1.check("hidden keys get nothing", points=3)
def masked(s: Session):
    s.matches(
        "attention_weights",
        true_weights,
        cases(s, mask=True) + large(s),
        rtol=1e-9,
        checked="attention_weights(queries, keys, mask)",
        look="Where the mask is False the score becomes -inf, before the "
        "softmax.",
        mistakes=[
            Mistake(
                weights_by(invert=True),
                "The mask is the other way round: True means that the query "
                "may look at the key.",
            ),
            Mistake(
                weights_by(after=True),
                "You mask after the softmax, so the hidden keys still take "
                "their part of the sum and rows sum to less than 1.",
            ),
            Mistake(
                weights_by(fill=0.0),
                "Hidden scores become 0, and exp(0) = 1: they still get "
                "weight. Fill with -inf.",
            ),
            *(
                Mistake(
                    weights_by(fill=fill),
                    f"Hidden scores become {fill:,.0f}, and visible ones may "
                    "be lower still. Fill with -inf.",
                )
                for fill in (-100, -1e4)
            ),
            Mistake(
                weights_by(drop=True),
                "A hidden key with a large score leaves nothing to the "
                "others: its score must be gone before the maximum is taken.",
            ),
            *(
                Mistake(
                    weights_by(after=True, least=least),
                    "You share out what the softmax left to the visible "
                    "keys. Beside a large hidden score that is too little, "
                    "and the clamp shows: mask the scores.",
                )
                for least in (1e-12, 1e-9, 1e-6)
            ),
            Mistake(
                true_weights_without_mask,
                "The mask plays no part.",
            ),
            *SLIPS,
        ],
    )


def true_weights_without_mask(queries, keys, mask=None):
    return true_weights(queries, keys)


@ex1.check("a query that may look at nothing", points=2)
def empty(s: Session):
    found = []
    for n in s.sizes(["B", "Q", "K", "D"], ones=["K"]):
        seen = s.numbers.random((n["B"], n["Q"], n["K"])) < 0.5
        seen[:, 0] = False
        seen[:, 1] = True
        q, k = (
            s.normal(n["B"], n["Q"], n["D"]),
            s.normal(n["B"], n["K"], n["D"]),
        )
        found.append((q, k, seen))
    s.matches(
        "attention_weights",
        true_weights,
        found,
        rtol=1e-11,
        checked="attention_weights with a row of the mask that is all False",
        look="Such a row has only zeros: there is nothing to share out.",
        mistakes=[
            Mistake(
                undefined,
                "A row that is all -inf has no softmax: it is NaN. Put zeros "
                "there.",
            ),
            Mistake(
                weights_by(fill=-1e9),
                "A large negative number instead of -inf shares 1 over keys "
                "that nobody may see. Put zeros there.",
            ),
            *(
                Mistake(
                    weights_by(top=top, extra=extra),
                    "Other rows differ as well: nothing is added to the sum.",
                )
                for top in (None, lambda scores: 0.0)
                for extra in (1e-9, 1e-8, 1e-6)
            ),
        ],
    )
    s.keeps("attention_weights", *found[0])


def attended(s: Session) -> list[tuple]:
    found = []
    for q, k, seen in cases(s, mask=True):
        width = q.shape[-1] + 1  # values may be wider than keys
        values = s.normal(*k.shape[:-1], width)
        found += [(q, k, values), (q, k, values, seen)]
    return found


def value_means(queries, keys, values, mask=None):
    return true_attend(queries, keys, values, mask) / keys.shape[-2]


WAITS = "This check waits for right weights: mend the checks before it."


@ex1.check("mixed values", points=2)
def mixed(s: Session):
    found = attended(s)
    s.matches(
        "attention_weights",
        true_weights,
        [(case[0], case[1], *case[3:]) for case in found],
        rtol=1e-9,
        checked="attention_weights, before values are mixed",
        look=WAITS,
    )
    s.matches(
        "attend",
        true_attend,
        found,
        rtol=1e-9,
        checked="attend(queries, keys, values, mask)",
        look="The weights times the values: (..., Tq, Tk) @ (..., Tk, Dv).",
        mistakes=[
            Mistake(
                value_means,
                "You divide by the number of keys once more; the weights "
                "already sum to 1.",
            ),
            Mistake(
                lambda q, k, v, mask=None: true_attend(q, k, v),
                "attend does not hand on the mask.",
            ),
        ],
    )


@ex1.check("gradients for all three, without NaN", points=1)
def gradients(s: Session):
    for n in s.sizes(["Q", "K", "D", "V"]):
        args = (
            s.normal(n["Q"], n["D"]),
            s.normal(n["K"], n["D"]),
            s.normal(n["K"], n["V"]),
        )
        seen = s.numbers.random((n["Q"], n["K"])) < 0.6
        seen[:, 0] = True
        seen[0] = False
        c = s.normal(n["Q"], n["V"])
        got, want = (
            s.gradient(who, *args, seen, cotangent=c, wrt=[0, 1, 2])
            for who in ("attend", true_attend)
        )
        s.close(
            got.output,
            want.output,
            rtol=1e-9,
            checked="attend, before its gradients",
            look=WAITS,
        )
        s.close(
            got.gradients,
            want.gradients,
            rtol=1e-8,
            checked="gradients of queries, keys and values; row 0 of the "
            "mask is all False",
            look="NaN in a gradient: adding -inf leaves its way back open, "
            "and NaN times 0 is NaN; masked_fill closes it. No gradient: "
            "something was detached.",
        )
