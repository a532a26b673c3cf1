"""Checks of exercise 0.7: repair a training loop."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex7 = Exercise(
    "0.7",
    "Repair a training loop",
    needs=("train",),
    read="Chapter 0, Step 5: The training loop",
    tensors=True,
)


def true_train(model, optimizer, batches, validation):
    import torch

    entropy = torch.nn.functional.cross_entropy
    losses, held_out = [], []
    for inputs, targets in batches:
        model.train()
        optimizer.zero_grad()
        loss = entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            inputs, targets = validation
            held_out.append(entropy(model(inputs), targets).item())
    model.train()
    return losses, held_out


def observe(train, weights, inputs, targets, n_batches, momentum, prime):
    """Runs in the box: a model that notes how it is used.

    In training its output is doubled, as a dropout would change it.
    """
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weights.clone())
            self.seen = []

        def forward(self, x):
            self.seen.append([self.training, torch.is_grad_enabled()])
            return (2 if self.training else 1) * (x @ self.weight)

    model = Model()
    if prime:  # somebody evaluated before, and left a gradient
        model.eval()
        model.weight.grad = torch.ones_like(model.weight)
    optimizer = torch.optim.SGD([model.weight], lr=0.3, momentum=momentum)
    trajectory = []
    step = optimizer.step

    def noted(*args, **kwargs):
        step(*args, **kwargs)
        trajectory.append(model.weight.detach().clone())

    optimizer.step = noted
    batches = list(zip(inputs[:n_batches], targets[:n_batches], strict=True))
    validation = (inputs[-1], targets[-1])
    losses, held_out = train(model, optimizer, batches, validation)
    plain = all(type(x) is float for x in [*losses, *held_out])
    return {
        "losses": [float(x) for x in losses],
        "held out": [float(x) for x in held_out],
        "plain": plain,
        "modes": model.seen,
        "after": model.training,
        "weights": trajectory,
    }


def task(s: Session, prime=False):
    n = {"B": s.rng.randint(3, 5), "D": 4, "C": 3}
    n_batches = s.rng.randint(4, 6)
    inputs = s.normal(n_batches + 1, n["B"], n["D"])
    targets = s.numbers.integers(0, n["C"], (n_batches + 1, n["B"]))
    weights = s.normal(n["D"], n["C"], scale=0.5)
    return weights, inputs, targets, n_batches, 0.0, prime


def both(s: Session, args):
    got = s.lend("train", observe, *args)
    want = s.lend(true_train, observe, *args)
    right = isinstance(got, dict) and set(got) == set(want)
    s.true(
        right,
        checked="what train returns",
        came_out=f"{got!r:.60}",
        look="Return two lists: the training losses, the validation losses.",
    )
    return got, want


LOOKS = {
    "no zero_grad": "Gradients add up over the batches: set them to zero in "
    "each step.",
    "step first": "The first step finds no gradient, and each later one uses "
    "that of the batch before: backward comes before step.",
    "on validation": "The model is trained on the validation data as well: "
    "no backward and no step there.",
}


@ex7.check("the weights go where they should", points=4)
def trajectory(s: Session):
    args = task(s)
    got, want = both(s, args)
    n_steps = len(got["weights"]) if isinstance(got["weights"], list) else -1
    n = len(want["weights"])
    s.true(
        n_steps == n,
        checked=f"steps of the optimiser for {n} batches",
        came_out=f"{n_steps}",
        look=LOOKS["on validation"] if n_steps > n else "One step a batch.",
    )
    s.follows(
        got["weights"],
        want["weights"],
        rtol=1e-9,
        checked=f"the weights over {n} batches",
        look="zero_grad, forward, loss against the targets, backward, step: "
        "in this order, and in training mode.",
        mistakes=[_wrong(s, args, kind, said) for kind, said in SLIPS.items()],
    )


def variant(kind):
    """A loop with one bug."""

    def train(model, optimizer, batches, validation):
        import torch

        entropy = torch.nn.functional.cross_entropy
        losses, held_out = [], []
        for i, (inputs, targets) in enumerate(batches):
            if kind != "eval left on" or i == 0:
                model.train()
            if kind != "no zero_grad" and kind != "step first":
                optimizer.zero_grad()
            loss = entropy(model(inputs), targets)
            if kind == "too early":
                model.eval()
                x, y = validation
                held_out.append(entropy(model(x), y).item())
            if kind == "step first":
                optimizer.step()
                optimizer.zero_grad()
                loss.backward()
            else:
                loss.backward()
                optimizer.step()
            losses.append(loss.item())
            if kind == "too early":
                continue
            model.eval()
            with torch.no_grad():
                x, y = validation
                held_out.append(entropy(model(x), y).item())
        return losses, held_out

    return train


SLIPS = {
    "no zero_grad": LOOKS["no zero_grad"],
    "step first": LOOKS["step first"],
    "eval left on": "After the first evaluation the model stays in "
    "evaluation mode, and dropout is off for the rest: model.train() belongs "
    "into the loop.",
}


def _wrong(s: Session, args, kind, said):
    def weights():
        return s.lend(variant(kind), observe, *args)["weights"]

    return Mistake(weights, said)


@ex7.check("losses of training and validation", points=2)
def loss_values(s: Session):
    args = task(s)
    got, want = both(s, args)
    s.follows(
        got["losses"],
        want["losses"],
        rtol=1e-9,
        checked="the training losses",
        look="The loss of each batch before its step.",
    )

    def early():
        return s.lend(variant("too early"), observe, *args)["held out"]

    s.follows(
        got["held out"],
        want["held out"],
        rtol=1e-9,
        checked="the validation losses",
        look="The loss of the validation data in evaluation mode, one for "
        "each batch.",
        mistakes=[
            Mistake(
                early,
                "You validate before the step: the number belongs to the "
                "weights of the batch before.",
            )
        ],
    )


@ex7.check("numbers, not graphs", points=2)
def numbers(s: Session):
    got, _ = both(s, task(s))
    s.true(
        got["plain"] is True,
        checked="the types of the losses",
        came_out="tensors, or other than float",
        look="A loss that is kept as a tensor keeps the whole graph of its "
        "batch in memory: take loss.item().",
    )


@ex7.check("modes, and no gradients in validation", points=2)
def modes(s: Session):
    got, want = both(s, task(s, prime=True))
    seen = got["modes"] if isinstance(got["modes"], list) else []
    n = len(want["modes"])
    s.true(
        len(seen) == n,
        checked="how often the model is called",
        came_out=f"{len(seen)} times, expected {n}",
        look="Once for a batch, once for the validation after it.",
    )
    s.equal(
        [mode for mode, _ in seen[1::2]],
        [False] * (n // 2),
        checked="whether the model is in training mode, validation by "
        "validation",
        look="model.eval() before the validation, or dropout changes it.",
    )
    s.equal(
        [mode for mode, _ in seen[::2]],
        [True] * (n // 2),
        checked="whether the model is in training mode, batch by batch",
        look="Training mode in each batch, whatever mode the model came in.",
    )
    s.true(
        not any(grad for mode, grad in seen if not mode),
        checked="validation without gradients",
        came_out="a graph was recorded in validation",
        look="Use torch.no_grad() for validation: its graph costs memory and "
        "is never used.",
    )
    s.true(
        got["after"] is True,
        checked="the model's mode after training",
        came_out="evaluation mode",
        look="Leave the model in training mode, as it would be without "
        "validation.",
    )
