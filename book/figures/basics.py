"""The figures of chapter 0, drawn with numbers that are computed here.

Every function returns a checked `Figure`. Numbers in discs are the chapter's
six steps. Blue is what flows forward, orange a gradient or what was chosen,
green a weight or a parameter; hatched is what is left out. Letters and
numbers say the same.
"""

from itertools import pairwise
from math import exp, log, log10

import torch

from figures.kit import NARROW, WIDE, Figure, two_layouts
from figures.parts import (
    bars,
    block,
    frame,
    matrix,
    names_above,
    names_left,
    num,
    row_of,
    sign,
    tight,
    titled,
    wrapped,
)

# The text of the whole chapter: import it, so that prose, cells and figures
# agree. Small enough to count by hand: two tides and one fleet of boats.
TEXT = "the tide came in . the tide went out . the boats came in ."
WORDS = TEXT.split()
VOCABULARY = list(dict.fromkeys(WORDS))

RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"

# The unit whose gradients the chapter derives by hand: input, weight, bias
# and target of a logistic regression with one input. Chosen so that z = 1.
UNIT = (1.5, 0.8, -0.2, 1.0)

# The matrices of the gradient of a linear layer: inputs, and the gradients of
# its outputs, two rows each.
LAYER = (((1, 2, 0), (3, 0, 1)), ((1, -1), (2, 0)))

STEPS = (
    "The smallest model",
    "A network",
    "Tensors",
    "Gradients",
    "The training loop",
    "Size",
)


def counts(extra=0.0):
    """How often each word of TEXT follows each, plus `extra`: (V, V)."""
    table = torch.full((len(VOCABULARY),) * 2, extra)
    for one, other in pairwise(WORDS):
        table[VOCABULARY.index(one), VOCABULARY.index(other)] += 1
    return table


def probabilities(extra=0.0):
    """The rows of `counts`, each divided by its sum: (V, V)."""
    table = counts(extra)
    return table / table.sum(1, keepdim=True)


def whole(value):
    return num(value, 0)


def four(value):
    return num(value, 4)


def learned(panel, x, y, w, h, *lines, size=14):
    """A box for what training changes: green, with centred lines."""
    panel.rect(x, y, w, h, "green", "line", 6, 1.2, opacity=0.25)
    middle = y + h / 2 - 8.5 * (len(lines) - 1) + 0.36 * size
    for k, line in enumerate(lines):
        panel.mid(x + w / 2, middle + 17 * k, line, (size, 12.5)[k > 0],
                  bold=not k)  # fmt: skip


def _figure(title, description):
    return Figure(WIDE, None, title, description, narrow=(NARROW, None))


# --- card and map ------------------------------------------------------------


def predicted(words=("the", "tide", "came", "in", ".", "the")):
    """What comes next, by the counts of TEXT."""
    row = probabilities()[VOCABULARY.index(words[-1])]
    rows = [(w, p.item()) for w, p in zip(VOCABULARY, row, strict=True) if p]
    said = ", ".join(f"{w} {num(p)}" for w, p in rows)
    figure = _figure(
        "A language model: text in, a probability for each next word out",
        f"The words {' '.join(words)} go into a model. Out comes a "
        f"probability for every word that it knows: {said}, and 0 for the "
        "other six. The smallest model looks at the last word alone.",
    )
    for panel, wide in two_layouts(figure):
        fill = ["t0"] * (len(words) - 1) + ["t1"]
        x, y = 0, 10
        for word, color in zip(words, fill, strict=True):
            box = panel.chip(x, y, word, color, mono=False)
            x = box.right + 4
        if wide:
            panel.arrow((x + 4, 23), (x + 34, 23))
            block(panel, x + 38, 0, 100, 46, "model", outline="fg")
            panel.arrow((x + 142, 23), (x + 172, 23))
            bars(panel, x + 232, 0, rows, 90, 24, 15)
        else:
            panel.arrow((110, 42), (110, 62))
            block(panel, 60, 66, 100, 40, "model", outline="fg")
            panel.arrow((110, 110), (110, 130))
            bars(panel, 100, 136, rows, 130, 24, 15)
    return figure.check()


