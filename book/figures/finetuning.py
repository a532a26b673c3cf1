"""The figures of chapter 7, drawn with real numbers from scratchlm.

Low-rank updates, the loss of instructions, and the place a classifier reads.
Every function returns a checked `Figure`.
"""

from functools import cache

import torch
from torch import nn

from figures.architecture_numbers import gpt2
from figures.attention_numbers import shipped
from figures.kit import NARROW, WIDE, Figure, text_width, two_layouts
from figures.parts import (
    KEY,
    PLAIN,
    QUERY,
    VALUE,
    frame,
    listed,
    matrix,
    num,
    one_decimal,
    sign,
    titled,
)
from scratchlm.notebook import visible
from scratchlm.tokenizer import BPETokenizer
from scratchlm.windows import IGNORE_INDEX

# --- LoRA -------------------------------------------------------------------


def lora(rank=2, alpha=4, large_rank=8):
    """W + (alpha / r) B A with all numbers, and the parameters it trains in
    GPT-2."""
    generator = torch.Generator().manual_seed(4)

    def draw(rows, columns, step, most):
        most = round(most / step)
        whole = torch.randint(-most, most + 1, (rows, columns),
                              generator=generator)  # fmt: skip
        return whole * step

    weight = draw(4, 5, 0.1, 1.5)
    b, a = draw(4, rank, 0.5, 1.0), draw(rank, 5, 0.2, 0.8)
    scale = alpha / rank
    merged = weight + scale * (b @ a)
    layers = [
        module
        for module in gpt2().blocks.modules()
        if isinstance(module, nn.Linear)
    ]
    trained = sum(
        large_rank * (layer.in_features + layer.out_features)
        for layer in layers
    )
    full = gpt2().n_parameters()
    terms = " + ".join(
        f"({num(x, 1)})({num(y, 1)})"
        for x, y in zip(b[0], a[:, 0], strict=True)
    )
    said = (
        f"{num(weight[0, 0], 1)} + {num(scale, 0)} × ({terms}) = "
        f"{num(merged[0, 0], 1)}"
    )
    figure = Figure(
        WIDE,
        None,
        "LoRA: a frozen matrix plus a product of two thin ones",
        f"A frozen weight matrix W of 4 by 5 numbers; B, 4 by {rank}, and A, "
        f"{rank} by 5, which are trained; and the sum W plus alpha over r, "
        f"{alpha} / {rank} = {num(scale, 0)}, times B A, which has the shape "
        f"of W. For the first entry: {said}. At the start of training B is "
        "zero and the sum is W; here some training is supposed to be over. "
        f"In GPT-2, with rank {large_rank} on all {len(layers)} linear "
        f"layers of its blocks, B and A have {trained:,} numbers, "
        f"{100 * trained / full:.1f} percent of {full:,}.",
        narrow=(NARROW, None),
    )
    h, top, w = 27, 44, 34
    p = figure.panel((0, 0), (0, 0))
    titled(p, 2, 16, "W", "frozen")
    frozen = matrix(p, 2, top, weight, w, h, PLAIN, one_decimal)
    frame(p, matrix_cell(frozen, 4, 5))
    sign(p, 190, frozen.cy, f"+ {num(scale, 0)} ·", 15)
    q = figure.panel((212, 0), (212, 0))
    titled(q, 6, 16, "B", f"(4, {rank})")
    box = matrix(q, 6, top, b, w, h, KEY, one_decimal)
    frame(q, matrix_cell(box, 4, 5, whole_row=True))
    r = figure.panel((300, 0), (2, 176))
    titled(r, 4, 16, "A", f"({rank}, 5)")
    box = matrix(r, 4, top, a, w, h, KEY, one_decimal)
    frame(r, matrix_cell(box, rank, 5, whole_column=True))
    s = figure.panel((488, 0), (2, 290))
    titled(s, 4, 16, "W + ΔW", "(4, 5)")
    box = matrix(s, 4, top, merged, w, h, VALUE, one_decimal)
    frame(s, matrix_cell(box, 4, 5))
    figure.panel((482, frozen.cy), None).mid(-1, 6, "=", 16, color="mut")
    words = figure.panel((2, 182), (2, 472))
    words.note(0, 0, said, color="fg", size=12)
    last = figure.panel((2, 226), (2, 506))
    last.text(0, 0, f"GPT-2, rank {large_rank}", bold=True)
    for k, (name, n, color) in enumerate(
        (("frozen", full, PLAIN), ("trained", trained, KEY))
    ):
        y = 12 + 26 * k
        last.text(56, y + 13, name, 13, anchor="end")
        size = max(2, 170 * n / full)
        last.rect(64, y + 2, size, 14, color, r=1)
        last.text(72 + size, y + 13, f"{n:,}", 12, mono=True)
    return figure.check()


