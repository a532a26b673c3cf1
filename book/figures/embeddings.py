"""The figures of chapter 3, drawn with real numbers from scratchlm.

Every function returns a checked `Figure`. Numbers in discs are the chapter's
six steps. Blue is a token's vector or its query, green a position, orange a
key, a gradient or a bias, grey a sum or a selector; hatched is what may not
be seen. Letters say the same.
"""

from math import cos, pi, sin

import torch

from figures.kit import NARROW, WIDE, Figure, two_layouts
from figures.parts import (
    as_rows,
    bars,
    frame,
    matrix,
    names_above,
    names_left,
    num,
    one_decimal,
    row_of,
    sign,
    titled,
)
from scratchlm.embeddings import (
    alibi_bias,
    interpolate_frequencies,
    ntk_frequencies,
    rotary_frequencies,
    rotary_table,
    rotate,
    sinusoidal_positions,
    yarn_frequencies,
)

# The example of the whole chapter: import it, so that prose, cells and
# figures agree. One word is one token; `the` comes twice.
WORDS = ["the", "crab", "saw", "gull"]
IDS = [0, 1, 2, 0, 3]
SWAPPED = [0, 3, 2, 0, 1]
TABLE = [[1.0, 0.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
D_OUTPUT = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0],
            [0.0, 4.0, 0.0], [3.0, 0.0, 0.0]]  # fmt: skip

STEPS = ("Look up", "Tie", "Order", "Tables", "Rotate", "Stretch")


def whole(value):
    return num(value, 0)


def _figure(title, description):
    return Figure(WIDE, None, title, description, narrow=(NARROW, None))


def _words(ids):
    return [WORDS[i] for i in ids]


# --- the map ----------------------------------------------------------------


def pipeline(step=None):
    """The map of the chapter; `step`, 1 to 6, brings one step to the front."""
    figure = _figure(
        "Map: from token ids to vectors that know their place, in six steps",
        "Token ids are looked up in a table (1). The same table, used again "
        "at the end, turns vectors into a score for each token (2). Between "
        "them, attention by itself does not know the order (3). The order "
        "comes in as a vector that is added before the blocks (4), or as a "
        "rotation of queries and keys inside each attention (5). Slower "
        "rotations stretch the context (6).",
    )
    for panel, wide in two_layouts(figure):
        left, w = (30, 260) if wide else (24, 290)

        def part(
            y, number, note, panel=panel, wide=wide, left=left, w=w, x=None
        ):
            quiet = step not in (None, number)
            x = left if x is None else x
            ink = "line" if quiet else "fg"
            panel.rect(x, y, w, 34, "card", ink, 6)
            panel.step(x + 20, y + 17, number, STEPS[number - 1], 14, quiet)
            place = (x + w + 14, y + 22) if wide else (x + 4, y + 52)
            panel.note(*place, note)

        def down(y, panel=panel, wide=wide, left=left):
            panel.arrow(
                (left + 130, y), (left + 130, y + (20 if wide else 14))
            )

        row, y = (56, 4) if wide else (74, 4)
        panel.text(left + 4, y + 15, "token ids (B, T)", 13, mono=True)
        y += 24
        for number, note in (
            (1, "a row of the table for each id"),
            (4, "added once: a vector for each position"),
            (3, "attention: who looks at whom"),
            (5, "inside attention: turn queries and keys"),
            (6, "longer text: turn more slowly"),
            (2, "the table again: a score for each token"),
        ):
            part(y, number, note)
            if number != 2:
                down(y + (35 if wide else 58))
            y += row
        panel.text(left + 4, y + 8, "logits (B, T, V)", 13, mono=True)
    return figure.check()


# --- step 1 -----------------------------------------------------------------


