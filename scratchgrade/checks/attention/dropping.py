"""Checks of exercise 4.5: dropout on the weights."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session, StudentError

ex5 = Exercise(
    "4.5",
    "Dropout on the weights",
    needs=("dropout",),
    read="Chapter 4, Step 4: Mask",
    tensors=True,
    forbids=(
        "torch.nn.functional.dropout",
        "torch.nn.Dropout",
        "torch.dropout",
    ),
)
CHANCES = (0.1, 0.25, 0.5, 0.8)


def same(weights, p, training):
    return weights


@ex5.check("nothing happens in evaluation, or with p = 0", points=2)
def identity(s: Session):
    for p, training in ((0.5, False), (0.9, False), (0.0, True)):
        w = s.normal(s.rng.randint(2, 4), 3, 5)
        s.close(
            s.call("dropout", w, p, training),
            w,
            checked=f"dropout(weights, {p}, training={training})",
            look="In evaluation nothing is dropped and nothing is scaled: "
            "the weights come back as they are.",
            mistakes=[
                Mistake(
                    lambda w=w, p=p: w * (1 - p),
                    "You scale in evaluation. That was the first form of "
                    "dropout; here the survivors are scaled in training, so "
                    "that evaluation needs nothing.",
                ),
            ],
        )
    # or an untouched tensor would pass
    kept = s.call("dropout", np.ones((40, 40)), 0.5, True)
    s.true(
        isinstance(kept, np.ndarray) and bool((kept == 0).any()),
        checked="dropout of 1,600 ones with p = 0.5, in training",
        came_out="no zero came",
        look="In training each number becomes 0 with probability p.",
    )


def values_of(s: Session, p: float, shape: tuple, checked: str):
    w = s.normal(*shape)
    got = s.call("dropout", w, p, True)
    ok = isinstance(got, np.ndarray) and got.shape == w.shape
    s.true(
        ok and bool(np.isfinite(got).all()),
        checked=checked,
        came_out="another shape, or numbers that are not finite",
        look="The result has the shape of the weights.",
    )
    return w, got


@ex5.check("survivors are scaled by 1 / (1 - p)", points=3)
def scaled(s: Session):
    for p in s.rng.sample(CHANCES[:2] + CHANCES[3:], 3):
        checked = f"what is left of dropout(weights, {p}, True)"
        w, got = values_of(s, p, (30, 20), checked)
        left = got != 0
        s.true(
            bool(left.any()),
            checked=checked,
            came_out="nothing is left",
            look="A number survives with probability 1 - p.",
        )
        ratio = got[left] / w[left]
        steady = bool(np.ptp(ratio) < 1e-9 * abs(ratio[0]))
        looks = {
            1 / p: "You divide by p. On average a share of 1 - p survives: "
            "divide by that.",
            1.0: "Survivors are not scaled, so the mean shrinks to 1 - p of "
            "what it was.",
            1 - p: "You multiply by 1 - p; the survivors must make up for "
            "the dropped ones: divide.",
        }
        told = [t for r, t in looks.items() if abs(ratio[0] - r) < 1e-9]
        s.true(
            steady and abs(ratio[0] - 1 / (1 - p)) < 1e-9,
            checked=checked,
            came_out=f"times {ratio[0]:.4g} to {ratio[-1]:.4g}, expected "
            f"{1 / (1 - p):.4g} everywhere",
            look="The factor differs from place to place: rows must not be "
            "normalised again. They sum to 1 on average, not each time."
            if not steady
            else told[0]
            if told
            else "The factor is the same everywhere but is not 1 / (1 - p): "
            "divide by 1 - p itself, not by the share that was left.",
        )


TOGETHER = (  # along which axis of (B, H, T, T) places fall together
    "All texts drop the same places: the batch needs numbers of its own. "
    "Draw with the shape of the weights.",
    "All heads drop the same places: their axis needs numbers of its own. "
    "Draw with the shape of the weights.",
    "All rows drop the same places: draw one number for each weight, with "
    "the full shape.",
    "One chance for a whole row drops it whole. Draw one for each number.",
)


def seeded_twice(dropout, weights):
    """Runs in the box: two calls from the same state of PyTorch's numbers."""
    import torch

    found = []
    for _ in range(2):
        torch.manual_seed(1)
        found.append(dropout(weights, 0.5, True))
    return found


