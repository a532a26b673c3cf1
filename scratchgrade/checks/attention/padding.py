"""Checks of exercise 4.6: left and right padding."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex6 = Exercise(
    "4.6",
    "Left and right padding",
    needs=("positions_of", "padding_mask", "last_rows"),
    read="Chapter 4, Step 6: Cache",
    tensors=True,
)


def true_positions(is_token):
    import torch

    rows = []
    for row in is_token.tolist():
        count, found = 0, []
        for real in row:
            found.append(count if real else 0)
            count += real
        rows.append(found)
    return torch.tensor(rows)


def running(is_token):
    import torch

    return torch.arange(is_token.shape[-1]).expand(is_token.shape)


def from_one(is_token):
    import torch

    found = torch.zeros(is_token.shape, dtype=torch.int64)
    for b, row in enumerate(is_token.tolist()):
        for t, real in enumerate(row):
            found[b, t] = sum(row[: t + 1]) if real else 0
    return found


def pads_below_zero(is_token):
    return is_token.long().cumsum(-1) - 1


def seen_by(causal=True, keys=True, queries=False, alone=True):
    """The mask, place by place; each part can be a wrong one."""

    def mask(is_token):
        import torch

        n_rows, n = is_token.shape
        seen = torch.zeros(n_rows, 1, n, n, dtype=torch.bool)
        for b, row in enumerate(is_token.tolist()):
            for i in range(n):
                for j in range(n):
                    ok = j <= i or not causal
                    ok &= row[j] or not keys
                    ok &= row[i] or not queries
                    seen[b, 0, i, j] = ok or (alone and i == j and not row[i])
        return seen

    return mask


true_mask = seen_by()


def true_last(x, is_token):
    import torch

    rows = is_token.tolist()
    places = [max(t for t, real in enumerate(row) if real) for row in rows]
    return torch.stack([x[b, t] for b, t in enumerate(places)])


def very_last(x, is_token):
    return x[:, -1]


def by_count(x, is_token):
    import torch

    return torch.stack(
        [x[b, sum(row) - 1] for b, row in enumerate(is_token.tolist())]
    )


def by_position(x, is_token):
    import torch

    places = true_positions(is_token).argmax(-1)
    return x[torch.arange(len(x)), places]


def batches(s: Session) -> list[np.ndarray]:
    """Rows padded on the left, on the right, on both, and not at all."""
    found = []
    for n in s.sizes("BT", ones="BT", low=3):
        rows = np.zeros((n["B"], n["T"]), dtype=bool)
        for row in rows:
            length = s.rng.randint(1, n["T"])
            start = s.rng.choice([0, n["T"] - length])
            row[start : start + length] = True
        found.append(rows)
    left = np.arange(4) >= np.array([[3], [2], [1]])  # one token to three
    both = np.array([[False, True, True, False], [True, True, True, True]])
    return [*found, left, left[:, ::-1].copy(), both]


@ex6.check("positions count tokens, not pads", points=3)
def positions(s: Session):
    s.matches(
        "positions_of",
        true_positions,
        [(rows,) for rows in batches(s)],
        checked="positions_of(is_token)",
        look="A token's position is the number of real tokens before it; a "
        "pad gets 0.",
        mistakes=[
            Mistake(
                running,
                "You count places of the row. With padding on the left the "
                "first token would start at 2 or 3, and its text would be "
                "read as if it stood later.",
            ),
            Mistake(from_one, "Positions start at 0: yours start at 1."),
            Mistake(
                pads_below_zero,
                "Pads on the left get -1, which is the *last* row of a table "
                "of positions, and pads on the right a token's. Give 0.",
            ),
        ],
    )


@ex6.check("nobody looks at a pad", points=3)
def mask(s: Session):
    s.matches(
        "padding_mask",
        true_mask,
        [(rows,) for rows in batches(s)],
        checked="padding_mask(is_token)",
        look="(B, 1, T, T), True where j <= i and j is a token; a pad sees "
        "itself, and only pads do that beyond the rule.",
        mistakes=[
            Mistake(
                seen_by(causal=False),
                "Tokens see later tokens: padding comes on top of the "
                "causal mask, not in its place.",
            ),
            Mistake(
                seen_by(keys=False, alone=False),
                "Pads are visible: this is the causal mask alone.",
            ),
            Mistake(
                seen_by(keys=False, queries=True),
                "You hide what pads look at. Hide pads from the others: "
                "is_token belongs to the keys, the last axis.",
            ),
            Mistake(
                seen_by(alone=False),
                "A row of a left pad is all False, and its softmax NaN, "
                "which spreads in the next layer. A pad sees itself.",
            ),
        ],
    )


@ex6.check("the last real token", points=2)
def last(s: Session):
    found = [(s.normal(*rows.shape, 3), rows) for rows in batches(s)]
    s.matches(
        "last_rows",
        true_last,
        found,
        checked="last_rows(x, is_token)",
        look="For each row of the batch, x at the last place where is_token "
        "is True.",
        mistakes=[
            Mistake(
                very_last,
                "x[:, -1] is a pad when padding stands on the right.",
            ),
            Mistake(
                by_count,
                "The number of tokens minus 1 is the last one's place only "
                "without padding on the left.",
            ),
            Mistake(
                by_position,
                "The largest position is no place when a text has one token: "
                "its position is 0, as that of the pads. Ask is_token.",
            ),
        ],
    )


def attend_row(x, positions, seen):
    """A layer of attention with positions, in numpy: our model."""
    here = x + np.sin(positions[..., None] * np.arange(1, x.shape[-1] + 1))
    scores = here @ here.swapaxes(-1, -2) / x.shape[-1] ** 0.5
    scores = np.where(seen, scores, -np.inf)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True) @ here


@ex6.check("a batch equals its rows", points=1)
def together(s: Session):
    for rows in batches(s):
        n_rows, n = rows.shape
        found = s.call("positions_of", rows), s.call("padding_mask", rows)
        shapes = [(n_rows, n), (n_rows, 1, n, n)]
        ok = [
            isinstance(a, np.ndarray) and a.shape == shape
            for a, shape in zip(found, shapes, strict=True)
        ]
        s.true(
            all(ok) and found[1].dtype == bool and found[1].any(-1).all(),
            checked="shapes of positions_of and padding_mask",
            came_out="others than (B, T) and (B, 1, T, T), or an empty row",
            look="This check waits for the first two: mend them first.",
        )
        x = s.normal(n_rows, n, 4)
        batched = attend_row(x, found[0], found[1][:, 0])
        for b, row in enumerate(rows):
            k = int(row.sum())
            causal = np.tril(np.ones((k, k), dtype=bool))
            single = attend_row(x[b][row], np.arange(k), causal)
            s.close(
                batched[b][row],
                single,
                rtol=1e-9,
                checked="attention with your mask and positions, against "
                "each row without its padding",
                look="This check waits for the first two: mend them first.",
            )
