"""Checks of exercise 3.7: ALiBi."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex7 = Exercise(
    "3.7",
    "A bias for distance",
    needs=("slopes", "distance_bias"),
    read="Chapter 3, Step 3: Order",
    tensors=True,
)


def power_of_two(n):
    return [2 ** (-8 * (i + 1) / n) for i in range(n)]


def true_slopes(n_heads):
    import torch

    below = 1
    while 2 * below <= n_heads:
        below *= 2
    found = power_of_two(below) + power_of_two(2 * below)[::2]
    return torch.tensor(found[:n_heads], dtype=torch.float64)


def by_formula(n_heads):
    import torch

    return torch.tensor(power_of_two(n_heads), dtype=torch.float64)


def linear(n_heads):
    import torch

    return torch.arange(1, n_heads + 1).double() / n_heads


def halves(n_heads):
    import torch

    return torch.tensor([2.0 ** -(i + 1) for i in range(n_heads)]).double()


def from_one(n_heads):
    import torch

    found = [2 ** (-8 * i / n_heads) for i in range(n_heads)]
    return torch.tensor(found, dtype=torch.float64)


@ex7.check("the slopes of powers of two", points=3)
def powers(s: Session):
    s.matches(
        "slopes",
        true_slopes,
        [(n,) for n in (1, 2, 4, 8, 16)],
        rtol=1e-9,
        checked="slopes(n_heads)",
        look="2 ** (-8 (i + 1) / n) for head i: a geometric row that ends at "
        "1 / 256.",
        mistakes=[
            Mistake(
                halves,
                "1/2, 1/4, 1/8, ... whatever the number of heads is. The row "
                "is spread so that the last slope is 1 / 256.",
            ),
            Mistake(
                linear, "The slopes grow evenly; they form a geometric row."
            ),
            Mistake(
                from_one,
                "The first slope is 1: begin with i + 1, so that it is "
                "2 ** (-8 / n).",
            ),
        ],
    )


@ex7.check("the slopes of other numbers", points=2)
def others(s: Session):
    s.matches(
        "slopes",
        true_slopes,
        [(n,) for n in (3, 6, 9, 12, s.rng.choice([5, 7, 10, 14]))],
        rtol=1e-9,
        checked="slopes(n_heads), n_heads no power of two",
        look="First those of the largest power of two below, then every "
        "second one of the next power of two, from its first on, until there "
        "are enough.",
        mistakes=[
            Mistake(
                by_formula,
                "You use the formula with n itself. The authors' models take "
                "the rows of powers of two.",
            ),
        ],
    )


def true_bias(n_heads, n_tokens):
    import torch

    bias = torch.zeros(n_heads, n_tokens, n_tokens, dtype=torch.float64)
    for h, slope in enumerate(true_slopes(n_heads).tolist()):
        for i in range(n_tokens):
            for j in range(n_tokens):
                bias[h, i, j] = -slope * (i - j) if j <= i else -torch.inf
    return bias


def changed(change):
    return lambda n_heads, n_tokens: change(true_bias(n_heads, n_tokens))


def one_slope(n_heads, n_tokens):
    import torch

    bias = true_bias(n_heads, n_tokens)
    first = bias / true_slopes(n_heads)[:, None, None]
    return torch.where(bias.isinf(), bias, first * true_slopes(n_heads)[0])


def from_the_start(n_heads, n_tokens):
    """Minus slope times the key's position."""
    import torch

    bias = true_bias(n_heads, n_tokens)
    j = torch.arange(n_tokens).double()
    other = -true_slopes(n_heads)[:, None, None] * j.expand_as(bias)
    return torch.where(bias.isinf(), bias, other)


@ex7.check("the bias of each head", points=5)
def biases(s: Session):
    cases = [(1, 1), (2, 5), (3, 4), (8, s.rng.randint(4, 9)), (6, 3)]
    s.matches(
        "distance_bias",
        true_bias,
        cases,
        rtol=1e-9,
        checked="distance_bias(n_heads, n_tokens)",
        look="(H, T, T): row i, column j of head h is -slope * (i - j) for "
        "j <= i, and -inf behind, so that it is the causal mask as well.",
        mistakes=[
            Mistake(
                changed(lambda b: b.abs().where(~b.isinf(), b)),
                "The sign: distance lowers a score, so the bias is negative.",
            ),
            Mistake(
                changed(lambda b: b.nan_to_num(neginf=0.0)),
                "What comes later is not hidden: -inf there.",
            ),
            Mistake(
                one_slope,
                "All heads have the same slope. Each has its own: some look "
                "far, some near.",
            ),
            Mistake(
                from_the_start,
                "You take the key's position. It is the distance i - j that "
                "counts: 0 on the diagonal.",
            ),
            Mistake(
                changed(lambda b: b.transpose(1, 2)),
                "Rows and columns are swapped: the row is the query, which "
                "looks back.",
            ),
        ],
    )
