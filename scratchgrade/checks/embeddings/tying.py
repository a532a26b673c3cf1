"""Checks of exercise 3.8: one table, two uses."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex8 = Exercise(
    "3.8",
    "One table, two uses",
    needs=("TiedModel", "saved_parameters"),
    read="Chapter 3, Step 2: Tie",
    tensors=True,
)


def tied(change=None):
    """The reference's class, or one with a slip in its forward pass."""
    import torch

    class Model(torch.nn.Module):
        def __init__(self, vocab_size, emb_dim):
            super().__init__()
            self.table = torch.nn.Parameter(
                0.02 * torch.randn(vocab_size, emb_dim)
            )

        def forward(self, token_ids):
            if change:
                return change(self.table, token_ids)
            return torch.tanh(self.table[token_ids]) @ self.table.T

    return Model


def detached_head(table, token_ids):
    import torch

    return torch.tanh(table[token_ids]) @ table.detach().T


def detached_input(table, token_ids):
    import torch

    return torch.tanh(table.detach()[token_ids]) @ table.T


def no_tanh(table, token_ids):
    return table[token_ids] @ table.T


def probabilities(table, token_ids):
    import torch

    return torch.softmax(torch.tanh(table[token_ids]) @ table.T, -1)


@ex8.check("one parameter", points=2)
def one(s: Session):
    v, d = s.rng.sample(range(4, 12), 2)
    s.has_state(
        "TiedModel",
        v,
        d,
        want={"table": (v, d)},
        n_trainable=v * d,
        checked=f"the state dict of TiedModel({v}, {d})",
        look="One nn.Parameter `table` of shape (V, D), used at both ends. A "
        "second layer, or a copy, is a second table that goes its own way.",
    )


def asked(s: Session, cotangents: bool):
    cases = []
    for n in s.sizes(["V", "D", "B", "T"], ones=["B", "T"], low=3):
        state = {"table": s.normal(n["V"], n["D"])}
        ids = s.numbers.integers(0, n["V"], (n["B"], n["T"]))
        c = s.normal(n["B"], n["T"], n["V"]) if cotangents else None
        cases.append((n["V"], n["D"], ids, state, c))

    def ask(who):
        return [
            (lambda ran: ran.gradients if cotangents else ran.output)(
                s.module(who, v, d, inputs=(ids,), state=state, cotangent=c)
            )
            for v, d, ids, state, c in cases
        ]

    return ask


@ex8.check("the scores", points=2)
def scores(s: Session):
    ask = asked(s, False)
    s.close(
        ask("TiedModel"),
        ask(tied()),
        rtol=1e-9,
        checked="TiedModel(V, D)(token_ids)",
        look="tanh of the rows of the table, times its transpose: (B, T, V).",
        mistakes=[
            Mistake(
                lambda: ask(tied(no_tanh)),
                "The tanh between the two uses is missing.",
            ),
            Mistake(
                lambda: ask(tied(probabilities)),
                "These are probabilities; scores (logits) were asked.",
            ),
        ],
    )


@ex8.check("the gradient is the sum of both uses", points=3)
def gradient(s: Session):
    ask = asked(s, True)
    s.close(
        ask("TiedModel"),
        ask(tied()),
        rtol=1e-9,
        checked="the gradient of the table",
        look="The table is used twice, so its gradient has two parts: from "
        "the look-up (rows of the ids that came) and from the head (every "
        "row).",
        mistakes=[
            Mistake(
                lambda: ask(tied(detached_head)),
                "No gradient comes from the head: it works on a copy.",
            ),
            Mistake(
                lambda: ask(tied(detached_input)),
                "No gradient comes from the look-up: it works on a copy.",
            ),
        ],
    )


def true_saved(vocab_size, emb_dim, n_total):
    """How many are saved, and which share of the untied model that is."""
    n = vocab_size * emb_dim
    return [n, n / (n_total + n)]


@ex8.check("what tying saves", points=1)
def saved(s: Session):
    cases = [(50_257, 768, 124_439_808), (50_257, 1600, 1_557_611_200)]
    cases.append((s.rng.randint(99, 999), 8, s.rng.randint(10**5, 10**6)))
    for v, d, total in cases:
        n = v * d
        s.close(
            s.call("saved_parameters", v, d, total),
            true_saved(v, d, total),
            rtol=1e-9,
            checked=f"saved_parameters({v}, {d}, {total})",
            look="(V * D, and its share of the model *without* tying, which "
            "has V * D more).",
            mistakes=[
                Mistake(
                    [n, n / total],
                    "You divide by the tied model. The share is of what it "
                    "would have without tying.",
                ),
                Mistake(
                    [n, 0.5],
                    "Tying does not halve the model: only one of its tables "
                    "is gone.",
                ),
            ],
        )
