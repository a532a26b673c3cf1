"""Checks of exercise 5.11: initialisation."""

import math

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session, same

ex11 = Exercise(
    "5.11",
    "Initialisation",
    needs=("initial", "first_loss"),
    read="Chapter 5, Step 4: Assemble",
    tensors=True,
)
N = 20_000


def numbers(s: Session, name: str, shape: tuple, n_layers: int):
    got = s.call("initial", name, list(shape), n_layers)
    ok = isinstance(got, np.ndarray) and got.shape == shape
    s.true(
        ok,
        checked=f"initial({name!r}, {list(shape)}, {n_layers})",
        came_out=f"{got!r:.60}",
        look="A tensor of this shape.",
    )
    return got


SCALED_TOO = {
    "blocks.3.attn.qkv.weight": "Of attention only attn.out ends in the "
    "residual stream: qkv keeps 0.02.",
    "head.out.weight": "Not every `out` is that of attention: names that end "
    "in attn.out.weight or mlp.down.weight are scaled.",
    "blocks.2.attn.out.gate.weight": "The name holds attn.out and ends "
    "otherwise: the end decides, as in `endswith`.",
}
CONSTANT = {
    "blocks.0.norm_proj.weight": "A name may hold norm and be that of a "
    "matrix: two axes are drawn.",
    "rel_bias_table.weight": "The name holds bias and ends in weight: the "
    "end decides, and two axes are drawn.",
}


@ex11.check("matrices and tables", points=1)
def matrices(s: Session):
    for name in ("tokens.weight", "positions.weight", *SCALED_TOO, *CONSTANT):
        layers = s.rng.randint(2, 48)
        odd = name in SCALED_TOO or name in CONSTANT
        got = numbers(s, name, (50, 40) if odd else (200, 100), layers)
        s.true(
            len(np.unique(got)) > got.size // 2,
            checked=f"how many numbers of initial({name!r}, ...) differ",
            came_out=f"{len(np.unique(got)):,} of {got.size:,}",
            look=CONSTANT.get(
                name, "Each number is drawn for itself, not one row for all."
            ),
        )
        mistakes = [
            Mistake((0.0, 1.0), "Spread 1, PyTorch's for an embedding."),
            Mistake(
                (0.0, got.shape[1] ** -0.5),
                "1 / sqrt(inputs): another rule. GPT-2 has 0.02.",
            ),
        ]
        if name in SCALED_TOO:
            scaled = (0.0, 0.02 / math.sqrt(2 * layers))
            mistakes.append(Mistake(scaled, SCALED_TOO[name]))
        s.spread(
            got,
            0.0,
            0.02,
            n=got.size,
            checked=f"mean and spread of initial({name!r}, ...)",
            look="Normal numbers with mean 0 and standard deviation 0.02.",
            mistakes=mistakes,
        )
        # Of 20,000 normal numbers 27 are: none with a chance of 1e-12.
        s.true(
            got.size < N or bool((abs(got) > 3.2 * 0.02).any()),
            checked=f"the largest of {N:,} numbers of initial({name!r}, ...)",
            came_out=f"{abs(got).max():.3g}, none beyond 3.2 spreads",
            look="Normal numbers have tails; yours are uniform, or cut off: "
            "`torch.randn`.",
        )
    twice = s.repeat("initial", "head.weight", [3, 4], 2, times=2)
    s.true(
        np.shape(twice) == (2, 3, 4) and not same(twice[0], twice[1]),
        checked="two calls of initial('head.weight', [3, 4], 2)",
        came_out="the same numbers twice",
        look="With a seed inside, matrices of one shape start equal. Whoever "
        "calls sets the seed, once.",
    )


@ex11.check("projections that end in the residual stream", points=2)
def projections(s: Session):
    for part in ("attn.out.weight", "mlp.down.weight"):
        layers = s.rng.choice([4, 12, 48])
        name = f"blocks.{s.rng.randrange(layers)}.{part}"
        right = 0.02 / math.sqrt(2 * layers)
        s.spread(
            numbers(s, name, (100, 200), layers),
            0.0,
            right,
            n=N,
            checked=f"mean and spread of initial({name!r}, ..., {layers})",
            look="0.02 / sqrt(2 n_layers): each layer adds twice to the "
            "stream, and variances add up.",
            mistakes=[
                Mistake(
                    (0.0, 0.02),
                    "Not scaled: with every layer the stream grows.",
                ),
                Mistake(
                    (0.0, 0.02 / math.sqrt(layers)),
                    "Each layer adds *two* parts: 2 n_layers under the root.",
                ),
                Mistake(
                    (0.0, 0.02 / (2 * layers)),
                    "The root is missing: variances add up, not spreads.",
                ),
            ],
        )


@ex11.check("biases and norms", points=1)
def constants(s: Session):
    d = s.rng.randint(5, 40)
    for name, want in (
        ("blocks.0.qkv.bias", 0.0),
        ("blocks.1.mlp.down.bias", 0.0),
        ("norm.bias", 0.0),
        ("norm.weight", 1.0),
        ("blocks.2.norm1.weight", 1.0),
        ("blocks.2.ln1.weight", 1.0),
    ):
        s.close(
            numbers(s, name, (d,), 4),
            np.full(d, want),
            checked=f"initial({name!r}, [{d}], 4)",
            look="Not every norm is called norm: GPT-2's are ln_1 and "
            "ln_2. Their weights are those with one axis."
            if "ln1" in name
            else "Biases start at 0, weights of norms at 1: a new norm "
            "changes nothing. Its weight is the one with one axis.",
        )


@ex11.check("the first loss", points=1)
def loss(s: Session):
    for v in (2, 512, 50_257, s.rng.randint(3, 99_999)):
        s.close(
            s.call("first_loss", v),
            math.log(v),
            rtol=1e-9,
            checked=f"first_loss({v})",
            look="Logits near 0 give each token 1 / V, so the loss is ln V.",
            mistakes=[
                Mistake(math.log2(v), "In bits; losses here are in nats: ln."),
                Mistake(
                    1 / v, "This is the probability; its -ln is the loss."
                ),
                Mistake(
                    math.log10(v), "The natural logarithm, not that of 10."
                ),
            ],
        )
