"""Checks of exercise 0.5: optimisers."""

from scratchgrade.checks.compare import off
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex5 = Exercise(
    "0.5",
    "SGD with momentum, and AdamW",
    needs=("SGD", "AdamW"),
    read="Chapter 0, Step 5: The training loop",
    tensors=True,
    forbids=("torch.optim.SGD", "torch.optim.AdamW", "torch.optim.Adam"),
)


def true_sgd(parameters, lr, momentum):
    import torch

    return torch.optim.SGD(parameters, lr=lr, momentum=momentum)


def true_adamw(parameters, lr, betas, eps, weight_decay):
    import torch

    return torch.optim.AdamW(
        parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay
    )


class Written:
    """An optimiser by formulas whose parts can be changed: for the slips."""

    def __init__(self, parameters, rule):
        self.parameters, self.rule = list(parameters), rule
        self.states = [{} for _ in self.parameters]
        self.t = 0

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        import torch

        self.t += 1
        with torch.no_grad():
            for p, state in zip(self.parameters, self.states, strict=True):
                if p.grad is not None:
                    self.rule(p, p.grad, state, self.t)


def sgd_with(rule):
    def make(parameters, lr, momentum):
        return Written(
            parameters, lambda p, g, state, t: rule(p, g, state, lr, momentum)
        )

    return make


def forgets(p, g, state, lr, momentum):
    p -= lr * g


def averages(p, g, state, lr, momentum):
    v = momentum * state.get("v", 0 * g) + (1 - momentum) * g
    state["v"] = v
    p -= lr * v


def climbs(p, g, state, lr, momentum):
    v = momentum * state.get("v", 0 * g) + g
    state["v"] = v
    p += lr * v


def nesterov(p, g, state, lr, momentum):
    v = momentum * state.get("v", 0 * g) + g
    state["v"] = v
    p -= lr * (g + momentum * v)


def adam_with(
    correct=True,
    coupled=False,
    decay=True,
    eps_inside=False,
    root=True,
    first=True,
    scaled=True,
):
    def make(parameters, lr, betas, eps, weight_decay):
        b1, b2 = betas

        def rule(p, g, state, t):
            if coupled:
                g = g + weight_decay * p
            m = b1 * state.get("m", 0 * g) + (1 - b1) * g
            v = b2 * state.get("v", 0 * g) + (1 - b2) * g**2
            state["m"], state["v"] = m, v
            m_hat = m / (1 - b1**t) if correct else m
            v_hat = v / (1 - b2**t) if correct else v
            size = (v_hat + eps).sqrt() if eps_inside else v_hat.sqrt() + eps
            if not root:
                size = v_hat + eps
            if decay and not coupled:
                p -= (lr if scaled else 1) * weight_decay * p
            p -= lr * (m_hat if first else g) / size

        return Written(parameters, rule)

    return make


def trajectories(s: Session, n_steps, tensors=2):
    shapes = [(s.rng.randint(2, 4), s.rng.randint(2, 5)), (3,)][:tensors]
    weights = [s.normal(*shape) for shape in shapes]
    gradients = [
        [s.normal(*shape) for shape in shapes] for _ in range(n_steps)
    ]
    return weights, gradients


def follow(s: Session, name, oracle, args, slips, n_steps, checked, look):
    weights, gradients = trajectories(s, n_steps)

    def run(who):
        return s.optimise(who, *args, weights=weights, gradients=gradients)

    s.follows(
        run(name),
        run(oracle),
        rtol=1e-9,
        checked=checked,
        look=look,
        mistakes=[
            Mistake((lambda make=make: run(make)), said)
            for make, said in slips
        ],
    )


@ex5.check("SGD with momentum", points=4)
def sgd(s: Session):
    lr, momentum = s.rng.uniform(0.01, 0.1), s.rng.uniform(0.5, 0.95)
    follow(
        s,
        "SGD",
        true_sgd,
        (lr, momentum),
        [
            (sgd_with(forgets), "The velocity plays no part: v = m v + g."),
            (
                sgd_with(averages),
                "You weigh the gradient with 1 - momentum. PyTorch's SGD "
                "adds it whole: v = m v + g.",
            ),
            (sgd_with(climbs), "You go uphill: subtract the step."),
            (
                sgd_with(nesterov),
                "You add the velocity and the gradient: that is Nesterov's "
                "variant.",
            ),
        ],
        12,
        f"12 steps of SGD, lr {lr:.3f}, momentum {momentum:.2f}",
        "For each parameter: v = momentum * v + gradient, then w = w - lr * "
        "v; v starts at 0.",
    )
    follow(
        s,
        "SGD",
        true_sgd,
        (lr, 0.0),
        [],
        4,
        f"4 steps of SGD, lr {lr:.3f}, no momentum",
        "Without momentum a step is -lr times the gradient.",
    )


