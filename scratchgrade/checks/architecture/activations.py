"""Checks of exercise 5.2: GELU, SiLU and the size of SwiGLU."""

import math

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex2 = Exercise(
    "5.2",
    "GELU, SiLU and the size of SwiGLU",
    needs=("gelu", "gelu_tanh", "swiglu", "hidden_width"),
    read="Chapter 5, Step 2: Transform",
    tensors=True,
    forbids=("torch.nn.functional.gelu", "torch.nn.functional.silu"),
)


def by_number(function):
    """A function of one number, for each number of a tensor."""

    def applied(x):
        import torch

        values = [function(v) for v in x.flatten().tolist()]
        return torch.tensor(values, dtype=x.dtype).view(x.shape)

    return applied


def exact(v):
    return v * 0.5 * math.erfc(-v / math.sqrt(2))


ROOT = math.sqrt(2 / math.pi)


def with_tanh(v, factor=0.044715, root=ROOT):
    return 0.5 * v * (1 + math.tanh(root * (v + factor * v**3)))


def logistic(v):
    return 1 / (1 + math.exp(-v)) if v > -700 else 0.0


true_gelu, true_tanh = by_number(exact), by_number(with_tanh)


def numbers(s: Session) -> list[tuple]:
    steps = np.linspace(-6, 6, 25)
    return [
        (steps,),
        (s.normal(3, 4, scale=2.0),),
        (np.array([-40.0, 0, 40]),),
    ]


ALIKE = [
    Mistake(
        by_number(lambda v: v * logistic(1.702 * v)),
        "This is x times the logistic of 1.702 x, a rougher approximation.",
    ),
    Mistake(by_number(lambda v: max(v, 0.0)), "This is ReLU."),
    Mistake(by_number(lambda v: v * logistic(v)), "This is SiLU, not GELU."),
]


@ex2.check("GELU, exact", points=2)
def gelu(s: Session):
    s.matches(
        "gelu",
        true_gelu,
        numbers(s),
        rtol=1e-9,
        atol=1e-12,
        checked="gelu(x)",
        look="x times the probability that a standard normal number is at "
        "most x: x / 2 (1 + erf(x / sqrt(2))).",
        mistakes=[
            *ALIKE,
            Mistake(
                true_tanh,
                "This is the approximation with tanh: off by up to 5e-4. "
                "The exact one has erf.",
            ),
            Mistake(
                by_number(lambda v: 0.5 * v * (1 + math.erf(v))),
                "erf takes x / sqrt(2).",
            ),
        ],
    )
    s.keeps("gelu", s.normal(3, 4))


@ex2.check("GELU with tanh, as in GPT-2", points=2)
def tanh(s: Session):
    s.matches(
        "gelu_tanh",
        true_tanh,
        numbers(s),
        rtol=1e-9,
        atol=1e-12,
        checked="gelu_tanh(x)",
        look="x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).",
        mistakes=[
            Mistake(true_gelu, "This is the exact one; GPT-2 has tanh."),
            Mistake(
                by_number(lambda v: with_tanh(v, 0.44715)),
                "0.44715 is ten times too large: 0.044715.",
            ),
            Mistake(
                by_number(lambda v: with_tanh(v, root=2 / math.pi)),
                "The root of 2 / pi, not 2 / pi.",
            ),
        ],
    )
    s.keeps("gelu_tanh", s.normal(3, 4))


def swiglu_by(gated=lambda v: v * logistic(v), swap=False, add=False):
    def swiglu(x, gate, up, down):
        if swap:
            gate, up = up, gate
        opened = by_number(gated)(x @ gate.mT)
        passed = x @ up.mT
        return (opened + passed if add else opened * passed) @ down.mT

    return swiglu


true_swiglu = swiglu_by()


def after(x, gate, up, down):
    return (
        by_number(lambda v: v * logistic(v))((x @ gate.mT) * (x @ up.mT))
        @ down.mT
    )


