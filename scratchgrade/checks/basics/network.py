"""Checks of exercise 0.3: a network's gradients by hand."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

NAMES = ("W1", "b1", "W2", "b2")

ex3 = Exercise(
    "0.3",
    "Backward by hand",
    needs=("loss_of", "gradients_of"),
    read="Chapter 0, Step 4: Gradients",
    tensors=True,
)


def true_loss(x, W1, b1, W2, b2, targets):
    hidden = (x @ W1.T + b1).tanh()
    logits = hidden @ W2.T + b2
    return torch_loss(logits, targets)


def torch_loss(logits, targets):
    import torch

    return torch.nn.functional.cross_entropy(logits, targets)


def true_gradients(x, W1, b1, W2, b2, targets):
    """By autograd: the oracle has no formula that could be wrong."""
    import torch

    weights = [w.clone().requires_grad_() for w in (W1, b1, W2, b2)]
    loss = true_loss(x, *weights, targets)
    found = torch.autograd.grad(loss, weights)
    return dict(zip(NAMES, found, strict=True))


def by_hand(x, W1, b1, W2, b2, targets, *, mean=True, slope=True, hot=True):
    """The formulas, whose parts can be left out: for the slips."""
    import torch

    hidden = (x @ W1.T + b1).tanh()
    d = torch.softmax(hidden @ W2.T + b2, -1)
    if hot:
        d = d - torch.nn.functional.one_hot(targets, d.shape[-1])
    if mean:
        d = d / len(x)
    dh = d @ W2
    dz = dh * (1 - hidden**2) if slope else dh
    return {
        "W1": dz.T @ x,
        "b1": dz.sum(0),
        "W2": d.T @ hidden,
        "b2": d.sum(0),
    }


def slip(**how):
    def wrong(*args):
        return by_hand(*args, **how)

    return wrong


def mean_biases(*args):
    found = by_hand(*args)
    n = len(args[0])
    return found | {"b1": found["b1"] / n, "b2": found["b2"] / n}


def summed_loss(x, W1, b1, W2, b2, targets):
    return true_loss(x, W1, b1, W2, b2, targets) * len(x)


def no_tanh(x, W1, b1, W2, b2, targets):
    return torch_loss((x @ W1.T + b1) @ W2.T + b2, targets)


def likelihood(x, W1, b1, W2, b2, targets):
    import torch

    logits = (x @ W1.T + b1).tanh() @ W2.T + b2
    p = torch.softmax(logits, -1)
    return -p[torch.arange(len(x)), targets].mean()


def log_of_mean(x, W1, b1, W2, b2, targets):
    return -(-likelihood(x, W1, b1, W2, b2, targets)).log()


def cases(s: Session, scale=1.0) -> list[tuple]:
    found = []
    for n in s.sizes(["B", "D", "H", "C"], ones=["B", "H"]):
        found.append(
            (
                s.normal(n["B"], n["D"], scale=scale),
                s.weights(n["H"], n["D"]),
                s.normal(n["H"]),
                s.weights(n["C"], n["H"]),
                s.normal(n["C"]),
                s.numbers.integers(0, n["C"], n["B"]),
            )
        )
    return found


@ex3.check("the loss of the network", points=3)
def loss(s: Session):
    found = cases(s)
    s.matches(
        "loss_of",
        true_loss,
        found,
        checked="loss_of(x, W1, b1, W2, b2, targets)",
        look="tanh(x W1^T + b1), then W2^T + b2 gives the logits; the loss is "
        "the mean over the batch of -log softmax(logits)[target].",
        mistakes=[
            Mistake(
                summed_loss,
                "Your loss is the sum over the batch; it is the mean, so "
                "that the step does not grow with the batch.",
            ),
            Mistake(no_tanh, "The tanh is missing: two linear maps are one."),
            Mistake(
                likelihood,
                "The logarithm is missing: the loss is -log p, not -p.",
            ),
            Mistake(
                log_of_mean,
                "You take the logarithm of the mean; it is the mean of the "
                "logarithms.",
            ),
        ],
    )
    s.keeps("loss_of", *found[0])


@ex3.check("the four gradients", points=7)
def gradients(s: Session):
    s.matches(
        "gradients_of",
        true_gradients,
        cases(s),
        rtol=1e-9,
        checked="gradients_of(x, W1, b1, W2, b2, targets)",
        look="From the end: dlogits = (softmax - one-hot) / B; then dW2 = "
        "dlogits^T hidden, dhidden = dlogits W2, and tanh gives the factor "
        "1 - hidden^2. A bias gets the sum over the batch. Return a "
        "dictionary with the keys W1, b1, W2, b2.",
        mistakes=[
            Mistake(
                slip(mean=False),
                "All gradients are B times too large: the loss is a mean, so "
                "each example counts 1 / B.",
            ),
            Mistake(
                slip(slope=False),
                "The gradients of W1 and b1 lack the slope of tanh, "
                "1 - hidden**2.",
            ),
            Mistake(
                slip(hot=False),
                "dlogits is softmax minus one-hot: without the subtraction "
                "the target plays no part.",
            ),
            Mistake(
                mean_biases,
                "The biases' gradients are divided by B twice: sum over the "
                "batch, since 1 / B is in dlogits already.",
            ),
        ],
    )


@ex3.check("without autograd, and with the arguments as they were", points=2)
def by_formulas(s: Session):
    args = cases(s)[0]
    said, same, found = s.lend("gradients_of", forbidden, *args, items=3)
    s.true(
        said == "",
        checked="gradients_of where autograd is switched off",
        came_out=str(said)[:120],
        look="Compute the gradients with products and sums. torch.autograd "
        "and backward() are what this exercise is about to replace.",
    )
    s.true(
        same is True,
        checked="the arguments after the call",
        came_out="they are not what they were",
        look="Operations that end in _ and += change tensors in place.",
    )
    s.close(
        found,
        s.call(true_gradients, *args),
        rtol=1e-9,
        checked="the gradients without autograd",
        look="This check waits for right gradients: mend the one before.",
    )


def forbidden(function, *args):
    """Runs in the box: the call without autograd."""
    import torch

    copies = [a.clone() for a in args]
    said, found = "", {}
    try:
        with torch.inference_mode():
            found = function(*[a.clone() for a in args])
        function(*args)
    except NotImplementedError:
        raise
    except RuntimeError as error:
        said = str(error) or "RuntimeError"
    same = all(bool((a == b).all()) for a, b in zip(args, copies, strict=True))
    return said, same, found