@ex5.check("each number falls by its own chance", points=2)
def chances(s: Session):
    shape = (4, 4, 8, 32)
    for p in (0.25, 0.5, 0.8):
        checked = f"zeros of dropout(weights, {p}, True)"
        w, got = values_of(s, p, shape, checked)
        drops = (got == 0).astype("int64")
        spreads = [
            float(drops.mean(axis).std()) / (p * (1 - p) / n) ** 0.5
            for axis, n in enumerate(shape)
        ]
        together = [
            look
            for spread, look in zip(spreads, TOGETHER, strict=True)
            if spread > 1.5
        ]
        s.true(
            not together and min(spreads) > 0.5,
            checked=f"how much texts, heads, rows and columns differ in their "
            f"zeros, p = {p}",
            came_out=f"{min(spreads):.2f} to {max(spreads):.2f} of what "
            "independent chances give",
            look=together[-1]
            if together
            else "Exactly a share of p falls in each row: chances are not "
            "independent.",
        )
        s.drawn_from(
            drops,
            {1: p, 0: 1 - p},
            n=drops.size,
            checked=checked,
            look="Each number becomes 0 with probability p.",
            mistakes=[
                Mistake(
                    {1: 1 - p, 0: p},
                    "p is the probability to *drop*; you keep with "
                    "probability p.",
                )
            ]
            * (p != 0.5),
        )
    w = s.normal(8, 8)
    calls = s.repeat("dropout", w, 0.5, True, times=40)
    s.true(
        isinstance(calls, np.ndarray) and calls.shape == (40, *w.shape),
        checked="40 calls in a row",
        came_out="another shape",
        look="The result has the shape of the weights.",
    )
    fell = calls == 0
    s.true(
        bool((fell[0] != fell[1]).any()),
        checked="two calls in a row",
        came_out="the same places fell both times",
        look="A seed inside the function makes it drop the same places for "
        "ever. Draw on: no manual_seed.",
    )
    counts = fell.sum((1, 2))
    s.true(
        bool(np.ptp(counts) > 0),
        checked="how many of 64 numbers fall in each of 40 calls",
        came_out=f"{counts[0]} each time",
        look="Each call drops the same number of places, as a shuffle of the "
        "places does: with chances of their own the number varies.",
    )
    first, again = s.lend("dropout", seeded_twice, w, items=2)
    s.close(
        again,
        first,
        checked="two calls, each after torch.manual_seed(1)",
        look="A seed of PyTorch must fix what falls, or no run can be "
        "repeated: draw by torch, not by numpy or random.",
    )


@ex5.check("gradients, p = 1 and wrong p", points=1)
def edges(s: Session):
    w = s.normal(6, 5)
    ones = np.ones_like(w)
    got = s.gradient("dropout", w, 0.5, True, cotangent=ones, wrt=[0])
    known = isinstance(got.gradients, (list, tuple)) and got.gradients
    gradient = got.gradients[0] if known else None
    s.true(
        isinstance(gradient, np.ndarray) and gradient.dtype == w.dtype,
        checked="the gradient of dropout",
        came_out="no gradient",
        look="The result must depend on the weights: multiply them.",
    )
    s.close(
        gradient * w if gradient.shape == w.shape else gradient,
        got.output,
        checked="the gradient of dropout: 0 where dropped, else 1 / (1 - p)",
        look="The mask is a constant; the gradient passes where a number "
        "survived.",
    )
    s.true(
        bool((gradient != 0).any()),
        checked="the gradient of dropout",
        came_out="zero everywhere",
        look="The result must depend on the weights.",
    )
    s.close(
        s.call("dropout", w, 1.0, True),
        np.zeros_like(w),
        checked="dropout(weights, 1.0, True)",
        look="With p = 1 all is dropped: zeros. Dividing by 1 - p = 0 gives "
        "NaN.",
    )
    checked = "the gradient of dropout with p = 1"
    look = (
        "It is 0 everywhere, but there is one: new zeros are cut off from "
        "the weights, and backward fails. Multiply by 0."
    )
    try:
        got = s.gradient("dropout", w, 1.0, True, cotangent=ones, wrt=[0])
    except StudentError as error:
        s.fail(checked, f"backward raises {error.kind}", look)
    s.close(got.gradients, [np.zeros_like(w)], checked=checked, look=look)
    for p, training in (
        (-0.1, True),
        (1.5, True),
        (-0.1, False),
        (1.5, False),
    ):
        s.raises(
            "ValueError",
            "dropout",
            w,
            p,
            training,
            checked=f"dropout(weights, {p}, {training})",
            look="p is a probability: a ValueError for anything else."
            if training
            else "A wrong p is refused in evaluation as well, or it comes to "
            "light only in training. Look at p before `training`.",
        )