@ex2.check("SwiGLU", points=2)
def swiglu(s: Session):
    found = []
    for n in s.sizes("BTDF", ones="BT"):
        weights = [s.normal(n["F"], n["D"]) for _ in range(2)]
        weights.append(s.normal(n["D"], n["F"]))
        found.append((s.normal(n["B"], n["T"], n["D"]), *weights))
    s.matches(
        "swiglu",
        true_swiglu,
        found,
        rtol=1e-9,
        atol=1e-12,
        checked="swiglu(x, gate, up, down)",
        look="(silu(x gate^T) * (x up^T)) down^T, where silu(v) is v times "
        "its logistic.",
        mistakes=[
            Mistake(
                swiglu_by(swap=True), "SiLU belongs to the gate, not to up."
            ),
            Mistake(
                swiglu_by(logistic),
                "The gate has only the logistic: that is GLU. SiLU is v "
                "times its logistic.",
            ),
            Mistake(
                swiglu_by(lambda v: max(v, 0.0)),
                "ReLU in the gate; SiLU is not 0 for negative numbers.",
            ),
            Mistake(swiglu_by(add=True), "Gate and up are multiplied."),
            Mistake(
                after, "SiLU comes before the product, on the gate alone."
            ),
        ],
    )
    s.close(
        s.call("swiglu", np.array([[800.0], [-800]]), *np.ones((3, 1, 1))),
        np.array([[640_000.0], [0]]),
        checked="swiglu(x, gate, up, down) of 800 and -800, all weights 1",
        look="exp(800) is infinite, and inf / inf no number: take "
        "`torch.sigmoid`, or 1 / (1 + exp(-v)).",
    )
    s.keeps("swiglu", *found[0])


def true_width(emb_dim, multiple):
    """Smallest multiple that is at least 8/3 of the width."""
    width = multiple
    while 3 * width < 8 * emb_dim:
        width += multiple
    return width


def draw(rng):
    emb_dim = rng.randint(1, rng.choice([9, 4800]))
    return emb_dim, rng.choice([1, 3, 5, 8, 64, 256])


@ex2.check("the size that costs the same", points=2)
def size(s: Session):
    s.agrees(
        "hidden_width",
        true_width,
        given=[(576, 64), (4096, 256), (96, 64), (1, 1), (2, 1), (8, 64)],
        draw=draw,
        checked="hidden_width(emb_dim, multiple)",
        look="Three matrices of D x 8/3 D cost as much as two of D x 4 D; "
        "rounded up to the next multiple.",
        mistakes=[
            Mistake(
                lambda d, m: -(-4 * d // m) * m,
                "With 4 D and three matrices the layer is half as large "
                "again: take 2/3 of 4 D.",
            ),
            Mistake(
                lambda d, m: 8 * d // 3 // m * m,
                "Rounded down; the next multiple is above.",
            ),
            Mistake(
                lambda d, m: (8 * d // 3 // m + 1) * m,
                "A width that is a multiple already stays as it is.",
            ),
            Mistake(
                lambda d, m: math.ceil(8 * d / 3),
                "The multiple plays no part.",
            ),
            Mistake(
                lambda d, m: -(-(8 * d // 3) // m) * m,
                "You cut 8/3 D to a whole number first: 8/3 becomes 2, and "
                "the width may end up below 8/3 D.",
            ),
            Mistake(
                lambda d, m: -(-round(8 * d / 3) // m) * m,
                "You round 8/3 D to the nearest whole number first: 16/3 "
                "becomes 5, which is too little.",
            ),
            Mistake(
                lambda d, m: round(8 * d / 3 / m) * m,
                "The nearest multiple may lie below 8/3 D: round up.",
            ),
            Mistake(
                lambda d, m: math.ceil(2.666 * d / m) * m,
                "2.666 is less than 8/3: compute with 8 and 3 themselves.",
            ),
        ],
    )
