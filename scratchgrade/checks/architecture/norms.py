"""Checks of exercise 5.1: LayerNorm and RMSNorm."""

import numpy as np

from scratchgrade.checks.compare import off
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex1 = Exercise(
    "5.1",
    "LayerNorm and RMSNorm",
    needs=("layer_norm", "rms_norm"),
    read="Chapter 5, Step 1: Normalise",
    tensors=True,
    forbids=(
        "torch.nn.functional.layer_norm",
        "torch.nn.functional.rms_norm",
        "torch.nn.LayerNorm",
        "torch.nn.RMSNorm",
    ),
)


def layer_by(
    axis=-1,
    ddof=0,
    outside=False,
    root=True,
    shift=True,
    eps=None,
    least=0.0,
):
    """Layer norm; each part can be a wrong one."""

    def norm(x, weight, bias, given):
        e = (given if eps is None else eps) or least
        mean = x.mean(axis, keepdim=True)
        n = x.shape[axis] - ddof
        variance = ((x - mean) ** 2).sum(axis, keepdim=True) / max(n, 1)
        below = variance**0.5 + e if outside else (variance + e) ** 0.5
        y = (x - mean) / (below if root else variance + e)
        return y * weight + bias if shift else y

    return norm


true_layer = layer_by()


def rms_by(
    centre=False,
    root=True,
    total=False,
    outside=False,
    scale=True,
    least=0.0,
):
    """RMS norm; each part can be a wrong one."""

    def norm(x, weight, eps):
        mean = x.mean(-1, keepdim=True)
        y = x - mean if centre else x
        square = (y**2).sum(-1, keepdim=True)
        square = square if total else square / x.shape[-1]
        eps = eps or least
        below = square**0.5 + eps if outside else (square + eps) ** 0.5
        y = y / (below if root else below**2)
        return y * weight if scale else y

    return norm


true_rms = rms_by()


def inputs(s: Session, bias: bool) -> list[tuple]:
    """Rows around 3, rows of one value, tiny rows and huge ones."""
    found, eps = [], s.rng.sample([1e-5, 1e-3, 0.1] * 2, 6)
    for n in s.sizes("BTD", ones="BT", low=3):
        for shape in ((n["T"], n["D"]), (n["B"], n["T"], n["D"])):
            x = s.normal(*shape) + 3
            x[..., 0, :] = 2.5
            if shape[-2] > 2:
                x[..., 1, :] *= 1e-3
                x[..., 2, :] *= 1e6
            given = [s.normal(n["D"]) for _ in range(1 + bias)]
            found.append((x, *given, eps.pop()))
    given = [s.normal(6) for _ in range(1 + bias)]
    return [*found, (s.normal(4, 6) + 3, *given, 0.0)]


NO_EPS = "eps = 0 is a number, too: `eps or 1e-5` puts another in its place."


@ex1.check("LayerNorm, over the features", points=3)
def layer(s: Session):
    s.matches(
        "layer_norm",
        true_layer,
        inputs(s, bias=True),
        rtol=1e-7,
        atol=1e-9,
        checked="layer_norm(x, weight, bias, eps)",
        look="Each token by itself: minus its mean, divided by "
        "sqrt(variance + eps), times weight, plus bias.",
        mistakes=[
            Mistake(
                layer_by(ddof=1),
                "You divide the squares by D - 1, as .var() does unless you "
                "say unbiased=False (correction=0). LayerNorm divides by D.",
            ),
            Mistake(
                layer_by(axis=-2),
                "You normalise over the tokens. Each token has its own mean "
                "and variance, over its features: dim=-1.",
            ),
            Mistake(
                layer_by(outside=True),
                "eps stands outside the root. It belongs to the variance: "
                "sqrt(variance + eps).",
            ),
            Mistake(
                layer_by(root=False),
                "You divide by the variance; divide by its root.",
            ),
            Mistake(layer_by(shift=False), "weight and bias are not used."),
            Mistake(
                layer_by(eps=1e-5), "eps is an argument; you fixed it at 1e-5."
            ),
            Mistake(layer_by(least=1e-5), NO_EPS),
        ],
    )
    case = (s.normal(3, 8) + 1e6, s.normal(8), s.normal(8), 1e-5)
    s.close(
        s.call("layer_norm", *case),
        s.call(true_layer, *case),
        rtol=1e-7,
        atol=1e-9,
        checked="layer_norm of numbers near a million",
        look="mean(x * x) - mean * mean takes two numbers near 10**12 from "
        "each other, and rounding is what is left. First subtract the mean, "
        "then take squares.",
    )


@ex1.check("RMSNorm, without a mean", points=3)
def rms(s: Session):
    s.matches(
        "rms_norm",
        true_rms,
        inputs(s, bias=False),
        rtol=1e-7,
        atol=1e-9,
        checked="rms_norm(x, weight, eps)",
        look="x divided by sqrt(mean of squares + eps), times weight.",
        mistakes=[
            Mistake(
                rms_by(centre=True),
                "You subtract the mean: that is LayerNorm. RMSNorm only "
                "changes the length.",
            ),
            Mistake(
                rms_by(total=True),
                "You take the sum of squares; RMS has their mean, so that "
                "numbers come out near 1 whatever the width.",
            ),
            Mistake(rms_by(root=False), "The root is missing in rms_norm."),
            Mistake(
                rms_by(outside=True),
                "In rms_norm, too, eps stands under the root.",
            ),
            Mistake(rms_by(scale=False), "rms_norm does not use weight."),
            Mistake(rms_by(least=1e-5), NO_EPS),
        ],
    )


