"""Checks of exercise 4.4: multi-head attention, fused."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session, StudentError

ex4 = Exercise(
    "4.4",
    "Multi-head attention, fused",
    needs=("MultiHeadAttention",),
    read="Chapter 4, Step 5: Heads",
    tensors=True,
    forbids=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
    ),
)


def module(
    order="qkv",
    scale="head",
    causal=True,
    project=True,
    split=True,
    join=True,
    interleaved=False,
    backwards=False,
):
    """The reference's class: head by head, query by query."""
    import torch

    class Attention(torch.nn.Module):
        def __init__(self, emb_dim, n_heads):
            super().__init__()
            if emb_dim % n_heads:
                raise ValueError("width")
            self.n_heads, self.width = n_heads, emb_dim // n_heads
            self.qkv = torch.nn.Linear(emb_dim, 3 * emb_dim)
            self.out = torch.nn.Linear(emb_dim, emb_dim)

        def parts(self, x):
            rows = self.qkv(x)
            if interleaved:
                shape = (*x.shape[:-1], self.n_heads, 3, self.width)
                parts = rows.view(shape).unbind(-2)
                parts = [part.flatten(-2) for part in parts]
            else:
                parts = rows.chunk(3, -1)
            return dict(zip(order, parts, strict=True))

        def head(self, part, h):
            if split:
                return part[..., h * self.width : (h + 1) * self.width]
            return part.reshape(
                part.shape[0], self.n_heads, part.shape[1], self.width
            )[:, h]

        def forward(self, x):
            n, found = x.shape[-2], []
            parts = self.parts(x)
            for h in range(self.n_heads):
                q, k, v = (self.head(parts[name], h) for name in "qkv")
                by = self.width if scale == "head" else x.shape[-1]
                scores = torch.einsum("btd,bsd->bts", q, k) / by**0.5
                if causal:
                    i = torch.arange(n)
                    later = i[None, :] > i[:, None]
                    scores = scores.masked_fill(later, -torch.inf)
                found.append(
                    torch.einsum("bts,bsd->btd", scores.softmax(-1), v)
                )
            if backwards:
                found.reverse()
            if join:
                x = torch.cat(found, -1)
            else:
                x = torch.stack(found, 1).reshape(x.shape)
            return self.out(x) if project else x

    return Attention


SLIPS = [
    Mistake(
        {"split": False, "join": False},
        "view without transpose cuts the *tokens* apart: split the last axis "
        "into (H, Dh) first, then move H in front of T, and back at the end.",
    ),
    Mistake(
        {"split": False},
        "On the way in, (B, T, D) must become (B, T, H, Dh) first and then be "
        "transposed; a direct view to (B, H, T, Dh) mixes tokens.",
    ),
    Mistake(
        {"join": False},
        "On the way out, move the heads back behind T before you join them: "
        "(B, H, T, Dh) to (B, T, H, Dh) to (B, T, D).",
    ),
    Mistake(
        {"scale": "width"},
        "You scale by sqrt(D). A head's products sum over its own Dh "
        "features only.",
    ),
    Mistake(
        {"causal": False}, "Tokens see later tokens: the mask is missing."
    ),
    Mistake({"project": False}, "The output projection `out` is not used."),
    Mistake(
        {"order": "kqv"},
        "The rows of qkv are queries, keys, values, in this order; you take "
        "keys first.",
    ),
    Mistake(
        {"interleaved": True},
        "You cut qkv head by head into q, k, v. GPT-2 has all queries first, "
        "then all keys, then all values.",
    ),
    Mistake({"backwards": True}, "The heads are joined in reverse order."),
]


def drawn(s: Session, n_heads: int, width: int) -> tuple[int, dict]:
    d = n_heads * width
    return d, {
        "qkv.weight": s.normal(3 * d, d, scale=d**-0.5),
        "qkv.bias": s.normal(3 * d),
        "out.weight": s.normal(d, d, scale=d**-0.5),
        "out.bias": s.normal(d),
    }


def cases(s: Session) -> list[tuple]:
    found = []
    for n in s.sizes("BHWT", ones="BTHW", high=6):
        d, state = drawn(s, n["H"], n["W"])
        found.append((d, n["H"], s.normal(n["B"], n["T"], d), state))
    return found


@ex4.check("the state, and widths that do not divide", points=2)
def state(s: Session):
    h, w = s.rng.sample(range(2, 6), 2)
    d, want = drawn(s, h, w)
    s.has_state(
        "MultiHeadAttention",
        d,
        h,
        want={name: array.shape for name, array in want.items()},
        n_trainable=4 * d * d + 4 * d,
        checked=f"the state dict of MultiHeadAttention({d}, {h})",
        look="Two linear layers with biases: `qkv` from D to 3 D and `out` "
        "from D to D.",
    )
    s.raises(
        "ValueError",
        "MultiHeadAttention",
        d + 1 if (d + 1) % h else d + 2,
        h,
        checked=f"a width that {h} heads do not divide",
        look="Raise a ValueError: Dh must be a whole number, or features "
        "get lost.",
    )
    s.raises(
        "ValueError",
        "MultiHeadAttention",
        2,
        4,
        checked="a width of 2 for 4 heads",
        look="Raise a ValueError for a width below the number of heads, too: "
        "2 % 4 is not 0.",
    )


