"""Checks of exercise 0.8: parameters, bytes and operations."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex8 = Exercise(
    "0.8",
    "Parameters, bytes, operations",
    needs=("n_parameters", "training_bytes", "cache_bytes", "training_flops"),
    read="Chapter 0, Step 6: Size",
)


def true_parameters(
    vocab_size,
    context_length,
    emb_dim,
    n_layers,
    *,
    tied=True,
    positions=True,
    biases=True,
    final_norm=True,
):
    """Counted on a model of PyTorch's own layers, part by part."""
    d = emb_dim
    linear = [(d, 3 * d), (d, d), (d, 4 * d), (4 * d, d)]
    block = sum(i * o + (o if biases else 0) for i, o in linear)
    block += 2 * (2 * d)
    n = vocab_size * d * (1 if tied else 2)
    n += context_length * d if positions else 0
    return n + n_layers * block + (2 * d if final_norm else 0)


def slip(**how):
    return lambda v, t, d, n: true_parameters(v, t, d, n, **how)


def a_config(rng):
    return (
        rng.randint(50, 50_000),
        rng.randint(8, 2048),
        16 * rng.randint(1, 60),
        rng.randint(1, 24),
    )


@ex8.check("the parameters of a GPT-2", points=4)
def parameters(s: Session):
    s.agrees(
        "n_parameters",
        true_parameters,
        given=[
            (50_257, 1024, 768, 12),
            (50_257, 1024, 1600, 48),
            (1, 1, 1, 0),
        ],
        draw=a_config,
        checked="n_parameters",
        look="Token vectors V D (used again as the head), position vectors "
        "T D; in each block 3 D (D + 1) for q, k, v, D (D + 1) for the "
        "output, 4 D (D + 1) and D (4 D + 1) for the feed-forward, two norms "
        "of 2 D; one more norm at the end.",
        mistakes=[
            Mistake(
                slip(tied=False),
                "The head is counted as a second matrix. GPT-2 ties it to the "
                "token vectors: they are the same numbers.",
            ),
            Mistake(
                slip(positions=False),
                "The position vectors are missing: T times D.",
            ),
            Mistake(
                slip(biases=False),
                "The biases of the linear layers are missing: one for each "
                "output.",
            ),
            Mistake(
                slip(final_norm=False),
                "The norm after the last block is missing: 2 D.",
            ),
            Mistake(
                lambda v, t, d, n: (v + t) * d + 12 * n * d * d,
                "12 L D^2 is the rule of thumb. Here the exact number is "
                "asked, with biases and norms.",
            ),
        ],
    )


WIDTH = {"float32": 4, "bfloat16": 2}


def true_bytes(n, dtype, optimizer):
    return {
        "weights": WIDTH[dtype] * n,
        "gradients": WIDTH[dtype] * n,
        "optimizer": 4
        * n
        * (
            {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
            + (dtype == "bfloat16")
        ),
    }


def some_bytes(rng):
    return (
        rng.randint(10**6, 10**9),
        rng.choice(["float32", "bfloat16"]),
        rng.choice(["sgd", "momentum", "adamw"]),
    )


def altered(change):
    def wrong(n, dtype, optimizer):
        right = true_bytes(n, dtype, optimizer)
        return change(right, n, dtype, optimizer)

    return wrong


@ex8.check("the bytes of training", points=4)
def training(s: Session):
    s.agrees(
        "training_bytes",
        true_bytes,
        given=[
            (1000, d, o)
            for d in ("float32", "bfloat16")
            for o in ("sgd", "momentum", "adamw")
        ],
        draw=some_bytes,
        checked="training_bytes",
        look="Weights and gradients in dtype (4 or 2 bytes); the optimiser "
        "in float32: nothing for sgd, one number for momentum, two for "
        "adamw, and with bfloat16 a float32 copy of the weights.",
        mistakes=[
            Mistake(
                altered(lambda r, n, d, o: r | {"optimizer": 0}),
                "The optimiser's state is forgotten. With AdamW it is the "
                "largest part: two numbers for each weight.",
            ),
            Mistake(
                altered(
                    lambda r, n, d, o: (
                        r
                        | {
                            "optimizer": r["optimizer"]
                            - 4 * n * (d != "float32")
                        }
                    )
                ),
                "With bfloat16 a float32 copy of the weights is kept: small "
                "steps would be lost in 8 bits of precision.",
            ),
            Mistake(
                altered(
                    lambda r, n, d, o: (
                        r | {"optimizer": r["optimizer"] * WIDTH[d] // 4}
                    )
                ),
                "The optimiser's numbers are float32, whatever the weights "
                "are.",
            ),
            Mistake(
                altered(lambda r, n, d, o: r | {"gradients": 4 * n}),
                "Gradients have the dtype of the weights.",
            ),
            Mistake(
                altered(lambda r, n, d, o: r | {"gradients": 0}),
                "A gradient for each weight is kept until the step.",
            ),
            Mistake(
                altered(lambda r, n, d, o: {k: 8 * x for k, x in r.items()}),
                "Those are bits; a byte has 8.",
            ),
        ],
    )


def true_cache(n_layers, n_tokens, emb_dim, batch_size, width):
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def true_flops(n, n_tokens):
    return 6 * n * n_tokens


@ex8.check("the bytes of a cache, the operations of training", points=2)
def others(s: Session):
    s.agrees(
        "cache_bytes",
        true_cache,
        given=[(12, 1024, 768, 1, 4)],
        draw=lambda rng: tuple(rng.randint(2, 900) for _ in range(5)),
        checked="cache_bytes",
        look="A key and a value of D numbers for each token, in each layer, "
        "for each row of the batch.",
        mistakes=[
            Mistake(
                lambda *a: true_cache(*a) // 2,
                "Keys *and* values are kept: twice as many.",
            ),
            Mistake(
                lambda n, t, d, b, w: true_cache(1, t, d, b, w),
                "Each layer has a cache of its own.",
            ),
            Mistake(
                lambda n, t, d, b, w: true_cache(n, t, t, b, w),
                "The cache holds D numbers a token, not T: it grows with the "
                "length, not with its square.",
            ),
        ],
    )
    s.agrees(
        "training_flops",
        true_flops,
        given=[(124_439_808, 10**9)],
        draw=lambda rng: (rng.randint(10**3, 10**9), rng.randint(10, 10**9)),
        checked="training_flops",
        look="A multiplication and an addition for each weight and token, "
        "and twice that again for the backward pass: 6 N D.",
        mistakes=[
            Mistake(
                lambda n, t: 2 * n * t,
                "That is the forward pass. The backward pass costs twice as "
                "much again.",
            ),
            Mistake(
                lambda n, t: 3 * n * t,
                "Multiplications alone: each comes with an addition.",
            ),
        ],
    )
