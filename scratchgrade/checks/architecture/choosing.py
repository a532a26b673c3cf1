"""Checks of exercise 5.8: temperature, top-k, top-p, min-p, penalty."""

import numpy as np

from scratchgrade.checks.arrays import is_array
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex8 = Exercise(
    "5.8",
    "Temperature, top-k, top-p, min-p, repetition penalty",
    needs=("next_probabilities", "penalise"),
    read="Chapter 5, Step 6: Choose",
    tensors=True,
)


def softmax(scores):
    import math

    top = max(scores)
    powers = [math.exp(x - top) for x in scores]
    total = sum(powers)
    return [p / total for p in powers]


def cool(row, t):
    if t == 0:
        return [float(i == row.index(max(row))) for i in range(len(row))]
    return softmax([x / t for x in row])


def warm(row, t):
    return softmax([x * t for x in row]) if t else cool(row, t)


def on_probabilities(row, t):
    if not t:
        return cool(row, t)
    return softmax([p / t for p in softmax(row)])


def keep_k(p, k):
    least = sorted(p, reverse=True)[min(k, len(p)) - 1]
    return [x if x >= least else 0.0 for x in p]


def keep_p(p, share, crossing=True):
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))
    total, kept = 0.0, set()
    for i in order:
        if not crossing and kept and total + p[i] > share:
            break
        kept.add(i)
        total += p[i]
        if total >= share - 1e-12:
            break
    return [x if i in kept else 0.0 for i, x in enumerate(p)]


def keep_min(p, share, of_largest=True):
    least = share * (max(p) if of_largest else 1.0)
    kept = [x if x >= least * (1 - 1e-12) else 0.0 for x in p]
    return kept if any(kept) else p


def renormalised(p):
    total = sum(p)
    return [x / total for x in p]


def by_zero(row, t):
    return cool(row, t) if t else [float("nan")] * len(row)


