"""Checks of exercise 2.7: a mixture with a ceiling."""

import math

from scratchgrade.checks.kit import (
    Exercise,
    Mistake,
    Session,
    StudentError,
)

ex7 = Exercise(
    "2.7",
    "A mixture with a ceiling",
    needs=("mixture", "epochs", "capped_mixture", "draw"),
    read="Chapter 2, Step 6: Mix",
)


def shares(weights):
    total = math.fsum(weights)
    return [w / total for w in weights]


def true_mixture(sizes, exponent):
    """In logarithms, so that no power overflows."""
    logs = [exponent * math.log(n) for n in sizes]
    return shares([math.exp(x - max(logs)) for x in logs])


def some_sizes(rng, n=None):
    return [rng.randint(50, 9000) for _ in range(n or rng.randint(3, 5))]


def close(s: Session, got, want, slips, *, checked, look):
    s.close(
        got,
        want,
        rtol=1e-9,
        checked=checked,
        look=look,
        mistakes=[Mistake(value, said) for value, said in slips],
    )


@ex7.check("probabilities from sizes and an exponent", points=2)
def probabilities(s: Session):
    for exponent in (0.3, 1.0, 0.0, s.rng.uniform(0.4, 0.9)):
        sizes = some_sizes(s.rng)
        p = shares(sizes)
        top = max(sizes)
        close(
            s,
            s.call("mixture", sizes, exponent),
            true_mixture(sizes, exponent),
            [
                (
                    true_mixture(sizes, 1 / exponent if exponent else 0),
                    "You divide by alpha in the exponent: that is a "
                    "temperature. Here the exponent itself was given.",
                ),
                (
                    shares([math.exp(n - top) for n in sizes]),
                    "You take a softmax of the sizes: then the largest has "
                    "all. Raise the sizes to the power.",
                ),
                (
                    [x**exponent for x in p],
                    "Your numbers do not add up to 1: divide by their sum "
                    "*after* raising to the power.",
                ),
                (
                    shares([(exponent or 1) * n for n in sizes]),
                    "You multiply by the exponent, which cancels out: raise "
                    "to the power.",
                ),
                (p, "Your mixture does not depend on the exponent."),
            ],
            checked=f"mixture({sizes}, {exponent:.3g})",
            look="p_i = n_i ** exponent / sum of all n_j ** exponent.",
        )
    s.keeps("mixture", sizes, exponent)


@ex7.check("sizes of a trillion, exponents of thirty", points=1)
def large(s: Session):
    sizes = [s.rng.randint(10**11, 10**12) for _ in range(3)]
    for exponent in (3, 3.0, 30.5, -2.0):
        shown = f"mixture({sizes}, {exponent})"
        try:
            got = s.call("mixture", sizes, exponent)
        except StudentError as error:
            if error.kind != "OverflowError":
                raise
            s.fail(
                shown,
                str(error),
                "10**12 to the power of 30 is beyond a float. Divide the "
                "sizes by the largest before raising them.",
            )
        close(
            s,
            got,
            true_mixture(sizes, exponent),
            [],
            checked=shown,
            look="The same formula, and for large numbers too.",
        )


@ex7.check("how often each source is read", points=1)
def read_often(s: Session):
    sizes = some_sizes(s.rng)
    p = true_mixture(sizes, 0.5)
    n = s.rng.randint(2000, 90_000)
    close(
        s,
        s.call("epochs", sizes, p, n),
        [n * q / size for q, size in zip(p, sizes, strict=True)],
        [
            (
                [size / (n * q) for q, size in zip(p, sizes, strict=True)],
                "Upside down: epochs are tokens drawn, divided by size.",
            ),
            ([n * q for q in p], "Divide by the source's size."),
            (
                [n / size for size in sizes],
                "A source gets its share of the tokens, n * p_i, not all.",
            ),
        ],
        checked=f"epochs({sizes}, ..., {n})",
        look="A source gives n * p_i tokens; how many times is that its size?",
    )
    s.keeps("epochs", sizes, p, n)


