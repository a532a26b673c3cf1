"""Checks of exercise 0.2: a scalar autograd engine."""

import math

from scratchgrade.checks.kit import (
    Exercise,
    Mistake,
    Session,
    StudentError,
)

ex2 = Exercise(
    "0.2",
    "An engine for gradients",
    needs=("Value",),
    read="Chapter 0, Step 4: Gradients",
)

# A graph is a list of steps. ["input", x]; ["+", i, j]; ["k+", k, i] for a
# plain number on the left; ["**", i, n]; ["tanh", i] ... Numbers i and j say
# which earlier steps are used. The last step is the output.
TWO = {"+", "-", "*", "/"}


def run_graph(value_class, steps, times=1):
    """Runs in the box: the output, and the gradient of each step."""
    values = []
    for kind, *of in steps:
        if kind == "input":
            value = value_class(of[0])
        elif kind in ("tanh", "exp", "relu"):
            value = getattr(values[of[0]], kind)()
        elif kind == "**":
            value = values[of[0]] ** of[1]
        elif kind == "neg":
            value = -values[of[0]]
        else:
            left, right = (
                x if isinstance(x, float) else values[x] for x in of
            )
            if kind == "+":
                value = left + right
            elif kind == "-":
                value = left - right
            elif kind == "*":
                value = left * right
            else:
                value = left / right
        values.append(value)
    for _ in range(times):
        values[-1].backward()
    return [float(v.data) for v in values], [float(v.grad) for v in values]


def true_graph(steps):
    """The same with PyTorch in float64, every step's gradient kept."""
    import torch

    values = []
    for kind, *of in steps:
        if kind == "input":
            value = torch.tensor(of[0], dtype=torch.float64)
            value.requires_grad_()
        elif kind in ("tanh", "exp", "relu"):
            value = getattr(values[of[0]], kind)()
        elif kind == "**":
            value = values[of[0]] ** of[1]
        elif kind == "neg":
            value = -values[of[0]]
        else:
            left, right = (
                x if isinstance(x, float) else values[x] for x in of
            )
            value = {
                "+": lambda a, b: a + b,
                "-": lambda a, b: a - b,
                "*": lambda a, b: a * b,
                "/": lambda a, b: a / b,
            }[kind](left, right)
        value.retain_grad()
        values.append(value)
    values[-1].backward()
    grads = [0.0 if v.grad is None else v.grad.item() for v in values]
    return [v.item() for v in values], grads


def ask(s: Session, steps, times=1):
    got = s.lend("Value", run_graph, steps, times, items=2)
    for numbers in got:
        if not isinstance(numbers, list) or len(numbers) != len(steps):
            raise StudentError("TypeError", "no numbers came back")
    return got


MADE = "Each operation makes a new Value with the result in `data`."


def compare(s: Session, steps, look, data_look=MADE):
    data, grads = ask(s, steps)
    want, slopes = true_graph(steps)
    shown = written(steps)
    s.close(
        data,
        want,
        rtol=1e-9,
        checked=f"the numbers of {shown}",
        look=data_look,
    )
    s.close(
        grads,
        slopes,
        rtol=1e-9,
        checked=f"the gradients of {shown}",
        look=look,
    )


def numbers_alike(a, b) -> bool:
    return all(
        isinstance(x, float) and math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9)
        for x, y in zip(a, b, strict=True)
    )


def written(steps) -> str:
    """The output as a formula, the inputs with their numbers."""
    texts = []
    for kind, *of in steps:
        parts = (
            [x if isinstance(x, float) else texts[x] for x in of[:2]]
            if (kind in TWO)
            else []
        )
        if kind == "input":
            texts.append(f"{of[0]:g}")
        elif kind in TWO:
            left, right = (
                f"{p:g}" if isinstance(p, float) else p for p in parts
            )
            texts.append(f"({left} {kind} {right})")
        elif kind == "**":
            texts.append(f"{texts[of[0]]}**{of[1]:g}")
        elif kind == "neg":
            texts.append(f"-{texts[of[0]]}")
        else:
            texts.append(f"{kind}({texts[of[0]]})")
    return texts[-1] if len(texts[-1]) < 90 else f"{texts[-1]:.87}..."


def number(rng) -> float:
    return round(rng.choice([-1, 1]) * rng.uniform(0.3, 2.0), 2)


RULES = {  # those that others are often made of come first
    "+": "Both parts of a sum get the whole gradient of the result.",
    "*": "Each factor gets the gradient times the *other* factor.",
    "**": "The slope of x ** n is n * x ** (n - 1).",
    "neg": "The slope of -x is -1.",
    "tanh": "The slope of tanh is 1 - tanh(x) ** 2.",
    "exp": "The slope of exp is exp itself.",
    "relu": "The slope of relu is 1 for positive numbers and 0 for others.",
    "-": "The part that is subtracted gets the gradient with a minus.",
    "/": "The slope of a / b for b is -a / b**2.",
}