def by(
    heat=cool,
    k=keep_k,
    top=keep_p,
    least=keep_min,
    norm=renormalised,
    min_first=False,
):
    """Row by row; each part can be a wrong one."""

    def chosen(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
        import torch

        rows = []
        for row in logits.tolist():
            p = heat(row, temperature)
            if min_p and min_first:
                p = norm(least(p, min_p))
            if top_k:
                p = norm(k(p, top_k))
            if top_p < 1:
                p = norm(top(p, top_p))
            if min_p and not min_first:
                p = norm(least(p, min_p))
            rows.append(p)
        return torch.tensor(rows, dtype=torch.float64)

    return chosen


true_chosen = by()


def whole_batch(logits, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0):
    """The k-th largest of all rows together."""
    import torch

    if top_k:
        flat = logits.flatten().sort(descending=True).values
        least = flat[min(top_k, logits.shape[1]) - 1]
        rows = [
            [x if x >= least else -1e9 for x in row]
            if max(row) >= least
            else row
            for row in logits.tolist()
        ]
        logits = torch.tensor(rows, dtype=torch.float64)
    return true_chosen(logits, temperature, 0, top_p, min_p)


def ask(s: Session):
    def one(who, logits, temperature, top_k, top_p, min_p):
        return s.call(
            who,
            logits,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
        )

    return one


def compare(s: Session, settings, checked, look, mistakes, also=()):
    found = [*also]
    for n in s.sizes("BV", ones="B", low=4, high=9):
        for setting in settings:
            logits = s.normal(n["B"], n["V"], scale=2.0)
            found.append((logits, *setting))
    s.matches(
        "next_probabilities",
        true_chosen,
        found,
        ask=ask(s),
        rtol=1e-9,
        atol=1e-12,
        checked=checked,
        look=look,
        mistakes=mistakes,
    )


CLOSE = np.array([[0.0, 1.0, 3.0]])


@ex8.check("temperature", points=2)
def temperature(s: Session):
    compare(
        s,
        [(t, 0, 1.0, 0.0) for t in (1.0, 0.5, 2.0, 0.0)],
        "next_probabilities(logits, temperature=...)",
        "Logits divided by the temperature, then softmax; at 0 the most "
        "probable token has 1, the first of them if there are several.",
        [
            Mistake(
                by(warm),
                "You multiply by the temperature: a high one then sharpens.",
            ),
            Mistake(
                by(on_probabilities),
                "You divide probabilities. Temperature acts on logits: "
                "softmax(z / T).",
            ),
            Mistake(
                by(by_zero),
                "Temperature 0 is a case of its own, so that nothing is "
                "divided by 0.",
            ),
        ],
    )
    tied = np.array([[1.0, 3.0, 3.0, 0.0]])
    s.close(
        ask(s)("next_probabilities", tied, 0.0, 0, 1.0, 0.0),
        np.array([[0.0, 1.0, 0.0, 0.0]]),
        checked="temperature 0 and two equal logits",
        look="At temperature 0 exactly one token is chosen, the first.",
    )
    s.close(
        ask(s)("next_probabilities", 1e-4 * CLOSE, 1e-4, 0, 1.0, 0.0),
        s.call(true_chosen, CLOSE),
        checked="temperature=0.0001 and the logits 0, 0.0001, 0.0003",
        look="The logits divided by 0.0001 are 0, 1 and 3.",
        mistakes=[
            Mistake(
                np.array([[0.0, 0.0, 1.0]]),
                "A small temperature is not 0: only at 0 itself has the "
                "largest logit all.",
            )
        ],
    )
    s.close(
        ask(s)("next_probabilities", 1000 + CLOSE, 1.0, 0, 1.0, 0.0),
        s.call(true_chosen, CLOSE),
        checked="next_probabilities of the logits 1000, 1001, 1003",
        look="exp(1000) is infinite: take the largest logit off before exp, "
        "as `torch.softmax` does.",
    )
    many = s.normal(2, 60)
    s.close(
        s.call("next_probabilities", many),
        s.call(true_chosen, many),
        checked="next_probabilities(logits) without settings, V = 60",
        look="Without settings nothing is dropped: softmax(logits). The "
        "defaults are part of the signature in the statement.",
        mistakes=[
            Mistake(
                s.call(true_chosen, many, **{name: wrong}),
                f"The default of {name} is {right}, as the statement has it, "
                f"not {wrong}.",
            )
            for name, right, wrong in (
                ("temperature", 1.0, 0.7),
                ("top_k", 0, 50),
                ("top_p", 1.0, 0.9),
            )
        ],
    )
    s.keeps(
        "next_probabilities",
        tied,
        temperature=0.5,
        look="The logits of the caller are divided as well, and the next call "
        "divides them again: logits = logits / temperature.",
    )


@ex8.check("top-k", points=2)
def top_k(s: Session):
    compare(
        s,
        [(1.0, k, 1.0, 0.0) for k in (1, 2, 3, 99)],
        "next_probabilities(logits, top_k=...)",
        "Keep the tokens whose logit is at least the k-th largest of their "
        "row; a k beyond V keeps all.",
        [
            Mistake(
                whole_batch,
                "The limit comes from the whole batch. Each row has its own "
                "k-th largest.",
            ),
            Mistake(
                by(norm=lambda p: p),
                "What is left does not sum to 1: divide by its sum.",
            ),
            Mistake(
                by(k=lambda p, k: keep_k(p, k + 1)),
                "One token too many is kept.",
            ),
        ],
    )
    tied = np.array([[2.0, 1.0, 1.0, 0.0]])
    got = ask(s)("next_probabilities", tied, 1.0, 2, 1.0, 0.0)
    s.close(
        got,
        s.call(true_chosen, tied, 1.0, 2),
        rtol=1e-9,
        checked="top_k=2 of the logits 2, 1, 1, 0",
        look="Tokens that tie with the k-th are all kept.",
    )
    s.keeps(
        "next_probabilities",
        tied,
        top_k=2,
        look="The dropped tokens are -inf for the caller too, who may ask for "
        "another k next: logits.masked_fill(dropped, -torch.inf) makes a new "
        "tensor, logits[dropped] = -torch.inf does not.",
    )


@ex8.check("top-p", points=2)
def top_p(s: Session):
    compare(
        s,
        [(1.0, 0, p, 0.0) for p in (0.3, 0.6, 0.9)] + [(0.7, 0, 0.8, 0.0)],
        "next_probabilities(logits, top_p=...)",
        "Sort by probability, add up, keep the fewest whose sum is at least "
        "top_p: the one that crosses the limit belongs to them.",
        [
            Mistake(
                by(top=lambda p, share: keep_p(p, share, crossing=False)),
                "The token that crosses the limit is left out; it belongs "
                "to the set.",
            ),
            Mistake(
                by(norm=lambda p: p),
                "What top_p leaves does not sum to 1: divide by its sum.",
            ),
            Mistake(
                by(
                    top=lambda p, share: [
                        x if x >= min(1 - share, max(p)) else 0.0 for x in p
                    ]
                ),
                "top_p limits the *sum* of the most probable, not each "
                "probability.",
            ),
        ],
    )
    equal = ask(s)("next_probabilities", np.zeros((1, 4)), 1.0, 0, 0.5, 0.0)
    s.close(
        np.sort(equal, None) if is_array(equal) else equal,  # any two stay
        np.array([0.0, 0.0, 0.5, 0.5]),
        checked="top_p=0.5 of four tokens with 0.25 each, sorted",
        look="0.25 + 0.25 is at least 0.5, and no fewer than two are.",
        mistakes=[
            Mistake(
                np.array([0.0, 1, 1, 1]) / 3,
                "A sum that *is* top_p is enough: no further token is kept.",
            ),
            Mistake(
                np.full(4, 0.25),
                "top_p keeps the fewest: a token that ties with the last "
                "one is not kept for that.",
            ),
        ],
    )


@ex8.check("min-p, and all together", points=2)
def min_p(s: Session):
    compare(
        s,
        [(1.0, 0, 1.0, m) for m in (0.05, 0.3, 0.9)]
        + [(0.8, 4, 0.9, 0.1), (1.5, 3, 0.7, 0.2)],
        "next_probabilities(logits, min_p=...), and with the others",
        "Keep tokens with at least min_p times the largest probability. The "
        "order is temperature, top-k, top-p, min-p; each filter sees what "
        "the one before has left, divided by its sum.",
        [
            Mistake(
                by(least=lambda p, m: keep_min(p, m, of_largest=False)),
                "min_p is a share of the *largest* probability, not a "
                "probability.",
            ),
            Mistake(
                by(min_first=True),
                "min_p comes behind top_p; before it, it takes away some of "
                "the sum that top_p asks for.",
            ),
        ],
        also=[
            (np.log([[0.4, 0.3, 0.2, 0.1]]), 1.0, 0, share, least)
            for share, least in ((0.5, 0.6), (0.75, 0.01))
        ],
    )
    tied = np.array([[2.0, 2.0, 1.0]])
    s.close(
        ask(s)("next_probabilities", tied, 1.0, 0, 1.0, 1.0),
        np.array([[0.5, 0.5, 0.0]]),
        checked="min_p=1 of the logits 2, 2, 1",
        look="At least min_p times the largest: with min_p = 1 the largest "
        "itself is kept, and what ties with it.",
        mistakes=[
            Mistake(
                s.call(true_chosen, tied),
                "min_p = 1 is no exception: only 0 means no limit.",
            )
        ],
    )


def true_penalty(logits, seen, penalty):
    import torch

    rows = []
    for row, marks in zip(logits.tolist(), seen.tolist(), strict=True):
        rows.append(
            [
                (x / penalty if x > 0 else x * penalty) if mark else x
                for x, mark in zip(row, marks, strict=True)
            ]
        )
    return torch.tensor(rows, dtype=torch.float64)


def divided(logits, seen, penalty):
    return logits / penalty * seen + logits * ~seen


def everything(logits, seen, penalty):
    import torch

    return true_penalty(logits, torch.ones_like(seen), penalty)


def subtracted(logits, seen, penalty):
    return logits - penalty * seen


@ex8.check("repetition penalty", points=2)
def penalty(s: Session):
    found = []
    for n in s.sizes("BV", ones="B", low=4):
        seen = s.numbers.random((n["B"], n["V"])) < 0.5
        seen[:, 0], seen[:, 1] = True, False
        found.append(
            (s.normal(n["B"], n["V"]), seen, s.rng.choice([1.2, 2.0]))
        )
    logits = np.array([[2.0, -2.0, 0.0, 1.0]])
    seen = np.array([[True, True, True, False]])
    s.matches(
        "penalise",
        true_penalty,
        [*found, (logits, seen, 2.0)],
        checked="penalise(logits, seen, penalty)",
        look="A logit of a token that was seen becomes smaller: divided if "
        "positive, multiplied if negative.",
        mistakes=[
            Mistake(
                divided,
                "Dividing a *negative* logit raises it, so seen tokens "
                "become more probable: multiply those.",
            ),
            Mistake(everything, "Tokens that were not seen are punished too."),
            Mistake(subtracted, "The penalty is a factor, not a difference."),
        ],
    )
    s.keeps("penalise", logits, seen, 2.0)
