"""Checks of exercise 5.4: the GPT model."""

from scratchgrade.checks.compare import off
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex4 = Exercise(
    "5.4",
    "The GPT model",
    needs=("GPT",),
    read="Chapter 5, Step 4: Assemble",
    tensors=True,
)


def run(gpt, sizes, state, rows):
    """Runs in the box: build, load the state, run on each batch of ids.

    Also the gradients of all weights, and whether the first two layers of
    the new model are equal.
    """
    import torch
    from torch import nn

    class Block(nn.Module):
        """A causal mean, so that depth and order can be seen."""

        def __init__(self, emb_dim):
            super().__init__()
            self.mix = nn.Linear(emb_dim, emb_dim)

        def forward(self, x):
            n = torch.arange(1, x.shape[1] + 1)[:, None]
            return x + torch.tanh(self.mix(x.cumsum(1) / n))

    model = gpt(*sizes, Block).double()
    new = model.state_dict()
    shapes = {name: list(x.shape) for name, x in new.items()}
    n_trained = sum(x.numel() for x in model.parameters())
    first, second = (new.get(f"blocks.{i}.mix.weight") for i in range(2))
    alike = second is not None and torch.equal(first, second)
    found, learned = [], {}
    if state:
        arrays = {name: torch.as_tensor(x) for name, x in state.items()}
        model.load_state_dict(arrays)
        found = [model(torch.as_tensor(ids)) for ids in rows]
        total = sum(x.sin().sum() for x in found)
        if total.requires_grad:
            total.backward()
        for name, x in model.named_parameters():
            learned[name] = torch.zeros_like(x) if x.grad is None else x.grad
    return [shapes, n_trained, [x.detach() for x in found], learned, alike]


def model(
    first=0,
    final=True,
    backwards=False,
    only_one=False,
    places=True,
    scaled=False,
    soft=False,
    checks=True,
    crop=False,
):
    """The reference's class, or one with a slip."""
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(
            self, vocab_size, context_length, emb_dim, n_layers, make
        ):
            super().__init__()
            self.tokens = nn.Embedding(vocab_size, emb_dim)
            self.positions = nn.Embedding(context_length, emb_dim)
            self.blocks = nn.ModuleList(make(emb_dim) for _ in range(n_layers))
            self.norm = nn.LayerNorm(emb_dim)

        def forward(self, token_ids):
            limit = self.positions.num_embeddings
            if token_ids.shape[-1] > limit:
                if crop:
                    token_ids = token_ids[:, -limit:]
                else:
                    raise ValueError("too long")
            x = self.tokens.weight[token_ids]
            if scaled:
                x = x * x.shape[-1] ** 0.5
            if places:
                at = torch.arange(token_ids.shape[-1]) + first
                x = x + self.positions.weight[at % limit]
            for block in reversed(self.blocks) if backwards else self.blocks:
                x = block(x)
                if only_one:
                    break
            if final:
                x = self.norm(x)
            logits = x @ self.tokens.weight.T
            return logits.softmax(-1) if soft else logits

    return Model


SLIPS = [
    Mistake({"first": 1}, "Positions start at 1; the first token is at 0."),
    Mistake({"final": False}, "The final norm is missing."),
    Mistake({"backwards": True}, "The blocks run in reverse order."),
    Mistake({"only_one": True}, "Only the first block is run."),
    Mistake({"places": False}, "The positions are not added."),
    Mistake(
        {"scaled": True},
        "Token vectors are multiplied by sqrt(D): the first Transformer did "
        "that, GPT-2 does not.",
    ),
    Mistake(
        {"soft": True},
        "These are probabilities. The model gives logits; softmax belongs to "
        "the loss or to the choice.",
    ),
]


def task(s: Session, n_layers=3):
    v, t, d = s.rng.sample(range(4, 10), 3)
    state = {
        "tokens.weight": s.normal(v, d),
        "positions.weight": s.normal(t, d),
        "norm.weight": s.normal(d),
        "norm.bias": s.normal(d),
    }
    for i in range(n_layers):
        state[f"blocks.{i}.mix.weight"] = s.normal(d, d)
        state[f"blocks.{i}.mix.bias"] = s.normal(d)
    return (v, t, d, n_layers), state


