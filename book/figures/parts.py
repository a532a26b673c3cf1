"""Parts that the figures of several chapters share: matrices of numbers,
boxes with words, bars, and axes for a few curves.

Each function draws on a panel and returns the `Box` it has filled. Numbers
come in as lists or tensors; how they are written is decided here, so that a
weight or a shape looks the same in every chapter.
"""

from math import inf, isfinite, isnan, sqrt

from figures.kit import Box, text_width

# Roles, the same in all chapters; the letter is always written too.
QUERY, KEY, VALUE, PLAIN = "blue", "orange", "green", "line"


def num(value, places=2):
    """A number as a reader sees it: a true minus sign, and no −0.

    >>> num(-1.234), num(-0.001), num(3, 0)
    ('−1.23', '0.00', '3')
    """
    text = f"{value:.{places}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    for plain, seen in (("nan", "NaN"), ("inf", "∞"), ("-", "−")):
        text = text.replace(plain, seen)
    return text


def tight(value):
    """A weight from 0 to 1 in three signs.

    >>> tight(0.333), tight(1.0), tight(0.0)
    ('.33', '1', '0')
    """
    if isnan(value):
        return "NaN"
    if value in (0, 1):
        return f"{value:.0f}"
    return f"{value:.2f}".removeprefix("0")


def one_decimal(value):
    return num(value, 1)


def listed(numbers, form=num):
    """Numbers in a sentence.

    >>> listed([1, -0.5])
    '1.00, −0.50'
    """
    return ", ".join(form(n) for n in numbers)


def as_rows(rows):
    """Lists of lists, from a tensor (n_rows, n_columns) too."""
    return rows.tolist() if hasattr(rows, "tolist") else rows


def matrix(
    panel, x, y, rows, w=20, h=None, color=PLAIN, form=None, hidden=None,
    span=None, root=False, framed=False, gap=1.5, size=12,
):  # fmt: skip
    """A matrix as tinted cells, w x h px each: the higher, the stronger.

    form: writes a number into its cell; without it cells are bare
    hidden: the same shape, true where a cell is hatched and without number
    span: (lowest, highest) of the tint; default: those of the rows
    root: a square-root scale, for attention weights
    framed: draw an outline in the same colour
    """
    rows, hidden = as_rows(rows), as_rows(hidden)
    h = h or w
    flat = [v for row in rows for v in row if isfinite(v)] or [0]
    low, high = span or (min(flat), max(flat))
    most = 0.5 if form else 0.9  # numbers must stay readable
    box = Box(x, y, w * len(rows[0]) - gap, h * len(rows) - gap)
    if framed:
        panel.rect(*_grown(box, 4), "bg", color, 5, 1.4)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            place = x + j * w, y + i * h, w - gap, h - gap
            if hidden is not None and hidden[i][j]:
                panel.hatch(*place, None, 2)
                continue
            if isnan(value):
                panel.rect(*place, "bg", "orange", 2, 1.4)
            elif value == -inf:
                panel.hatch(*place, None, 2)
            else:
                share = (value - low) / (high - low) if high > low else 0
                share = min(max(share, 0), 1)
                share = sqrt(share) if root else share
                tint = round(0.07 + (most - 0.07) * share, 2)
                panel.rect(*place, color, r=2, opacity=tint)
            if form:
                middle = place[0] + place[2] / 2, place[1] + place[3] / 2
                label = form(value)
                panel.mid(
                    middle[0], middle[1] + 0.36 * size, label, size, mono=True
                )
    return box


def _grown(box, d):
    grown = box.grown(d)
    return grown.x, grown.y, grown.w, grown.h


def frame(panel, box, color="fg", d=2, width=1.8, dash=False):
    """An outline around what is drawn already."""
    return panel.rect(*_grown(box, d), None, color, 4, width, dash)


def row_of(box, i, n):
    """The i-th of n equal rows of a matrix's box."""
    return Box(box.x, box.y + i * box.h / n, box.w, box.h / n)


def column_of(box, j, n):
    """The j-th of n equal columns of a matrix's box."""
    return Box(box.x + j * box.w / n, box.y, box.w / n, box.h)


def names_left(panel, x, y, names, h, size=12.5, mono=True, color="fg"):
    """Names of rows that are h px high, right-aligned at x."""
    for i, name in enumerate(names):
        place = x, y + (i + 0.5) * h + 0.3 * size
        panel.text(*place, name, size, color, "end", mono)


def names_right(panel, x, y, names, h, size=12.5, mono=True, color="fg"):
    """Names of rows that are h px high, from x on."""
    for i, name in enumerate(names):
        place = x, y + (i + 0.5) * h + 0.3 * size
        panel.text(*place, name, size, color, mono=mono)


def names_above(panel, x, y, names, w, size=12.5, mono=True, color="fg"):
    """Names of columns that are w px wide, with their foot at y."""
    for j, name in enumerate(names):
        panel.mid(x + (j + 0.5) * w, y, name, size, color=color, mono=mono)


def titled(panel, x, y, title, shape="", size=14):
    """A name in bold and, behind it, a shape or formula in the code's font."""
    box = panel.text(x, y, title, size, bold=True)
    if shape:
        panel.text(box.right + 8, y, shape, 12.5, "mut", mono=True)
    return box


