"""Checks of exercise 3.5: two layouts of the same rotation."""

import numpy as np

from scratchgrade.checks.embeddings.rotary import turned
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex5 = Exercise(
    "3.5",
    "Two layouts of one rotation",
    needs=("interleaved_to_half", "half_to_interleaved"),
    read="Chapter 3, Step 5: Rotate",
    tensors=True,
)


def order(n_rows, n_heads) -> list[int]:
    """Which interleaved row stands at each place of the half-split layout."""
    d = n_rows // n_heads
    pairs = [*range(0, d, 2), *range(1, d, 2)]
    return [h * d + i for h in range(n_heads) for i in pairs]


def to_half(weight, n_heads):
    return weight[order(len(weight), n_heads)]


def to_interleaved(weight, n_heads):
    result = weight.clone()
    result[order(len(weight), n_heads)] = weight
    return result


def across_heads(weight, n_heads):
    return to_half(weight, 1)


def columns(weight, n_heads):
    if weight.ndim == 1 or weight.shape[1] % 2:
        return weight
    return to_half(weight.T, 1).T


def same(weight, n_heads):
    return weight


def heads_inside(weight, n_heads):
    """Takes rows h, h + H, ... for those of head h."""
    d = len(weight) // n_heads
    split = weight.reshape(d, n_heads, *weight.shape[1:]).transpose(0, 1)
    return to_half(split.reshape(weight.shape), n_heads)


SLIPS = [
    (
        across_heads,
        "You sort all rows at once, so features move from one head to "
        "another. Each head is converted by itself.",
    ),
    (
        columns,
        "You sort the columns. A projection's rows are the features of "
        "queries or keys; its columns belong to the input.",
    ),
    (same, "Nothing changed."),
    (
        heads_inside,
        "You take every H-th row for a head. A head's rows are neighbours: "
        "head h has rows h * Dh to (h + 1) * Dh - 1.",
    ),
]


def weights(s: Session, bias=False) -> list[tuple]:
    found = []
    for n_heads in (2, 3, 4):
        d = 2 * s.rng.randint(2, 4)
        # an even number of columns at least once: they could be sorted too
        n = s.rng.choice((6, 8)) if n_heads == 3 else s.rng.randint(5, 9)
        shape = (n_heads * d,) if bias else (n_heads * d, n)
        found.append((s.normal(*shape), n_heads))
    return found


@ex5.check("from interleaved to half-split", points=3)
def forward(s: Session):
    s.matches(
        "interleaved_to_half",
        to_half,
        weights(s),
        checked="interleaved_to_half(weight, n_heads)",
        look="Within each head: first the even rows, then the odd ones.",
        mistakes=[
            Mistake(to_interleaved, "That is the other direction."),
            *(Mistake(f, said) for f, said in SLIPS),
        ],
    )
    s.keeps("interleaved_to_half", *weights(s)[0])


@ex5.check("and back", points=3)
def back(s: Session):
    s.matches(
        "half_to_interleaved",
        to_interleaved,
        weights(s),
        checked="half_to_interleaved(weight, n_heads)",
        look="Row i of the first half goes to place 2i, row i of the second "
        "to 2i + 1, within each head.",
        mistakes=[
            Mistake(
                to_half,
                "You sort even and odd rows once more. The way back is "
                "another permutation, unless a head has four features.",
            ),
        ],
    )
    s.keeps("half_to_interleaved", *weights(s)[0])


@ex5.check("biases as well", points=2)
def biases(s: Session):
    for name, reference in (
        ("interleaved_to_half", to_half),
        ("half_to_interleaved", to_interleaved),
    ):
        s.matches(
            name,
            reference,
            weights(s),
            checked=f"{name} of weights, before biases",
            look="This check waits for right weights: mend the others.",
        )
        s.matches(
            name,
            reference,
            weights(s, bias=True),
            checked=f"{name} of a bias, (H * Dh,)",
            look="A bias has one axis: the same order of its numbers.",
        )


@ex5.check("scores stay what they were", points=2)
def scores(s: Session):
    for n_heads in (2, 3):
        d = 2 * s.rng.randint(3, 4)
        wq, wk = (s.normal(n_heads * d, 5) for _ in range(2))
        x, positions = s.normal(6, 5), np.arange(6) * 3
        converted = []
        for w in (wq, wk):
            got = s.call("interleaved_to_half", w, n_heads)
            s.true(
                getattr(got, "shape", None) == w.shape,
                checked="the shape of converted weights",
                came_out=str(getattr(got, "shape", type(got).__name__)),
                look="The shape stays.",
            )
            converted.append(got)

        def scored(
            wq, wk, interleaved, n_heads=n_heads, d=d, x=x, positions=positions
        ):
            import torch

            q, k = (
                torch.tensor(x @ w.T)
                .reshape(len(x), n_heads, d)
                .transpose(0, 1)
                for w in (wq, wk)
            )
            at = torch.tensor(positions)
            q, k = (
                turned(t, at, 10_000.0, interleaved=interleaved)
                for t in (q, k)
            )
            return (q @ k.mT).numpy()

        s.close(
            scored(*converted, False),
            scored(wq, wk, True),
            rtol=1e-7,
            atol=1e-7,
            checked="attention scores with converted weights and half-split "
            "rotation, beside the old ones",
            look="Queries and keys are permuted alike, so their products "
            "stay. A model whose first token is right and whose others are "
            "not has the wrong layout.",
        )