WAITS = "This check waits for right values: mend the second check."


def ask(s: Session):
    def one(who, d, h, x, state, c=None):
        ran = s.module(who, d, h, inputs=(x,), state=state, cotangent=c)
        return ran.output if c is None else ran

    return one


@ex4.check("equal to a loop over the heads", points=6)
def equal(s: Session):
    found, one = cases(s), ask(s)

    def all_of(who):
        return [one(who, *case) for case in found]

    s.close(
        all_of("MultiHeadAttention"),
        all_of(module()),
        rtol=1e-9,
        checked="MultiHeadAttention(D, H)(x)",
        look="Project, split each of q, k, v into H heads of Dh features, "
        "attend causally in each, join the heads, project by `out`.",
        mistakes=[
            Mistake(
                lambda m=m: all_of(module(**m.value)),
                m.look,
            )
            for m in SLIPS
        ],
    )

    large(s)
    lengths(s)


def large(s: Session) -> None:
    """Fail unless scores far below zero are hidden and normalised as well."""
    d, state = drawn(s, 2, 8)
    for name in ("qkv.weight", "qkv.bias"):
        state[name][d : 2 * d] = -state[name][:d]  # of itself: very negative
    case = (d, 2, s.normal(2, 5, d, scale=150.0), state)
    got = ask(s)("MultiHeadAttention", *case)
    is_nan = isinstance(got, np.ndarray) and bool((got != got).any())
    s.close(
        got,
        ask(s)(module(), *case),
        rtol=1e-9,
        checked="MultiHeadAttention(D, H)(x) with scores near -50,000",
        look="Powers of such scores are 0 or infinite, and their quotient is "
        "NaN: take softmax over what is visible, which subtracts the maximum."
        if is_nan
        else "A number such as -100 or -1e4 hides nothing where scores are "
        "lower still: fill with -torch.inf.",
    )


def lengths(s: Session) -> None:
    """Fail unless one module takes texts of any length, in any order."""
    d, state = drawn(s, 2, 3)
    calls = [("__call__", (s.normal(1, n, d),)) for n in (3, 9, 1, 70)]
    checked = "one module, called with 3, 9, 1 and 70 tokens"
    look = (
        "The mask has a size of its own, or that of the first call. Make it "
        "anew for the T of each x."
    )

    def run(who):
        return s.module(who, d, 2, calls=calls, state=state).output

    try:
        got = run("MultiHeadAttention")
    except StudentError as error:
        s.fail(checked, str(error), look)
    s.close(got, run(module()), rtol=1e-9, checked=checked, look=look)


@ex4.check("gradients of all weights", points=3)
def gradients(s: Session):
    found, one = cases(s)[:2], ask(s)
    found = [(*case, s.normal(*case[2].shape)) for case in found]
    got, want = (
        [one(who, *case) for case in found]
        for who in ("MultiHeadAttention", module())
    )
    s.close(
        [ran.output for ran in got],
        [ran.output for ran in want],
        rtol=1e-9,
        checked="MultiHeadAttention(D, H)(x), before its gradients",
        look=WAITS,
    )
    s.close(
        [ran.gradients for ran in got],
        [ran.gradients for ran in want],
        rtol=1e-8,
        atol=1e-10,
        checked="gradients of qkv and out",
        look="Queries, keys and values are all learned: no .detach(), no "
        "torch.no_grad().",
    )
    s.close(
        [ran.input_gradients for ran in got],
        [ran.input_gradients for ran in want],
        rtol=1e-8,
        atol=1e-10,
        checked="the gradient of x",
        look="Layers below learn by the gradient of x: a detached x cuts them "
        "off.",
    )


@ex4.check("no loop over the heads", points=1)
def fused(s: Session):
    """Lines that run must not grow with the heads: asked of both sizes."""

    def run(attention, emb_dim, n_heads, state, x):
        import sys

        import torch

        model = attention(emb_dim, n_heads).double()
        model.load_state_dict(
            {name: torch.as_tensor(array) for name, array in state.items()}
        )
        x = torch.as_tensor(x)
        count = 0

        def tracer(frame, event, arg):
            nonlocal count
            if "torch" not in frame.f_code.co_filename:
                count += event == "line"
                return tracer
            return None

        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            out = model(x)
        finally:
            sys.settrace(before)
        return out.detach(), count

    counts = []
    for h in (2, 8):
        d, state = drawn(s, h, 16 // h)
        x = s.normal(2, 5, d)
        out, count = s.lend("MultiHeadAttention", run, d, h, state, x, items=2)
        s.close(
            out,
            ask(s)(module(), d, h, x, state),
            rtol=1e-9,
            checked=f"MultiHeadAttention({d}, {h})(x), before counting",
            look=WAITS,
        )
        counts.append(count)
    s.true(
        type(counts[0]) is int and counts[0] == counts[1],
        checked="lines that run with 2 heads and with 8, for one width",
        came_out=f"{counts[0]!r:.20} and {counts[1]!r:.20}",
        look="A loop over the heads: put the heads on an axis of their own, "
        "and one product serves them all.",
    )
