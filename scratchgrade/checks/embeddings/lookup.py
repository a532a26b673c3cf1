"""Checks of exercise 3.1: look up, and learn."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex1 = Exercise(
    "3.1",
    "Look up, and learn",
    needs=("embed", "embed_gradient"),
    read="Chapter 3, Step 1: Look up",
    tensors=True,
    forbids=("torch.nn.functional.embedding", "torch.nn.Embedding"),
)


def true_embed(weight, token_ids):
    """A product with one-hot rows: slow, and obviously right."""
    import torch

    hot = torch.nn.functional.one_hot(token_ids, weight.shape[0])
    return hot.to(weight.dtype) @ weight


def columns(weight, token_ids):
    return weight.T[token_ids]


def flat(weight, token_ids):
    return true_embed(weight, token_ids).flatten(0, -2)


def detached(weight, token_ids):
    return true_embed(weight, token_ids).detach()


def cases(s: Session) -> list[tuple]:
    found = []
    for n in s.sizes(["V", "D", "B", "T"], ones=["B", "T"], low=3):
        weight = s.normal(n["V"], n["D"])
        for shape in ((n["T"],), (n["B"], n["T"]), (n["B"], 2, n["T"])):
            found.append((weight, s.numbers.integers(0, n["V"], shape)))
    return found


@ex1.check("the vectors of the ids, in any shape", points=3)
def vectors(s: Session):
    s.matches(
        "embed",
        true_embed,
        cases(s),
        checked="embed(weight, token_ids)",
        look="Row i of the table is the vector of id i; the result has the "
        "shape of the ids and one more axis of D.",
        mistakes=[
            Mistake(
                columns,
                "You take columns. A row belongs to a token: weight[ids].",
            ),
            Mistake(
                flat,
                "The shape of the ids is lost: (B, T) ids give (B, T, D).",
            ),
        ],
    )


@ex1.check("gradients reach the table", points=2)
def reaches(s: Session):
    found = [(w, ids, s.normal(*ids.shape, w.shape[1])) for w, ids in cases(s)]
    s.matches(
        "embed",
        true_embed,
        found,
        ask=lambda who, w, ids, c: s.gradient(
            who, w, ids, cotangent=c, wrt=[0]
        ),
        checked="the output of embed and its gradient for the table",
        look="Indexing is an operation that autograd follows. .data, "
        ".detach() and a new torch.tensor cut the graph.",
        mistakes=[
            Mistake(
                detached, "The graph is cut: no gradient reaches the table."
            )
        ],
    )


def true_gradient(token_ids, d_output, vocab_size):
    """By autograd on the one-hot product."""
    import torch

    weight = torch.zeros(
        vocab_size, d_output.shape[-1], dtype=d_output.dtype
    ).requires_grad_()
    (true_embed(weight, token_ids) * d_output).sum().backward()
    return weight.grad


def last_wins(token_ids, d_output, vocab_size):
    import torch

    found = torch.zeros(vocab_size, d_output.shape[-1], dtype=d_output.dtype)
    flat_ids = token_ids.flatten().tolist()
    for i, d in zip(flat_ids, d_output.flatten(0, -2), strict=True):
        found[i] = d
    return found


def averaged(token_ids, d_output, vocab_size):
    import torch

    n = torch.bincount(token_ids.flatten(), minlength=vocab_size)
    return true_gradient(token_ids, d_output, vocab_size) / n.clamp(
        min=1
    ).unsqueeze(1)


def only_present(token_ids, d_output, vocab_size):
    found = true_gradient(token_ids, d_output, vocab_size)
    return found[token_ids.unique()]


def of_batch_mean(token_ids, d_output, vocab_size):
    return true_gradient(token_ids, d_output, vocab_size) / token_ids.numel()


@ex1.check("the table's gradient, with ids that come again", points=5)
def gradients(s: Session):
    found = []
    for _, ids in cases(s):
        v = int(ids.max()) + s.rng.randint(1, 4)
        ids.flat[-1] = ids.flat[0]  # one comes again, where there are two
        found.append((ids, s.normal(*ids.shape, 3), v))
    s.matches(
        "embed_gradient",
        true_gradient,
        found,
        checked="embed_gradient(token_ids, d_output, vocab_size)",
        look="(V, D): row i is the sum of the gradients at all places where "
        "id i stands; rows of absent ids are 0.",
        mistakes=[
            Mistake(
                last_wins,
                "Where an id comes again the last place wins: "
                "grad[ids] = d does that. Add: index_add_ or "
                "index_put_(..., accumulate=True).",
            ),
            Mistake(
                averaged,
                "You average over the places of an id. The gradient of a sum "
                "is a sum.",
            ),
            Mistake(
                only_present,
                "The result has a row for each id that occurs. The gradient "
                "has the shape of the table, (V, D).",
            ),
            Mistake(
                of_batch_mean,
                "You divide by the number of ids. If the loss is a mean, "
                "that is in d_output already.",
            ),
        ],
    )
