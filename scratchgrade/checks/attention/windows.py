"""Checks of exercise 4.9: sliding windows and what they reach."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex9 = Exercise(
    "4.9",
    "Sliding windows and what they reach",
    needs=("window_mask", "visible_pairs", "reach"),
    read="Chapter 4, Step 6: Cache",
    tensors=True,
)


def seen_by(extra=0, both=False, start=False, later=False):
    def mask(n_queries, n_keys, window):
        import torch

        first = 0 if start else n_keys - n_queries
        i = torch.arange(n_queries)[:, None] + first
        back = i - torch.arange(n_keys)
        if both:
            return back.abs() < window
        seen = back < window + extra
        return seen if later else seen & (back >= 0)

    return mask


true_mask = seen_by()


@ex9.check("the mask", points=3)
def mask(s: Session):
    found = [(1, 1, 1), (6, 6, 1), (5, 5, 9), (1, 7, 3), (3, 8, 4)]
    for _ in range(4):
        n, m = sorted(s.rng.sample(range(2, 10), 2))
        found.append((n, m, s.rng.randint(1, m)))
    s.matches(
        "window_mask",
        true_mask,
        found,
        checked="window_mask(n_queries, n_keys, window)",
        look="A query sees `window` keys: its own and the window - 1 before "
        "it; the last query stands at the last key.",
        mistakes=[
            Mistake(
                seen_by(extra=1),
                "One key too many: the window counts the token itself.",
            ),
            Mistake(
                seen_by(extra=-1),
                "One key too few: itself and window - 1 others.",
            ),
            Mistake(
                seen_by(both=True),
                "The window looks ahead as well: later keys stay hidden.",
            ),
            Mistake(
                seen_by(later=True),
                "Later keys are visible: the window comes on top of the "
                "causal mask.",
            ),
            Mistake(
                seen_by(start=True),
                "With more keys than queries, the first query stands at "
                "n_keys - n_queries.",
            ),
        ],
    )


def true_pairs(n_tokens, window):
    return sum(min(i + 1, window) for i in range(n_tokens))


def rectangle(n_tokens, window):
    return n_tokens * window


def triangle(n_tokens, window):
    return n_tokens * (n_tokens + 1) // 2


def square(n_tokens, window):
    return n_tokens * min(window, n_tokens)


def as_another(kind):
    return lambda n_tokens, window: kind(true_pairs(n_tokens, window))


def draw_pairs(rng):
    return rng.randint(1, 40), rng.randint(1, 50)


@ex9.check("how many scores are left", points=1)
def pairs(s: Session):
    s.agrees(
        "visible_pairs",
        true_pairs,
        given=[(1, 1), (5, 5), (4, 9), (600, 128)],
        draw=draw_pairs,
        checked="the number of True in the mask of n_tokens queries and keys",
        look="The first queries see fewer keys than the window holds.",
        mistakes=[
            Mistake(
                rectangle,
                "T times the window counts keys before the start: the first "
                "queries have fewer.",
            ),
            Mistake(triangle, "This is the count without a window."),
            Mistake(
                square,
                "The first queries see fewer than the window holds; you "
                "count a full window for each.",
            ),
            *(
                Mistake(
                    as_another(kind),
                    "The number is right, its type is not: return an int.",
                )
                for kind in (float, np.array)
            ),
        ],
    )


def true_reach(n_layers, window):
    tokens = 1
    for _ in range(n_layers):
        tokens += window - 1
    return tokens


def product(n_layers, window):
    return n_layers * window


def window_only(n_layers, window):
    return window


def power(n_layers, window):
    return window**n_layers


def draw_reach(rng):
    return rng.randint(1, 40), rng.randint(1, 4096)


@ex9.check("how far information travels", points=2)
def travels(s: Session):
    s.agrees(
        "reach",
        true_reach,
        given=[(1, 4), (2, 4), (3, 1), (32, 4096)],
        draw=draw_reach,
        checked="how many tokens, itself included, can change an output",
        look="Each layer looks window - 1 further back than the one below.",
        mistakes=[
            Mistake(
                product,
                "Windows of neighbouring layers overlap in one token: each "
                "layer adds window - 1.",
            ),
            Mistake(
                window_only,
                "What a token saw in the first layer is in its vector when "
                "the second one looks at it: reach grows with layers.",
            ),
            Mistake(power, "Reach grows by a sum, not by a product."),
        ],
    )
