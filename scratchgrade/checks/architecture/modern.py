"""Checks of exercise 5.10: from GPT-2 to the modern block."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex10 = Exercise(
    "5.10",
    "From GPT-2 to the modern block",
    needs=("modern_block",),
    read="Chapter 5, Step 7: Modernise",
    tensors=True,
    forbids=("torch.nn.functional.scaled_dot_product_attention",),
)


def block_by(
    centre=False,
    turn="qk",
    interleaved=False,
    dealt=False,
    gate="silu",
    causal=True,
    residual=True,
    swap=False,
):
    """The block, head by head; each part can be a wrong one."""

    def block(x, w, n_heads, n_groups, base):
        import torch

        def norm(y, weight):
            if centre:
                y = y - y.mean(-1, keepdim=True)
            return y / ((y**2).mean(-1, keepdim=True) + 1e-6).sqrt() * weight

        def turned(y):
            d = y.shape[-1]
            speeds = base ** (-2 * torch.arange(d // 2).double() / d)
            angles = torch.arange(y.shape[-2]).double()[:, None] * speeds
            if interleaved:
                a, b = y[..., 0::2], y[..., 1::2]
            else:
                a, b = y[..., : d // 2], y[..., d // 2 :]
            c, s = angles.cos(), angles.sin()
            parts = a * c - b * s, a * s + b * c
            if interleaved:
                return torch.stack(parts, -1).flatten(-2)
            return torch.cat(parts, -1)

        n, width = x.shape[1], w["q"].shape[0] // n_heads
        y = norm(x, w["norm1"])
        q, k, v = (y @ w[name].mT for name in "qkv")
        found = []
        for h in range(n_heads):
            g = h % n_groups if dealt else h * n_groups // n_heads
            one = q[..., h * width : (h + 1) * width]
            key = k[..., g * width : (g + 1) * width]
            value = v[..., g * width : (g + 1) * width]
            one = turned(one) if "q" in turn else one
            key = turned(key) if "k" in turn else key
            value = turned(value) if "v" in turn else value
            scores = one @ key.mT / width**0.5
            if causal:
                later = torch.ones(n, n, dtype=torch.bool).triu(1)
                scores = scores.masked_fill(later, -torch.inf)
            found.append(scores.softmax(-1) @ value)
        added = torch.cat(found, -1) @ w["out"].mT
        x = x + added if residual else added
        y = norm(x, w["norm2"])
        opened, passed = y @ w["gate"].mT, y @ w["up"].mT
        if swap:
            opened, passed = passed, opened
        if gate == "silu":
            opened = opened / (1 + (-opened).exp())
        else:
            opened = opened * 0.5 * (1 + torch.erf(opened / 2**0.5))
        return x + (opened * passed) @ w["down"].mT

    return block


true_block = block_by()
SLIPS = [
    Mistake(
        block_by(centre=True),
        "You subtract the mean: the modern block has RMS norms.",
    ),
    Mistake(block_by(turn=""), "Nothing is rotated: positions are missing."),
    Mistake(
        block_by(turn="q"),
        "Only the queries are rotated; the keys are turned by *their* "
        "positions.",
    ),
    Mistake(
        block_by(turn="qkv"),
        "The values are rotated as well. Only what makes scores is turned.",
    ),
    Mistake(
        block_by(interleaved=True),
        "You pair neighbouring features; here i goes with i + Dh / 2.",
    ),
    Mistake(
        block_by(dealt=True),
        "The groups are dealt out in turn; neighbouring heads share.",
    ),
    Mistake(block_by(gate="gelu"), "GELU in the gate; SwiGLU has SiLU."),
    Mistake(block_by(swap=True), "SiLU is on `up`; it belongs to `gate`."),
    Mistake(block_by(causal=False), "The causal mask is missing."),
    Mistake(block_by(residual=False), "x is not added behind the attention."),
]


def cases(s: Session) -> list[tuple]:
    found = []
    for n in s.sizes("BTWF", ones="BT", high=6):
        for n_groups, share in ((2, 2), (1, 3), (2, 1)):
            h, width = n_groups * share, 2 * n["W"]
            d = s.rng.choice([5, 7, 8])
            w = {
                "norm1": s.normal(d),
                "q": s.normal(h * width, d, scale=d**-0.5),
                "k": s.normal(n_groups * width, d, scale=d**-0.5),
                "v": s.normal(n_groups * width, d, scale=d**-0.5),
                "out": s.normal(d, h * width, scale=d**-0.5),
                "norm2": s.normal(d),
                "gate": s.normal(n["F"], d, scale=d**-0.5),
                "up": s.normal(n["F"], d, scale=d**-0.5),
                "down": s.normal(d, n["F"], scale=d**-0.5),
            }
            x = s.normal(n["B"], n["T"] + 1, d) + 0.5
            base = s.rng.choice([100.0, 10_000.0])
            found.append((x, w, h, n_groups, base))
    return found


@ex10.check("equal to the block, head by head", points=5)
def equal(s: Session):
    def one(who, *case):
        return s.call(who, *case)

    found = cases(s)
    got = [one("modern_block", *case) for case in found]

    def all_of(who):
        return [one(who, *case) for case in found]

    s.close(
        got,
        all_of(true_block),
        rtol=1e-8,
        checked="modern_block(x, weights, n_heads, n_groups, base)",
        look="RMS norm, q, k, v without biases, rotation of q and k, grouped "
        "causal attention, out, sum; RMS norm, SwiGLU, sum.",
        mistakes=[Mistake(lambda m=m: all_of(m.value), m.look) for m in SLIPS],
    )
    far = {name: s.normal(4, 4) for name in ("v", "out", "gate", "up", "down")}
    far |= {"norm1": np.ones(4), "norm2": np.ones(4)}
    far |= {"q": 200 * np.eye(4), "k": -200 * np.eye(4)}
    case = s.normal(1, 2, 4), far, 1, 1, 100.0
    s.close(
        s.call("modern_block", *case),
        s.call(true_block, *case),
        rtol=1e-8,
        checked="modern_block with a score of -80,000",
        look="What is hidden must not win against a very low score: the "
        "mask is -inf, no number such as -10,000.",
    )
    s.keeps("modern_block", *found[0])


@ex10.check("earlier outputs do not know later tokens", points=2)
def causal(s: Session):
    for x, *rest in cases(s)[:3]:
        full = s.call("modern_block", x, *rest)
        s.close(
            full,
            s.call(true_block, x, *rest),
            rtol=1e-8,
            checked="modern_block, first",
            look="This check waits for right values: mend the first check.",
        )
        n = x.shape[1] - 1
        s.close(
            s.call("modern_block", x[:, :n].copy(), *rest),
            full[:, :n],
            rtol=1e-8,
            checked="a text without its last token, against the whole",
            look="What a token gives must not depend on later ones.",
        )
