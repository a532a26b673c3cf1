"""Checks of exercise 3.4: rotary positions."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex4 = Exercise(
    "3.4",
    "Rotary positions",
    needs=("rotate",),
    read="Chapter 3, Step 5: Rotate",
    tensors=True,
)


def turned(
    x,
    positions,
    base,
    *,
    interleaved=False,
    sign=1,
    own_positions=True,
    own_base=True,
    power=2,
    places=None,
):
    """By complex numbers: a pair is one number, times exp(i angle)."""
    import torch

    d = x.shape[-1]
    if interleaved:
        z = torch.complex(x[..., 0::2], x[..., 1::2])
    else:
        z = torch.complex(x[..., : d // 2], x[..., d // 2 :])
    if not own_positions:
        positions = torch.arange(x.shape[-2])
    i = torch.arange(d // 2, dtype=torch.float64)
    speeds = (base if own_base else 10_000.0) ** (-power * i / d)
    angles = sign * positions.double()[..., None] * speeds
    z = z * torch.polar(torch.ones_like(angles), angles)
    if interleaved:
        return torch.stack([z.real, z.imag], -1).flatten(-2)
    return torch.cat([z.real, z.imag], -1)


def slip(**how):
    return lambda x, positions, base: turned(x, positions, base, **how)


def true_rotate(x, positions, base):
    return turned(x, positions, base)


def over_heads(x, positions, base):
    """One who takes the axis of heads for that of tokens."""
    if x.ndim < 3 or x.shape[-3] != x.shape[-2]:
        return turned(x, positions, base, own_positions=False, sign=-1)
    return turned(x.transpose(-3, -2), positions, base).transpose(-3, -2)


SLIPS = [
    Mistake(
        slip(own_positions=False),
        "`positions` is ignored: you count 0, 1, 2, ... yourself. After a "
        "cache, with padding or in a packed row the positions are others.",
    ),
    Mistake(
        slip(own_base=False),
        "`base` is ignored: you compute with 10,000. SmolLM2 has 100,000, "
        "Llama 3 has 500,000.",
    ),
    Mistake(
        slip(interleaved=True),
        "You pair neighbours (2i, 2i + 1). Here feature i goes with "
        "i + Dh / 2.",
    ),
    Mistake(
        slip(sign=-1),
        "You turn the other way: (a cos - b sin, a sin + b cos).",
    ),
    Mistake(
        slip(power=1),
        "The speed of pair i is base ** (-2 i / Dh); yours is its root.",
    ),
]


def cases(s: Session) -> list[tuple]:
    found = []
    for n in s.sizes(["B", "H", "T"], ones=["B", "H", "T"]):
        d = 2 * s.rng.randint(2, 5)
        base = s.rng.choice([100.0, 10_000.0, 500_000.0])
        positions = np.array(s.rng.sample(range(1, 300), n["T"]))
        found.append((s.normal(n["B"], n["H"], n["T"], d), positions, base))
        found.append((s.normal(n["T"], d), positions, 1000.0))
    return found


@ex4.check("turns each pair by its angle", points=4)
def turns(s: Session):
    found = cases(s)
    s.matches(
        "rotate",
        true_rotate,
        found,
        rtol=1e-7,
        atol=1e-7,
        checked="rotate(x, positions, base)",
        look="Pair i is (x[..., i], x[..., i + Dh/2]), its angle "
        "position * base ** (-2 i / Dh). positions (T,) belong to the axis "
        "before the last.",
        mistakes=SLIPS,
    )
    s.keeps("rotate", *found[0])


@ex4.check("scores depend on the distance alone", points=3)
def distance(s: Session):
    def fact(q, k, base, move):
        places = np.array([3, 7, 20, 41])
        scores = []
        for shift in (0, move):
            a = s.call("rotate", q, places + shift, base)
            b = s.call("rotate", k, places[::-1].copy() + shift, base)
            right = getattr(a, "shape", 0) == q.shape
            if not right or getattr(b, "shape", 0) != k.shape:
                return "the shape of x is not kept"
            scores.append((a * b).sum(-1))
        length = np.abs((a**2).sum(-1) - (q**2).sum(-1)).max()
        if length > 1e-8:
            return f"lengths change, by {length:.3g}"
        want = np.array(s.call(true_rotate, q, places + move, base))
        if np.abs(want - a).max() > 1e-6:
            return "this property waits for right values: mend the first check"
        gap = np.abs(scores[0] - scores[1]).max()
        return f"scores change by {gap:.3g}" if gap > 1e-7 else ""

    found = [
        (s.normal(4, 8), s.normal(4, 8), 10_000.0, s.rng.randint(5, 500))
        for _ in range(3)
    ]
    s.holds(
        fact,
        found,
        checked="queries and keys, all moved on by the same number",
        look="A rotation by a for the query and by b for the key leaves the "
        "angle a - b between them. It must be a rotation, so lengths stay.",
    )


@ex4.check("positions of each row of a batch", points=2)
def per_row(s: Session):
    found = []
    for _ in range(3):
        b, h, t = s.rng.sample(range(2, 6), 3)
        positions = s.numbers.integers(0, 200, (b, 1, t))
        found.append((s.normal(b, h, t, 6), positions, 10_000.0))
    s.matches(
        "rotate",
        true_rotate,
        found,
        rtol=1e-7,
        atol=1e-7,
        checked="rotate with positions of shape (B, 1, T)",
        look="The angles get one more axis behind the positions' own; the "
        "rest is broadcasting.",
        mistakes=SLIPS[2:4],
    )


def in_float32(rotate, x, positions, base):
    """Runs in the box: the same in float32, far from the start."""
    got = rotate(x.float(), positions, base)
    return got.double(), str(got.dtype)


@ex4.check("far positions, in float32", points=3)
def far(s: Session):
    x = s.normal(5, 8)
    near = np.array([3, 0, 8, 1, 2])
    s.close(
        s.call("rotate", x, near, 10_000.0),
        s.call(true_rotate, x, near, 10_000.0),
        rtol=1e-7,
        atol=1e-7,
        checked="near positions, before the far ones",
        look="This check waits for right values: mend the first check.",
    )
    positions = np.array([99_000, 99_001, 120_000, 131_071, 70_001])
    got, dtype = s.lend("rotate", in_float32, x, positions, 10_000.0, items=2)
    s.equal(
        dtype,
        "torch.float32",
        checked="the dtype of rotate(x in float32, ...)",
        look="The result has the dtype of x: .to(x.dtype).",
    )
    s.close(
        got,
        s.call(true_rotate, x, positions, 10_000.0),
        atol=1e-4,
        checked="positions near 100,000 in float32",
        look="An angle of 100,000 radians has 5 digits before the point; "
        "float32 leaves it two behind. Compute angles, sine and cosine in "
        "float64 and round at the end.",
    )