def lookup():
    """The id 1 as a one-hot row, times the table."""
    figure = _figure(
        "One-hot row times table: row 1 of the table",
        "The one-hot row 0 1 0 0 is multiplied by a table of four rows and "
        "three columns. Every row but row 1 is multiplied by 0, so the result "
        "is row 1: 0, 3, 1. A lookup reads that row and multiplies nothing.",
    )
    hot = [[0.0, 1.0, 0.0, 0.0]]
    for panel, wide in two_layouts(figure):
        w = 34
        x, y = (20, 40) if wide else (20, 34)
        titled(panel, x, y - 14, "one-hot of 1", "(1, V)")
        matrix(panel, x, y, hot, w, 30, "line", whole)
        if wide:
            sign(panel, 186, y + 15, "×")
            x2, y2 = 270, 40
        else:
            sign(panel, 186, y + 15, "×")
            x2, y2 = 70, 120
        titled(panel, x2, y2 - 14, "table", "(V, D)")
        box = matrix(panel, x2, y2, TABLE, w, 30, "blue", whole)
        frame(panel, row_of(box, 1, 4))
        names_left(panel, x2 - 8, y2, WORDS, 30)
        x3, y3 = (470, 70) if wide else (70, 290)
        if wide:
            sign(panel, 420, y3 + 15, "=")
        else:
            sign(panel, 40, y3 + 15, "=")
        titled(panel, x3, y3 - 14, "crab", "(1, D)")
        matrix(panel, x3, y3, [TABLE[1]], w, 30, "blue", whole)
    return figure.check()


def gradient():
    """Gradients of the outputs, added into the rows of the table."""
    total = [[0.0] * 3 for _ in WORDS]
    for i, row in zip(IDS, D_OUTPUT, strict=True):
        total[i] = [a + b for a, b in zip(total[i], row, strict=True)]
    figure = _figure(
        "Gradients of five outputs are added into four rows",
        "Five tokens, the crab saw the gull, have five gradients. The two of "
        "'the', 1 0 0 and 0 4 0, both go to row 0, which gets the sum 1 4 0. "
        "The other rows get one each.",
    )
    for panel, wide in two_layouts(figure):
        w, h = (34, 30) if wide else (26, 30)
        x, y = (70, 34) if wide else (42, 34)
        titled(panel, x, y - 14, "d output", "(T, D)" if wide else "")
        box = matrix(panel, x, y, D_OUTPUT, w, h, "orange", whole)
        names_left(panel, x - 8, y, _words(IDS), h)
        x2 = 390 if wide else 220
        titled(panel, x2, y - 14, "d table", "(V, D)" if wide else "")
        matrix(panel, x2, y, total, w, h, "orange", whole)
        names_left(panel, x2 - 8, y, WORDS, h)
        right = x2 - (52 if wide else 44)
        for t, i in enumerate(IDS):
            start = box.right + 5, y + (t + 0.5) * h - 1
            end = right, y + (i + 0.5) * h - 1
            ink = "orange" if i == 0 else "mut"
            panel.arrow(start, end, color=ink)
    return figure.check()


# --- step 2 -----------------------------------------------------------------


def tying():
    """One matrix, two uses, one gradient."""
    figure = _figure(
        "One table used twice: at the input and at the output",
        "The table of V rows and D columns stands once in memory. At the "
        "input a row is picked for each id. At the output a token's last "
        "vector is multiplied by every row: a score for each id. "
        "Gradients from both uses are added into the same table.",
    )
    for panel, wide in two_layouts(figure):
        x = 250 if wide else 90
        titled(panel, x, 20, "table", "(V, D)")
        box = matrix(panel, x, 34, TABLE, 36, 30, "blue", whole)
        names_left(panel, x - 8, 34, WORDS, 30)
        middle = box.cy
        if wide:
            panel.arrow((120, middle), (190, middle))
            panel.note(20, middle - 8, "input:\npick row v")
            panel.arrow((box.right + 12, middle), (box.right + 70, middle))
            panel.note(
                box.right + 84,
                middle - 8,
                "output: multiply the\nlast vector by all rows",
            )
            panel.note(box.cx, 190, "both gradients are added here", "middle")
        else:
            panel.note(20, 180, "input: pick row v")
            panel.note(20, 202, "output: last vector times all rows")
            panel.note(20, 224, "both gradients are added in it")
    return figure.check()


def sizes(counts):
    """Bars of the parameters of each GPT-2, with the table's share.

    counts: rows of (name, parameters, parameters of the table)
    """
    shares = "; ".join(f"{n}: {t / p:.0%}" for n, p, t in counts)
    figure = _figure(
        "The token table's share of the parameters of four GPT-2 sizes",
        f"Share of the tied model that is its token table. {shares}. The "
        "larger the model, the smaller the share, so tying saves most in "
        "small models.",
    )
    for panel, wide in two_layouts(figure):
        rows = [(n, t / p) for n, p, t in counts]
        w = 440 if wide else 170
        bars(panel, 80, 6, rows, w, 30, 18, "blue", form=lambda v: f"{v:.0%}")
    return figure.check()


# --- step 3 -----------------------------------------------------------------


