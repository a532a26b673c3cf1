"""The figures of chapter 4, drawn with real numbers from scratchlm.

Every function returns a checked `Figure`; the numbers, and the example that
runs through them, come from `attention_numbers`. Blue is a query or a weight,
orange a key, green a value, hatched may not be seen; all else is grey.
"""

from dataclasses import replace
from math import sqrt

import torch

from figures.attention_numbers import (
    EMB_DIM,
    FEATURES,
    HEAD_DIM,
    N_HEADS,
    TOKENS,
    cached_run,
    example,
    mask_builds,
    online_tiles,
    read_story,
)
from figures.kit import NARROW, WIDE, Figure, two_layouts
from figures.parts import (
    KEY,
    PLAIN,
    QUERY,
    VALUE,
    Axes,
    as_rows,
    bars,
    cards,
    frame,
    listed,
    matrix,
    names_above,
    names_left,
    names_right,
    num,
    one_decimal,
    row_of,
    sign,
    tight,
    titled,
)  # fmt: skip
from scratchlm.attention import (
    attend_tiled,
    causal_mask,
    repeat_heads,
    sliding_window_mask,
)
from scratchlm.layouts import empty_model
from scratchlm.llama import SMOLLM2_CONFIG_135M, LlamaModel
from scratchlm.notebook import visible

STEPS = ("Average", "Project", "Scale", "Mask", "Heads", "Cache", "Tile")
STORY = (  # of the chapter: what the model reads in the figure of its heads
    "<|endoftext|>Zuri went for a walk to the orchard one bright afternoon. "
    "She had borrowed a parcel from her father. Near a big tree, Zuri met a "
    "mole. The parcel got lost in a deep ditch. The"
)


# --- the map ----------------------------------------------------------------


