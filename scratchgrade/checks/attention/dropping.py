"""Checks of exercise 4.5: dropout on the weights."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

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
            look=told[0]
            if told and steady
            else "The factor differs from place to place: rows must not be "
            "normalised again. They sum to 1 on average, not each time.",
        )


@ex5.check("each number falls by its own chance", points=2)
def chances(s: Session):
    n_rows = n_columns = 60
    for p in (0.25, 0.5, 0.8):
        checked = f"zeros of dropout(weights, {p}, True)"
        w, got = values_of(s, p, (n_rows, n_columns), checked)
        drops = (got == 0).astype("int64")
        for axis, name in ((1, "rows"), (0, "columns")):
            expected = (p * (1 - p) / n_rows) ** 0.5
            spread = float(drops.mean(axis).std()) / expected
            s.true(
                0.4 < spread < 2.0,
                checked=f"how much {name} differ in their zeros, p = {p}",
                came_out=f"{spread:.2f} of what independent chances give",
                look="One chance for a whole row drops it whole. Draw one "
                "for each number."
                if spread >= 2
                else "Exactly a share of p falls in each row: chances are "
                "not independent.",
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
    both = s.repeat("dropout", w, 0.5, True, times=2)
    s.true(
        isinstance(both, np.ndarray)
        and both.shape == (2, *w.shape)
        and bool(((both[0] != 0) != (both[1] != 0)).any()),
        checked="two calls in a row",
        came_out="the same places fell both times",
        look="A seed inside the function makes it drop the same places for "
        "ever. Draw on: no manual_seed.",
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
    for p in (-0.1, 1.5):
        s.raises(
            "ValueError",
            "dropout",
            w,
            p,
            True,
            checked=f"dropout(weights, {p}, True)",
            look="p is a probability: a ValueError for anything else.",
        )