@ex5.check("AdamW", points=5)
def adamw(s: Session):
    lr, decay = s.rng.uniform(0.005, 0.05), s.rng.uniform(0.1, 0.5)
    betas = s.rng.uniform(0.7, 0.9), s.rng.uniform(0.9, 0.99)
    eps = s.rng.choice([1e-2, 1e-3])
    follow(
        s,
        "AdamW",
        true_adamw,
        (lr, betas, eps, decay),
        [
            (
                adam_with(correct=False),
                "The averages start at 0 and are not corrected: divide by "
                "1 - beta**t, t = 1 in the first step.",
            ),
            (
                adam_with(coupled=True),
                "The decay is added to the gradient, so Adam divides it "
                "again: that is Adam with L2. AdamW shrinks the weights "
                "beside the step.",
            ),
            (
                adam_with(decay=False),
                "Weights do not decay: w = w - lr * weight_decay * w.",
            ),
            (
                adam_with(scaled=False),
                "The decay is not multiplied by lr.",
            ),
            (
                adam_with(eps_inside=True),
                "eps is added to the root, not under it: sqrt(v) + eps.",
            ),
            (adam_with(root=False), "You divide by v; it is its root."),
            (
                adam_with(first=False),
                "You step along the gradient; it is along its average m.",
            ),
        ],
        30,
        f"30 steps of AdamW, weight_decay {decay:.2f}, eps {eps}",
        "m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; both corrected by "
        "1 - b^t; w loses lr * weight_decay * w, and then lr * m / "
        "(sqrt(v) + eps).",
    )


def partly(optimizer_class, kind, args):
    """Runs in the box: frozen weights, a changed lr, zero_grad, in place."""
    import torch

    ones = torch.ones(3, dtype=torch.float64)
    w, frozen = (torch.nn.Parameter(ones.clone()) for _ in range(2))
    memory = w.data_ptr()
    optimizer = optimizer_class([w, frozen], *args)
    seen = []
    for step in range(4):
        w.grad = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
        if step == 2:
            optimizer.lr = 0.001
        optimizer.step()
        seen.append(w.detach().clone())
    optimizer.zero_grad()
    return {
        "weights": torch.stack(seen),
        "cleared": w.grad is None,
        "in place": w.data_ptr() == memory,
        "unmoved": bool((frozen.detach() == ones).all()),
    }


def steps_of(kind, args):
    """What the weights of `partly` must be, by PyTorch."""
    import torch

    w = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    make = true_sgd if kind == "SGD" else true_adamw
    optimizer = make([w], *args)
    seen = []
    for step in range(4):
        w.grad = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
        if step == 2:
            optimizer.param_groups[0]["lr"] = 0.001
        optimizer.step()
        seen.append(w.detach().clone())
    return torch.stack(seen).numpy()


@ex5.check("frozen weights, a changed lr, zero_grad", points=3)
def details(s: Session):
    for kind, args in (
        ("SGD", [0.1, 0.9]),
        ("AdamW", [0.1, [0.9, 0.99], 1e-8, 0.1]),
    ):
        got = s.lend(kind, partly, kind, args)
        want = steps_of(kind, args)
        right = isinstance(got, dict) and getattr(
            got.get("weights"), "shape", None
        ) == (4, 3)
        s.true(
            right and not off(got["weights"][:2], want[:2], rtol=1e-9)[0],
            checked=f"{kind}: two steps, before the details",
            came_out="other weights",
            look="This check waits for right steps: mend the others first.",
        )
        s.close(
            got["weights"],
            want,
            rtol=1e-9,
            checked=f"{kind}: steps whose lr goes from 0.1 to 0.001",
            look="The learning rate is read in each step: schedules set "
            "optimizer.lr while it trains. Keep it as self.lr.",
        )
        for part, look in (
            ("cleared", "zero_grad sets each gradient to None."),
            (
                "in place",
                "Change the weights in place, in torch.no_grad(); the model "
                "holds the same tensors.",
            ),
            (
                "unmoved",
                "A parameter whose gradient is None is left alone, by the "
                "decay too.",
            ),
        ):
            s.true(
                got.get(part) is True,
                checked=f"{kind}: {part}",
                came_out="no",
                look=look,
            )
