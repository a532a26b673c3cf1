"""Checks of exercise 0.6: the smallest language model."""

import math
from collections import Counter
from itertools import pairwise

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex6 = Exercise(
    "0.6",
    "A bigram model",
    needs=("count_pairs", "to_probabilities", "mean_loss", "sample"),
    read="Chapter 0, Step 1: The smallest model",
)


def true_counts(token_ids, vocab_size):
    found = Counter(pairwise(token_ids))
    n = range(vocab_size)
    return [[found[a, b] for b in n] for a in n]


def transposed(token_ids, vocab_size):
    rows = zip(*true_counts(token_ids, vocab_size), strict=True)
    return [list(row) for row in rows]


def self_pairs(token_ids, vocab_size):
    found = Counter(token_ids)
    n = range(vocab_size)
    return [[found[a] if a == b else 0 for b in n] for a in n]


def disjoint(token_ids, vocab_size):
    found = Counter(zip(token_ids[::2], token_ids[1::2], strict=False))
    n = range(vocab_size)
    return [[found[a, b] for b in n] for a in n]


def around(token_ids, vocab_size):
    return true_counts([*token_ids, *token_ids[:1]], vocab_size)


def some_ids(rng):
    v = rng.randint(3, 5)
    return [rng.randrange(v) for _ in range(rng.randint(7, 13))], v


@ex6.check("counts each pair of neighbours", points=2)
def counts(s: Session):
    s.agrees(
        "count_pairs",
        true_counts,
        given=[([], 2), ([1], 2), ([0, 0, 0], 1)],
        draw=some_ids,
        checked="count_pairs",
        look="Row a, column b: how often b follows a. A text of n ids has "
        "n - 1 pairs.",
        mistakes=[
            Mistake(
                transposed,
                "Rows and columns are swapped: the row is the token that "
                "comes first.",
            ),
            Mistake(
                self_pairs,
                "You paired every token with itself. A pair is a token and "
                "the *next* one: shift the second by one.",
            ),
            Mistake(
                disjoint,
                "You take pairs without overlap: each token but the last "
                "begins one.",
            ),
            Mistake(
                around,
                "The last token is paired with the first: nothing follows "
                "the last.",
            ),
        ],
    )
    s.keeps("count_pairs", *some_ids(s.rng))


def true_rows(counts, alpha):
    n = len(counts)
    return [
        [
            (c + alpha) / (sum(row) + alpha * n) if sum(row) + alpha else 1 / n
            for c in row
        ]
        for row in counts
    ]


def some_counts(rng):
    n = rng.randint(3, 5)
    rows = [[rng.choice([0, 0, 1, 2, 7]) for _ in range(n)] for _ in range(n)]
    rows[rng.randrange(n)] = [0] * n
    return rows


@ex6.check("turns counts into probabilities", points=2)
def probabilities(s: Session):
    for alpha in (1.0, 0.1, s.rng.uniform(0.2, 3.0), 0):
        rows = some_counts(s.rng)
        n = len(rows)
        total = sum(map(sum, rows))
        s.close(
            s.call("to_probabilities", rows, alpha),
            true_rows(rows, alpha),
            rtol=1e-12,
            checked=f"to_probabilities({rows}, {alpha:.3g})",
            look="(count + alpha) / (row's sum + alpha * V). A row without "
            "counts and with alpha 0 says nothing: give each token 1 / V.",
            mistakes=[
                Mistake(
                    [[(c + alpha) / (sum(r) + alpha) for c in r] for r in rows]
                    if alpha
                    else None,
                    "The rows do not sum to 1: alpha was added to each of V "
                    "counts, so the sum grew by alpha * V.",
                ),
                Mistake(
                    [
                        [(c + alpha) / (total + alpha * n * n) for c in r]
                        for r in rows
                    ]
                    if total
                    else None,
                    "You divide by the sum of all counts. Each *row* is a "
                    "distribution: what follows this token?",
                ),
                Mistake(
                    [[(c + 1) / (sum(r) + n) for c in r] for r in rows],
                    "alpha is ignored: you add 1.",
                ),
                Mistake(
                    true_rows(rows, 0),
                    "alpha is ignored: a pair that never occurred keeps the "
                    "probability 0, and one such pair makes the loss "
                    "infinite.",
                ),
            ],
        )
    s.keeps("to_probabilities", some_counts(s.rng), 0.5)