def matrix_cell(box, n_rows, n_columns, whole_row=False, whole_column=False):
    """The first cell of a matrix, its first row or its first column."""
    w = box.w if whole_row else box.w / n_columns
    h = box.h if whole_column else box.h / n_rows
    return type(box)(box.x, box.y, w, h)


# --- instructions -----------------------------------------------------------

PROMPTS = (
    ("User: Name a red fruit.\nBot:", " A cherry."),
    ("User: Two plus three?\nBot:", " Five."),
)


@cache
def instruction_rows():
    """Two examples as a batch: for each the inputs, and the targets with
    IGNORE_INDEX where nothing is learned; padded to the longest."""
    tokenizer = BPETokenizer.gpt2()
    end = tokenizer.special_tokens["<|endoftext|>"]
    rows = []
    for prompt, answer in PROMPTS:
        asked = tokenizer.encode(prompt)
        ids = [*asked, *tokenizer.encode(answer), end]
        targets = [
            i if place >= len(asked) else IGNORE_INDEX
            for place, i in enumerate(ids)
        ][1:]
        rows.append((ids[:-1], targets))
    longest = max(len(inputs) for inputs, _ in rows)
    return tokenizer, end, [
        (
            inputs + [end] * (longest - len(inputs)),
            targets + [IGNORE_INDEX] * (longest - len(targets)),
            len(inputs),
        )
        for inputs, targets in rows
    ]  # fmt: skip