def pipeline(step=None):
    """The map of the chapter; `step`, 1 to 6, brings one step to the front."""
    notes = (
        "count which word follows which",
        "the same model, as numbers that can be learned",
        "what those numbers are kept in",
        "which way each number should move",
        "move them a little, again and again",
        "what a model of any size costs",
    )
    names = ", ".join(f"{i} {name}" for i, name in enumerate(STEPS, 1))
    figure = _figure(
        "Map: from a text to a trained model, in six steps",
        "A text is counted (1). A network learns the same model (2): its "
        "weights are tensors (3), gradients say which way each should move "
        "(4), and the training loop moves them and goes back to the network "
        "(5). In the end stands what all that costs (6). Numbers in discs "
        f"are the steps of the chapter: {names}.",
    )
    for panel, wide in two_layouts(figure):
        left, w, row = (4, 212, 52) if wide else (4, 212, 76)
        panel.text(left + 4, 15, "text", 13, mono=True)
        y, places = 26, []
        for number, (name, note) in enumerate(
            zip(STEPS, notes, strict=True), 1
        ):
            quiet = step not in (None, number)
            ink = "line" if quiet else "fg"
            panel.rect(left, y, w, 34, "card", ink, 6)
            panel.step(left + 20, y + 17, number, name, 14, quiet)
            place = (left + w + 70, y + 22) if wide else (left + 4, y + 50)
            panel.note(*place, note if wide else note.split(",")[0])
            places.append(y)
            if number < 6:
                x, start = left + 106, y + (35 if wide else 57)
                panel.arrow((x, start), (x, y + row - 2))
            y += row
        right = left + w
        start, end = places[4] + 17, places[1] + 17
        turn = right + (40 if wide else 44)
        panel.arrow(
            (right + 1, start), (turn, start), (turn, end), (right + 3, end),
            color="orange", width=1.8,
        )  # fmt: skip
        if not wide:
            panel.text(turn + 4, (start + end) / 2, "again", 12.5, "mut")
    return figure.check()


# --- step 1 ------------------------------------------------------------------