def single_steps(s: Session, kind) -> list[list]:
    """Graphs of one operation."""
    x, y = number(s.rng), number(s.rng)
    if kind in TWO:
        return [[["input", x], ["input", y], [kind, 0, 1]]]
    if kind == "**":
        n = s.rng.choice([2, 3, -1])
        return [[["input", abs(x)], ["**", 0, n]]]
    if kind == "relu":
        return [[["input", sign * abs(x)], ["relu", 0]] for sign in (1, -1)]
    return [[["input", x], [kind, 0]]]


def twice_steps(s: Session) -> list[list]:
    """Graphs in which a value is used twice."""
    x, y = abs(number(s.rng)), number(s.rng)
    return [
        [["input", x], ["+", 0, 0]],
        [["input", x], ["input", y], ["*", 0, 1], ["+", 2, 0]],
        [["input", x], ["*", 0, 0], ["exp", 0], ["+", 1, 2]],
    ]


def waits(s: Session, *, twice=False) -> None:
    """Fail unless what the checks above look at is right."""
    graphs = [g for kind in RULES for g in single_steps(s, kind)]
    for steps in graphs + (twice_steps(s) if twice else []):
        data, grads = ask(s, steps)
        want, slopes = true_graph(steps)
        s.true(
            numbers_alike(data, want) and numbers_alike(grads, slopes),
            checked=f"{written(steps)}, before larger graphs",
            came_out="wrong numbers already",
            look="This check waits for the ones above: mend them first.",
        )


@ex2.check("each operation by itself", points=4)
def single(s: Session):
    for kind, rule in RULES.items():
        for steps in single_steps(s, kind):
            compare(s, steps, rule)


@ex2.check("plain numbers on either side", points=2)
def plain_numbers(s: Session):
    waits(s)
    for kind in "+-*/":
        x, k = number(s.rng), number(s.rng)
        for of in ([0, k], [k, 0]):
            side = "right" if of[0] == 0 else "left"
            advice = (
                f"A plain number on the {side} of {kind}: turn it into a "
                "Value. For the left side Python calls __radd__, __rsub__, "
                "__rmul__, __rtruediv__; 2 - x is not x - 2."
            )
            compare(s, [["input", x], [kind, *of]], advice, advice)


@ex2.check("a value that is used twice", points=3)
def used_twice(s: Session):
    waits(s)
    advice = (
        "A value that is used in several places gets a gradient from each: "
        "add them up with +=."
    )
    for steps in twice_steps(s):
        compare(s, steps, advice)


def some_graph(rng, n=10):
    """Random steps; large numbers are kept away by tanh."""
    steps = [["input", number(rng)] for _ in range(3)]
    for _ in range(n):
        i, j = (rng.randrange(len(steps)) for _ in range(2))
        kind = rng.choice(["+", "-", "*", "tanh", "relu", "neg", "*", "+"])
        steps.append([kind, i, j] if kind in TWO else [kind, i])
        if kind == "*":
            steps.append(["tanh", len(steps) - 1])
    steps.append(["+", len(steps) - 1, len(steps) - 2])
    return steps


@ex2.check("random graphs, against PyTorch", points=3)
def graphs(s: Session):
    waits(s, twice=True)
    diamond = [
        ["input", number(s.rng)],
        ["tanh", 0],
        ["*", 1, 1],
        ["+", 1, 2],
        ["*", 3, 1],
        ["-", 4, 2],
    ]
    for steps in (diamond, *(some_graph(s.rng) for _ in range(6))):
        compare(
            s,
            steps,
            "A value may pass its gradient on only when all that use it have "
            "given theirs: go through the graph in reverse topological "
            "order, each value once.",
        )


@ex2.check("a long chain, and backward twice", points=2)
def deep(s: Session):
    waits(s, twice=True)
    steps = [["input", 0.5]]
    for i in range(3000):
        steps.append(["+", i, 0.001])
    try:
        compare(s, steps, "The gradient of a sum is 1 all the way down.")
    except StudentError as error:
        if error.kind != "RecursionError":
            raise
        s.fail(
            "a chain of 3,000 additions",
            "RecursionError",
            "Python stops recursion at 1,000 levels, and a network is deeper "
            "than that: sort the graph with a list as the stack.",
        )
    x = abs(number(s.rng))
    steps = [["input", x], ["*", 0, 0], ["+", 1, 1]]
    _, grads = ask(s, steps, 2)
    s.close(
        grads[0],
        8 * x,
        rtol=1e-9,
        checked=f"the gradient of {written(steps)} for {x:g} after "
        "backward() twice",
        look="Gradients of inputs add up over calls, as in PyTorch: that is "
        "what zero_grad is for. Values made by operations start from 0 in "
        "each call, or the second passes on what the first left.",
        mistakes=[
            Mistake(
                4 * x,
                "The second call starts the inputs from 0. They add up: it is "
                "for the training loop to set them to 0.",
            )
        ],
    )
