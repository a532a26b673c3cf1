"""The figures of chapter 5, drawn with real numbers from scratchlm.

Every function returns a checked `Figure`; what takes more than a line to
compute comes from `architecture_numbers`.
"""

import torch
import torch.nn.functional as F

from figures.architecture_numbers import (
    PostNormBlock,
    austen_logits,
    gpt2,
    gpt2_like_smollm2,
    n_parameters,
    routing,
    smollm2,
    stream_by_depth,
    stream_of_a_story,
)
from figures.attention_numbers import TOKENS, shipped
from figures.kit import NARROW, WIDE, Figure, two_layouts
from figures.parts import (
    KEY,
    PLAIN,
    QUERY,
    VALUE,
    Axes,
    bars,
    block,
    column_of,
    fit,
    frame,
    listed,
    matrix,
    names_above,
    names_left,
    num,
    one_decimal,
    plus,
    row_of,
    tight,
    titled,
    wrapped,
)
from scratchlm.generate import generate
from scratchlm.llama import SMOLLM2_CONFIG_135M
from scratchlm.model import (
    GPT_CONFIG_124M,
    TransformerBlock,
    gelu,
    layer_norm,
)
from scratchlm.notebook import visible
from scratchlm.sampling import next_token_probabilities

STREAM = {"color": "fg", "width": 3.5}  # the residual stream, in all figures
STEPS = (
    "Normalise", "Transform", "Add", "Assemble", "Count", "Choose",
    "Modernise",
)  # fmt: skip
ROW = (2.0, 4.0, 4.0, 6.0)  # the token that steps 1 and 2 compute by hand
# Probabilities of a first word, and of a second one after each.
FIRST = {"the": 0.5, "a": 0.4, "no": 0.1}
SECOND = {
    "the": {"sea": 0.4, "sky": 0.3, "fog": 0.3},
    "a": {"gull": 0.9, "crab": 0.05, "boat": 0.05},
    "no": {"one": 0.6, "way": 0.3, "more": 0.1},
}
GUESSED = ("gull", "crab", "boat", "fog")
TARGET = (0.1, 0.5, 0.3, 0.1)  # p, of the large model
DRAFT = (0.4, 0.4, 0.1, 0.1)  # q, of the small one


def count(n):
    """A count with commas."""
    return f"{n:,}"


# --- the map ----------------------------------------------------------------


def pipeline(step=None):
    """The map of the chapter; `step`, 1 to 7, brings one step to the front."""
    figure = Figure(
        WIDE,
        None,
        "Map: from vectors to text, in seven steps",
        "A frame, step 4, is the whole model: token ids enter, logits leave. "
        "Inside it is the block, repeated: a copy of each token's vector is "
        "normalised (1), transformed (2), and added back (3). Below the "
        "frame one token is chosen from the logits (6) and goes back to the "
        "start. Beside it two steps look at the whole: counting its "
        "parameters, operations and bytes (5), and exchanging its parts for "
        "those of a modern model (7).",
        narrow=(NARROW, None),
    )
    notes = (
        "each token’s features, to one size",
        "feed-forward: each token alone",
        "onto the residual stream",
        "",
        "parameters, operations, bytes",
        "one token from the logits, and again",
        "four parts exchanged: SmolLM2",
    )
    for panel, wide in two_layouts(figure):
        w = 300 if wide else 282

        def part(x, y, number, panel=panel, w=w):
            quiet = step not in (None, number)
            panel.rect(x, y, w, 54, "card", "line" if quiet else "fg", 6)
            panel.step(x + 20, y + 19, number, STEPS[number - 1], 14, quiet)
            panel.note(x + 38, y + 43, notes[number - 1])

        quiet = step not in (None, 4)
        panel.text(16, 15, "token ids (B, T)", 13, mono=True)
        panel.arrow((30, 22), (30, 42))
        panel.rect(0, 44, w + 32, 246, "bg", "line" if quiet else "fg", 8)
        panel.step(22, 66, 4, STEPS[3], 14, quiet)
        panel.note(132, 71, "tables, blocks, norm, head")
        for k in range(3):
            part(16, 92 + 66 * k, k + 1)
            if k:
                panel.arrow((30, 80 + 66 * k), (30, 91 + 66 * k))
        panel.arrow((30, 292), (30, 312))
        panel.text(16, 330, "logits (B, T, V)", 13, mono=True)
        panel.arrow((30, 338), (30, 356))
        part(16, 358, 6)
        x, y = (360, 118) if wide else (16, 440)
        part(x, y, 5)
        part(x, y + 76, 7)
        if wide:
            panel.line((334, 145), (358, 145), dash=True)
            panel.line((334, 221), (358, 221), dash=True)
            panel.arrow((316, 385), (346, 385), (346, 10), (150, 10))
            panel.note(356, 372, "the token is appended,")
            panel.note(356, 389, "and all is read again")
        else:
            panel.note(16, 428, "the token is appended, and all read again")
    return figure.check()


# --- the norms --------------------------------------------------------------


def norm_by_hand():
    """One token of four features, normalised in both ways."""
    x = torch.tensor(ROW)
    mean, std = x.mean(), x.std(correction=0)
    rms = x.square().mean().sqrt()
    figure = Figure(
        WIDE,
        None,
        "LayerNorm and RMSNorm of one token, by hand",
        f"A token with the features {listed(ROW, one_decimal)}. LayerNorm, "
        f"left: minus the mean {num(mean, 1)} gives "
        f"{listed(x - mean, one_decimal)}; divided by the standard deviation "
        f"{num(std)} gives {listed((x - mean) / std)}. RMSNorm, right: "
        "nothing is subtracted; divided by the root of the mean square, "
        f"{num(rms)}, gives {listed(x / rms)}.",
        narrow=(NARROW, None),
    )
    ways = (
        ("LayerNorm", ((x, "x", PLAIN), (x - mean, f"− {num(mean, 1)}", KEY),
                       ((x - mean) / std, f"÷ {num(std)}", QUERY))),
        ("RMSNorm", ((x, "x", PLAIN), (x / rms, f"÷ {num(rms)}", QUERY))),
    )  # fmt: skip
    for k, (name, rows) in enumerate(ways):
        panel = figure.panel((k * 350, 0), (0, k * 174))
        panel.step(11, 14, "ab"[k], name)
        for i, (values, how, color) in enumerate(rows):
            y = 36 + 44 * i
            panel.text(56, y + 21, how, 13, anchor="end", mono=True)
            matrix(panel, 66, y, values[None], 58, 32, color, num, size=13)
    return figure.check()


