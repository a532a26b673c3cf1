"""Checks of exercise 5.3: the pre-norm block."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex3 = Exercise(
    "5.3",
    "The pre-norm block",
    needs=("block",),
    read="Chapter 5, Step 3: Add",
    tensors=True,
)


def run(block, x, mixing, feeding, scales):
    """Runs in the box: the student's block with parts of ours."""
    import torch

    def norm(scale):
        def applied(y):
            return y / (y**2).mean(-1, keepdim=True).add(1e-6).sqrt() * scale

        return applied

    def attention(y):
        n = torch.arange(1, y.shape[-2] + 1)[:, None]
        return y.cumsum(-2) / n @ mixing

    def feed_forward(y):
        return torch.tanh(y @ feeding)

    return block(x, norm(scales[0]), attention, norm(scales[1]), feed_forward)


def true_block(x, norm1, attention, norm2, feed_forward):
    middle = x + attention(norm1(x))
    return middle + feed_forward(norm2(middle))


def post_norm(x, norm1, attention, norm2, feed_forward):
    middle = norm1(x + attention(x))
    return norm2(middle + feed_forward(middle))


def norm_on_the_path(x, norm1, attention, norm2, feed_forward):
    y = norm1(x)
    middle = y + attention(y)
    z = norm2(middle)
    return z + feed_forward(z)


def no_first(x, norm1, attention, norm2, feed_forward):
    middle = attention(norm1(x))
    return middle + feed_forward(norm2(middle))


def no_second(x, norm1, attention, norm2, feed_forward):
    middle = x + attention(norm1(x))
    return feed_forward(norm2(middle))


def side_by_side(x, norm1, attention, norm2, feed_forward):
    return x + attention(norm1(x)) + feed_forward(norm2(x))


def one_norm(x, norm1, attention, norm2, feed_forward):
    middle = x + attention(norm1(x))
    return middle + feed_forward(norm1(middle))


def back_to_x(x, norm1, attention, norm2, feed_forward):
    middle = x + attention(norm1(x))
    return x + feed_forward(norm2(middle))


def feeding_first(x, norm1, attention, norm2, feed_forward):
    middle = x + feed_forward(norm2(x))
    return middle + attention(norm1(middle))


def no_norms(x, norm1, attention, norm2, feed_forward):
    middle = x + attention(x)
    return middle + feed_forward(middle)


SLIPS = [
    Mistake(
        post_norm,
        "This is post-norm: the norm stands behind the sum, on the residual "
        "path. Pre-norm has it in front of attention and feed-forward.",
    ),
    Mistake(
        norm_on_the_path,
        "You add to the *normed* x. The path itself is never normed: add to "
        "x as it came.",
    ),
    Mistake(no_first, "x is not added behind the attention."),
    Mistake(no_second, "Nothing is added behind the feed-forward."),
    Mistake(
        side_by_side,
        "Both parts read x. The feed-forward reads what the attention has "
        "already added to.",
    ),
    Mistake(one_norm, "norm1 is used twice; the second place has norm2."),
    Mistake(
        back_to_x,
        "The second sum starts from x again, and what attention added is "
        "lost on the path.",
    ),
    Mistake(feeding_first, "Attention comes first, feed-forward second."),
    Mistake(no_norms, "The norms are not used."),
]


def ask(s: Session):
    return lambda who, *case: s.lend(who, run, *case)


def cases(s: Session) -> list[tuple]:
    found = []
    for n in s.sizes("BTD", ones="BT"):
        d = n["D"]
        found.append(
            (
                s.normal(n["B"], n["T"], d, scale=3.0) + 1,
                s.normal(d, d),
                s.normal(d, d),
                s.normal(2, d),
            )
        )
    return found


@ex3.check("two sums, each with its norm in front", points=6)
def values(s: Session):
    s.matches(
        "block",
        true_block,
        cases(s),
        ask=ask(s),
        rtol=1e-9,
        checked="block(x, norm1, attention, norm2, feed_forward)",
        look="x + attention(norm1(x)), and the same once more with norm2 "
        "and feed_forward.",
        mistakes=SLIPS,
    )


WAITS = "This check waits for right values: mend the first check."


@ex3.check("parts that give 0 leave x alone", points=2)
def identity(s: Session):
    one = ask(s)
    for case in cases(s):
        s.close(
            one("block", *case),
            one(true_block, *case),
            rtol=1e-9,
            checked="block with parts that do something, first",
            look=WAITS,
        )
        x, mixing, feeding, scales = case
        zeros = np.zeros_like(mixing)
        s.close(
            one("block", x, zeros, np.zeros_like(feeding), scales),
            x,
            rtol=1e-12,
            checked="block whose attention and feed-forward give 0",
            look="Then the block is the identity: nothing else may stand on "
            "the path from x to the result.",
        )


def effects(block, x, mixing, feeding, scales):
    """Runs in the box: is x changed, and how does its gradient pass?"""
    import torch

    leaf = x.clone().requires_grad_()
    x = leaf * 1  # no leaf, or `x +=` would raise

    def attention(y):
        return torch.tanh(y @ mixing)

    def feed_forward(y):
        return torch.tanh(y @ feeding)

    def norm(y):
        return y * scales[0]

    out = block(x, norm, attention, norm, feed_forward)
    if out.requires_grad:
        out.sum().backward()
    return [torch.equal(leaf, x), leaf.grad]


@ex3.check("x stays as it is, and its gradient passes", points=1)
def gradient(s: Session):
    for case in cases(s)[:2]:
        s.close(
            ask(s)("block", *case),
            ask(s)(true_block, *case),
            rtol=1e-9,
            checked="block, before its gradient",
            look=WAITS,
        )
        kept, passed = s.lend("block", effects, *case, items=2)
        s.true(
            kept,
            checked="whether x is as it was",
            came_out="x was changed",
            look="`x += ...` changes the argument; write x = x + ... instead.",
        )
        s.close(
            passed,
            s.lend(true_block, effects, *case, items=2)[1],
            rtol=1e-9,
            checked="the gradient of x",
            look="The gradient of x is wrong: a .detach() or no_grad stands "
            "on the way.",
        )