def true_loss(token_ids, rows):
    losses = [-math.log(rows[a][b]) for a, b in pairwise(token_ids)]
    return math.fsum(losses) / len(losses)


@ex6.check("the mean loss of a text", points=4)
def losses(s: Session):
    for _ in range(4):
        ids, v = some_ids(s.rng)
        rows = true_rows(some_counts(s.rng), 0.5)
        while len(rows) < v:
            rows = true_rows(some_counts(s.rng), 0.5)
        pairs = [rows[a][b] for a, b in pairwise(ids)]
        right = true_loss(ids, rows)
        s.close(
            s.call("mean_loss", ids, rows),
            right,
            rtol=1e-10,
            checked=f"mean_loss({ids}, ...)",
            look="The mean over all predicted tokens of -log of the "
            "probability that the row of the token before gives.",
            mistakes=[
                Mistake(
                    -math.log(sum(pairs) / len(pairs)),
                    "You take the logarithm of the mean probability; it is "
                    "the mean of the logarithms.",
                ),
                Mistake(
                    right * len(pairs) / len(ids),
                    "You divide by the number of tokens. The first is not "
                    "predicted: divide by n - 1.",
                ),
                Mistake(right * len(pairs), "That is the sum; divide it."),
                Mistake(right / math.log(2), "Bits; the loss is in nats."),
                Mistake(math.exp(right), "That is the perplexity, exp(loss)."),
                Mistake(-right, "The sign: a loss is positive."),
            ],
        )


def drawn(sample, rows, first, n, seed):
    """Runs in the box: a long text, drawn twice, and `random` afterwards."""
    import random

    before = random.getstate()
    one = list(sample(rows, first, n, random.Random(seed)))
    two = list(sample(rows, first, n, random.Random(seed)))
    return one, two, random.getstate() == before


@ex6.check("draws a text", points=2)
def samples(s: Session):
    rows = [[0.05, 0.8, 0.15], [0.3, 0.1, 0.6], [0.5, 0.25, 0.25]]
    order = s.rng.sample(range(3), 3)
    rows = [[rows[a][b] for b in order] for a in order]
    n, first = 9000, s.rng.randrange(3)
    one, two, quiet = s.lend(
        "sample", drawn, rows, first, n, s.rng.randrange(10**6), items=3
    )
    s.true(
        isinstance(one, list)
        and len(one) == n
        and all(type(i) is int and 0 <= i < 3 for i in one),
        checked=f"sample(rows, {first}, {n}, rng)",
        came_out=f"{one!r:.60}",
        look="A list of n ids, the first of which follows `first`.",
    )
    text = [first, *one]
    for a in range(3):
        nexts = [y for x, y in pairwise(text) if x == a]
        s.drawn_from(
            nexts,
            dict(enumerate(rows[a])),
            n=len(nexts),
            checked=f"what follows {a} in {n} tokens, where the row is "
            f"{rows[a]}",
            look="Draw each token from the row of the one before it: "
            "rng.choices(range(V), rows[last])[0].",
            mistakes=[
                Mistake(
                    {max(range(3), key=rows[a].__getitem__): 1.0},
                    "You always take the likeliest token. Draw.",
                ),
                Mistake(
                    dict.fromkeys(range(3), 1 / 3),
                    "All tokens come equally often: the row is not used.",
                ),
            ]
            if len(nexts) > 2100
            else [],
        )
    s.true(
        one == two and quiet is True,
        checked="two texts with equal generators, and `random` afterwards",
        came_out="they differ" if one != two else "`random` was used",
        look="Draw from the `rng` that you are given, nothing else.",
    )