def bag():
    """The sum of the vectors of two orders of the same words."""
    total = torch.tensor(TABLE)[IDS].sum(0).tolist()
    figure = _figure(
        "Two sentences with the same words have the same sum",
        "'the crab saw the gull' and 'the gull saw the crab' are the same "
        "five rows in another order, so their sum is the same vector: "
        f"{', '.join(map(whole, total))}.",
    )
    for panel, wide in two_layouts(figure):
        for k, ids in enumerate((IDS, SWAPPED)):
            x = (70 if wide else 44) + k * (300 if wide else 160)
            w = 34
            matrix(panel, x, 8, torch.tensor(TABLE)[ids], w, 28, "blue",
                   whole)  # fmt: skip
            names_left(panel, x - 6, 8, _words(ids), 28, 12)
            matrix(panel, x, 164, [total], w, 28, "line", whole)
            names_left(panel, x - 6, 164, ["sum"], 28, 12)
    return figure.check()


def views():
    """What the last token sees with one layer, and with two."""
    figure = _figure(
        "What a causal mask shows: a set in one layer, the order in two",
        "In each grid a row is a token that looks, a column what it may look "
        "at; hatched is later. The last row is open everywhere: in one layer "
        "the last token sees all the others as a set. Rows differ in how much "
        "they may see, so after one layer each token already holds a trace "
        "of what stood before it, and a second layer can read that trace.",
    )
    for panel, wide in two_layouts(figure):
        hidden = [[j > i for j in range(5)] for i in range(5)]
        for k, name in enumerate(("first layer", "second layer")):
            x = (70 if wide else 48) + (k * 330 if wide else 0)
            y = 44 + (0 if wide else k * 230)
            titled(panel, x, y - 26, name, "reads words" if not k else
                   "reads prefixes")  # fmt: skip
            rows = [[1.0] * 5 for _ in range(5)]
            box = matrix(panel, x, y, rows, 44, 30, "blue", hidden=hidden)
            names_left(panel, x - 6, y, _words(IDS), 30)
            names_above(panel, x, y - 6, _words(IDS), 44, 12)
            frame(panel, row_of(box, 4, 5))
    return figure.check()


def linear_bias():
    """ALiBi's bias for two heads of a model with two heads."""
    bias = alibi_bias(2, 4, 4)
    hidden = [[j > i for j in range(4)] for i in range(4)]
    figure = _figure(
        "ALiBi: minus slope times distance, another slope for each head",
        "Two grids of four queries and four keys. On the diagonal the bias is "
        "0, and it falls by the slope for each token further back: "
        f"{num(-bias[0, 1, 0].item(), 4)} in head 0 and "
        f"{num(-bias[1, 1, 0].item(), 4)} in head 1. Later keys are hidden.",
    )
    for panel, wide in two_layouts(figure):
        for k in range(2):
            x = 60 + (k * 300 if wide else 0)
            y = 46 + (0 if wide else k * 190)
            slope = -bias[k, 1, 0].item()
            titled(panel, x, y - 26, f"head {k}", f"slope {slope:g}")
            matrix(panel, x, y, bias[k], 52, 30, "orange", lambda v: num(v, 3),
                   hidden, span=(-0.2, 0))  # fmt: skip
            names_left(panel, x - 8, y, range(4), 30)
            names_above(panel, x, y - 6, range(4), 52, 12)
    return figure.check()


# --- step 4 -----------------------------------------------------------------

POSITIONS = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0],
             [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]  # fmt: skip


def added():
    """Token vectors, position vectors and their sum."""
    tokens = torch.tensor(TABLE)[IDS]
    places = torch.tensor(POSITIONS)
    figure = _figure(
        "Token vector plus position vector, for five tokens",
        "The two rows of 'the' are equal in the token vectors. The position "
        "vectors differ in each row, and so do the sums: 'the' at position 0 "
        "is 1 0 2, at position 3 it is 2 0 2.",
    )
    for panel, wide in two_layouts(figure):
        w, gap = (34, 190) if wide else (24, 92)
        x, y = (70 if wide else 44), 34
        parts = (
            ("token", tokens, "blue"),
            ("position", places, "green"),
            ("sum", tokens + places, "line"),
        )
        for k, (name, rows, color) in enumerate(parts):
            left = x + k * gap
            titled(panel, left, y - 14, name, size=13)
            box = matrix(panel, left, y, rows, w, 28, color, whole)
            for t in (0, 3):
                frame(panel, row_of(box, t, 5))
            if k < 2:
                middle = (box.right + left + gap) / 2
                sign(panel, middle, box.cy, "+="[k], 16)
        names_left(panel, x - 8, y, _words(IDS), 28)
    return figure.check()