def instruction_mask():
    """Which targets count in the loss of an instruction: the answer and its
    end, not the question and not the padding."""
    tokenizer, end, rows = instruction_rows()

    def word(i):
        return "EOT" if i == end else visible(tokenizer.token_bytes[i])

    counted = [sum(t != IGNORE_INDEX for t in row) for _, row, _ in rows]
    in_all = sum(len(inputs) for inputs, *_ in rows)
    said = "; ".join(
        "of the row "
        + repr(prompt + answer)
        + " the targets "
        + ", ".join(word(t) for t in targets if t != IGNORE_INDEX)
        for (prompt, answer), (_, targets, _) in zip(
            PROMPTS, rows, strict=True
        )
    )
    figure = Figure(
        WIDE,
        None,
        "The loss of an instruction counts the answer and its end, nothing "
        "else",
        "Two examples in one batch, each as pairs: above, what the model "
        "reads; below, the target, which is the next token. Hatched targets "
        f"are {IGNORE_INDEX}, not to be learned: those inside the question, "
        f"and those of the padding. Counted are {said}. EOT, the end-of-text "
        "token, is learned once after each answer, so that the model stops "
        "there; the same token as padding is not learned. "
        f"{sum(counted)} of {in_all} targets count.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        y = 0
        for k, (inputs, targets, n_real) in enumerate(rows):
            panel.step(
                11,
                y + 14,
                "ab"[k],
                f"{counted[k]} of {len(targets)} targets count",
            )
            y += 34
            x, left, right = 58, 58, WIDE if wide else NARROW
            _row_names(panel, y)
            for i, (a, b) in enumerate(zip(inputs, targets, strict=True)):
                labels = word(a), (word(b) if b != IGNORE_INDEX else "−100")
                w = max(text_width(t, 12, True) for t in labels) + 8
                if x + w > right - 1:
                    x, y = left, y + 66
                    _row_names(panel, y)
                pad = i >= n_real
                panel.chip(x, y, labels[0], "bg" if pad else "card", w=w,
                           h=24, size=12, dash=pad)  # fmt: skip
                if b == IGNORE_INDEX:
                    panel.hatch(x, y + 27, w, 24)
                    panel.mid(x + w / 2, y + 43.4, labels[1], 12, mono=True)
                else:
                    panel.chip(x, y + 27, labels[1], "t1", w=w, h=24,
                               size=12, width=2)  # fmt: skip
                x += w + 3
            y += 74
        panel.note(0, y + 4, "orange: in the loss; hatched: −100, ignored;\n"
                   "dashed: padding")  # fmt: skip
    return figure.check()


def _row_names(panel, y):
    panel.text(50, y + 17, "input", 13, "mut", "end")
    panel.text(50, y + 44, "target", 13, "mut", "end")


# --- classification ---------------------------------------------------------


@cache
@torch.no_grad()
def classified(text="She was not at home.", pads=(0, 2, 4)):
    """Logits of two classes for one text with more and more padding: read at
    the last real token, and read at position −1."""
    model, tokenizer, _ = shipped("austen")
    ids = tokenizer.encode(text)
    end = tokenizer.special_tokens["<|endoftext|>"]
    generator = torch.Generator().manual_seed(0)
    head = torch.randn(2, model.config.emb_dim, generator=generator)
    head = head / model.config.emb_dim**0.5  # (2, D), not trained
    results = []
    for n in pads:
        hidden = model.hidden_states(torch.tensor([[*ids, *[end] * n]]))
        logits = hidden[0] @ head.T  # (T, 2)
        results.append((n, logits[len(ids) - 1], logits[-1]))
    return [tokenizer.decode_bytes([i]) for i in ids], results


def classification_head():
    """A classifier reads the last real token; position −1 of a padded row
    is a pad, and its answer changes with the padding."""
    tokens, results = classified()
    words = [visible(token) for token in tokens]
    said = "; ".join(
        f"with {n} pads {listed(real)} at the last real token, "
        f"{listed(last)} at position −1"
        for n, real, last in results
    )
    figure = Figure(
        WIDE,
        None,
        "A classification head reads the last real token, not position −1",
        f"The text {b''.join(tokens).decode()!r} three times, with "
        f"{', '.join(str(n) for n, *_ in results)} pads behind it. A new "
        "head with two outputs, not yet trained, reads one hidden vector. "
        f"Its two logits: {said}. At the last real token they do not change, "
        "since no token sees what comes after it; at position −1 they "
        "depend on how long the longest text of the batch happens to be.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        y = 0
        for k, (n, real, last) in enumerate(results):
            panel.step(11, y + 14, "abc"[k], f"{n} pad{'s' * (n != 1)}")
            y += 34
            x = 1
            for word in words:
                w = text_width(word, 12, True) + 6
                box = panel.chip(x, y, word, "card", w=w, h=24, size=12)
                x = box.right + 2
            frame(panel, box, d=1, width=2)
            end = box
            for _ in range(n):
                if x + 20 > (WIDE if wide else NARROW):
                    break
                end = panel.hatch(x, y, 18, 24)
                x += 20
            if wide:
                place = (390, y - 1), (540, y - 1)
            else:
                place = (3, y + 70), (172, y + 70)
            for (px, py), name, values in zip(
                place, ("last real", "position −1"), (real, last), strict=True
            ):
                panel.note(px, py - 9, name)
                color = VALUE if name == "last real" else QUERY
                made = matrix(panel, px, py, values[None], 50, 26, color, num,
                              span=(-2, 2))  # fmt: skip
                if name == "last real":
                    frame(panel, made)
            if n:
                panel.mid(end.cx, end.bottom + 15, "−1", 12, mono=True)
            y += 56 if wide else 118
        panel.note(1, y, "framed: read here; hatched: pads")
    return figure.check()