# --- the ceiling -----------------------------------------------------------


def true_capped(sizes, exponent, n_tokens, max_epochs):
    """By bisection on the height of the water, not by rounds.

    Each source gets min(c * n_i ** exponent, max_epochs * n_i) tokens, where
    c is such that the sum is n_tokens.
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError("not enough tokens")
    weights = true_mixture(sizes, exponent)
    limits = [max_epochs * n for n in sizes]

    def given(c):
        return [min(c * w, m) for w, m in zip(weights, limits, strict=True)]

    low = 0.0
    high = max(m / w for w, m in zip(weights, limits, strict=True))
    for _ in range(200):
        middle = (low + high) / 2
        if math.fsum(given(middle)) < n_tokens:
            low = middle
        else:
            high = middle
    return shares(given(high))


def capped_once(sizes, exponent, n_tokens, max_epochs):
    p = true_mixture(sizes, exponent)
    most = [max_epochs * n / n_tokens for n in sizes]
    over = [a > b for a, b in zip(p, most, strict=True)]
    rest = 1 - sum(b for b, o in zip(most, over, strict=True) if o)
    free = sum(a for a, o in zip(p, over, strict=True) if not o) or 1
    return [
        b if o else a / free * rest
        for a, b, o in zip(p, most, over, strict=True)
    ]


def all_again(sizes, exponent, n_tokens, max_epochs):
    p = true_mixture(sizes, exponent)
    most = [max_epochs * n / n_tokens for n in sizes]
    return shares([min(a, b) for a, b in zip(p, most, strict=True)])


def surplus_equally(sizes, exponent, n_tokens, max_epochs):
    p = true_mixture(sizes, exponent)
    most = [max_epochs * n / n_tokens for n in sizes]
    for _ in range(len(sizes) + 1):
        surplus = sum(max(0, a - b) for a, b in zip(p, most, strict=True))
        free = [a < b for a, b in zip(p, most, strict=True)]
        if surplus < 1e-15 or not any(free):
            break
        p = [
            a + surplus / sum(free) if f else min(a, b)
            for a, b, f in zip(p, most, free, strict=True)
        ]
    return p


def in_proportion_to_size(sizes, exponent, n_tokens, max_epochs):
    p = true_mixture(sizes, exponent)
    most = [max_epochs * n / n_tokens for n in sizes]
    for _ in range(len(sizes) + 1):
        surplus = sum(max(0, a - b) for a, b in zip(p, most, strict=True))
        free = [
            n if a < b else 0 for n, a, b in zip(sizes, p, most, strict=True)
        ]
        if surplus < 1e-15 or not sum(free):
            break
        p = [
            a + surplus * f / sum(free) if f else min(a, b)
            for a, b, f in zip(p, most, free, strict=True)
        ]
    return p


CAPPED = [
    (
        lambda *a: true_mixture(a[0], a[1]),
        "No source is held back: some are read more than max_epochs times.",
    ),
    (
        capped_once,
        "You cut once. What the others get in addition can take one of them "
        "above its limit: look again until nobody is.",
    ),
    (
        all_again,
        "You cut and then divide all by the sum, so those at their limit "
        "grow beyond it again. Only the others may grow.",
    ),
    (
        surplus_equally,
        "You share out equally. The others get it in proportion to "
        "n_i ** exponent, so that their proportions stay.",
    ),
    (
        in_proportion_to_size,
        "You share out in proportion to the sizes; it is n_i ** exponent.",
    ),
]


def two_rounds(rng):
    """Sizes of which some reach the limit only in the second round."""
    while True:
        sizes = [
            rng.randint(20, 90),
            rng.randint(100, 900),
            rng.randint(1000, 3000),
            rng.randint(5000, 9000),
        ]
        rng.shuffle(sizes)
        exponent = rng.uniform(0.2, 0.6)
        most = rng.choice([2, 3, 4])
        n = round(most * sum(sizes) * rng.uniform(0.4, 0.9))
        case = sizes, exponent, n, most
        wanted = true_capped(*case)
        if all(far(f(*case), wanted) for f, _ in CAPPED):
            return case


def far(a, b) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) > 1e-4


@ex7.check("no source is read too often", points=3)
def capped(s: Session):
    for _ in range(4):
        case = two_rounds(s.rng)
        sizes, exponent, n, most = case
        close(
            s,
            s.call("capped_mixture", *case),
            true_capped(*case),
            [(f(*case), said) for f, said in CAPPED],
            checked=f"capped_mixture({sizes}, {exponent:.3f}, {n}, {most})",
            look="While a source is above max_epochs * n_i / n_tokens: fix it "
            "there, and give the others the rest in proportion to "
            "n_i ** exponent.",
        )
    s.keeps("capped_mixture", *case)
    sizes = [1000, 2000]
    close(
        s,
        s.call("capped_mixture", sizes, 0.5, 500, 4),
        true_mixture(sizes, 0.5),
        [],
        checked="capped_mixture([1000, 2000], 0.5, 500, 4), no limit reached",
        look="Where nothing exceeds, it is the plain mixture.",
    )
    close(
        s,
        s.call("capped_mixture", sizes, 0.5, 6000, 2),
        [1 / 3, 2 / 3],
        [],
        checked="capped_mixture([1000, 2000], 0.5, 6000, 2): all must be "
        "read twice",
        look="When all are at their limit nobody is left to give to.",
    )


@ex7.check("refuses what cannot be", points=1)
def impossible(s: Session):
    sizes = some_sizes(s.rng, 3)
    most = s.rng.randint(1, 4)
    s.raises(
        "ValueError",
        "capped_mixture",
        sizes,
        0.5,
        most * sum(sizes) + 1,
        most,
        checked=f"{most * sum(sizes) + 1} tokens of {sum(sizes)}, {most} "
        "epochs at most",
        look="More tokens than max_epochs times all there are: ValueError.",
    )


def drawn(draw, probabilities, n, seed):
    """Runs in the box: what is drawn, and what becomes of `random`."""
    import random

    before = random.getstate()
    got = draw(probabilities, n, random.Random(seed))
    again = draw(probabilities, n, random.Random(seed))
    return list(got), list(again), random.getstate() == before


@ex7.check("draws sources with these probabilities", points=1)
def sources(s: Session):
    sizes = [s.rng.randint(n, 2 * n) for n in (100, 900, 6400)]
    p = true_mixture(s.rng.sample(sizes, 3), 0.5)
    n = 3000
    got, again, untouched = s.lend(
        "draw", drawn, p, n, s.rng.randrange(10**6), items=3
    )
    s.true(
        isinstance(got, list)
        and len(got) == n
        and all(type(i) is int and 0 <= i < len(p) for i in got),
        checked=f"draw of {n} from {len(p)} sources",
        came_out=f"{got!r:.60}",
        look="A list of n indices of sources.",
    )
    s.drawn_from(
        got,
        dict(enumerate(p)),
        n=n,
        mistakes=[
            Mistake(
                dict.fromkeys(range(len(p)), 1 / len(p)),
                "All sources come equally often: give the probabilities as "
                "weights.",
            ),
            Mistake(
                {p.index(max(p)): 1.0},
                "Always the likeliest source: draw, do not take the maximum.",
            ),
        ],
        checked=f"{n} draws from {[round(x, 3) for x in p]}",
        look="rng.choices(range(len(p)), probabilities, k=n).",
    )
    s.true(
        got == again and untouched is True,
        checked="two draws with equal generators, and `random` afterwards",
        came_out="they differ" if got != again else "`random` was used",
        look="Draw from the `rng` that you are given, nothing else.",
    )