def _clock(panel, x, y, r, angles, labels, color="green"):
    """A circle with a hand for each angle (radians from the right, up)."""
    ring = [(x + r * cos(a * pi / 24), y - r * sin(a * pi / 24))
            for a in range(49)]  # fmt: skip
    panel.line(*ring, color="line", width=1.2)
    for angle, label in zip(angles, labels, strict=True):
        tip = x + r * cos(angle), y - r * sin(angle)
        panel.arrow((x, y), tip, color=color)
        far = r + 14
        place = x + far * cos(angle), y - far * sin(angle) + 4
        panel.mid(*place, label, 12.5)


def clocks():
    """Four positions on the clocks of two pairs of features."""
    figure = _figure(
        "Two clocks show the positions 0 to 3: a fast hand and a slow one",
        "Pair 0 turns by 1 radian per token, so positions 0, 1, 2 and 3 are "
        "spread over half of the circle. Pair 1 turns by 0.1 radians, and its "
        "hands lie close together. Each pair stores the sine and the cosine "
        "of its angle.",
    )
    for panel, wide in two_layouts(figure):
        for k, speed in enumerate((1.0, 0.1)):
            x = 150 + (k * 320 if wide else 0)
            y = 124 + (0 if wide else k * 240)
            panel.mid(x, y - 104, f"pair {k}: {speed:g} radian per token", 13,
                      bold=True)  # fmt: skip
            shown = range(4) if k == 0 else (0, 3)
            angles = [speed * p for p in shown]
            _clock(panel, x, y, 74, angles, shown)
    return figure.check()


def sinusoid_table():
    """The table of 16 positions and 12 features, tinted."""
    rows = sinusoidal_positions(16, 12, base=100.0)
    figure = _figure(
        "Sinusoidal positions: 16 rows, 12 columns, fast to slow",
        "Each row is a position, each pair of columns one clock. The first "
        "columns change from row to row, the last ones hardly at all, like "
        "the digits of a counter. Strong tint is 1, faint tint is −1.",
    )
    for panel, wide in two_layouts(figure):
        w, h = (44, 17) if wide else (22, 17)
        x = 60 if wide else 40
        names = [f"{'sc'[j % 2]}{j // 2}" for j in range(12)]
        names_above(panel, x, 18, names, w, 12)
        matrix(panel, x, 26, rows, w, h, "green", span=(-1, 1))
        names_left(panel, x - 8, 26, range(16), h, 12)
    return figure.check()


# --- step 5 -----------------------------------------------------------------


def turned():
    """The vector (3, 1) turned at positions 0 to 3, half a radian each."""
    figure = _figure(
        "Rotary positions turn a vector and keep its length",
        "The query (3, 1) stands at positions 0, 1, 2 and 3. At each it is "
        "turned by half a radian more. Its length stays the same, so no part "
        "of the token is lost.",
    )
    for panel, wide in two_layouts(figure):
        x = 330 if wide else 160
        first = torch.atan2(torch.tensor(1.0), torch.tensor(3.0)).item()
        angles = [first + 0.5 * p for p in range(4)]
        _clock(
            panel, x, 126, 96, angles, [f"at {p}" for p in range(4)], "blue"
        )
    return figure.check()


def same_distance():
    """Query and key, two tokens apart, at two places: one score."""
    speed = torch.tensor([0.5])
    query, key = torch.tensor([[3.0, 1.0]]), torch.tensor([[2.0, 2.0]])
    figure = _figure(
        "The same distance at two places gives the same score",
        "A query (blue, q) and a key (orange, k) two tokens apart. On the "
        "left they stand at 3 and 1, on the right at 8 and 6. Both hands have "
        "turned further, by the same angle; the angle between them, and so "
        "the score, 7.69, is unchanged. Hands show directions, not lengths.",
    )
    for panel, wide in two_layouts(figure):
        for k, (p, t) in enumerate(((3, 1), (8, 6))):
            x = 150 + (k * 320 if wide else 0)
            y = 130 + (0 if wide else k * 270)
            one = rotate(query, *rotary_table(torch.tensor([p]), speed))[0]
            two = rotate(key, *rotary_table(torch.tensor([t]), speed))[0]
            panel.mid(x, y - 108, f"q at {p}, k at {t}", 13, bold=True)
            for v, name, ink in ((one, "q", "blue"), (two, "k", "orange")):
                angle = torch.atan2(v[1], v[0]).item()
                _clock(panel, x, y, 74, [angle], [name], ink)
            panel.mid(x, y + 114, f"score {num((one @ two).item())}", 13)
    return figure.check()


