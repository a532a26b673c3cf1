"""Checks of exercise 3.3: sines and cosines."""

import math

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex3 = Exercise(
    "3.3",
    "Sines and cosines",
    needs=("sinusoidal", "shift_matrix"),
    read="Chapter 3, Step 4: Tables",
    tensors=True,
)


def table(n, d, *, base=10_000.0, halves=False, swapped=False, power=2, off=0):
    """The definition, number by number; its parts can be changed."""
    import torch

    rows = []
    for p in range(n):
        sines, cosines = [], []
        for i in range(d // 2):
            angle = (p + off) * base ** (-power * i / d)
            sines.append(math.sin(angle))
            cosines.append(math.cos(angle))
        if swapped:
            sines, cosines = cosines, sines
        if halves:
            rows.append(sines + cosines)
        else:
            pairs = zip(sines, cosines, strict=True)
            rows.append([x for pair in pairs for x in pair])
    return torch.tensor(rows, dtype=torch.float64).reshape(n, d)


def with_parts(**how):
    return lambda n, d: table(n, d, **how)


@ex3.check("the table", points=4)
def the_table(s: Session):
    cases = [(1, 2), (7, 2), (5, 8), (40, 6), (s.rng.randint(9, 30), 14)]
    s.matches(
        "sinusoidal",
        with_parts(),
        cases,
        rtol=1e-9,
        atol=1e-9,
        checked="sinusoidal(n_positions, emb_dim)",
        look="Columns 2i and 2i + 1 of row p: sine and cosine of "
        "p * 10000 ** (-2 i / D). Compute in float64.",
        mistakes=[
            Mistake(
                with_parts(halves=True),
                "All sines stand in the first half. Here they alternate: "
                "sine in the even columns, cosine in the odd ones.",
            ),
            Mistake(
                with_parts(swapped=True),
                "Sines and cosines are swapped: row 0 begins with 0, 1.",
            ),
            Mistake(
                with_parts(power=1),
                "The exponent is -2i / D, where i is the number of the pair; "
                "yours is half of that.",
            ),
            Mistake(
                with_parts(power=4),
                "The exponent is -2i / D with i the number of the *pair*. You "
                "took the number of the column.",
            ),
            Mistake(with_parts(off=1), "The first position is 0, not 1."),
            Mistake(with_parts(base=1000.0), "The base is 10,000."),
        ],
    )


def true_shift(d, offset):
    import torch

    matrix = torch.zeros(d, d, dtype=torch.float64)
    for i in range(d // 2):
        angle = offset * 10_000.0 ** (-2 * i / d)
        c, x = math.cos(angle), math.sin(angle)
        matrix[2 * i, 2 * i] = matrix[2 * i + 1, 2 * i + 1] = c
        matrix[2 * i, 2 * i + 1], matrix[2 * i + 1, 2 * i] = x, -x
    return matrix


@ex3.check("moving on is a product with one matrix", points=4)
def moves(s: Session):
    d = 2 * s.rng.randint(3, 6)
    rows = table(60, d).numpy()
    for offset in (0, 1, s.rng.randint(2, 20), -1, -s.rng.randint(2, 20)):
        got = s.call("shift_matrix", d, offset)
        s.true(
            getattr(got, "shape", None) == (d, d),
            checked=f"the shape of shift_matrix({d}, {offset})",
            came_out=f"{getattr(got, 'shape', type(got).__name__)}, expected "
            f"{(d, d)}",
            look="A square matrix.",
        )
        p = np.arange(20, 40)
        s.close(
            rows[p] @ got.T,
            rows[p + offset],
            rtol=1e-7,
            atol=1e-7,
            checked=f"shift_matrix({d}, {offset}) times the vectors of "
            "positions 20 to 39",
            look="sin(a + b) = sin a cos b + cos a sin b, and cos(a + b) = "
            "cos a cos b - sin a sin b: a block of 2 x 2 for each pair, the "
            "same for every position.",
            mistakes=[
                Mistake(
                    rows[p - offset],
                    "Your matrix moves the other way. Is it transposed?",
                ),
                Mistake(
                    rows[p],
                    "Your matrix moves nowhere.",
                ),
            ],
        )