def block(
    panel, x, y, w, h, *lines, fill="card", outline="line", width=1.2, r=6,
    ink=None, mono=False, size=14, dash=False,
):  # fmt: skip
    """A box with centred lines: the first bold, the others small."""
    box = panel.rect(x, y, w, h, fill, outline, r, width, dash)
    step = 17
    top = box.cy - step * (len(lines) - 1) / 2 + 0.36 * size
    for i, line in enumerate(lines):
        style = {"size": size, "bold": True, "mono": mono}
        if i:
            color = ink or ("mut" if fill in ("card", "bg") else "fg")
            style = {"size": 12.5, "color": color}
        panel.mid(box.cx, top + i * step, line, **style)
    return box


def plus(panel, x, y, sign="+"):
    """A small disc with a sign: where two streams meet."""
    panel.step(x, y, sign, quiet=True)
    return Box(x - 11, y - 11, 22, 22)


def sign(panel, x, y, text, size=18):
    """A sign of arithmetic between two matrices, centred on (x, y)."""
    return panel.mid(x, y + 0.36 * size, text, size, color="mut")


def cards(panel, x, y, w, h, color, n):
    """n cards behind each other, the front one at (x, y); its box."""
    for k in range(n - 1, 0, -1):
        panel.rect(x + 6 * k, y - 6 * k, w, h, "card", color, 5, 1.1)
    return panel.rect(x, y, w, h, "bg", color, 5, 1.6)


def bars(
    panel, x, y, rows, w, h=20, thick=13, color="blue", longest=None,
    form=tight, mono=True, size=12.5,
):  # fmt: skip
    """Horizontal bars: rows of (label, value) or (label, value, color).

    x: where bars begin; labels stand left of it, values right of the bar
    w: px of the longest, which is `longest` or the greatest value
    """
    longest = longest or max(row[1] for row in rows) or 1
    for i, (label, value, *own) in enumerate(rows):
        middle = y + (i + 0.5) * h
        panel.text(
            x - 6, middle + 0.36 * size, label, size, anchor="end", mono=mono
        )
        ink = own[0] if own else color
        length = w * value / longest
        if length > 0:
            panel.rect(x, middle - thick / 2, max(length, 1), thick, ink, r=1)
        panel.text(
            x + length + 6, middle + 0.36 * 12, form(value), 12, mono=True
        )
    return Box(x, y, w, h * len(rows))


def wrapped(panel, x, y, lines, color="mut", size=12.5, anchor="start"):
    """Small lines below each other, the first baseline at y; the last."""
    for i, line in enumerate(lines):
        panel.text(x, y + 17 * i, line, size, color, anchor)
    return y + 17 * (len(lines) - 1)


def fit(text, width, size=12.5):
    """`text` as lines that are at most `width` px wide."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


class Axes:
    """Two axes and what is drawn between them; the origin is bottom left.

    x, y, w, h: the area in px; xs, ys: the values at its edges
    """

    def __init__(self, panel, x, y, w, h, xs, ys):
        self.panel, self.box, self.xs, self.ys = panel, Box(x, y, w, h), xs, ys
        panel.line((x, y), (x, y + h), (x + w, y + h), color="line", width=1.2)

    def at(self, x, y):
        """The place of a point, in px."""
        (x0, x1), (y0, y1) = self.xs, self.ys
        box = self.box
        across, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return box.x + across * box.w, box.bottom - up * box.h

    def x_ticks(self, values, form=str, name=""):
        """Ticks with numbers below, and the axis's name under them."""
        for value in values:
            x, y = self.at(value, self.ys[0])
            self.panel.line((x, y), (x, y + 4), color="line", width=1.2)
            self.panel.mid(x, y + 17, form(value), 12, color="mut")
        if name:
            self.panel.note(self.box.cx, self.box.bottom + 35, name, "middle")

    def y_ticks(self, values, form=str, name=""):
        """Ticks with numbers at the left, and the axis's name on top."""
        for value in values:
            x, y = self.at(self.xs[0], value)
            self.panel.line((x - 4, y), (x, y), color="line", width=1.2)
            self.panel.text(x - 7, y + 4, form(value), 12, "mut", "end")
        if name:
            self.panel.note(self.box.x, self.box.y - 10, name)

    def curve(self, points, color="blue", dash=False, width=2):
        """A line through points (x, y), given as values."""
        places = [self.at(x, y) for x, y in points]
        self.panel.line(*places, color=color, dash=dash, width=width)

    def dot(self, x, y, color="blue", r=3.5):
        """A square point."""
        x, y = self.at(x, y)
        self.panel.rect(x - r, y - r, 2 * r, 2 * r, color, r=1)

    def columns(self, edges, heights, color="blue"):
        """A histogram: heights between neighbouring edges."""
        for left, right, height in zip(
            edges, edges[1:], heights, strict=False
        ):
            if height:
                x0, y0 = self.at(left, height)
                x1, y1 = self.at(right, self.ys[0])
                self.panel.rect(x0 + 0.5, y0, x1 - x0 - 1, y1 - y0, color, r=0)