def layouts():
    """Which features form a pair, in the two layouts."""
    figure = _figure(
        "Two layouts of the pairs: interleaved and half-split",
        "Eight features hold the pairs 0 to 3, each with a first feature a "
        "and a second b. Interleaved, partners are neighbours: 0a 0b 1a 1b 2a "
        "2b 3a 3b. Half-split, a partner is half the width away: 0a 1a 2a 3a "
        "0b 1b 2b 3b. Only the order of the features changes.",
    )
    for panel, wide in two_layouts(figure):
        w, x = (60, 90) if wide else (36, 14)
        rows = (
            ("interleaved", [f"{i // 2}{'ab'[i % 2]}" for i in range(8)]),
            ("half-split", [f"{i % 4}{'ab'[i // 4]}" for i in range(8)]),
        )
        places = []
        for k, (name, labels) in enumerate(rows):
            y = 26 + 110 * k
            panel.text(x, y - 9, name, 13, bold=True)
            places.append({})
            for i, label in enumerate(labels):
                fill = f"t{label[0]}"
                box = panel.chip(x + i * w, y, label, fill, w=w - 4, size=13)
                places[k][label] = box
        for label, box in places[0].items():
            to = places[1][label]
            panel.arrow(
                (box.cx, box.bottom + 3),
                (to.cx, to.y - 26)
                if to.x < x + 1.6 * w
                else (to.cx, to.y - 3),
            )
    return figure.check()


# --- step 6 -----------------------------------------------------------------


def unseen():
    """Angles of the slowest of two pairs within and beyond a window."""
    figure = _figure(
        "Beyond the window lie angles that training never showed",
        "A clock with the angles of a slow pair. Within the window of 32 "
        "tokens it sweeps the thick arc; at four times the window it "
        "reaches angles it never had. Divided by four, all positions fall "
        "into the part that was seen.",
    )
    slow = 1.2 / 32
    for panel, wide in two_layouts(figure):
        for k, factor in enumerate((1, 4)):
            name = ("as trained", "divided by 4")[k]
            x = 150 + (k * 320 if wide else 0)
            y = 130 + (0 if wide else k * 260)
            panel.mid(x, y - 106, name, 13, bold=True)
            places = (0, 32, 64, 128) if k == 0 else (0, 64, 128)
            angles = [slow * p / factor for p in places]
            _clock(panel, x, y, 74, angles, places)
            arc = [(x + 46 * cos(1.2 * i / 12), y - 46 * sin(1.2 * i / 12))
                   for i in range(13)]  # fmt: skip
            panel.line(*arc, color="fg", width=4)
            panel.note(x, y + 112, "thick arc: seen in training", "middle")
    return figure.check()


def slowed():
    """How much slower each pair turns, by three methods, factor 4."""
    kept = rotary_frequencies(16)
    rows = torch.stack(
        [
            kept / interpolate_frequencies(kept, 4.0),
            kept / ntk_frequencies(16, 4.0),
            kept / yarn_frequencies(16, 4.0, 32),
        ]
    )
    figure = _figure(
        "How many times slower each pair turns, for a window 4 times as long",
        "Three rows, eight pairs from fast to slow. Interpolation slows all "
        "pairs 4 times. NTK-aware frequencies grow from 1 to 4. YaRN keeps "
        "the pairs that turn often within the window and slows those that do "
        "not come round: "
        + "; ".join(
            f"{n}: {', '.join(num(v, 1) for v in row)}"
            for n, row in zip(
                ("PI", "NTK", "YaRN"), as_rows(rows), strict=True
            )
        )
        + ".",
    )
    for panel, wide in two_layouts(figure):
        w, x = (60, 80) if wide else (33, 46)
        names_above(panel, x, 18, range(8), w, 12)
        matrix(panel, x, 26, rows, w, 34, "green", one_decimal, span=(1, 4))
        names_left(panel, x - 8, 26, ("PI", "NTK", "YaRN"), 34)
        panel.note(x, 146, "pair 0 turns fastest, pair 7 slowest")
    return figure.check()
