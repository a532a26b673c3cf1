"""Checks of exercise 4.10: tiled attention with the online softmax."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex10 = Exercise(
    "4.10",
    "Tiled attention with the online softmax",
    needs=("merge", "tiled_attention"),
    read="Chapter 4, Step 7: Tile",
    tensors=True,
    forbids=("torch.nn.functional.scaled_dot_product_attention",),
)


def state_of(scores, values):
    """(maximum, total, mixed) of some keys, by the definition."""
    if not scores.shape[-1]:
        n = scores.shape[0]
        empty = np.full(n, -np.inf), np.zeros(n)
        return (*empty, np.zeros((n, values.shape[-1])))
    maximum = scores.max(-1)
    powers = np.exp(scores - maximum[:, None])
    return maximum, powers.sum(-1), powers @ values


def merge_by(total=True, mixed=True, larger=True, mean=False):
    """Two states joined; each part can be a wrong one."""

    def merged(left, right):
        import torch

        (m1, s1, x1), (m2, s2, x2) = left, right
        m = torch.maximum(m1, m2) if larger else m2
        one, two = ((a - m).exp() for a in (m1, m2))
        empty = torch.isinf(m1) & torch.isinf(m2)
        one, two = (f.masked_fill(empty, 0.0) for f in (one, two))
        a, b = (one, two) if total else (torch.ones_like(one),) * 2
        c, d = (one, two) if mixed else (torch.ones_like(one),) * 2
        x = c[:, None] * x1 + d[:, None] * x2
        return m, a * s1 + b * s2, x / 2 if mean else x

    return merged


true_merge = merge_by()


def undefined(left, right):
    m, total, x = true_merge(left, right)
    import torch

    empty = torch.isinf(m)
    return (
        m,
        total.masked_fill(empty, torch.nan),
        x.masked_fill(empty[:, None], torch.nan),
    )


def undefined_in_rows(left, right):
    """Empty parts are seen as a whole only, not row by row."""
    import torch

    for part, other in ((left, right), (right, left)):
        if torch.isinf(part[0]).all():
            return other
    return undefined(left, right)


def overflowing(left, right):
    """Powers of the scores themselves, brought back at the end."""
    import torch

    (m1, total1, mixed1), (m2, total2, mixed2) = left, right
    a, b, m = m1.exp(), m2.exp(), torch.maximum(m1, m2)
    mixed = a[:, None] * mixed1 + b[:, None] * mixed2
    down = (-m).exp()
    return m, down * (a * total1 + b * total2), down[:, None] * mixed


SLIPS = [
    Mistake(
        merge_by(mixed=False),
        "The mixed values are not rescaled. They were summed with powers "
        "relative to the old maximum: times exp(old - new), like the total.",
    ),
    Mistake(
        merge_by(total=False),
        "The totals are not rescaled: each is relative to its own maximum.",
    ),
    Mistake(
        merge_by(total=False, mixed=False),
        "Nothing is rescaled: both parts must first refer to the common "
        "maximum, by exp(old - new).",
    ),
    Mistake(
        merge_by(larger=False),
        "The new maximum is the larger of both, not the latest.",
    ),
    Mistake(merge_by(mean=True), "Mixed values are added, not averaged."),
]


def halves(s: Session, scale=1.0, low=2) -> list[tuple]:
    found = []
    for n in s.sizes("TABV", ones="TAB", low=low):
        parts = [
            state_of(
                s.normal(n["T"], n[k], scale=scale), s.normal(n[k], n["V"])
            )
            for k in "AB"
        ]
        found.append((parts[0], parts[1]))
    return found


@ex10.check("two parts joined", points=3)
def joined(s: Session):
    found = halves(s, scale=2.0)
    s.matches(
        "merge",
        true_merge,
        found,
        rtol=1e-9,
        checked="merge(left, right)",
        look="Take the larger maximum m. A part whose own was m1 counts "
        "exp(m1 - m) times: its total and its mixed values.",
        mistakes=SLIPS,
    )
    s.keeps("merge", *found[0])


def emptied(part: tuple, rows) -> tuple:
    """The part with no keys in some of its rows."""
    maximum, total, mixed = (x.copy() for x in part)
    maximum[rows], total[rows], mixed[rows] = -np.inf, 0, 0
    return maximum, total, mixed


@ex10.check("parts without keys, and scores of 1,000", points=2)
def extremes(s: Session):
    cases = halves(s, scale=1500.0)
    for n in s.sizes("TKV"):
        values = s.normal(n["K"], n["V"])
        some = state_of(s.normal(n["T"], n["K"]), values)
        none = state_of(np.empty((n["T"], 0)), values[:0])
        cases += [(none, some), (some, none), (none, none)]
    left, right = halves(s, low=3)[0]
    one, two = s.rng.sample(range(len(left[0])), 2)
    cases.append((emptied(left, [one]), emptied(right, [one, two])))
    s.matches(
        "merge",
        true_merge,
        cases,
        rtol=1e-9,
        checked="merge with a part that has no keys, and with large scores",
        look="A part without keys changes nothing, and nothing overflows.",
        mistakes=[
            Mistake(
                overflowing,
                "exp of a large positive number is inf: only differences to "
                "the common maximum, which are never positive, may meet exp.",
            ),
            Mistake(
                undefined,
                "-inf minus -inf is NaN: two parts without keys make a part "
                "without keys, (-inf, 0, 0).",
            ),
            Mistake(
                undefined_in_rows,
                "You look for keys in the part as a whole, as by .all(). "
                "Each row may have keys or none: decide row by row, with "
                "masked_fill or torch.where.",
            ),
            *SLIPS,
        ],
    )


def attention_by(
    scale=True,
    causal=True,
    whole_tiles=False,
    mean=False,
    fill=-np.inf,
    top=None,
):
    """Full attention; each part can be a wrong one.

    `top` says what is subtracted from the scores before exp.
    """

    def attention(queries, keys, values, tile):
        import torch

        n = queries.shape[0]
        scores = queries @ keys.T
        if scale:
            scores = scores / queries.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        if causal:
            scores = scores.masked_fill(later, fill)
        if whole_tiles and n >= tile:
            scores[:, n - n % tile :] = -torch.inf
        if mean:
            parts = []
            for part, v in zip(
                scores.split(tile, 1), values.split(tile, 0), strict=True
            ):
                parts.append(part.softmax(-1).nan_to_num() @ v)
            return sum(parts) / len(parts)
        if top:
            powers = (scores - top(scores)).exp()
            return powers @ values / powers.sum(-1, keepdim=True)
        return scores.softmax(-1).nan_to_num() @ values

    return attention


true_attention = attention_by()


def never_below(least):
    return lambda scores: scores.amax(-1, keepdim=True).clamp(min=least)


LARGE = [
    Mistake(
        attention_by(top=lambda scores: 0.0),
        "Within a tile, exp meets the scores themselves: 1,000 makes it inf, "
        "-1,000 makes it 0. Subtract the tile's own maximum, row by row.",
    ),
    Mistake(
        attention_by(top=never_below(0.0)),
        "Your maximum is never below 0, so if all scores are -1,000 every "
        "power is 0. Begin with a part without keys: its maximum is -inf.",
    ),
    Mistake(
        attention_by(top=never_below(-1e4)),
        "Your maximum has a lowest value, and scores may be lower still: "
        "begin with -inf, and replace a maximum only where it is -inf.",
    ),
    Mistake(
        attention_by(top=lambda scores: scores.amax()),
        "One maximum serves the whole tile. The rows are of different size: "
        "far below the largest row all powers are 0. Take amax(-1).",
    ),
    Mistake(
        attention_by(fill=-1e4),
        "A later key gets a score that is low, but not -inf. Where all "
        "others are lower still, it takes the weight.",
    ),
]


def large_cases(s: Session) -> list[tuple]:
    """Scores about +1,000 and so on in all rows, or another in each row."""
    rows = [-2e3, -1e3, 0.0, 1e3, 2e3]
    s.rng.shuffle(rows)
    found = []
    # exp(-720) is not 0 yet, exp(720) is inf: so errors of `merge` differ
    for level in (1e3, -720, -1e3, -2e5, rows):
        queries, keys, values = (s.normal(5, n) for n in (4, 4, 3))
        queries[:, 0], keys[:, 0] = 2 * np.array(level), 1
        found += [(queries, keys, values, tile) for tile in (2, 5)]
    return found


def tiled_cases(s: Session) -> list[tuple]:
    found = []
    for n in s.sizes("TDV", ones="T", low=3, high=9):
        parts = [s.normal(n["T"], n[k], scale=2.0) for k in "DDV"]
        found += [(*parts, tile) for tile in (1, 2, n["T"], n["T"] + 3)]
    parts = [s.normal(11, 3), s.normal(11, 3), s.normal(11, 2)]
    return [*found, (*parts, 4), (*parts, 3)]


@ex10.check("equal to full causal attention, for any tile", points=3)
def equal(s: Session):
    found = tiled_cases(s) + large_cases(s)
    s.matches(
        "tiled_attention",
        true_attention,
        found,
        rtol=1e-8,
        checked="tiled_attention(queries, keys, values, tile)",
        look="Start with a part without keys, merge tile after tile, divide "
        "the mixed values by the total at the end.",
        mistakes=[
            Mistake(attention_by(scale=False), "1 / sqrt(Dh) is missing."),
            Mistake(attention_by(causal=False), "Later keys are visible."),
            Mistake(
                attention_by(whole_tiles=True),
                "The last, shorter tile is lost.",
            ),
            Mistake(
                attention_by(mean=True),
                "You average the outputs of the tiles. A tile with large "
                "scores must count more: that is what merge is for.",
            ),
            *LARGE,
        ],
    )
    s.keeps("tiled_attention", *found[0])


@ex10.check("never more than a tile of scores", points=1)
def small(s: Session):
    n, d, tile = 64, 4, 8
    args = [s.normal(n, d) for _ in range(3)]
    counts = s.count("tiled_attention", *args, tile)
    s.close(
        counts.result,
        s.call(true_attention, *args, tile),
        rtol=1e-8,
        checked=f"tiled_attention of {n} tokens, before numbers are counted",
        look="This check waits for the one before: mend that first.",
    )
    s.true(
        counts.largest <= n * tile,
        checked=f"the largest tensor for {n} tokens and tiles of {tile}",
        came_out=f"{counts.largest:,} numbers, at most {n * tile} are needed",
        look="A (T, T) tensor was made. Scores of one tile, (T, tile), are "
        "all that exists at a time; its mask too.",
    )
