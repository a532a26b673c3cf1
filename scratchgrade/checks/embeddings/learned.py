"""Checks of exercise 3.2: positions that are learned."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session, StudentError

ex2 = Exercise(
    "3.2",
    "Positions that are learned",
    needs=("TokenAndPosition",),
    read="Chapter 3, Step 4: Tables",
    tensors=True,
)


def module(place=None, combine=None):
    """The reference's class, or one with a slip."""
    import torch

    class Embedding(torch.nn.Module):
        def __init__(self, vocab_size, context_length, emb_dim):
            super().__init__()
            std = 0.02
            self.tokens = torch.nn.Parameter(
                std * torch.randn(vocab_size, emb_dim)
            )
            self.positions = torch.nn.Parameter(
                std * torch.randn(context_length, emb_dim)
            )

        def forward(self, token_ids, start=0):
            n = token_ids.shape[-1]
            if start + n > len(self.positions):
                raise ValueError("too long")
            x = self.tokens[token_ids]
            p = (place or from_start)(self.positions, n, start)
            return (combine or added)(x, p)

    return Embedding


def from_start(positions, n, start):
    return positions[start : start + n]


def always_zero(positions, n, start):
    return positions[:n]


def the_same_for_all(positions, n, start):
    return positions[start : start + 1].expand(n, -1)


def backwards(positions, n, start):
    return positions[start : start + n].flip(0)


def added(x, p):
    return x + p


def multiplied(x, p):
    return x * p


def no_positions(x, p):
    return x


def scaled(x, p):
    return x * x.shape[-1] ** 0.5 + p


def joined(x, p):
    import torch

    return torch.cat([x, p.expand_as(x)], -1)


SLIPS = [
    Mistake(
        {"place": always_zero},
        "`start` is ignored: the first token is at position start, as when "
        "generation goes on from a cache.",
    ),
    Mistake(
        {"place": the_same_for_all},
        "All tokens get the vector of one position.",
    ),
    Mistake({"place": backwards}, "Positions run backwards."),
    Mistake({"combine": multiplied}, "Vectors are added, not multiplied."),
    Mistake({"combine": no_positions}, "The positions play no part."),
    Mistake(
        {"combine": scaled},
        "The token vectors are scaled by sqrt(D): the first Transformer did "
        "that; GPT-2 adds them as they are.",
    ),
    Mistake(
        {"combine": joined},
        "Token and position vectors are put side by side; they are added, so "
        "that the width stays D.",
    ),
]


def ask(s: Session, who, sizes, state, inputs):
    v, t, d = sizes
    return s.module(
        who, v, t, d, inputs=inputs, state=state, cotangent=None
    ).output


def task(s: Session):
    v, t, d = s.rng.sample(range(4, 10), 3)
    state = {"tokens": s.normal(v, d), "positions": s.normal(t, d)}
    return (v, t, d), state


def compare(s: Session, cases, slips, checked, look):
    got = []
    for sizes, state, inputs in cases:
        got.append(ask(s, "TokenAndPosition", sizes, state, inputs))
    want = [ask(s, module(), *case) for case in cases]

    def by(slip):
        return lambda: [ask(s, module(**slip), *case) for case in cases]

    s.close(
        got,
        want,
        rtol=1e-12,
        checked=checked,
        look=look,
        mistakes=[Mistake(by(m.value), m.look) for m in slips],
    )


@ex2.check("the state: two tables", points=1)
def tables(s: Session):
    (v, t, d), state = task(s)
    s.has_state(
        "TokenAndPosition",
        v,
        t,
        d,
        want={name: array.shape for name, array in state.items()},
        n_trainable=(v + t) * d,
        checked=f"the state dict of TokenAndPosition({v}, {t}, {d})",
        look="Two parameters: `tokens` (V, D) and `positions` (T, D), as "
        "nn.Parameter, so that they are trained and saved.",
    )


@ex2.check("tokens and positions added", points=3)
def added_up(s: Session):
    cases = []
    for n_rows in (1, 2, 3):
        sizes, state = task(s)
        v, t, _ = sizes
        for n in (1, s.rng.randint(2, t), t):
            ids = s.numbers.integers(0, v, (n_rows, n))
            cases.append((sizes, state, (ids,)))
    compare(
        s,
        cases,
        SLIPS[1:],
        "TokenAndPosition(V, T, D)(token_ids)",
        "Row id of `tokens` plus row t of `positions`, for each token; "
        "(B, T) ids give (B, T, D).",
    )


@ex2.check("a text that goes on", points=3)
def goes_on(s: Session):
    cases = []
    for _ in range(4):
        sizes, state = task(s)
        v, t, _ = sizes
        start = s.rng.randint(1, t - 1)
        ids = s.numbers.integers(0, v, (2, t - start))
        cases.append((sizes, state, (ids, start)))
    compare(
        s,
        cases,
        SLIPS,
        "forward(token_ids, start)",
        "The tokens are at the positions start, start + 1, ...",
    )


@ex2.check("texts that are too long are refused", points=1)
def refused(s: Session):
    sizes, state = task(s)
    v, t, _ = sizes
    for n, start in ((t + 1, 0), (2, t - 1), (1, t)):
        ids = s.numbers.integers(0, v, (1, n))
        try:
            got = ask(s, "TokenAndPosition", sizes, state, (ids, start))
            said = f"a result of shape {np.shape(got)}"
        except StudentError as error:
            said = "" if error.kind == "ValueError" else str(error)
        s.true(
            not said,
            checked=f"{n} tokens from position {start}, context_length {t}",
            came_out=f"{said[:90]}, expected ValueError",
            look="There is no vector for position context_length: raise "
            "ValueError with both numbers. A slice past the end is short, "
            "and broadcasting may hide it.",
        )


@ex2.check("small numbers at the start", points=2)
def initial(s: Session):
    v, t, d = 300, 120, 40
    state = s.state("TokenAndPosition", v, t, d, values=True)
    for name in ("tokens", "positions"):
        array = (
            state.values.get(name) if isinstance(state.values, dict) else None
        )
        n = v * d if name == "tokens" else t * d
        s.spread(
            array,
            mean=0.0,
            std=0.02,
            n=n,
            checked=f"the numbers of a new {name}",
            look="Draw them from a normal distribution with mean 0 and "
            "standard deviation 0.02.",
            mistakes=[
                Mistake(
                    (0.0, 1.0),
                    "The standard deviation is 1, what nn.Embedding takes. A "
                    "tied head then begins with a loss far above ln V: take "
                    "0.02.",
                )
            ],
        )
