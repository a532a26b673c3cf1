"""Checks of exercise 5.5: counting parameters."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex5 = Exercise(
    "5.5",
    "Counting parameters",
    needs=("count_parameters",),
    read="Chapter 5, Step 5: Count",
)
SIZES = {
    "small": (768, 12, 124_439_808),
    "medium": (1024, 24, 354_823_168),
    "large": (1280, 36, 774_030_080),
    "xl": (1600, 48, 1_557_611_200),
}


def count_by(
    always=None,
    out_bias=True,
    final=True,
    norm_bias=True,
    norms=2,
    feed_bias=True,
    places=True,
    three=3,
):
    def count(v, t, d, layers, tied=True, qkv_bias=True):
        shapes = [(v, d)]
        if places:
            shapes.append((t, d))
        for _ in range(layers):
            shapes += [(d, d)] * (three + 1)
            shapes += [(d,)] * (3 * qkv_bias + out_bias)
            shapes += [(d,)] * (norms * (1 + norm_bias))
            shapes += [(d, 4 * d), (4 * d, d)]
            shapes += [(4 * d,), (d,)] * feed_bias
        shapes += [(d,)] * (final * (1 + norm_bias))
        if not (tied if always is None else always):
            shapes.append((v, d))
        total = 0
        for shape in shapes:
            product = 1
            for size in shape:
                product *= size
            total += product
        return total

    return count


true_count = count_by()
SLIPS = [
    Mistake(
        count_by(always=False),
        'The head is counted although it is tied. That is how "124M" '
        "becomes 163 million: the table of tokens is there once.",
    ),
    Mistake(count_by(always=True), "Untied, the head is a second table."),
    Mistake(
        lambda v, t, d, n, tied=True, qkv_bias=True: true_count(
            v, t, d, n, tied, False
        ),
        "qkv_bias is ignored: with it, each layer has 3 D numbers more.",
    ),
    Mistake(
        count_by(out_bias=False),
        "The projection behind the heads has a bias, always.",
    ),
    Mistake(
        count_by(final=False), "The final norm is missing from the count."
    ),
    Mistake(
        count_by(norm_bias=False), "Layer norms have a weight *and* a bias."
    ),
    Mistake(
        count_by(norms=1),
        "2 D a layer too few: a second norm, or the biases of both.",
    ),
    Mistake(count_by(feed_bias=False), "The feed-forward has two biases."),
    Mistake(count_by(places=False), "The table of positions is missing."),
    Mistake(
        count_by(three=1),
        "Queries, keys and values have a matrix each: 3 D x D.",
    ),
]


def draw(rng):
    d, layers = 8 * rng.randint(1, 20), rng.randint(1, 6)
    both = rng.random() < 0.5, rng.random() < 0.5
    return rng.randint(50, 999), rng.randint(8, 99), d, layers, *both


@ex5.check("any model of GPT-2's form", points=5)
def anyone(s: Session):
    s.agrees(
        "count_parameters",
        true_count,
        given=[(10, 4, 2, 1, True, True), (10, 4, 2, 1, False, False)],
        draw=draw,
        checked="count_parameters(vocab_size, context_length, emb_dim, "
        "n_layers, tied, qkv_bias)",
        look="Two tables; for each block two norms, four D x D matrices and "
        "their biases, D x 4D and 4D x D with theirs; a norm; the head if it "
        "is not tied.",
        mistakes=SLIPS,
    )


@ex5.check("the four models that were released", points=2)
def released(s: Session):
    for name, (d, layers, want) in SIZES.items():
        s.equal(
            s.call("count_parameters", 50_257, 1024, d, layers, True, True),
            want,
            checked=f"GPT-2 {name}: D = {d}, {layers} layers",
            look="These are the numbers of the released files.",
        )