def heat_map():
    """The counts of TEXT, row = word, column = the word after it."""
    table = counts()
    cells = [
        f"{one} then {other} {n}"
        for one, row in zip(VOCABULARY, table.int().tolist(), strict=True)
        for other, n in zip(VOCABULARY, row, strict=True)
        if n
    ]
    figure = _figure(
        "The whole model: how often each word comes after each",
        "A table with a row and a column for each of the eight words. All "
        f"counts that are not 0: {', '.join(cells)}. The other "
        f"{table.numel() - len(cells)} of {table.numel()} cells are 0.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (96, 56) if wide else (48, 34.5)
        panel.note(x, 12, "the word after it")
        names_above(panel, x, 32, VOCABULARY, w, 12.5 if wide else 12, False)
        names_left(panel, x - 6, 38, VOCABULARY, 26, 12.5, False)
        matrix(panel, x, 38, table, w, 26, "blue", whole)
    return figure.check()


def scored(words=("the", "boats", "came", "in", ".")):
    """The probability of a sentence, factor by factor."""
    table = probabilities()
    pairs = list(pairwise(words))
    p = [
        table[VOCABULARY.index(a), VOCABULARY.index(b)].item()
        for a, b in pairs
    ]
    product = exp(sum(map(log, p)))
    figure = _figure(
        "A sentence costs the sum of the surprises of its words",
        "; ".join(
            f"{b} after {a}: p = {num(q)}, cost {num(-log(q))}"
            for (a, b), q in zip(pairs, p, strict=True)
        )
        + f". Product of the probabilities: {num(product)}; sum of the "
        f"costs: {num(-log(product))}; mean: {num(-log(product) / len(p))}.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (150, 300) if wide else (112, 110)
        last = WIDE - 40 if wide else NARROW - 2
        panel.note(x, 12, "probability")
        panel.note(last, 12, "−ln p", "end")
        rows = [(f"{a} → {b}", q) for (a, b), q in zip(pairs, p, strict=True)]
        bars(panel, x, 20, rows, w, 27, 15, longest=1, form=num, mono=False)
        for k, q in enumerate(p):
            place = last, 20 + 27 * (k + 0.5) + 4.5
            panel.text(*place, num(-log(q)), 13, anchor="end", mono=True)
        y = 24 + 27 * len(p)
        panel.line((x - 90, y), (last, y), color="line", width=1.2)
        panel.text(x - 6, y + 19, "product, sum", 12.5, anchor="end")
        panel.text(x + 4, y + 19, num(product), 13, mono=True)
        panel.text(last, y + 19, num(-log(product)), 13, "fg", "end", True)
    return figure.check()


def powers(n):
    """A large number with a power of ten.

    >>> powers(1.27e14)
    '1.3 · 10¹⁴'
    """
    front, power = f"{n:.1e}".split("e+")
    raised = str(int(power)).translate(str.maketrans("0123456789", RAISED))
    return f"{front} · 10{raised}"


def contexts(vocab_size=50_257, longest=4):
    """Rows of a table of counts, for contexts of 1, 2, 3, ... tokens."""
    rows = [(k, vocab_size**k) for k in range(1, longest + 1)]
    said = "; ".join(f"{k}: about 10^{log10(n):.0f}" for k, n in rows)
    figure = _figure(
        "Rows of the table of counts, by the number of tokens it looks at",
        f"With a vocabulary of {vocab_size:,} tokens, the number of rows is "
        f"that number to the power of the context's length: {said}. The bars "
        "are logarithmic: each further token multiplies the rows.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (110, 250) if wide else (74, 140)
        for k, n in rows:
            middle = 14 + 28 * (k - 1)
            name = f"{k} token{'s' * (k > 1)}"
            panel.text(x - 6, middle + 4.5, name, 12.5, anchor="end")
            length = w * log10(n) / log10(rows[-1][1])
            panel.rect(x, middle - 8, length, 16, "blue", r=1)
            label = f"{n:,}" if n < 10**10 else powers(n)
            panel.text(x + length + 6, middle + 4.5, label, 12, mono=True)
    return figure.check()


# --- step 2 ------------------------------------------------------------------


def softmax(scores=(2.0, 1.0, 0.0)):
    """Scores, their powers of e, and the shares of the sum."""
    powers = [exp(score) for score in scores]
    total = sum(powers)
    said = "; ".join(
        f"score {num(z, 0)}: power {num(e)}, share {num(e / total)}"
        for z, e in zip(scores, powers, strict=True)
    )
    figure = _figure(
        "Softmax: from scores to powers of e to shares of the sum",
        f"{said}. The powers sum to {num(total)}, the shares to 1. A score "
        "that is larger by 1 gets e, about 2.72, times the share.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (230, 300) if wide else (142, 130)
        heads = ("score z", "power", "share") if wide else ("z", "e^z", "p")
        left = (60, 150) if wide else (22, 88)
        panel.mid(left[0], 12, heads[0], 12.5, color="mut")
        panel.mid(left[1], 12, heads[1], 12.5, color="mut")
        panel.text(x, 12, heads[2], 12.5, color="mut")
        rows = [("", e / total) for e in powers]
        bars(panel, x, 20, rows, w, 27, 15, longest=1, form=num)
        for k, (z, e) in enumerate(zip(scores, powers, strict=True)):
            y = 20 + 27 * (k + 0.5) + 4.5
            panel.mid(left[0], y, num(z, 1), 13, mono=True)
            panel.mid(left[1], y, num(e), 13, mono=True)
    return figure.check()


def too_much(scores=(2.0, 1.0, 0.0), came=1):
    """What softmax gives, what came, and the difference: the gradient."""
    p = [exp(score) / sum(map(exp, scores)) for score in scores]
    y = [float(j == came) for j in range(len(scores))]
    slopes = [q - right for q, right in zip(p, y, strict=True)]
    form = (lambda v: num(v, 3)), whole, (lambda v: num(v, 3))
    figure = _figure(
        "The gradient of the logits: the probabilities minus what came",
        f"The probabilities p are {', '.join(map(form[0], p))}. Word {came} "
        f"came, so y is {', '.join(map(whole, y))}. The difference p − y is "
        f"{', '.join(map(form[2], slopes))}: only the word that came has a "
        "negative slope, and the three sum to 0.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (150, 90) if wide else (76, 76)
        rows = (
            ("p", p, "blue"),
            ("y", y, "blue"),
            ("p − y", slopes, "orange"),
        )
        for k, (name, row, color) in enumerate(rows):
            titled(panel, 0 if not wide else 60, 22 + 38 * k, name)
            matrix(panel, x, 4 + 38 * k, [row], w, 28, color, form[k], size=13)
        notes = ["raise" if slope < 0 else "lower" for slope in slopes]
        for j, note in enumerate(notes):
            panel.mid(x + w * (j + 0.5), 126, note, 12.5, color="mut")
        panel.note(60 if wide else 0, 126, "move it")
    return figure.check()


def one_layer(weights, word="the"):
    """One-hot row times weights: logits; softmax: probabilities.

    weights: (V, V), as trained
    """
    i = VOCABULARY.index(word)
    weights = torch.as_tensor(weights).detach()
    hot = [[float(k == i) for k in range(len(VOCABULARY))]]
    p = weights[i].softmax(0).tolist()
    weights = weights.tolist()
    logits = weights[i]
    figure = _figure(
        f"The network on the word {word!r}: a row of weights, then softmax",
        f"The one-hot vector of {word!r} has a 1 at place {i} and zeros "
        f"elsewhere. Times the weights it gives row {i}: the logits "
        f"{', '.join(num(v, 1) for v in logits)}. Softmax turns "
        "them into probabilities: "
        f"{', '.join(num(v) for v in p)}.",
    )
    for panel, wide in two_layouts(figure):
        x, w, h = (150, 60, 25) if wide else (49, 34.5, 25)

        def at(y, name, shape, wide=wide, panel=panel, x=x):
            if wide:
                titled(panel, 0, y + 12, name)
                panel.text(0, y + 28, shape, 12.5, "mut", mono=True)
                return y
            titled(panel, x, y + 2, name, shape, 13)
            return y + 9

        y = at(18 if wide else 12, "one-hot", "(1, V)")
        if wide:
            names_above(panel, x, 12, VOCABULARY, w, 12.5, False)
        matrix(panel, x, y, hot, w, h, "blue", whole)
        y = at(y + (52 if wide else 50), "weights", "(V, V)")
        box = matrix(panel, x, y, weights, w, h, "green", lambda v: num(v, 1))
        if not wide:
            names_left(panel, x - 6, y, VOCABULARY, h, 12, False)
        frame(panel, row_of(box, i, len(VOCABULARY)))
        y = at(box.bottom + 26, "logits", "(1, V)")
        matrix(panel, x, y, [logits], w, h, "blue", lambda v: num(v, 1))
        y = at(y + (52 if wide else 50), "softmax", "(1, V)")
        matrix(panel, x, y, [p], w, h, "blue", tight)
    return figure.check()


# --- step 3 ------------------------------------------------------------------


def strides():
    """A matrix and its transpose over the same six numbers."""
    shape, step = (2, 3), (3, 1)
    figure = _figure(
        "One row of memory, two tensors: only the strides differ",
        "Six numbers lie in memory at the places 0 to 5. The matrix of shape "
        "(2, 3) has strides (3, 1): the next row is 3 places on, the next "
        "column 1. Its transpose has shape (3, 2) and strides (1, 3) over "
        "the same memory; going through it row by row visits the places 0, "
        "3, 1, 4, 2, 5.",
    )
    for panel, wide in two_layouts(figure):
        w = 40
        places = [
            [step[0] * i + step[1] * j for j in range(shape[1])]
            for i in range(shape[0])
        ]
        flipped = [list(row) for row in zip(*places, strict=True)]
        titled(panel, 0, 16, "x", "(2, 3), strides (3, 1)")
        matrix(panel, 0, 26, places, w, 30, "blue", whole)
        x, y = (260, 16) if wide else (0, 122)
        titled(panel, x, y, "x.T", "(3, 2), strides (1, 3)")
        matrix(panel, x, y + 10, flipped, w, 30, "blue", whole)
        x, y = (0, 148) if wide else (0, 254)
        titled(panel, x, y, "memory", "places 0 to 5")
        matrix(panel, x, y + 10, [list(range(6))], w, 30, "blue", whole)
    return figure.check()


def broadcasting():
    """(3, 1) plus (4,): which numbers are used again."""
    a, b = [10, 20, 30], [1, 2, 3, 4]
    figure = _figure(
        "Broadcasting: a column plus a row is a table",
        "A tensor of shape (3, 1) holds 10, 20, 30; one of shape (4,) holds "
        "1, 2, 3, 4. Each is used again, without being copied, along the "
        "axis that it lacks. The sum has shape (3, 4): 11 to 14, 21 to 24, "
        "31 to 34.",
    )
    for panel, wide in two_layouts(figure):
        w = 38 if wide else 32

        first = [[v] * 4 for v in a]
        second = [b] * 3
        total = [[v + u for u in b] for v in a]
        for k, (name, shape, rows, color) in enumerate(
            (
                ("a", "(3, 1)", first, "blue"),
                ("b", "(4,)", second, "blue"),
                ("a + b", "(3, 4)", total, "blue"),
            )
        ):
            if wide:
                x, y = k * (4 * w + 62), 26
            else:
                x, y = (28, 26 + 136 * k)
            titled(panel, x, y - 10, name, shape)
            own = [
                [not (j == 0 if k == 0 else i == 0) for j in range(4)]
                for i in range(3)
            ]
            hidden = own if k < 2 else None
            box = matrix(panel, x, y, rows, w, 30, color, whole, hidden)
            if k:
                mark = ("+", "=")[k - 1]
                if wide:
                    sign(panel, x - 32, box.cy, mark)
                else:
                    sign(panel, 10, box.cy, mark)
        y = 138 if wide else 424
        panel.note(0, y, "hatched: used again, not stored")
    return figure.check()


FORMATS = (  # name, exponent bits, fraction bits
    ("float32", 8, 23),
    ("bfloat16", 8, 7),
    ("float16", 5, 10),
)


def float_bits():
    """How three formats spend their bits."""
    figure = _figure(
        "Bits of three kinds of floating-point numbers",
        "Each has one bit for the sign. float32: 8 bits exponent and 23 "
        "fraction. bfloat16: 8 and 7, the first half of a float32: the same "
        "range, fewer digits. float16: 5 and 10: more digits, but nothing "
        "above 65,504.",
    )
    for panel, wide in two_layouts(figure):
        left, bit = (96, 17.5) if wide else (1, 10.2)
        y = 8 if wide else 22
        for name, exponent, fraction in FORMATS:
            if wide:
                panel.text(0, y + 19, name, bold=True)
            else:
                panel.text(0, y - 7, name, bold=True)
            x = left
            parts = ((1, "orange", "±"), (exponent, "green", "exponent"),
                     (fraction, "blue", "fraction"))  # fmt: skip
            for n, color, label in parts:
                tints = {"orange": "t1", "green": "t3", "blue": "t0"}
                panel.rect(x, y, n * bit - 1.5, 28, tints[color], "line", 3)
                short = f"{n}" if n * bit < 100 else f"{label} {n}"
                if n > 1:
                    panel.mid(x + n * bit / 2, y + 19, short, 13)
                x += n * bit
            y += 40 if wide else 56
        y -= 4 if wide else 20
        panel.note(left, y + 8, "sign, then exponent, then fraction")
    return figure.check()


# --- step 4 ------------------------------------------------------------------


def unit_numbers():
    """Forward values and gradients of UNIT, by the chain rule."""
    x, w, b, target = UNIT
    z = w * x + b
    p = 1 / (1 + exp(-z))
    loss = -(target * log(p) + (1 - target) * log(1 - p))
    d_p = (p - target) / (p * (1 - p))
    d_z = d_p * p * (1 - p)
    values = {"x": x, "w": w, "b": b, "u": w * x, "z": z, "p": p,
              "loss": loss}  # fmt: skip
    slopes = {"loss": 1.0, "p": d_p, "z": d_z, "u": d_z, "b": d_z,
              "w": d_z * x, "x": d_z * w}  # fmt: skip
    return values, slopes


def unit(backward=False):
    """The graph of one unit, forward, or with its gradients."""
    values, slopes = unit_numbers()
    order = [*"xwubzp", "loss"]
    said = ", ".join(f"{k} = {num(values[k], 4)}" for k in order)
    grads = ", ".join(f"{k} {num(slopes[k], 4)}" for k in order)
    figure = _figure(
        "One unit as a graph of operations"
        + (", with the gradient of the loss at each place" * backward),
        "The input x and the weight w are multiplied to u, the bias b is "
        "added to z, the sigmoid gives p, and the loss is minus its "
        f"logarithm. Values: {said}."
        + f" Gradients of the loss, each at its place: {grads}."
        * backward,
    )
    labels = {"x": "x", "w": "w", "u": "u = x·w", "b": "b", "z": "z = u + b",
              "p": "p = σ(z)", "loss": "loss = −ln p"}  # fmt: skip
    edges = (("x", "u"), ("w", "u"), ("u", "z"), ("b", "z"), ("z", "p"),
             ("p", "loss"))  # fmt: skip
    for panel, wide in two_layouts(figure):
        h = 58 if backward else 42
        if wide:
            w, top, low = 102, 2, 2 + h + 22
            places = {"x": (0, top), "w": (0, low), "u": (142, top),
                      "b": (142, low), "z": (284, top), "p": (426, top),
                      "loss": (568, top)}  # fmt: skip
        else:
            w, row = 118, h + 24
            down = [(0, 2 + k * row) for k in range(5)]
            places = dict(zip((*"xuzp", "loss"), down, strict=True))
            places |= {"w": (150, 2), "b": (150, 2 + row)}
        for k, (x, y) in places.items():
            fill, tint = ("green", 0.25) if k in "wb" else ("card", 1)
            panel.rect(x, y, w, h, fill, "line", 6, 1.2, opacity=tint)
            panel.mid(x + w / 2, y + 18, labels[k], 14, bold=True)
            panel.mid(x + w / 2, y + 35, four(values[k]), 12.5, mono=True)
            if backward:
                label = f"grad {four(slopes[k])}"
                panel.mid(x + w / 2, y + 51, label, 12.5, mono=True)
        for one, other in edges:
            (x0, y0), (x1, y1) = places[one], places[other]
            if wide and y0 == y1:
                ends = (x0 + w + 2, y0 + h / 2), (x1 - 2, y1 + h / 2)
            elif wide:
                ends = (x0 + w + 2, y0 + 14), (x1 - 2, y1 + h - 10)
            elif x0 == x1:
                ends = (x0 + w / 2, y0 + h + 2), (x1 + w / 2, y1 - 2)
            else:
                ends = (x0 + 12, y0 + h + 2), (x1 + w - 8, y1 - 2)
            color = "mut"
            if backward:
                ends, color = ends[::-1], "orange"
            panel.arrow(*ends, color=color, width=1.8 if backward else 1.6)
    return figure.check()


def two_paths(x=3.0):
    """A value used twice: the gradients of both uses are added."""
    figure = _figure(
        "A value that is used twice gets the sum of two gradients",
        f"x = {num(x, 0)} is used in u = 2x and in v = x·x; y = u + v. "
        f"Through u the gradient of y is 2, through v it is 2x = "
        f"{num(2 * x, 0)}. The gradient of x is their sum, "
        f"{num(2 + 2 * x, 0)}.",
    )
    for panel, wide in two_layouts(figure):
        w, gap = (120, 150) if wide else (84, 34)
        mid = 58
        places = ((0, mid), (w + gap, 4), (w + gap, 112),
                  (2 * (w + gap), mid))  # fmt: skip
        if not wide:
            w = 84
        texts = (
            ("x", num(x, 0)),
            ("u = 2x", num(2 * x, 0)),
            ("v = x·x", num(x * x, 0)),
            ("y = u + v", num(2 * x + x * x, 0)),
        )
        for (left, y), lines in zip(places, texts, strict=True):
            block(panel, left, y, w, 44, *lines)
        for one, other, label in (
            (3, 1, "1"), (3, 2, "1"), (1, 0, "2"), (2, 0, num(2 * x, 0)),
        ):  # fmt: skip
            (x0, y0), (x1, y1) = places[one], places[other]
            start, end = (x0 - 2, y0 + 22), (x1 + w + 2, y1 + 22)
            if one == 3:
                start = x0 - 2, y0 + (14 if other == 1 else 30)
            else:
                end = x1 + w + 2, y1 + (14 if one == 1 else 30)
            panel.arrow(start, end, color="orange", width=1.8)
            up = other == 1 or one == 1
            mx = (start[0] + end[0]) / 2
            my = (start[1] + end[1]) / 2 + (-9 if up else 20)
            panel.mid(mx, my, label, 13, mono=True)
        total = f"grad {num(2, 0)} + {num(2 * x, 0)} = {num(2 + 2 * x, 0)}"
        panel.text(0, mid + 62 + (14 if wide else 84), total, 13, mono=True)
    return figure.check()


def matrix_gradient():
    """The gradient of the weights of a linear layer, as a product."""
    x, d = (torch.tensor(rows) for rows in LAYER)
    rows = [[float(v) for v in row] for row in (x.T @ d).tolist()]
    figure = _figure(
        "The gradient of a layer's weights: inputs transposed, times d",
        f"The inputs {x.tolist()}, transposed to shape (3, 2), times the "
        f"gradients of the outputs {d.tolist()}, shape (2, 2), give the "
        f"gradient of the weights, shape (3, 2): {(x.T @ d).tolist()}. The "
        "number in its first corner is 1 · 1 + 3 · 2 = 7.",
    )
    parts = (
        ("x.T", "(3, N)", x.T.tolist(), "blue"),
        ("d", "(N, 2)", d.tolist(), "orange"),
        ("x.T @ d", "(3, 2)", rows, "orange"),
    )
    for panel, wide in two_layouts(figure):
        w, x0 = (48, 0) if wide else (42, 0)
        step = 230 if wide else 128
        for k, (name, shape, values, color) in enumerate(parts):
            left, y = (k * step, 26)
            if not wide:
                left, y = (k % 2 * step, 26) if k < 2 else (0, 154)
            titled(panel, x0 + left, y - 10, name, shape)
            box = matrix(panel, x0 + left, y, values, w, 30, color, whole)
            if k == 1:
                sign(panel, box.x - (67 if wide else 22), 70, "·")
            elif wide and k == 2:
                sign(panel, box.x - 67, 70, "=")
        if wide:
            panel.note(0, 132, "here N = 2 rows; 7 = 1 · 1 + 3 · 2")
        else:
            panel.note(104, 204, "here N = 2 rows;\n7 = 1 · 1 + 3 · 2")
    return figure.check()


# --- step 5 ------------------------------------------------------------------


def loop():
    """The five acts of one step, and the way back."""
    acts = (
        ("predict", "logits = model(x)"),
        ("measure", "loss = cross_entropy(...)"),
        ("clear", "zero_grad()"),
        ("go back", "loss.backward()"),
        ("move", "optimizer.step()"),
    )
    figure = _figure(
        "One step of training: five acts, in this order",
        "Predict, measure the loss, clear the old gradients, go back through "
        "the graph to get new ones, move the weights; then the next batch.",
    )
    for panel, wide in two_layouts(figure):
        w, h = (126, 46) if wide else (230, 46)
        y, x = 4, 0
        for k, (name, call) in enumerate(acts):
            place = (k * (w + 10), 4) if wide else (0, 4 + k * 66)
            words = call.split("(")[0] + "()" if wide else call
            words = words.replace("logits = ", "").replace("loss = ", "")
            block(panel, *place, w, h, name)
            x, y = place
            panel.mid(x + w / 2, y + h + 15, words, 12, mono=True)
            if k and wide:
                panel.arrow((x - 10, y + h / 2), (x - 1, y + h / 2))
        if wide:
            right = x + w / 2
            path = ((right, y + h + 24), (right, y + h + 44),
                    (w / 2, y + h + 44), (w / 2, y + h + 22))  # fmt: skip
            panel.arrow(*path, color="orange", width=1.8)
            panel.note((right + w / 2) / 2, y + h + 62, "next batch",
                       "middle")  # fmt: skip
        else:
            top, low = 4 + h / 2, y + h / 2
            path = (w + 1, low), (w + 44, low), (w + 44, top), (w + 2, top)
            panel.arrow(*path, color="orange", width=1.8)
            panel.note(w + 50, (top + low) / 2, "next\nbatch")
    return figure.check()


def letters_network(n_letters=3, hidden_dim=128, n_symbols=27):
    """Three letters in, the next one out, with the parameters of each part."""
    n_inputs = n_letters * n_symbols
    first = n_inputs * hidden_dim + hidden_dim
    last = hidden_dim * n_symbols + n_symbols
    figure = _figure(
        "The network of this step: three letters in, 27 scores out",
        f"Three letters become {n_inputs} numbers, one-hot. A linear layer "
        f"with {first:,} parameters makes {hidden_dim} hidden numbers, tanh "
        "bends them, dropout zeroes half in training, and a second layer "
        f"with {last:,} parameters gives {n_symbols} logits.",
    )
    for panel, wide in two_layouts(figure):
        rows = (
            ("inputs", f"(B, {n_inputs})", "card"),
            ("linear", f"{first:,}", None),
            ("tanh", f"(B, {hidden_dim})", "card"),
            ("dropout", "training only", "card"),
            ("linear", f"{last:,}", None),
            ("logits", f"(B, {n_symbols})", "card"),
        )
        letters = ["t", "h", "e"]
        panel.chips(0, 8, letters, fill="t0", w=28)
        w = 108 if wide else 150
        for k, (name, note, fill) in enumerate(rows):
            if wide:
                x, y = k * (w + 4), 62
                if k:
                    panel.arrow((x - 5, y + 23), (x + 1, y + 23))
            else:
                x, y = 0, 62 + k * 64
                if k:
                    panel.arrow((w / 2, y - 16), (w / 2, y - 2))
            size = w - 10 if wide else w
            x += 4 if wide else 0
            if fill is None:
                learned(panel, x, y, size, 46, name, note, size=13)
            else:
                block(panel, x, y, size, 46, name, note, fill=fill, size=13)
        panel.arrow((46, 38), (46, 58))
        y = 126 if wide else 452
        panel.note(4, y, "below linear: number of parameters")
    return figure.check()


def judged(losses):
    """Bars of the loss on new text; {name: nats per letter}."""
    rows = [
        (name, loss, "green" if name == "network" else "blue")
        for name, loss in losses.items()
    ]
    said = ", ".join(f"{name} {num(loss)}" for name, loss in losses.items())
    figure = _figure(
        "Loss on new text: tables of counts against the network",
        f"Nats per letter: {said}. The shorter the bar the better; knowing "
        "nothing costs the logarithm of 27, 3.30.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (160, 330) if wide else (112, 160)
        bars(panel, x, 4, rows, w, 28, 17, longest=log(27), form=num,
             mono=False)  # fmt: skip
        end = 4 + 28 * len(rows)
        panel.note(x, end + 14, f"knowing nothing: ln 27 = {num(log(27))}")
    return figure.check()


def dropped(share=0.5, seed=5):
    """Eight activations under dropout, in training and in use."""
    torch.manual_seed(seed)
    values = torch.tensor([[0.8, -0.4, 0.6, 1.0, -0.2, 0.4, 0.6, -0.8]])
    kept = torch.nn.functional.dropout(torch.ones_like(values), share) > 0
    trained = values * kept / (1 - share)
    figure = _figure(
        "Dropout: in training half of the activations are 0, the rest doubled",
        "Eight activations. In training some, here "
        f"{(~kept).sum().item()} chosen at random, become 0 and the others "
        "are divided by "
        f"{num(1 - share, 1)}. In use all eight pass unchanged. No data and "
        "no weights are removed.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (150, 56) if wide else (1, 40.5)
        y = 8 if wide else 22
        for name, rows, hidden in (
            ("activations", values, None),
            ("in training", trained, ~kept),
            ("in use", values, None),
        ):
            if wide:
                panel.text(0, y + 19, name, bold=True)
            else:
                panel.text(0, y - 7, name, bold=True)
            matrix(panel, x, y, rows, w, 28, "blue", lambda v: num(v, 1),
                   hidden)  # fmt: skip
            y += 40 if wide else 56
    return figure.check()


# --- step 6 ------------------------------------------------------------------


def millions(n):
    """A count in millions, or in thousands below one million.

    >>> millions(38_597_376), millions(38_400)
    ('38.6 M', '38 k')
    """
    return f"{n / 1e6:.1f} M" if n >= 1e5 else f"{n / 1e3:.0f} k"


def parts_of(parts, name):
    """Bars of the parameters of each part, as `parameters_by_part` gives."""
    total = sum(parts.values())
    rows = [(k.replace("_", " "), n) for k, n in parts.items() if n]
    said = ", ".join(f"{k} {n:,} ({n / total:.1%})" for k, n in rows)
    figure = _figure(
        f"Where the {total:,} parameters of {name} are", f"{said}."
    )
    for panel, wide in two_layouts(figure):
        x, w = (150, 330) if wide else (134, 72)
        form = (lambda n: f"{n:,}") if wide else millions
        bars(panel, x, 4, rows, w, 28, 17, "green", form=form, mono=False)
    return figure.check()


def training_memory(gigabytes):
    """Bars of what training keeps; {name: 10^9 bytes}."""
    total = sum(gigabytes.values())
    said = ", ".join(f"{k} {num(n)} GB" for k, n in gigabytes.items())
    figure = _figure(
        f"What training GPT-2 small keeps in memory: {num(total)} GB",
        f"{said}; together {num(total)} GB. The first three depend on the "
        "parameters only, the activations on the batch.",
    )
    for panel, wide in two_layouts(figure):
        x, w = (150, 380) if wide else (108, 140)
        rows = [
            (k, n, "blue" if k == "activations" else "green")
            for k, n in gigabytes.items()
        ]
        bars(panel, x, 4, rows, w, 28, 17, form=num, mono=False)
        y = 10 + 28 * len(rows)
        wrapped(panel, x, y + 10, ["GB of float32, one window"])
    return figure.check()


__all__ = [
    "LAYER", "STEPS", "TEXT", "UNIT", "VOCABULARY", "WORDS", "broadcasting",
    "contexts", "counts", "dropped", "float_bits", "heat_map", "judged",
    "letters_network", "loop", "matrix_gradient", "one_layer", "parts_of",
    "pipeline", "predicted", "probabilities", "scored", "softmax", "strides",
    "too_much", "training_memory", "two_paths", "unit", "unit_numbers",
]  # fmt: skip