# --- the block --------------------------------------------------------------


def transformer_block():
    """GPT-2's block: two branches that read a normalised copy of the stream
    and add what they found."""
    one = gpt2().blocks[0]
    c = GPT_CONFIG_124M
    sizes = {n: n_parameters(part) for n, part in one.named_children()}
    figure = Figure(
        WIDE,
        None,
        "The transformer block: two branches that read the stream and add "
        "to it",
        "A thick line, the residual stream, runs from top to bottom; on it "
        "is one vector of D features for each token. First branch: a copy "
        "of the stream goes through a LayerNorm and through attention, "
        "where tokens mix, and is added to the stream. Second branch: a "
        "copy goes through another LayerNorm and through the feed-forward "
        "part, which sees each token by itself, and is added. In GPT-2, "
        f"with {c.emb_dim} features, attention has {sizes['attn']:,} "
        f"parameters, feed-forward {sizes['ff']:,}, each norm "
        f"{sizes['ff_norm']:,}: {n_parameters(one):,} in all. Nothing on "
        "the stream itself is normalised.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        x, norm, part = (40, 110, 300) if wide else (14, 46, 166)
        norm_w, part_w = (140, 190) if wide else (98, 162)
        panel.text(x - 8 if wide else 0, 14, "x", 15, bold=True)
        panel.text(x + 12, 14, "(B, T, D)", 12.5, "mut", mono=True)
        panel.arrow((x, 24), (x, 352), **STREAM)
        for k, (name, what, key, norm_key) in enumerate(
            (
                ("Attention", "tokens mix", "attn", "attn_norm"),
                ("Feed-forward", "each token alone", "ff", "ff_norm"),
            )
        ):
            y = 74 + k * 150
            panel.arrow((x, y), (norm, y))
            left = block(
                panel, norm, y - 28, norm_w, 56, "LayerNorm",
                count(sizes[norm_key]),
            )  # fmt: skip
            panel.arrow((left.right, y), (part, y))
            box = block(
                panel, part, y - 32, part_w, 64, name, what,
                count(sizes[key]), outline="blue", width=1.8,
            )  # fmt: skip
            add = y + 72
            panel.arrow((box.cx, box.bottom), (box.cx, add), (x + 13, add))
            plus(panel, x, add)
            panel.note(norm, add - 8, "added to the stream")
            if wide:
                panel.note(norm - 60 + 4, y - 8, "copy")
        panel.text(x - 4 if wide else 0, 370, "x", 15, bold=True)
        panel.text(x + 12, 370, "(B, T, D)", 12.5, "mut", mono=True)
        said = f"numbers: parameters in GPT-2, D = {c.emb_dim}"
        panel.note(norm, 392, said)
        if wide:
            lines = fit(
                "The stream keeps its shape, so blocks can be stacked, and "
                "no part replaces what others wrote: it can only add.", 150,
            )  # fmt: skip
            wrapped(panel, 512, 60, lines)
    return figure.check()


def residual_stream():
    """The stream of the trained stories model, token vectors as they grow:
    what each part reads and writes, as mean lengths."""
    writes = stream_of_a_story()
    most = max(w.stream for w in writes)
    said = "; ".join(
        f"{w.name} writes {num(w.written, 1)}, the stream is then "
        f"{num(w.stream, 1)}"
        for w in writes[1:]
    )
    figure = Figure(
        WIDE,
        None,
        "The residual stream of the stories model: what each part writes",
        "A thick line from top to bottom, the residual stream, starts with "
        f"the embeddings, vectors of mean length {num(writes[0].stream, 1)}. "
        "Each attention and feed-forward part reads from it, arrow out, and "
        f"adds its own vectors, arrow back. Mean lengths: {said}. The stream "
        "grows with depth, and what enters the last norm is the sum of all "
        "writes.",
        narrow=(NARROW, None),
    )
    step = 46
    for panel, wide in two_layouts(figure):
        x, left, w = (24, 84, 150) if wide else (8, 34, 112)
        start, full = (300, 290) if wide else (168, 110)
        panel.arrow((x, 16), (x, 30 + step * len(writes)), **STREAM)
        panel.note(start, 14, "+ written   = stream")
        for i, write in enumerate(writes):
            y = 48 + step * i
            fill = "card" if i else "bg"
            block(
                panel, left, y - 17, w, 34, write.name, fill=fill,
                size=13 if wide else 12,
            )  # fmt: skip
            if i:
                panel.arrow((x, y - 9), (left, y - 9), width=1.3)
            panel.arrow((left, y + 9), (x + 3, y + 9), width=1.3)
            lines = [("=", write.stream, QUERY)]
            if i:
                lines.insert(0, ("+", write.written, KEY))
            bars(
                panel, start, y - 9.5 * len(lines), lines, full, 19, 11,
                longest=most, form=one_decimal,
            )  # fmt: skip
        end = 48 + step * len(writes)
        panel.note(left, end - 8, "to the last norm and the head")
    return figure.check()


def norm_axes():
    """LayerNorm takes its mean over the features of one token; a batch norm
    would take it over all tokens."""
    generator = torch.Generator().manual_seed(5)
    x = (torch.randn(6, 4, generator=generator) * 2 + 1).round(decimals=1)
    ones, zeros = torch.ones(4), torch.zeros(4)
    by_row = layer_norm(x, ones, zeros)
    by_column = layer_norm(x.T, torch.ones(6), torch.zeros(6)).T
    mean, std = x.mean(1), x.std(1, correction=0)
    figure = Figure(
        WIDE,
        None,
        "LayerNorm works on the features of each token, not across the batch",
        "Six tokens, three in each of two texts, with 4 features. Left, with "
        "the mean and standard deviation of each row; for the second "
        f"token {num(mean[1], 1)} and {num(std[1], 1)}. Middle, LayerNorm: "
        "each row has been shifted and scaled by its own two numbers, so "
        "every row has mean 0 and standard deviation 1. Right, what a batch "
        "norm would do: shift and scale each column by numbers that depend "
        "on all tokens, those of the future and of the other text too.",
        narrow=(NARROW, None),
    )
    names = [f"B{b} T{t}" for b in (1, 2) for t in (1, 2, 3)]
    h, top = 26, 62
    a = figure.panel((0, 0), (0, 0))
    titled(a, 50, 16, "x", "(B T, D)")
    names_left(a, 44, top, names, h, 12)
    box = matrix(a, 50, top, x, 36, h, PLAIN, one_decimal)
    frame(a, row_of(box, 1, 6))
    frame(a, column_of(box, 2, 4), dash=True)
    for k, (word, values) in enumerate((("mean", mean), ("std", std))):
        a.note(206 + 42 * k, top - 8, word)
        matrix(a, 206 + 42 * k, top, values[:, None], 38, h, KEY, one_decimal)
    a.note(50, top + 6 * h + 20, "solid: one token, LayerNorm\n"
           "dashed: one feature, batch norm")  # fmt: skip
    for k, (name, rows, part) in enumerate(
        (("LayerNorm", by_row, 0), ("Batch norm", by_column, 1))
    ):
        panel = figure.panel((336 + 176 * k, 0), (176 * k, 270))
        panel.step(11, 12, "ab"[k], name)
        panel.note(0, 44, ("each row: 0 ± 1", "each column: 0 ± 1")[k])
        made = matrix(panel, 2, top, rows, 37, h, QUERY, one_decimal)
        if part:
            frame(panel, column_of(made, 2, 4), dash=True)
        else:
            frame(panel, row_of(made, 1, 6))
    return figure.check()


def norm_placement(n_blocks=12):
    """Pre-norm against post-norm: where the norm stands, and how large the
    stream is after each of twelve new blocks."""
    pre = stream_by_depth(TransformerBlock, n_blocks)
    post = stream_by_depth(PostNormBlock, n_blocks)
    figure = Figure(
        WIDE,
        None,
        "Pre-norm keeps the stream free of norms, post-norm puts them on it",
        "Left, pre-norm, as in GPT-2 and Llama: a copy of the stream is "
        "normalised, goes through the part, and is added; the stream itself "
        "passes unchanged. Right, post-norm, as in 2017: the part's result "
        "is added, and then the stream is normalised, in every block. "
        "Below, the root mean square of the stream after each of "
        f"{n_blocks} blocks whose matrices keep sizes as they are (Xavier's "
        "draw, before the rule of step 4): with pre-norm it grows from "
        f"{num(pre[0])} to {num(pre[-1])}, with post-norm it is set back to "
        f"{num(post[-1])} each time. So with pre-norm each write meets a "
        "larger stream, with post-norm always one of the same size.",
        narrow=(NARROW, None),
    )
    for k, (name, sizes) in enumerate(
        (("Pre-norm", pre), ("Post-norm", post))
    ):
        panel = figure.panel((k * 350, 0), (0, k * 366))
        panel.step(11, 14, "ab"[k], name)
        panel.note(130, 19, ("GPT-2, Llama", "the paper of 2017")[k])
        line = 122
        panel.arrow((6, line), (300, line), **STREAM)
        if not k:
            panel.arrow((24, line), (24, 66), (44, 66))
            block(panel, 44, 48, 70, 36, "norm")
            panel.arrow((114, 66), (134, 66))
            block(panel, 134, 48, 80, 36, "part", outline="blue", width=1.8)
            panel.arrow((214, 66), (246, 66), (246, line - 11))
            plus(panel, 246, line)
        else:
            panel.arrow((24, line), (24, 66), (64, 66))
            block(panel, 64, 48, 80, 36, "part", outline="blue", width=1.8)
            panel.arrow((144, 66), (178, 66), (178, line - 11))
            plus(panel, 178, line)
            block(panel, 206, line - 18, 70, 36, "norm")
        axes = Axes(panel, 30, 186, 270, 110, (0, n_blocks), (0, 3))
        axes.columns(list(range(n_blocks + 1)), sizes, (QUERY, KEY)[k])
        axes.y_ticks((0, 1, 2, 3), name="size of the stream (RMS)")
        for i in (0, n_blocks - 1):
            x, _ = axes.at(i + 0.5, 0)
            panel.mid(x, 314, i + 1, 12, color="mut")
        panel.note(165, 314, "after block", "middle")
        _, high = axes.at(0, sizes[-1])
        panel.text(300, high - 6, num(sizes[-1]), 12.5, anchor="end")
    return figure.check()


# --- feed-forward -----------------------------------------------------------


def activations():
    """ReLU, GELU and SiLU, and how SwiGLU lets one projection gate the
    other."""
    xs = torch.linspace(-4, 4, 81)
    curves = (
        ("ReLU", F.relu(xs), "line", True),
        ("GELU", gelu(xs), QUERY, False),
        ("SiLU", F.silu(xs), KEY, False),
    )
    low = {name: (xs[ys.argmin()], ys.min()) for name, ys, *_ in curves}
    c = SMOLLM2_CONFIG_135M
    wide_gelu, swiglu = 4 * c.emb_dim, c.hidden_dim
    figure = Figure(
        WIDE,
        None,
        "ReLU, GELU and SiLU, and the gate of SwiGLU",
        "Left, three activations between −4 and 4. ReLU is 0 below 0; GELU "
        "and SiLU are smooth and dip below 0: GELU to "
        f"{num(low['GELU'][1])} at {num(low['GELU'][0], 1)}, SiLU to "
        f"{num(low['SiLU'][1])} at {num(low['SiLU'][0], 1)}. Right, SwiGLU: "
        "its output is SiLU of the gate times another projection, up; the "
        "curves for up = 2, 1 and −1 show how the gate opens and how up "
        f"sets the height. Below, both feed-forward parts with D = "
        f"{c.emb_dim}: two matrices and {wide_gelu} hidden features, or "
        f"three matrices and {swiglu}: "
        f"{2 * c.emb_dim * wide_gelu:,} and {3 * c.emb_dim * swiglu:,} "
        "weights.",
        narrow=(NARROW, None),
    )
    a = figure.panel((0, 0), (0, 0))
    a.step(11, 14, "a", "Activations")
    axes = Axes(a, 28, 62, 270, 170, (-4, 4), (-1, 4))
    axes.x_ticks((-4, -2, 0, 2, 4), lambda v: num(v, 0), "input")
    axes.y_ticks((0, 2, 4), name="output")
    for _, ys, color, dash in curves:
        axes.curve(zip(xs.tolist(), ys.tolist(), strict=True), color, dash)
    for i, (name, _, color, dash) in enumerate(curves):
        a.line((46, 84 + 20 * i), (76, 84 + 20 * i), color=color, dash=dash,
               width=2)  # fmt: skip
        a.text(84, 88 + 20 * i, name, 13)
    b = figure.panel((350, 0), (0, 300))
    b.step(11, 14, "b", "SwiGLU: silu(gate) · up")
    axes = Axes(b, 28, 62, 270, 170, (-4, 4), (-4, 8))
    axes.x_ticks((-4, -2, 0, 2, 4), lambda v: num(v, 0), "gate")
    axes.y_ticks((-4, 0, 4, 8), lambda v: num(v, 0), name="output")
    for i, (up, color, dash) in enumerate(
        ((2, QUERY, False), (1, KEY, False), (-1, "line", True))
    ):
        ys = F.silu(xs) * up
        axes.curve(zip(xs.tolist(), ys.tolist(), strict=True), color, dash)
        y = 84 + 20 * i
        b.line((46, y), (76, y), color=color, dash=dash, width=2)
        b.text(84, y + 4, f"up = {num(up, 0)}", 13)
    for k, (name, hidden, n) in enumerate(
        (("GELU", wide_gelu, 1), ("SwiGLU", swiglu, 2))
    ):
        panel = figure.panel((k * 350, 290), (0, 590 + k * 190))
        panel.step(11, 14, "cd"[k], f"{name} feed-forward")
        y = 96
        block(panel, 0, y - 20, 44, 40, count(c.emb_dim), size=12.5)
        tall = [60] if n == 1 else [34, 34]
        for j in range(n):
            z = y if n == 1 else y - 28 + 56 * j
            panel.curve((44, y), (108, z))
            words = ("up",) if n == 1 else (("gate",), ("up",))[j]
            block(panel, 108, z - tall[j] / 2, 84, tall[j],
                  f"{words[0]}  {hidden:,}", size=12.5)  # fmt: skip
            panel.curve((192, z), (256, y))
        panel.mid(224 if n == 1 else 222, y - (14 if n == 1 else 42),
                  "GELU" if n == 1 else "SiLU", 12.5)  # fmt: skip
        if n == 2:
            panel.mid(212, y + 5, "×", 15)
        block(panel, 256, y - 20, 44, 40, count(c.emb_dim), size=12.5)
        total = (n + 1) * c.emb_dim * hidden
        panel.note(0, y + 70, f"{n + 1} × {c.emb_dim} × {hidden:,} = "
                   f"{total:,}", color="fg")  # fmt: skip
    return figure.check()


# --- the whole --------------------------------------------------------------


def gpt2_parameters():
    """The whole GPT-2 from ids to logits, with the parameters of each part
    counted."""
    model, c = gpt2(), GPT_CONFIG_124M
    parts = {n: n_parameters(p) for n, p in model.blocks[0].named_children()}
    times = f"{c.n_layers} × "
    rows = [
        ("Token embedding", f"{c.vocab_size:,} × {c.emb_dim}",
         n_parameters(model.token_embedding)),
        ("Position embedding", f"{c.context_length:,} × {c.emb_dim}",
         n_parameters(model.position_embedding)),
        *(
            (name, f"{times}{parts[key]:,}", c.n_layers * parts[key])
            for name, key in (("LayerNorm", "attn_norm"),
                              ("Attention", "attn"),
                              ("LayerNorm", "ff_norm"),
                              ("Feed-forward", "ff"))
        ),
        ("Last LayerNorm", f"2 × {c.emb_dim}",
         n_parameters(model.final_norm)),
        ("Head", "the token embedding", 0),
    ]  # fmt: skip
    total = model.n_parameters()
    if sum(n for *_, n in rows) != total:
        raise ValueError(f"the rows sum to {sum(n for *_, n in rows)}, the "
                         f"model has {total}")  # fmt: skip
    figure = Figure(
        WIDE,
        None,
        f"GPT-2 from token ids to logits, and where its {total:,} "
        "parameters are",
        "From top to bottom: "
        + "; ".join(f"{name} ({how}): {n:,}" for name, how, n in rows)
        + f". The four middle rows are one block, repeated {c.n_layers} "
        "times. The head shares the matrix of the token embedding and adds "
        f"nothing. In all {total:,}; feed-forward parts and the token "
        "embedding hold most of it.",
        narrow=(NARROW, None),
    )
    most = max(n for *_, n in rows)
    for panel, wide in two_layouts(figure):
        left, w, right = (50, 200, 360) if wide else (18, 158, 264)
        start, full = (374, 230) if wide else (270, 58)
        panel.text(left, 14, "token ids", bold=True)
        panel.text(left + 86, 14, "(B, T)", 12.5, "mut", mono=True)
        panel.note(right, 14, "parameters", "end")
        y = 26
        for i, (name, how, n) in enumerate(rows):
            y += 14 if i in (2, 6) else 0
            outline = "blue" if 2 <= i <= 5 else "line"
            box = block(panel, left, y, w, 40, name, how, outline=outline)
            panel.text(right, y + 25, count(n), 13, anchor="end", mono=wide)
            ink = QUERY if i not in (0, 1, 6, 7) else VALUE
            if n:
                share = max(1, full * n / most)
                panel.rect(start, y + 12, share, 15, ink, r=1)
                if wide:
                    panel.text(start + share + 6, y + 24,
                               f"{100 * n / total:.1f} %", 12)  # fmt: skip
            if i == 2:
                top = y
            if i == 5:
                x = left - 8
                panel.line((x + 4, top), (x, top), (x, box.bottom),
                           (x + 4, box.bottom), width=1.3)  # fmt: skip
                panel.text(x - 6, (top + box.bottom) / 2 + 5,
                           f"{c.n_layers}×" if wide else "", 13, anchor="end",
                           bold=True)  # fmt: skip
            y += 46
        panel.text(left, y + 18, "logits", bold=True)
        panel.text(left + 60, y + 18, "(B, T, V)", 12.5, "mut", mono=True)
        panel.line((left, y + 30), (right, y + 30), color="fg", width=1.4)
        panel.text(right, y + 50, count(total), 14, anchor="end", bold=True)
        panel.text(left, y + 50, "in all", 14, bold=True)
        if not wide:
            panel.note(left, y + 70, f"blue: one block, {c.n_layers} times")
    return figure.check()


def weight_tying(token=3):
    """One matrix used twice: a row looked up on the way in, a dot product
    with every row on the way out."""
    words = ("Mei", "saw", "a", "red", "kite", "owl")
    generator = torch.Generator().manual_seed(2)
    table = torch.randn(len(words), 4, generator=generator).round(decimals=1)
    hidden = torch.randn(4, generator=generator).round(decimals=1)
    logits = table @ hidden
    best = logits.argmax().item()
    tied = gpt2().n_parameters()
    matrix_size = n_parameters(gpt2().token_embedding)
    figure = Figure(
        WIDE,
        None,
        "Weight tying: one matrix is read by row going in, by product "
        "going out",
        f"A table with a row of 4 numbers for each of the tokens "
        f"{' '.join(words)}. On the way in the row of the token id {token}, "
        f"{words[token]}, is looked up: {listed(table[token], one_decimal)}. "
        "On the way out the last hidden vector, "
        f"{listed(hidden, one_decimal)}, is multiplied with every row, which "
        f"gives the logits {listed(logits)}; the largest is that of "
        f"{words[best]}. In GPT-2 the matrix has {matrix_size:,} numbers; "
        f"shared, the model has {tied:,}, with a head of its own "
        f"{tied + matrix_size:,}.",
        narrow=(NARROW, None),
    )
    h, top = 28, 96
    a = figure.panel((0, 0), (0, 0))
    a.text(108, 14, "hidden", bold=True)
    a.note(166, 14, "the last vector")
    above = matrix(a, 108, 26, hidden[None], 40, h, KEY, one_decimal)
    for j in range(4):
        x = column_of(above, j, 4).cx
        a.arrow((x, above.bottom + 3), (x, top - 6), width=1.3)
    names_left(a, 100, top, [f"{i} {w}" for i, w in enumerate(words)], h)
    box = matrix(a, 108, top, table, 40, h, VALUE, one_decimal)
    frame(a, row_of(box, token, len(words)))
    a.note(282, top - 8, "logits", color="fg")
    out = matrix(a, 280, top, logits[:, None], 48, h, QUERY, num)
    frame(a, row_of(out, best, len(words)))
    a.note(108, box.bottom + 20, f"in: row {token} is looked up,\n"
           "out: every row · hidden")  # fmt: skip
    b = figure.panel((372, 60), (0, 320))
    b.text(0, 14, "GPT-2’s parameters", bold=True)
    for k, (name, n) in enumerate(
        (("head of its own", tied + matrix_size), ("tied head", tied))
    ):
        y = 34 + k * 66
        b.note(0, y + 12, name, color="fg")
        full = 286 * n / (tied + matrix_size)
        shared = 286 * matrix_size / (tied + matrix_size)
        b.rect(0, y + 20, full - (0 if k else shared), 16, QUERY, r=1)
        if not k:
            b.hatch(full - shared, y + 20, shared, 16, r=1)
        b.text(286, y + 12, count(n), 13, anchor="end", mono=True)
    b.note(0, 172, f"hatched: a second matrix of\n{matrix_size:,} numbers")
    return figure.check()


def count_ladder():
    """From the 124 million of the release to the 163 million of others."""
    own = n_parameters(gpt2().token_embedding)
    c = GPT_CONFIG_124M
    biases = c.n_layers * 3 * c.emb_dim
    released = gpt2().n_parameters()
    rows = (
        ("released: tied head, qkv biases", released, "", 0),
        ("with a head of its own", released + own, f"+ {own:,}", own),
        ("and without qkv biases", released + own - biases,
         f"− {biases:,}", own),
    )  # fmt: skip
    figure = Figure(
        WIDE,
        None,
        "One GPT-2 small, three counts",
        "; ".join(
            f"{name}: {n:,}" + (f" ({how} of the row before)" if how else "")
            for name, n, how, _ in rows
        )
        + ". The hatched part of a bar is the second table, which the "
        "released model does not have.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        full = 430 if wide else 300
        for i, (name, n, how, second) in enumerate(rows):
            y = 8 + 64 * i
            panel.text(0, y + 12, name, 13.5, bold=True)
            panel.text(full, y + 12, how, 12.5, "mut", "end", True)
            length = full * n / rows[1][1]
            tail = full * second / rows[1][1]
            panel.rect(0, y + 20, length - tail, 20, QUERY, r=1)
            if second:
                panel.hatch(length - tail, y + 20, tail, 20, r=1)
            place, ink = (full + 14, "fg") if wide else (8, "bg")
            panel.text(place, y + 35, count(n), 14, ink, mono=True, bold=True)
    return figure.check()


# --- from logits to tokens --------------------------------------------------


def sampling_settings(prompt="I am very", n_shown=7):
    """What temperature, top-k and top-p make of the same real logits."""
    logits, tokens = austen_logits(prompt)
    settings = (
        ("as they are", {}),
        ("temperature=0.5", {"temperature": 0.5}),
        ("temperature=2", {"temperature": 2.0}),
        ("top_k=3", {"top_k": 3}),
        ("top_p=0.6", {"top_p": 0.6}),
        ("τ=2 and top_k=3", {"temperature": 2.0, "top_k": 3}),
    )
    shown = logits.topk(n_shown).indices.tolist()
    results = [
        (name, next_token_probabilities(logits, **options))
        for name, options in settings
    ]
    kept = [int((p > 0).sum()) for _, p in results]
    most = max(1 - float(p[shown].sum()) for _, p in results)
    said = "; ".join(
        f"{name}: "
        + ", ".join(f"{tokens[i].strip()} {num(p[i])}" for i in shown[:3])
        + f", {n:,} tokens possible"
        for (name, p), n in zip(results, kept, strict=True)
    )
    figure = Figure(
        WIDE,
        None,
        "The same logits under temperature, top-k and top-p",
        f"Probabilities of the next token after {prompt!r} in the model "
        f"trained on Austen, under six settings. {said}. Temperature changes "
        "the shape and keeps every token possible; top-k and top-p cut off "
        "the tail and share its probability among the kept tokens; the last "
        "combines temperature 2 and top_k 3.",
        narrow=(NARROW, None),
    )
    for k, (name, p) in enumerate(results):
        row, column = divmod(k, 3)
        low, right = divmod(k, 2)
        panel = figure.panel(
            (column * 226, row * 236), (right * 168, 24 + low * 236)
        )
        panel.step(11, 38, "abcdef"[k], name, 13)
        rest = 1 - float(p[shown].sum())
        rows = [(visible(tokens[i]), float(p[i])) for i in shown]
        rows.append(("others", max(rest, 0.0) if rest > 1e-6 else 0.0, "line"))
        bars(panel, 62, 60, rows, 66, 20, longest=most, size=12)
        words = f"{kept[k]:,} of {len(tokens):,} possible"
        panel.note(0, 236, words, size=12)
    head = figure.panel()
    head.text(0, 14, f"next token after “{prompt}”", bold=True)
    return figure.check()


def generation_loop(prompt="Ada ran to the pond", n_new=4):
    """Greedy generation: the last row of logits gives a token, which is
    appended and read in the next step."""
    model, tokenizer, _ = shipped("stories")
    start = tokenizer.special_tokens["<|endoftext|>"]
    ids = [start, *tokenizer.encode(prompt)]
    steps = []
    for new_id in generate(model, ids, n_new)[0]:
        with torch.no_grad():
            p = model(torch.tensor([ids]))[0, -1].softmax(-1)
        best = p.topk(2)
        steps.append(
            (list(ids), new_id, list(zip(best.indices.tolist(),
                                         best.values.tolist(), strict=True)))
        )  # fmt: skip
        ids.append(new_id)

    def word(i):
        return visible(tokenizer.decode_bytes([i])) if i != start else "EOT"

    figure = Figure(
        WIDE,
        None,
        "Generation: predict, append, and predict again",
        f"The stories model continues {prompt!r}, always with its most "
        "probable token; EOT is the end-of-text token, with which stories "
        "begin. "
        + " ".join(
            f"Step {k}: after {len(row)} tokens "
            + " and ".join(f"{word(i)} has {num(p)}" for i, p in top)
            + f"; {word(new)} is appended."
            for k, (row, new, top) in enumerate(steps, 1)
        )
        + " Only the last row of the logits is used in each step.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        y = 0
        for k, (row, new, top) in enumerate(steps, 1):
            panel.step(11, y + 13, k)
            x, line = 30, y
            room = 432 if wide else NARROW
            for i, token in enumerate([*row, new]):
                label = word(token)
                w = 7.25 * len(label) + 8
                if x + w > room:
                    x, line = 30, line + 30
                last = i == len(row)
                panel.chip(x, line, label, "t1" if last else "card", w=w,
                           size=12, width=2 if last else 1)  # fmt: skip
                x += w + 3
            lines = [(word(i), p) for i, p in top]
            place = (520, y - 4) if wide else (92, line + 34)
            bars(panel, *place, lines, 100, 18, 11, longest=1)
            y = (line + 58) if wide else (place[1] + 58)
        panel.note(0, y - 4, "orange: the token just chosen; bars: the two "
                   "most probable" if wide else "orange: the token just "
                   "chosen")  # fmt: skip
    return figure.check()


def beam_tree():
    """Two words from a toy table: greedy takes the likelier first word and
    misses the likeliest pair."""
    pairs = {
        (a, b): p * q for a, p in FIRST.items() for b, q in SECOND[a].items()
    }
    best = max(pairs, key=pairs.get)
    first = max(FIRST, key=FIRST.get)
    greedy = first, max(SECOND[first], key=SECOND[first].get)
    said = "; ".join(
        f"{a} {b} {num(FIRST[a], 1)} × {num(SECOND[a][b])} = {num(p, 3)}"
        for (a, b), p in pairs.items()
    )
    figure = Figure(
        WIDE,
        None,
        "Greedy takes the best first word, a beam of two finds the best pair",
        f"A tree of two words with the probability of each. {said}. Greedy "
        f"goes to {greedy[0]} and ends with {' '.join(greedy)}, "
        f"{num(pairs[greedy])}. A beam of 2 keeps the two best first words "
        f"and finds {' '.join(best)}, {num(pairs[best])}, the best of all. "
        "The third first word is hatched: the beam drops it.",
        narrow=(NARROW, None),
    )
    kept = sorted(FIRST, key=FIRST.get)[-2:]
    for panel, wide in two_layouts(figure):
        x1, x2, x3 = (110, 300, 470) if wide else (34, 134, 226)
        w, row = (90, 30) if wide else (66, 30)
        panel.note(x1, 12, "first word")
        panel.note(x2, 12, "second word")
        panel.note(x3, 12, "product")
        root = (8, 22 + 9 * row / 2 + 8)
        for i, (a, p) in enumerate(FIRST.items()):
            top = 24 + i * (3 * row + 12)
            middle = top + 1.5 * row
            if a in kept:
                ink = "blue" if a == best[0] else "orange"
                panel.curve(root, (x1, middle), width=2, color=ink)
                block(panel, x1, middle - 20, w, 40, a, num(p, 1), size=13)
            else:
                panel.curve(root, (x1, middle), dash=True)
                panel.hatch(x1, middle - 20, w, 40)
                panel.rect(x1 + 8, middle - 16, w - 16, 32, "bg", r=3)
                panel.mid(x1 + w / 2, middle - 2, a, 13, bold=True)
                panel.mid(x1 + w / 2, middle + 13, num(p, 1), 12.5)
            for j, (b, q) in enumerate(SECOND[a].items()):
                y = top + (j + 0.5) * row
                ways = {best: ("blue", 2.4), greedy: ("orange", 2.4)}
                ink, width = ways.get((a, b), ("line", 1.1))
                panel.curve((x1 + w, middle), (x2, y), color=ink,
                            width=width, dash=a not in kept)  # fmt: skip
                end = panel.text(x2 + 6, y + 4, b, 13, mono=True)
                panel.text(end.right + 8, y + 4, num(q), 12, "mut", mono=True)
                panel.text(x3 + (6 if wide else 12), y + 4,
                           num(pairs[a, b], 3), 13, mono=True,
                           bold=(a, b) in ways)  # fmt: skip
                if wide and (a, b) in ways:
                    said = "the best pair" if (a, b) == best else "greedy"
                    panel.text(x3 + 62, y + 4, said, 13, bold=True)
        bottom = 24 + 3 * (3 * row + 12) + 12
        panel.note(0, bottom, "blue: the best pair; orange: greedy;\n"
                   "hatched: dropped by a beam of 2")  # fmt: skip
    return figure.check()


def speculative_acceptance():
    """Draft and target: what of a guess is kept, and what is drawn anew."""
    kept = [min(p, q) for p, q in zip(TARGET, DRAFT, strict=True)]
    rest = [max(0.0, p - q) for p, q in zip(TARGET, DRAFT, strict=True)]
    figure = Figure(
        WIDE,
        None,
        "Speculative decoding: what is kept and what is drawn anew add up "
        "to the large model",
        "; ".join(
            f"{word}: the small model guesses it with q = {num(q, 1)}, the "
            f"large one gives p = {num(p, 1)}, kept {num(k, 1)}, drawn anew "
            f"{num(r, 1)}"
            for word, p, q, k, r in zip(
                GUESSED, TARGET, DRAFT, kept, rest, strict=True
            )
        )
        + f". Left, the bars of q: the kept part, min(p, q), and hatched what "
        f"is refused, {num(1 - sum(kept), 1)} in all. Right, the bars of p: "
        "the same kept part and, in orange, what is missing of p. The "
        f"missing parts sum to {num(sum(rest), 1)} too, so a refused guess "
        "can be replaced by a draw from them.",
        narrow=(NARROW, None),
    )
    for k, name in enumerate(("q, the small model", "p, the large model")):
        panel = figure.panel((k * 350, 0), (0, k * 206))
        panel.step(11, 14, "ab"[k], name)
        for i, word in enumerate(GUESSED):
            y, full = 40 + 32 * i, 460
            panel.text(46, y + 15, word, 13, anchor="end", mono=True)
            length = full * kept[i]
            panel.rect(54, y, length, 20, QUERY, r=1)
            more = full * ((DRAFT, TARGET)[k][i] - kept[i])
            if more > 0.01:
                if k:
                    panel.rect(54 + length, y, more, 20, KEY, r=1)
                else:
                    panel.hatch(54 + length, y, more, 20, r=1)
            total = (DRAFT, TARGET)[k][i]
            panel.text(54 + full * total + 6, y + 15, num(total, 1), 13,
                       mono=True)  # fmt: skip
        panel.note(0, 186, ("blue: kept; hatched: refused",
                            "blue: kept; orange: drawn anew")[k])  # fmt: skip
    return figure.check()


# --- beyond GPT-2 -----------------------------------------------------------


def gpt2_to_llama():
    """Four swaps lead from GPT-2's block to Llama's, each with what it costs
    or saves."""
    old, new, c = gpt2_like_smollm2(), smollm2(), SMOLLM2_CONFIG_135M

    def sizes(model):
        return {
            name: n_parameters(part)
            for name, part in model.blocks[0].named_children()
        }

    a, b = sizes(old), sizes(new)
    positions = n_parameters(old.position_embedding)
    rows = (
        ("Positions", "learned table", positions, "rotary (RoPE)", 0),
        ("Norm", "LayerNorm", a["attn_norm"], "RMSNorm", b["attn_norm"]),
        ("Attention", f"{c.n_heads} K, V heads", a["attn"],
         f"{c.n_kv_heads} K, V heads", b["attn"]),
        ("Feed-forward", "GELU, 4 D wide", a["ff"],
         f"SwiGLU, {num(c.hidden_dim / c.emb_dim, 2)} D", b["ff"]),
    )  # fmt: skip
    totals = old.n_parameters(), new.n_parameters()
    said = "; ".join(
        f"{i}, {part.lower()}: {was} with {n:,} parameters becomes {now} "
        f"with {m:,}"
        for i, (part, was, n, now, m) in enumerate(rows, 1)
    )
    figure = Figure(
        WIDE,
        None,
        "From GPT-2’s block to a modern one by four swaps",
        f"Two columns of boxes, left a GPT-2 as wide ({c.emb_dim}) and deep "
        f"({c.n_layers} blocks) as SmolLM2-135M, right SmolLM2 itself, a "
        f"Llama. {said}. Biases and dropout are gone. Rotary positions turn "
        "queries and keys in every layer instead of being added once. In "
        f"all {totals[0]:,} parameters become {totals[1]:,}.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        w, right = (240, 428) if wide else (130, 198)
        panel.mid(w / 2, 14, "GPT-2", 15, bold=True)
        panel.mid(right + w / 2, 14, "SmolLM2", 15, bold=True)
        for x in (w / 2, right + w / 2):
            panel.arrow((x, 24), (x, 382), **STREAM)
        for i, (part, was, n, now, m) in enumerate(rows, 1):
            y = 40 + 84 * (i - 1)
            if wide:
                panel.mid((w + right) / 2, y + 10, part, 13)
            left = block(panel, 1, y, w, 56, was, count(n),
                         size=14 if wide else 12.5)  # fmt: skip
            block(panel, right, y, w, 56, now, count(m), outline="blue",
                  width=1.8, size=14 if wide else 12.5)  # fmt: skip
            middle = (w + right) / 2
            panel.arrow(
                (left.right + 6, y + 28 + 6 * wide),
                (right - 6, y + 28 + 6 * wide),
            )
            panel.step(middle, y + 28 + 6 * wide, i)
        for x, n in zip((w / 2, right + w / 2), totals, strict=True):
            panel.mid(x, 402, count(n), 14, bold=True)
        panel.mid((w + right) / 2, 402, "in all" if wide else "", 13)
        said = "small numbers: parameters; 2 to 4 are those of one block"
        y = 426
        for line in fit(said, WIDE if wide else NARROW):
            panel.note(0, y, line)
            y += 17
    return figure.check()


def mixture_of_experts():
    """A router sends each token to two of four experts, and the load is
    uneven."""
    r = routing()
    n_tokens, n_experts = r.probabilities.shape
    loads = r.chosen.sum(0).tolist()
    names = [f"E{k + 1}" for k in range(n_experts)]
    said = "; ".join(
        f"{token}: "
        + " and ".join(
            f"{names[k]} with {num(r.shares[i, k])}"
            for k in r.shares[i].argsort(descending=True)[:2].tolist()
        )
        for i, token in enumerate(TOKENS)
    )
    figure = Figure(
        WIDE,
        None,
        "A mixture of experts: the router sends each token to two of four",
        f"Left, the router's probabilities for the tokens "
        f"{' '.join(TOKENS)} and four experts, each a feed-forward part of "
        "its own; the two largest of each row are framed. Middle, lines "
        "from each token to its experts, with the two probabilities scaled "
        f"to sum to one: {said}. Right, how many tokens each expert gets: "
        f"{', '.join(map(str, loads))}. An uneven load wastes experts, so "
        "training adds a loss that evens it out.",
        narrow=(NARROW, None),
    )
    h, top = 34, 62
    a = figure.panel((0, 0), (0, 0))
    a.step(11, 14, "a", "Router")
    names_above(a, 44, top - 8, names, 38)
    names_left(a, 38, top, TOKENS, h)
    box = matrix(a, 44, top, r.probabilities, 38, h, QUERY, tight,
                 span=(0, 1), root=True)  # fmt: skip
    for i in range(n_tokens):
        for k in range(n_experts):
            if r.chosen[i, k]:
                cell = column_of(row_of(box, i, n_tokens), k, n_experts)
                frame(a, cell, d=-1, width=1.8)
    b = figure.panel((256, 0), (0, 280))
    b.step(11, 14, "b", "Two experts for each token")
    left, right = 44, 206
    names_left(b, 38, top, TOKENS, h)
    step = n_tokens * h / n_experts
    for i in range(n_tokens):
        y = top + (i + 0.5) * h
        for k in range(n_experts):
            if not r.chosen[i, k]:
                continue
            z = top + (k + 0.5) * step
            share = float(r.shares[i, k])
            b.curve((left, y), (right, z), width=1 + 3 * share,
                    color=QUERY if share >= 0.5 else "line")  # fmt: skip
    for k, name in enumerate(names):
        z = top + (k + 0.5) * step
        block(b, right, z - 15, 50, 30, name, outline="blue")
        b.note(right + 58, z + 5, f"{loads[k]} token{'s' * (loads[k] != 1)}",
               color="fg")  # fmt: skip
    b.note(44, top + n_tokens * h + 20, "blue and thick: the larger share")
    words = figure.panel((44, 252), (44, 252))
    words.note(0, 0, "framed: the two kept of each row")
    return figure.check()