@ex4.check("the state: two tables, the blocks, a norm, and no head", points=3)
def state(s: Session):
    sizes, want = task(s, s.rng.randint(2, 4))
    reply = s.lend("GPT", run, sizes, {}, [], items=5)
    shapes, n_trained, _, _, alike = reply
    wanted = {name: list(array.shape) for name, array in want.items()}
    look = (
        "`tokens` and `positions` (nn.Embedding), `blocks` (nn.ModuleList of "
        "make_block(emb_dim)), `norm` (nn.LayerNorm). The head is the table "
        "of tokens once more, so it has no entry."
    )
    if isinstance(shapes, dict) and "blocks.0.mix.weight" not in shapes:
        look = (
            "The blocks are not in the state: a plain list hides them from "
            "PyTorch. Use nn.ModuleList."
        )
    elif isinstance(shapes, dict) and set(shapes) - set(wanted):
        look = (
            "Something more is in the state. A head of its own is a second "
            "table: tie it, x @ tokens.weight.T."
        )
    s.equal(
        shapes,
        wanted,
        checked=f"names and shapes of the state of GPT{sizes}",
        look=look,
    )
    s.equal(
        n_trained,
        sum(array.size for array in want.values()),
        checked="how many numbers are trained",
        look="Each block is made anew: one block n times is n times the "
        "same weights.",
    )
    s.equal(
        alike,
        False,
        checked="whether two layers of a new model have the same numbers",
        look="All layers start equal, as copies of one do: call make_block "
        "once for each layer.",
    )


TABLE = "tokens.weight"


@ex4.check("the logits", points=6)
def logits(s: Session):
    found = []
    for n_rows in (1, 3):
        sizes, state = task(s)
        v, t, _, _ = sizes
        rows = [
            s.numbers.integers(0, v, (n_rows, n))
            for n in (1, s.rng.randint(2, t - 1), t)
        ]
        rows[-1][0, 0] = 0  # no id is special
        found.append((sizes, state, rows))

    def all_of(who):
        return [s.lend(who, run, *case, items=5)[2:4] for case in found]

    got, want = all_of("GPT"), all_of(model())
    s.close(
        [one for one, _ in got],
        [one for one, _ in want],
        rtol=1e-9,
        checked="GPT(...)(token_ids), with 1, some and all positions",
        look="Token vector plus position vector, the blocks in order, the "
        "norm, the product with the table of tokens.",
        mistakes=[
            Mistake(
                lambda m=m: [one for one, _ in all_of(model(**m.value))],
                m.look,
            )
            for m in SLIPS
        ],
    )
    for (_, learned), (_, true) in zip(got, want, strict=True):
        rest = {name: x for name, x in true.items() if name != TABLE}
        others = isinstance(learned, dict) and {
            name: x for name, x in learned.items() if name != TABLE
        }
        s.close(
            learned,
            true,
            rtol=1e-8,
            atol=1e-10,
            checked="the gradients of all weights",
            look="What stands in front of the blocks, and each block, learns "
            "through all that follows: no .detach(), no torch.no_grad()."
            if off(others, rest, 1e-8, 1e-10)[0]
            else "The table of tokens learns in both its places, in front as "
            "embedding and behind as head: neither is detached, and no id "
            "is left out (padding_idx).",
        )


def too_long(gpt, sizes, state, rows):
    """Runs in the box: the error for a text that is too long."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, emb_dim):
            super().__init__()
            self.mix = nn.Linear(emb_dim, emb_dim)

        def forward(self, x):
            return x

    model, said = gpt(*sizes, Block), []
    for ids in rows:
        try:
            said.append(list(model(torch.as_tensor(ids)).shape))
        except Exception as error:
            said.append([type(error).__name__, str(error)])
    return said


@ex4.check("a text that is too long", points=3)
def refused(s: Session):
    sizes, state = task(s)
    v, t, _, _ = sizes
    case = (sizes, state, [s.numbers.integers(0, v, (2, t))])
    s.close(
        s.lend("GPT", run, *case, items=5)[2],
        s.lend(model(), run, *case, items=5)[2],
        rtol=1e-9,
        checked="a text of exactly context_length tokens, first",
        look="This check waits for right logits: mend the check before.",
    )
    rows = [s.numbers.integers(0, v, (2, n)) for n in (t, t + 1, t + 5)]
    fits, *longer = s.lend("GPT", too_long, sizes, state, rows, items=3)
    s.equal(
        fits,
        [2, t, v],
        checked=f"the shape for {t} tokens and context_length {t}",
        look="context_length tokens fit.",
    )
    for n, said in zip((t + 1, t + 5), longer, strict=True):
        known = isinstance(said, list) and len(said) == 2
        kind, text = said if known else ("", "")
        s.true(
            kind == "ValueError",
            checked=f"{n} tokens and context_length {t}",
            came_out=f"{said!r:.60}, expected a ValueError",
            look="Raise a ValueError: an IndexError from the depth of the "
            "table helps nobody, and cutting the text off in silence changes "
            "what is predicted.",
        )
        s.true(
            str(n) in str(text) and str(t) in str(text),
            checked=f"the text of the error for {n} tokens",
            came_out=f"{text!r:.80}",
            look="Say both numbers: how many came and how many fit.",
        )