@ex1.check("gradients", points=2)
def gradients(s: Session):
    for name, true, bias in (
        ("layer_norm", true_layer, True),
        ("rms_norm", true_rms, False),
    ):
        for x, *rest in inputs(s, bias)[:2]:
            args = (np.where(abs(x) > 9, x * 1e-6, x), *rest)
            wrt = [0, 1, 2] if bias else [0, 1]
            c = s.normal(*x.shape)
            got, want = (
                s.gradient(who, *args, cotangent=c, wrt=wrt)
                for who in (name, true)
            )
            s.close(
                got.output,
                want.output,
                rtol=1e-7,
                atol=1e-9,
                checked=f"{name}, before its gradients",
                look="This check waits for right values: mend them first.",
            )
            found = got.gradients
            x_right = (
                isinstance(found, list)
                and len(found) == len(wrt)
                and not off(found[0], want.gradients[0], 1e-6, 1e-8)[0]
            )
            s.close(
                got.gradients,
                want.gradients,
                rtol=1e-6,
                atol=1e-8,
                checked=f"gradients of {name}",
                look="Weight and bias are learned: no .detach(), no .data."
                if x_right
                else "Mean and variance depend on x, and gradients pass "
                "through them: no .detach(), no torch.no_grad().",
            )


def in_half(layer_norm, rms_norm, x, weight, bias):
    """Runs in the box: bfloat16 in and out."""
    x, weight, bias = (y.bfloat16() for y in (x, weight, bias))
    a, b = layer_norm(x, weight, bias, 1e-5), rms_norm(x, weight, 1e-5)
    return [str(a.dtype), str(b.dtype), a.double(), b.double()]


def rounded(x: np.ndarray, early=None) -> np.ndarray:
    """To bfloat16, as float64; `early` are weight and bias, applied in it."""
    import torch

    y = torch.as_tensor(x).bfloat16()
    for i, given in enumerate(early or ()):
        given = torch.as_tensor(given).bfloat16()
        y = y + given if i else y * given
    return y.double().numpy()


def share_apart(got, want: np.ndarray) -> float:
    """The share of numbers that are not exactly as wanted."""
    if not isinstance(got, np.ndarray) or got.shape != want.shape:
        return 1.0
    return float((got != want).mean())


@ex1.check("bfloat16 in, bfloat16 out, float32 between", points=1)
def half(s: Session):
    from scratchgrade.checks.calls import answer

    d = 512
    x = rounded(s.normal(3, d) + 40.125)  # a mean that bfloat16 has not
    w, b = rounded(s.normal(d)), rounded(s.normal(d))
    ones, zeros = np.ones(d), np.zeros(d)
    for name, true, args in (
        ("layer_norm", true_layer, (x, w, b, 1e-5)),
        ("rms_norm", true_rms, (x, w, 1e-5)),
    ):
        s.close(
            s.call(name, *args),
            s.call(true, *args),
            rtol=1e-7,
            atol=1e-9,
            checked=f"{name} in float64, first",
            look="This check waits for right values: mend them first.",
        )
    rms = answer("rms_norm")
    got = s.lend("layer_norm", in_half, rms, x, ones, zeros, items=4)
    s.equal(
        got[:2],
        ["torch.bfloat16"] * 2,
        checked="the dtype of what comes back for bfloat16",
        look="The result has the dtype of x: .to(x.dtype) at the end.",
    )
    s.close(
        got[2:],
        [
            s.call(true_layer, x, ones, zeros, 1e-5),
            s.call(true_rms, x, ones, 1e-5),
        ],
        atol=0.012,
        rtol=0.005,
        checked="numbers near 40 in bfloat16",
        look="Sums in bfloat16 have three digits, and a small variance "
        "drowns. Compute in float32 (x.float(), or float64 if x is) and "
        "round at the end.",
    )
    x = rounded(s.normal(3, d))
    got = s.lend("layer_norm", in_half, rms, x, w, b, items=4)[2:]
    plain = s.call(true_layer, x, ones, zeros, 1e-5)
    for name, found, want, early in (
        (
            "layer_norm",
            got[0],
            rounded(plain * w + b),
            rounded(plain, early=(w, b)),
        ),
        (
            "rms_norm",
            got[1],
            rounded(s.call(true_rms, x, w, 1e-5)),
            rounded(s.call(true_rms, x, ones, 1e-5), early=(w,)),
        ),
    ):
        # float32 falls on another side than float64 once in 10,000 numbers
        share = share_apart(found, want)
        s.true(
            share < 0.01,
            checked=f"{name} of numbers near 0 in bfloat16",
            came_out=f"{share:.0%} of the numbers are not those that one "
            "rounding gives",
            look="You round before weight and bias, and then once more. Stay "
            "in float32 up to the end."
            if share_apart(found, early) < 0.01
            else f"A part of {name} is computed in bfloat16, and each step "
            "rounds: start from x.float(), round once.",
        )