def pipeline(step=None):
    """The map of the chapter, a small picture a step; `step`, 1 to 7, brings
    one to the front."""
    words = (
        "a triangle of equal weights",
        "three columns: query, key and value of each token",
        "two heaps of scores, one too wide, one of the right width",
        "a triangle of unequal weights, the future hatched",
        "two stacked cards, a head each",
        "a row of keys: old ones kept, one new",
        "a square of scores, one tile of it filled",
    )
    said = "; ".join(
        f"{k}, {name}: {what}"
        for k, (name, what) in enumerate(zip(STEPS, words, strict=True), 1)
    )
    here = f", step {step} of 7, {STEPS[step - 1]}" if step else ""
    figure = Figure(
        WIDE,
        None,
        f"Map: attention in seven steps{here}",
        f"Seven small pictures in the order in which we build. {said}. Steps "
        "1 to 4 make one attention, 5 puts several side by side, 6 and 7 "
        "make the same result cheap.",
        narrow=(NARROW, None),
    )
    for k, name in enumerate(STEPS):
        panel = figure.panel((k * 96, 0), (k % 4 * 83, k // 4 * 114))
        current, quiet = step == k + 1, step not in (None, k + 1)
        panel.rect(
            1, 1, 79, 100, "card" if current or not step else "bg",
            "fg" if current else "line", 6, 2.2 if current else 1,
        )  # fmt: skip
        panel.step(15, 16, k + 1, quiet=quiet)
        _PICTURES[k](panel, 28, 12)
        ink = "mut" if quiet else "fg"
        panel.mid(40, 87, name, 12.5, color=ink, bold=True)
        if k < 6:
            wide_only = figure.panel((k * 96, 0), None)
            wide_only.arrow((82, 52), (95, 52), width=1.2)
    return figure.check()


def _equal(panel, x, y):
    seen = causal_mask(4).float()
    rows = seen / seen.sum(1, keepdim=True)
    matrix(
        panel, x, y, rows, 12, color=QUERY, hidden=seen == 0, span=(0, 1),
        root=True,
    )  # fmt: skip


def _columns(panel, x, y):
    for k, color in enumerate((QUERY, KEY, VALUE)):
        matrix(
            panel, x + 17 * k, y, [[0.3], [0.9], [0.5], [0.7]], 13, 12, color,
            span=(0, 1),
        )  # fmt: skip


def _heaps(panel, x, y):
    for k, (heights, color) in enumerate(
        (((8, 14, 18, 14, 8), PLAIN), ((3, 16, 44, 16, 3), "fg"))
    ):
        for i, height in enumerate(heights):
            left = x - 6 + 30 * k + 5 * i
            panel.rect(left, y + 47 - height, 4.2, height, color, r=0)


def _masked(panel, x, y):
    hidden = ~causal_mask(4)
    matrix(
        panel, x, y, example().weights[0, :4, :4], 12, color=QUERY,
        hidden=hidden, span=(0, 1), root=True,
    )  # fmt: skip


def _stack(panel, x, y):
    cards(panel, x, y + 8, 38, 40, QUERY, 2)
    matrix(panel, x + 4, y + 13, example().weights[0, :3, :3], 10,
           color=QUERY)  # fmt: skip


def _kept(panel, x, y):
    for k, color in enumerate((KEY, VALUE)):
        top = y + 3 + 26 * k
        for i in range(4):
            fill = color if i == 3 else "bg"  # the last one is new
            panel.rect(x + 12 * i, top, 9.5, 18, fill, color, 2, 1.2)


def _tiles(panel, x, y):
    for i in range(4):
        for j in range(4):
            done = i == 2
            panel.rect(
                x + 12 * i, y + 12 * j, 10.5, 10.5, PLAIN if done else "bg",
                "line", 1, 0.8, opacity=0.8 if done else 1,
            )  # fmt: skip


_PICTURES = (_equal, _columns, _heaps, _masked, _stack, _kept, _tiles)

# --- one attention ----------------------------------------------------------


def averaging():
    """The mean over all tokens so far is a product with a lower-triangular
    matrix: attention with equal weights."""
    visible_keys = causal_mask(len(TOKENS)).float()
    weights = visible_keys / visible_keys.sum(1, keepdim=True)
    x = torch.tensor(FEATURES)  # (T, 2)
    means, row = weights @ x, 2
    terms = " + ".join(num(v, 0) for v in x[: row + 1, 0])
    total = f"({terms}) / {row + 1} = {num(means[row, 0])}"
    figure = Figure(
        WIDE,
        None,
        "The mean of all tokens so far, as a product with a triangular matrix",
        f"Left, a matrix of weights for the {len(TOKENS)} tokens "
        f"{' '.join(TOKENS)}: row p, counted from 0, has the weight "
        "1/(p+1) in its first p+1 columns, and the cells above the diagonal, "
        "the future, are hatched. Middle, x, two features of each token. "
        "Right, their product: each row is the mean of that token and all "
        f"before it. For the token {TOKENS[row]} the first feature is "
        f"{total}. Attention replaces the equal weights by weights that "
        "depend on the tokens.",
        narrow=(NARROW, None),
    )
    h, top, n = 27, 54, len(TOKENS)
    left = figure.panel((0, 0), (0, 0))
    titled(left, 44, 16, "weights", "(T, T)")
    names_above(left, 44, top - 6, TOKENS, 36, color="mut")
    names_left(left, 38, top, TOKENS, h)
    hidden = ~visible_keys.bool()
    box = matrix(
        left, 44, top, weights, 36, h, QUERY, tight, hidden, (0, 1), True
    )
    frame(left, row_of(box, row, n))
    sign(left, 250, box.cy, "×")

    middle = figure.panel((276, 0), (0, 232))
    titled(middle, 44, 16, "x", "(T, D)")
    names_left(middle, 38, top, TOKENS, h)
    first = matrix(middle, 44, top, x, 36, h, PLAIN, lambda v: num(v, 0))
    frame(middle, replace(row_of(first, 0, n), h=first.h * (row + 1) / n))
    sign(middle, 140, box.cy, "=")

    right = figure.panel((440, 0), (160, 232))
    titled(right, 8, 16, "mean", "(T, D)")
    last = matrix(right, 8, top, means, 46, h, PLAIN, num)
    frame(right, row_of(last, row, n))
    names_right(right, 108, top, TOKENS, h, color="mut")
    words = figure.panel((44, 212), (0, 442))
    words.note(0, 0, f"row “{TOKENS[row]}”:  {total}", color="fg")
    return figure.check()


def score_variance(head_dim=64, n_pairs=20_000, n_keys=8):
    """Dot products of random vectors spread with the square root of the head
    dimension; divided by it they do not, and softmax stays soft."""
    generator = torch.Generator().manual_seed(3)
    queries = torch.randn(n_pairs, head_dim, generator=generator)
    keys = torch.randn(n_pairs, head_dim, generator=generator)
    raw = (queries * keys).sum(-1)
    one = queries[0] @ keys[:n_keys].T
    sides = []
    for name, color, divisor in (
        ("q · k", PLAIN, 1),
        ("q · k / √Dh", "fg", sqrt(head_dim)),
    ):
        weights = (one / divisor).softmax(-1).tolist()
        sides.append((name, color, raw / divisor, weights))
    stds = [scores.std().item() for _, _, scores, _ in sides]
    tops = [max(weights) for *_, weights in sides]
    figure = Figure(
        WIDE,
        None,
        f"Scores of random vectors with head_dim {head_dim}, without and with "
        "the scale",
        f"Two histograms of the dot products of {n_pairs:,} pairs of random "
        f"queries and keys with {head_dim} features. Without a scale the "
        f"standard deviation is {num(stds[0])}, close to the square root of "
        f"{head_dim}; divided by that root it is {num(stds[1])}. Below, the "
        f"softmax of one query's scores for {n_keys} keys: without the scale "
        f"the largest weight is {num(tops[0])}, with it {num(tops[1])}. "
        "Where softmax gives nearly everything to one key, its gradient "
        "nearly vanishes.",
        narrow=(NARROW, None),
    )
    limit = 32
    for i, (name, color, scores, weights) in enumerate(sides):
        panel = figure.panel((i * 350, 0), (0, i * 420))
        panel.step(11, 14, "ab"[i], name)
        panel.note(29, 40, f"standard deviation {num(stds[i])}", color="fg")
        axes = Axes(panel, 10, 58, 300, 110, (-limit, limit), (0, 1))
        edges = torch.linspace(-limit, limit, 129 if i else 33)
        counts = torch.histc(scores, len(edges) - 1, -limit, limit)
        axes.columns(edges.tolist(), (counts / counts.max()).tolist(), color)
        axes.x_ticks(range(-24, 25, 8), lambda v: num(v, 0), "score")
        panel.text(10, 234, "softmax over 8 keys", bold=True)
        rows = [(f"key {k}", w) for k, w in enumerate(weights, 1)]
        bars(panel, 60, 242, rows, 200, longest=1, color=color)
    return figure.check()


def projections(row=4):
    """One token's vector becomes three: its query, key and value, in the
    first head."""
    e = example()
    weights = e.layer.qkv.weight.detach().split(EMB_DIM)  # (D, D) each
    parts = list(
        zip(
            "QKV",
            (QUERY, KEY, VALUE),
            [weight[:HEAD_DIM].T for weight in weights],  # (D, Dh)
            [part[0] for part in (e.queries, e.keys, e.values)],  # (T, Dh)
            (
                "what a token looks for",
                "what it is found by",
                "what it hands on",
            ),
            strict=True,
        )
    )
    figure = Figure(
        WIDE,
        None,
        "Three projections give each token a query, a key and a value",
        f"Left, x: {len(TOKENS)} tokens with {EMB_DIM} features each. Middle, "
        f"three learned matrices of {EMB_DIM} by {HEAD_DIM} numbers. Right, "
        f"the products, {len(TOKENS)} by {HEAD_DIM}: queries, what a token "
        "looks for; keys, what it is found by; values, what it hands on when "
        f"it is found. The row of {TOKENS[row]} is framed in all: each row "
        "is projected by itself, with the same matrices. The query of "
        f"{TOKENS[row]} is {listed(e.queries[0, row], one_decimal)}. The "
        f"layer has {N_HEADS} heads, each with three such matrices; this is "
        "the first.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        c, h, w = (19, 22, 38) if wide else (13, 20, 33)
        mid, right, step = (272, 430, 144) if wide else (160, 230, 130)
        left = 48 if wide else 38
        height = h * len(TOKENS)
        y = 34 + step
        titled(panel, left, y - 12, "x", "(T, D)")
        names_left(panel, left - 6, y, TOKENS, h, 12.5 if wide else 12)
        box = matrix(panel, left, y, e.x, c, h, PLAIN)
        frame(panel, row_of(box, row, len(TOKENS)))
        for k, (letter, color, weight, product, words) in enumerate(parts):
            y = 34 + k * step
            middle = y + height / 2
            panel.curve((box.right + 8, box.cy), (mid - 10, middle))
            small = 15 if wide else 12
            own = matrix(
                panel, mid, middle - 3 * small, weight, small, color=color,
                framed=True,
            )  # fmt: skip
            panel.arrow((own.right + 10, middle), (right - 8, middle))
            made = matrix(panel, right, y, product, w, h, color, one_decimal)
            frame(panel, row_of(made, row, len(TOKENS)))
            name, shape = f"W{letter.lower()}", "(D, Dh)" if wide else ""
            titled(panel, mid - 4, own.y - 11, name, shape)
            title = titled(panel, right, y - 10, letter, "(T, Dh)", 15)
            if wide:
                panel.note(title.right + 72, y - 10, words)
        if not wide:
            y = 34 + 3 * step - 8
            for letter, _, _, _, words in parts:
                panel.text(0, y, letter, bold=True)
                panel.note(18, y, words)
                y += 19
            shape = f"each W is (D, Dh) = ({EMB_DIM}, {HEAD_DIM})"
            panel.note(0, y, shape)
    return figure.check()


def one_query(query=4, head=0):
    """One query against all keys, every number shown: scores, weights, and
    the weighted sum of the values."""
    e = example()
    q, keys, values = e.queries[head, query], e.keys[head], e.values[head]
    raw = keys @ q
    scaled, weights = e.scores[head, query], e.weights[head, query]
    context = e.context[head, query]
    best = weights.argmax().item()
    terms = " + ".join(
        f"({num(a, 1)})({num(b, 1)})"
        for a, b in zip(q, keys[best], strict=True)
    )
    figure = Figure(
        WIDE,
        None,
        "One query against five keys: scores, weights, weighted sum of values",
        f"The query of {TOKENS[query]} is {listed(q, one_decimal)}. Its dot "
        f"products with the keys of {' '.join(TOKENS)} are {listed(raw)}; "
        f"divided by the square root of {HEAD_DIM} they are "
        f"{listed(scaled)}. Softmax makes the weights {listed(weights)}, "
        "which sum to one. Each value is multiplied by its weight, and the "
        f"sum is the context vector {listed(context)}. The largest weight is "
        f"that of {TOKENS[best]}, whose score is {terms} = {num(raw[best])}.",
        narrow=(NARROW, None),
    )
    h, n = 27, len(TOKENS)
    shares = weights[:, None] * values
    top = figure.panel((0, 0), (0, 0))
    top.text(0, 16, f"query of “{TOKENS[query]}”", bold=True)
    matrix(top, 150, 0, q[None], 38, h, QUERY, one_decimal)
    a = figure.panel((0, 54), (0, 54))
    a.step(11, 12, "a", "Score each key")
    names_left(a, 38, 66, TOKENS, h)
    a.note(44, 58, "key")
    box = matrix(a, 44, 66, keys, 36, h, KEY, one_decimal)
    a.note(164, 58, "q · k")
    matrix(a, 164, 66, raw[:, None], 46, h, PLAIN, num)
    a.note(218, 58, "/ √Dh")
    matrix(a, 218, 66, scaled[:, None], 46, h, PLAIN, num)
    frame(a, row_of(box, best, n))
    a.note(276, 58, "softmax")
    matrix(
        a, 278, 66, weights[:, None], 36, h, QUERY, tight, span=(0, 1),
        root=True,
    )  # fmt: skip
    a.note(278, 66 + n * h + 15, f"Σ = {tight(float(weights.sum()))}")
    terms_left = figure.panel((0, 292), (0, 292))
    terms_left.note(0, 0, f"{terms} = {num(raw[best])}", color="fg", size=12)

    b = figure.panel((346, 54), (0, 326))
    b.step(11, 12, "b", "Mix the values")
    b.note(40, 58, "value")
    matrix(b, 40, 66, values, 36, h, VALUE, one_decimal)
    names_left(b, 36, 66, TOKENS, h)
    b.note(176, 58, "weight × value")
    matrix(b, 176, 66, shares, 46, h, VALUE, num)
    below = 66 + n * h
    b.line((176, below + 4), (313, below + 4), color="fg", width=1.4)
    b.text(168, below + 28, "context", anchor="end", bold=True)
    end = matrix(b, 176, below + 11, context[None], 46, h, VALUE, num)
    frame(b, end)
    sign(b, 160, 66 + n * h / 2, "→")
    return figure.check()


# --- masks ------------------------------------------------------------------


def causal_masks():
    """Three ways to hide the future: one right, one whose rows do not sum to
    one, one that turns everything to NaN."""
    builds, n_cells = mask_builds(len(TOKENS)), len(TOKENS) ** 2
    sums = [weights.sum(-1) for *_, weights in builds]
    n_nan = int(builds[2][3].isnan().sum())
    n_early = int(builds[2][2].isnan().sum())
    verdicts = (
        "right: rows sum to one",
        "wrong, until divided by the sums",
        f"wrong: {n_early} of {n_cells} are NaN,\nthen {n_nan} of {n_cells}",
    )
    figure = Figure(
        WIDE,
        None,
        "One right mask and two wrong ones",
        f"Three ways to build a causal mask for the {len(TOKENS)} tokens "
        f"{' '.join(TOKENS)}, with the scores of head 1. a: where a key is "
        "in the future, the score becomes minus infinity before softmax; the "
        "weights of each row sum to one. b: softmax first, then zero the "
        "future; the rows sum to "
        f"{listed(sums[1])} and must be divided by that. c: a matrix of ones "
        "above the diagonal times minus infinity is added; zero times minus "
        f"infinity is not a number, so {n_early} of {n_cells} scores and "
        f"{n_nan} of {n_cells} weights are NaN, framed.",
        narrow=(NARROW, None),
    )
    h = 25
    for i, (name, code, scores, weights) in enumerate(builds):
        for panel, wide in (
            (figure.panel((i * 228, 0), None), True),
            (figure.panel(None, (0, i * 250)), False),
        ):
            panel.step(11, 14, "abc"[i], name)
            panel.text(0, 46, code, 12, mono=True)
            panel.note(0, 70, "into softmax")
            w, width = (36, 1.8) if wide else (32, 1.3)
            bad = scores.isnan()
            matrix(panel, 0, 78, scores, w, h, PLAIN, one_decimal, bad)
            _framed(panel, 0, 78, scores, w, h, bad, one_decimal, width=width)
            x, y, w = (0, 244, 36) if wide else (162, 78, 27.2)
            panel.note(x, y - 8, "weights")
            end = x + len(TOKENS) * w + 3
            panel.note(end, y - 8, "sum")
            bad = weights.isnan()
            box = matrix(
                panel, x, y, weights, w, h, QUERY, tight, bad | (weights == 0),
                (0, 1), True,
            )  # fmt: skip
            _framed(panel, x, y, weights, w, h, bad, tight, width=width)
            names_right(
                panel, end, y, [tight(s.item()) for s in
                                sums[i].round(decimals=3)], h, 12
            )  # fmt: skip
            panel.note(0, box.bottom + 22, verdicts[i], color="fg")
    return figure.check()


def _framed(panel, x, y, rows, w, h, cells, form, **style):
    """Cells of a matrix without a tint: their numbers in dark frames."""
    for i, j in cells.nonzero().tolist():
        cell = panel.rect(
            x + w * j + 0.5, y + h * i + 0.5, w - 2.5, h - 2.5, "bg", "fg", 2,
            **style,
        )  # fmt: skip
        panel.mid(cell.cx, cell.cy + 4.3, form(rows[i, j]), 12, mono=True)


def dropout(drop_rate=0.5, seed=4):
    """Dropout on attention weights: some vanish, the others grow, so that
    the mean over many draws stays."""
    weights = example().weights[0]
    generator = torch.Generator().manual_seed(seed)
    draws = torch.rand(2000, *weights.shape, generator=generator)
    dropped = weights * (draws >= drop_rate) / (1 - drop_rate)
    one, mean = dropped[0], dropped.mean(0)
    hidden = ~causal_mask(len(TOKENS))
    gone = (one == 0) & ~hidden
    sums = one.sum(-1)
    figure = Figure(
        WIDE,
        None,
        f"Dropout of {drop_rate:g} on the attention weights",
        "a: the weights of head 1, each row with the sum 1. b: one draw. "
        f"{int(gone.sum())} of {int((~hidden).sum())} weights are 0, "
        f"in dashed frames, the others are {1 / (1 - drop_rate):g} times as "
        f"large; the rows now sum to {listed(sums)}. c: the mean of "
        f"{len(draws):,} draws is close to a again; the largest difference is "
        f"{num((mean - weights).abs().max(), 3)}.",
        narrow=(NARROW, None),
    )
    titles = ("weights", "one draw", f"mean of {len(draws):,}")
    notes = (
        "each row sums to 1",
        f"some 0, the others\ntimes {1 / (1 - drop_rate):g}",
        "close to a again",
    )
    places = ((0, 0), (0, 216), (0, 432))
    for k, rows in enumerate((weights, one, mean)):
        panel = figure.panel((k * 228, 0), places[k])
        panel.step(11, 14, "abc"[k], titles[k])
        if k == 1:
            panel.note(186, 26, "sum", "end")
        box = matrix(
            panel, 0, 34, rows, 31, 26, QUERY, tight,
            hidden | gone if k == 1 else hidden, (0, 1), True,
        )  # fmt: skip
        if k == 1:
            _framed(panel, 0, 34, rows, 31, 26, gone, tight, dash=True)
            names_right(
                panel, box.right + 5, 34, [num(v) for v in sums.tolist()], 26
            )
        panel.note(0, box.bottom + 20, notes[k], color="fg")
    return figure.check()


def sliding_window(n=8, window=3):
    """A causal mask, a window of three keys, and what two layers of it
    reach."""
    causal = causal_mask(n)
    near = sliding_window_mask(n, window=window)
    twice = (near.float() @ near.float()) > 0
    reach = [int(mask[-1].sum()) - 1 for mask in (causal, near, twice)]
    counts = [int(mask.sum()) for mask in (causal, near, twice)]
    figure = Figure(
        WIDE,
        None,
        f"A sliding window of {window} keys, and how far two layers see",
        f"Three matrices for {n} tokens, hatched where a query may not look. "
        f"a: causal, the last token sees {reach[0]} tokens before it. b: a "
        f"window of {window}: itself and the {window - 1} before it; "
        f"{counts[1]} scores instead of {counts[0]}. c: what reaches a token "
        f"through two such layers: {reach[2]} tokens before it, "
        f"2 × ({window} − 1).",
        narrow=(NARROW, None),
    )
    heads = ("causal", f"window={window}", "through 2 layers")
    notes = (
        f"{counts[0]} scores",
        f"{counts[1]} scores, a band",
        f"last token: {reach[2]} back,\n2 × ({window} − 1)",
    )
    places = ((0, 0), (169, 0), (0, 232))
    for i, mask in enumerate((causal, near, twice)):
        panel = figure.panel((i * 232, 0), places[i])
        panel.step(11, 14, "abc"[i], heads[i])
        box = matrix(
            panel, 2, 36, mask.float(), 19.5, color=QUERY, hidden=~mask,
            span=(0, 1.6),
        )  # fmt: skip
        frame(panel, row_of(box, n - 1, n))
        panel.note(0, box.bottom + 22, notes[i], color="fg")
    panel = figure.panel((0, 248), (171, 290))
    panel.note(0, 0, "row = query,\ncolumn = key,\nhatched = hidden")
    return figure.check()


# --- many heads -------------------------------------------------------------


def multi_head():
    """Causal multi-head attention from x to output, one head in full."""
    e = example()
    rows = "; ".join(
        f"{token}: {listed(row[: i + 1])}"
        for i, (token, row) in enumerate(
            zip(TOKENS, e.weights[0], strict=True)
        )
    )
    figure = Figure(
        WIDE,
        None,
        "Causal multi-head attention from input to output, head 1 in full",
        f"a: {len(TOKENS)} tokens enter as x, T by D, here {len(TOKENS)} by "
        f"{EMB_DIM}. b: three projections give Q, K and V, each split into "
        f"{N_HEADS} heads of {HEAD_DIM} features. c: in each head the scores "
        "Q times K transposed, over the square root of the head's width, "
        "make a T by T matrix. d: the future is masked, above the diagonal, "
        f"and softmax makes each row sum to one. Row by row in head 1: "
        f"{rows}. e: these weights mix the rows of V, which come straight "
        "from part b. f: the heads are joined side by side, and a last "
        "projection gives the output, again T by D.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        (_flow_wide if wide else _flow_narrow)(panel, e)
    return figure.check()


def _card(panel, x, y, letter, rows, color, c):
    """A head's matrix on the front of a stack of cards."""
    w, h = c * HEAD_DIM + 8, c * len(TOKENS) + 8
    box = cards(panel, x, y, w, h, color, N_HEADS)
    matrix(panel, x + 5, y + 5, rows, c, color=color)
    if letter:
        panel.text(x - 17, y + h / 2 + 5, letter, 16, bold=True)
    return box


def _joined(panel, x, y, e, c):
    """The context of the heads side by side, with a bracket a head."""
    joined = e.context.transpose(0, 1).flatten(1)  # (T, D)
    box = matrix(panel, x, y, joined, c, color=VALUE)
    for head in range(N_HEADS):
        left = x + head * HEAD_DIM * c
        right = left + HEAD_DIM * c
        panel.bracket(left + 1, right - 3, box.bottom + 4, f"H{head + 1}")
    return box


def _flow_wide(panel, e):
    hidden = ~causal_mask(len(TOKENS))
    for x, number, name, shape in (
        (11, "a", "Input", "x (T, D)"),
        (186, "b", "Project, split", "each (H, T, Dh)"),
        (342, "c", "Score", "QKᵀ/√Dh  (T, T)"),
        (514, "d", "Mask, softmax", "rows sum to 1"),
    ):
        panel.step(x, 14, number, name)
        panel.note(x + 18, 38, shape, mono=True, size=12)
    names_left(panel, 38, 194, TOKENS, 17)
    x = matrix(panel, 44, 194, e.x, 17)
    boxes = []
    for y, letter, part, color in (
        (72, "Q", e.queries, QUERY),
        (200, "K", e.keys, KEY),
        (348, "V", e.values, VALUE),
    ):
        box = _card(panel, 220, y, letter, part[0], color, 18)
        panel.curve((x.right + 6, x.cy), (198, box.cy))
        boxes.append(box)
    q, k, v = boxes
    scores = matrix(panel, 340, 118, e.scores[0], 25)
    panel.curve((q.right + 8, q.cy), (scores.x - 6, scores.cy - 14))
    panel.curve((k.right + 8, k.cy), (scores.x - 6, scores.cy + 14))
    panel.note(scores.cx, scores.bottom + 20, "row = query", "middle")
    names_left(panel, 520, 112, TOKENS, 27, 12)
    weights = matrix(
        panel, 525, 112, e.weights[0], 28, 27, QUERY, tight, hidden, (0, 1),
        True,
    )  # fmt: skip
    panel.arrow((scores.right + 6, scores.cy), (488, scores.cy))
    panel.note(weights.cx, 266, "hatched: future", "middle")

    panel.step(342, 330, "e", "Mix values")
    mix = _card(panel, 346, 368, "", e.context[0], VALUE, 18)
    lane = 290
    panel.line((weights.cx, 272), (weights.cx, lane))
    panel.arrow(
        (weights.cx, lane), (314, lane), (314, mix.cy - 22),
        (mix.x - 4, mix.cy - 22),
    )  # fmt: skip
    panel.arrow((v.right + 8, mix.cy + 6), (mix.x - 4, mix.cy + 6))
    panel.note(310, mix.cy + 24, "V", "end", color="fg", bold=True)
    panel.note(346, mix.bottom + 20, "(H, T, Dh)", mono=True, size=12)
    panel.step(480, 330, "f", "Join heads, project")
    joined = _joined(panel, 462, 377, e, 15)
    panel.arrow((mix.right + 12, mix.cy), (joined.x - 6, mix.cy))
    out = matrix(panel, 578, 377, e.output, 15)
    panel.arrow((joined.right + 6, mix.cy), (out.x - 6, mix.cy))
    panel.note(out.cx, out.bottom + 20, "out (T, D)", "middle", mono=True,
               size=12)  # fmt: skip


def _flow_narrow(panel, e):
    hidden = ~causal_mask(len(TOKENS))
    panel.step(11, 14, "a", "Input")
    panel.note(29, 36, "x (T, D)", mono=True, size=12)
    names_left(panel, 32, 58, TOKENS, 15, 12)
    x = matrix(panel, 38, 58, e.x, 13, 15)
    panel.step(160, 14, "b", "Project, split")
    panel.note(178, 36, "each (H, T, Dh)", mono=True, size=12)
    boxes = []
    for left, letter, part, color in (
        (162, "Q", e.queries, QUERY),
        (220, "K", e.keys, KEY),
        (278, "V", e.values, VALUE),
    ):
        w, h = 13 * HEAD_DIM + 5, 15 * len(TOKENS) + 7
        front = cards(panel, left - 4, 56, w, h, color, N_HEADS)
        matrix(panel, left - 1, 60, part[0], 13, 15, color)
        panel.mid(front.cx, front.bottom + 17, letter, 15, bold=True)
        boxes.append(front)
    panel.arrow((x.right + 6, x.cy), (154, x.cy))
    q, k, v = boxes

    panel.step(11, 214, "c", "Score")
    panel.note(29, 236, "QKᵀ/√Dh", mono=True, size=12)
    scores = matrix(panel, 10, 262, e.scores[0], 22, 25)
    y = 176
    panel.line((q.cx, 163), (q.cx, y))
    panel.line((k.cx, 163), (k.cx, y), (q.cx, y))
    panel.arrow((q.cx, y), (108, y), (108, 258))
    panel.step(160, 214, "d", "Mask, softmax")
    panel.note(178, 236, "rows sum to 1", mono=True, size=12)
    names_left(panel, 174, 262, TOKENS, 25, 12)
    weights = matrix(
        panel, 179, 262, e.weights[0], 27, 25, QUERY, tight, hidden, (0, 1),
        True,
    )  # fmt: skip
    panel.arrow((scores.right + 4, scores.cy), (142, scores.cy))

    panel.step(11, 420, "e", "Mix values")
    mix = _card(panel, 60, 450, "", e.context[0], VALUE, 16)
    panel.arrow((weights.cx, weights.bottom + 5), (weights.cx, 404),
                (mix.right + 60, 404), (mix.right + 60, mix.cy - 12),
                (mix.right + 10, mix.cy - 12))  # fmt: skip
    panel.arrow((v.cx, 163), (v.cx, 184), (326, 184), (326, mix.cy + 14),
                (mix.right + 10, mix.cy + 14))  # fmt: skip
    panel.text(308, mix.cy + 8, "V", 15, bold=True)
    panel.step(11, 580, "f", "Join heads, project")
    joined = _joined(panel, 38, 608, e, 15)
    panel.arrow((mix.cx, mix.bottom + 4), (mix.cx, 562))
    out = matrix(panel, 216, 608, e.output, 15)
    panel.arrow((joined.right + 6, joined.cy), (out.x - 6, out.cy))
    panel.note(out.cx, out.bottom + 20, "out (T, D)", "middle", mono=True,
               size=12)  # fmt: skip


def heads_split_features():
    """Heads divide the features; every head keeps every token. A view
    without transpose would divide the tokens."""
    n, letters = len(TOKENS), "ABCDE"
    cells = torch.arange(n * EMB_DIM)
    right = cells.view(n, N_HEADS, HEAD_DIM).transpose(0, 1)  # (H, T, Dh)
    wrong = cells.view(N_HEADS, n, HEAD_DIM)
    seen = [sorted({letters[c // EMB_DIM] for c in head.flatten().tolist()})
            for head in wrong]  # fmt: skip
    figure = Figure(
        WIDE,
        None,
        "Heads divide the projected features, never the tokens",
        f"Left, the queries of the tokens A to E as rows, {EMB_DIM} numbers "
        "each, written A0 to E5; a grey of its own for each token. They are "
        "projections of x, and it is they that are divided: each head reads "
        "all D features of x and makes Dh numbers. Middle, the right split: "
        f"queries viewed as (T, {N_HEADS}, {HEAD_DIM}), then transposed; head "
        "1 has numbers 0 to 2 of all tokens, head 2 numbers 3 to 5. Right, "
        f"the same queries viewed as ({N_HEADS}, T, {HEAD_DIM}) at once: head "
        f"1 has only the tokens {', '.join(seen[0])} and head 2 only "
        f"{', '.join(seen[1])}, torn into rows that are no tokens. The "
        "shapes are equal, so no error is raised. Keys and values are split "
        "in the same way.",
        narrow=(NARROW, None),
    )

    def draw(panel, x, y, rows):
        for i, row in enumerate(as_rows(rows)):
            for j, cell in enumerate(row):
                token, feature = divmod(cell, EMB_DIM)
                box = panel.rect(
                    x + 26 * j, y + 23 * i, 26, 23, PLAIN, PLAIN, 0,
                    opacity=(0, 0.12, 0.24, 0.36, 0.5)[token],
                )  # fmt: skip
                label = f"{letters[token]}{feature}"
                panel.mid(box.cx, box.cy + 4.3, label, 12, mono=True)

    first = figure.panel((0, 0), (0, 0))
    titled(first, 50, 16, "queries", "(T, D)")
    names = [f"{token} {letters[i]}" for i, token in enumerate(TOKENS)]
    names_left(first, 44, 88, names, 23, 12)
    draw(first, 50, 88, cells.view(n, EMB_DIM))
    for head in range(N_HEADS):
        start = 51 + 78 * head
        first.bracket(start, start + 76, 84, f"H{head + 1}", up=True)
    first.note(50, 42, "each head reads all of x")
    for k, (title, code, heads, place) in enumerate(
        (
            ("right", "queries.view(T, H, Dh)\n.transpose(0, 1)", right,
             (0, 228)),
            ("wrong", "queries.view(H, T, Dh)", wrong, (0, 478)),
        )
    ):  # fmt: skip
        panel = figure.panel((246 + 218 * k, 0), place)
        panel.step(11, 14, "ab"[k], title)
        panel.note(0, 42, code, size=12, mono=True)
        for i, head in enumerate(heads):
            x = i * 100
            draw(panel, x + 1, 88, head)
            panel.mid(x + 40, 80, f"H{i + 1}", 13, bold=True)
        words = "every head has all tokens"
        if k:
            words = f"H1 has only {', '.join(seen[0])}; no error"
        panel.note(0, 224, words, color="fg")
    return figure.check()


def grouped_heads(n_tokens=8192):
    """Multi-head, grouped and multi-query attention: which queries share
    keys, and the bytes of the cache that remain."""
    config, sizes = SMOLLM2_CONFIG_135M, []
    for n_kv_heads in (config.n_heads, config.n_kv_heads, 1):
        variant = replace(config, n_kv_heads=n_kv_heads)
        model = empty_model(LlamaModel, variant).to(torch.bfloat16)
        n_bytes = model.new_cache(1, n_tokens).n_bytes
        sizes.append((n_kv_heads, n_bytes))
    names = ("Multi-head", "Grouped-query", "Multi-query")
    shown = [f"{n / 1e6:.0f} MB" for _, n in sizes]
    figure = Figure(
        WIDE,
        None,
        "Query heads that share keys and values, and the cache that is left",
        f"Three forms of attention with {config.n_heads} query heads, as in "
        "SmolLM2-135M. Multi-head attention has a key and value head for "
        f"each; grouped-query attention has {config.n_kv_heads}, each shared "
        f"by {config.n_heads // config.n_kv_heads} neighbours, as SmolLM2 "
        f"does; multi-query attention has one. For {n_tokens:,} tokens in "
        f"bfloat16 the caches of all {config.n_layers} layers hold "
        f"{', '.join(shown)}, half of each for keys, half for values.",
        narrow=(NARROW, None),
    )
    for i, (n_kv_heads, n_bytes) in enumerate(sizes):
        panel = figure.panel((i * 228, 0), (0, i * 210))
        panel.step(11, 14, "abc"[i], names[i])
        panel.note(0, 44, f"{config.n_heads} query heads, {n_kv_heads} for "
                   "K and V" if n_kv_heads > 1 else
                   f"{config.n_heads} query heads, 1 for K and V")  # fmt: skip
        owners = repeat_heads(
            torch.arange(n_kv_heads).view(1, -1, 1, 1), config.n_heads
        ).flatten().tolist()  # fmt: skip
        step = 22.5
        for owner in range(n_kv_heads):
            mine = [h for h, o in enumerate(owners) if o == owner]
            x = step * (sum(mine) / len(mine))
            for h in mine:
                panel.line((step * h + 10, 81), (x + 10, 108), width=1.3)
            for k, color in enumerate((KEY, VALUE)):
                box = panel.rect(x, 108 + 25 * k, 20, 22, "bg", color, 4, 1.6)
                label = f"{'kv'[k]}{owner + 1}"
                panel.mid(box.cx, box.cy + 4.5, label, 12, mono=True)
        for h in range(config.n_heads):
            box = panel.rect(step * h, 58, 20, 22, "bg", QUERY, 4, 1.6)
            panel.mid(box.cx, box.cy + 4.5, f"q{h + 1}", 12, mono=True)
        half = 45 * n_bytes / sizes[0][1]
        panel.rect(0, 169, half, 13, KEY, r=1)
        end = panel.rect(half, 169, half, 13, VALUE, r=1)
        panel.text(end.right + 8, 180, shown[i], 13, bold=True)
    words = figure.panel((0, 213), (0, 632))
    words.note(
        0, 0, f"bar: the cache of {n_tokens:,} tokens, K and V, with\n"
        "the sizes of SmolLM2-135M (form b), bfloat16",
    )  # fmt: skip
    return figure.check()


# --- the cache --------------------------------------------------------------


def kv_cache():
    """A KV cache that grows: the prompt at once, then one token a step."""
    runs = cached_run()
    n = len(TOKENS)
    without = [end for _, end, _ in runs]
    with_cache = [end - start for start, end, _ in runs]
    figure = Figure(
        WIDE,
        None,
        "A KV cache grows by one key and one value for each new token",
        f"Three steps. First the prompt of {with_cache[0]} tokens: their keys "
        "and values fill the first places, and three rows of weights are "
        "computed. Then one token a step: only its own query, key and value "
        "are new, in heavier frames; the other keys and values come from the "
        "cache, and only one row of weights is computed. Places that are "
        "still empty are hatched. In all, "
        f"{sum(with_cache)} keys are computed; without a cache it would be "
        f"{' + '.join(map(str, without))} = {sum(without)}.",
        narrow=(NARROW, None),
    )
    y = 0
    for i, (start, end, weights) in enumerate(runs):
        panel = figure.panel((i * 230, 0), (20, y))
        word = "Prompt" if not i else "Next token"
        panel.step(11, 14, "abc"[i], word)
        panel.text(22, 50, "in", 13, "mut", "end")
        for j in range(start, end):
            panel.chip(30 + j * 34, 33, TOKENS[j], "card", w=32, h=24,
                       size=12)  # fmt: skip
        for k, (letter, color) in enumerate((("K", KEY), ("V", VALUE))):
            top = 74 + k * 30
            panel.text(22, top + 18, letter, 15, anchor="end", bold=True)
            for j in range(n):
                place = 30 + j * 34, top, 32, 26
                if j >= end:
                    panel.hatch(*place)
                    continue
                tint, width = (0.35, 3) if j >= start else (0.12, 1)
                box = panel.rect(*place, color, color, 5, width, opacity=tint)
                label = f"{letter.lower()}{j + 1}"
                panel.mid(box.cx, box.cy + 4.3, label, 12, mono=True)
        names_left(panel, 24, 152, [f"q{j + 1}" for j in range(start, end)],
                   26, 12)  # fmt: skip
        hidden = ~causal_mask(end - start, end)
        box = matrix(panel, 31, 152, weights, 34, 26, QUERY, tight, hidden,
                     (0, 1), True)  # fmt: skip
        said = f"{end - start} new, {start} from the cache"
        panel.note(30, box.bottom + 20, said, color="fg")
        y += box.bottom + 46
    total = figure.panel((260, 250), (0, y))
    words = (
        f"keys computed: {sum(with_cache)} with the cache, ",
        f"{' + '.join(map(str, without))} = {sum(without)} without",
        "heavy frame: computed in this step",
    )
    total.note(0, 6, "\n".join(words), color="fg")
    return figure.check()


def padding():
    """A short text beside a long one: pads on the left or on the right, and
    what the last query may see."""
    n, short = 5, 3
    figure = Figure(
        WIDE,
        None,
        "Padding on the left and on the right: positions and what may be seen",
        f"Two rows of {n} places: a text of {n} tokens and one of {short}. "
        "a: pads on the left. The positions of the short text must start "
        "again at 0 behind them, and its queries must not see the pads: in "
        "its matrix of visible keys the columns of the pads are hatched, and "
        "the pads' own rows see nothing. Both texts end in the last column. "
        "b: pads on the right. Every pad stands after the tokens, so the "
        "causal mask hides it already, but the texts end in different "
        "columns.",
        narrow=(NARROW, None),
    )
    for k, side in enumerate(("left", "right")):
        is_token = torch.ones(n, dtype=torch.bool)
        empty = slice(0, n - short) if not k else slice(short, n)
        is_token[empty] = False
        words = iter(TOKENS[:short])
        labels = [next(words) if t else "pad" for t in is_token]
        positions = (is_token.long().cumsum(0) - 1).tolist()
        panel = figure.panel((k * 350, 0), (0, k * 306))
        panel.step(11, 14, "ab"[k], f"pads on the {side}")
        for row, names in enumerate((TOKENS, labels)):
            for j, name in enumerate(names):
                place = 56 + 46 * j, 34 + 52 * row
                under = j if not row else positions[j]
                if name == "pad":
                    box = panel.hatch(*place, 44, 24)
                    panel.mid(box.cx, box.cy + 4.5, name, 12, color="mut")
                    continue
                panel.chip(*place, name, "card", w=44, h=24, size=12,
                           under=under)  # fmt: skip
        panel.note(48, 50, "long", "end")
        panel.note(48, 102, "short", "end")
        panel.note(48, 72, "position", "end", size=12)
        seen = causal_mask(n) & is_token
        names_left(panel, 96, 148, labels, 22, 12)
        matrix(
            panel, 102, 148, seen.float(), 30, 22, QUERY, hidden=~seen,
            span=(0, 1.6),
        )  # fmt: skip
        words = (
            "the mask must hide the pads",
            "the causal mask hides them from tokens",
        )
        panel.note(56, 280, words[k], color="fg")
    return figure.check()


# --- without all scores at once ---------------------------------------------


def online_softmax(query=4, head=0):
    """Softmax two scores at a time: when a larger score comes, what was
    summed before is scaled down."""
    e, tiles = example(), online_tiles(query, head)
    context = tiles[-1].total / tiles[-1].norm
    exact = attend_tiled(
        e.queries[None, head : head + 1, query : query + 1],
        e.keys[None, head : head + 1],
        e.values[None, head : head + 1],
        tile=2,
    ).flatten()
    if not torch.allclose(context, exact, atol=1e-6):
        raise ValueError(f"{context} is not attend_tiled's {exact}")
    rising = next(t for t in tiles[1:] if t.shrink < 1)
    figure = Figure(
        WIDE,
        None,
        "The online softmax: two keys at a time, with a running maximum",
        f"The five scores of {TOKENS[query]} come in tiles of two. After each "
        "tile only three things are kept: the largest score so far, the sum "
        "of the exponentials, and the sum of the values weighted by them. "
        f"When the maximum rises from {num(rising.old)} to "
        f"{num(rising.maximum)}, both sums are first multiplied by "
        f"exp({num(rising.old)} − {num(rising.maximum)}) = "
        f"{num(rising.shrink)}. At the end the sum of values over the sum of "
        f"exponentials is {listed(context)}, the same context vector as "
        "with all scores at once.",
        narrow=(NARROW, None),
    )
    heads = ("scores", "max", "shrink", "exp(score − max)", "norm", "total")
    xs = (40, 142, 200, 262, 386, 446)
    wide_head = figure.panel((0, 0), None)
    for x, name in zip(xs, heads, strict=True):
        wide_head.note(x, 14, name)
    for i, tile in enumerate(tiles):
        for panel, wide in (
            (figure.panel((0, 22 + i * 50), None), True),
            (figure.panel(None, (0, i * 130)), False),
        ):
            places = [(x, 0) for x in xs]
            if not wide:
                places = [(40, 22), (150, 22), (216, 22), (40, 70), (150, 70),
                          (216, 70)]  # fmt: skip
                labels = (*heads[:3], "exp", *heads[4:])
                for (x, y), name in zip(places, labels, strict=True):
                    panel.note(x, y - 6, name)
            panel.step(13, (15 if wide else 37), i + 1)
            tw = 46 if wide else 36
            contents = (
                (tile.scores[None], 46, PLAIN, num),
                ([[tile.maximum]], 46, PLAIN, num),
                ([[tile.shrink]], 46, PLAIN, num),
                (tile.weights[None], 46, QUERY, num),
                ([[tile.norm]], 46, PLAIN, num),
                (tile.total[None], tw, VALUE, num if wide else one_decimal),
            )
            for (x, y), (rows, w, color, form) in zip(
                places, contents, strict=True
            ):
                span = (0, 1) if color == QUERY else (-4, 4)
                matrix(panel, x, y, rows, w, 30, color, form, span=span)
    end = figure.panel((262, 186), (0, 404))
    end.text(0, 16, "total / norm  =", 14, bold=True)
    box = matrix(end, 184 - 60, -4, context[None], 46, 30, VALUE, num)
    frame(end, box)
    end.note(0, 46, "the same as with all scores at once", color="fg")
    figure.panel((0, 184), (0, 474)).note(
        0, 0, "norm ← norm · shrink + Σ exp\n"
        "total ← total · shrink + exp · V",
    )  # fmt: skip
    return figure.check()


# --- a trained head ---------------------------------------------------------


def story_heads():
    """What three heads of the trained stories model look at, from the last
    token of the chapter's story."""
    tokens, last, best, probability = read_story(STORY)
    words = [visible(token) for token in tokens]
    looks = []
    for what, places in (
        ("the animal", [i for i, t in enumerate(tokens) if t == best]),
        ("the object", [i for i, t in enumerate(tokens) if t == b" parcel"]),
        ("the full stop before", [len(tokens) - 2]),
    ):
        shares = last[:, :, places].sum(-1)  # (L, H)
        layer, head = divmod(shares.argmax().item(), shares.shape[1])
        looks.append((f"L{layer + 1} H{head + 1}", what, places,
                      last[layer, head]))  # fmt: skip
    said = "; ".join(
        f"{name} gives {' and '.join(num(row[i]) for i in places)} to {what}, "
        f"“{words[places[0]]}”"
        for name, what, places, row in looks
    )
    figure = Figure(
        WIDE,
        None,
        "What three heads of the trained stories model look at before it "
        f"writes {visible(best)}",
        f"An unfinished story: {b''.join(tokens).decode()} ... The model "
        f"continues with {visible(best)}, probability {num(probability, 3)}. "
        "For three of its heads each token of the story is tinted by the "
        f"weight it gets from the last one, framed: {said}. The first head "
        "looks at the animal; the chapter's section Explore tests whether "
        "that matters.",
        narrow=(NARROW, None),
    )
    for panel, wide in two_layouts(figure):
        y = 0
        for k, (name, what, places, row) in enumerate(looks):
            panel.step(11, y + 14, "abc"[k], f"{name}: {what}")
            if wide:
                share = num(row[places].sum())
                panel.note(
                    WIDE, y + 19, f"{share} of the weight", "end", color="fg"
                )
            row = row.tolist()
            y = _story(panel, y + 36, words, row, WIDE if wide else NARROW)
        panel.note(0, y + 10, f"next: {visible(best)}, "
                   f"p = {num(probability, 3)}", color="fg")  # fmt: skip
    return figure.check()


def _story(panel, y, words, weights, width):
    """Tokens in lines, tinted by their weights; large ones in numbers."""
    x = 1
    for i, (word, weight) in enumerate(zip(words, weights, strict=True)):
        w = 7.25 * len(word) + 5
        if x + w > width - 1:
            x, y = 1, y + 38
        tint = round(0.04 + 0.46 * sqrt(weight), 2)
        last = i == len(words) - 1
        panel.rect(x, y, w, 21, QUERY, r=3, opacity=tint)
        if last:
            panel.rect(x, y, w, 21, None, "fg", 3, 1.8)
        panel.mid(x + w / 2, y + 15, word, 12, mono=True)
        if weight >= 0.05:
            panel.mid(x + w / 2, y + 34, tight(weight), 12, mono=True,
                      bold=True)  # fmt: skip
        x += w + 3
    return y + 52
