"""What can be measured in a drawing: how wide text is, what overlaps, what
contrast has. `defects(figure)` is the check of every figure of the book.
"""

import itertools
import unicodedata
from dataclasses import dataclass, replace
from functools import cache

from scratchlm.notebook import COLORS

PALETTE = {  # name: (light, dark)
    "bg": ("#ffffff", "#15191e"),
    "card": ("#f3f5f8", "#1f262e"),
    "mask": ("#e7eaee", "#2a313a"),
    **COLORS,
}
SOFT = {"bg", "card", "mask", "t0", "t1", "t2", "t3"}  # need an outline
MIN_TEXT = 12  # px
# The book's column of 672 px less the padding; a phone's less its margins.
WIDE, NARROW = 670, 330


@cache
def _advances(mono, bold):
    """Advance widths in em of DejaVu, the widest of the usual fonts: what
    fits in it fits in a reader's."""
    import matplotlib
    from fontTools.ttLib import TTFont

    name = "DejaVuSans" + "Mono" * mono + "-Bold" * bold + ".ttf"
    font = TTFont(f"{matplotlib.get_data_path()}/fonts/ttf/{name}")
    glyphs, per_em = font["hmtx"], font["head"].unitsPerEm
    cmap = font.getBestCmap()
    return {code: glyphs[glyph][0] / per_em for code, glyph in cmap.items()}


def text_width(text, size=14, mono=False, bold=False):
    """Upper estimate, in px, of the width of `text`; an unknown character
    (most emoji) counts 1.4 em, a combining mark nothing."""
    widths = _advances(mono, bold)
    return size * sum(
        0 if unicodedata.combining(c) else widths.get(ord(c), 1.4)
        for c in str(text)
    )


@dataclass(frozen=True)
class Box:
    """A rectangle: what the drawing methods return, to aim arrows at."""

    x: float
    y: float
    w: float
    h: float

    right = property(lambda self: self.x + self.w)
    bottom = property(lambda self: self.y + self.h)
    cx = property(lambda self: self.x + self.w / 2)
    cy = property(lambda self: self.y + self.h / 2)

    def moved(self, dx, dy):
        return replace(self, x=self.x + dx, y=self.y + dy)

    def grown(self, d):
        return Box(self.x - d, self.y - d, self.w + 2 * d, self.h + 2 * d)

    def meets(self, other):
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def holds(self, x, y):
        return self.x <= x <= self.right and self.y <= y <= self.bottom

    def contains(self, other):
        return self.holds(other.x, other.y) and self.holds(
            other.right, other.bottom
        )


def defects(figure):
    """Everything that a reader would stumble over, in words."""
    yield from _words(figure)
    for name, width, height, marks in figure.layouts():
        page = Box(0, 0, width, height)
        for defect in (*_places(marks, page), *_contrasts(marks)):
            yield f"{name}: {defect}"


def _words(figure):
    if len(figure.description) < 20:
        yield (
            f"the description has {len(figure.description)} characters, "
            "20 are needed: say what is in the figure and why"
        )
    if not 10 <= len(figure.title) <= 150:
        yield f"the title has {len(figure.title)} characters: use 10 to 150"


def _places(marks, page):
    """Text too small, outside, under or across something."""
    for i, mark in enumerate(marks):
        if not page.grown(0.5).contains(mark.box):
            what = repr(mark.text) if mark.text else f"{mark.kind}"
            yield f"{what} leaves the page: {mark.box} in {page}"
        if mark.kind != "text":
            continue
        if mark.size < MIN_TEXT:
            yield f"{mark.text!r} is {mark.size} px: {MIN_TEXT} at least"
        inner = mark.box.grown(-1)
        for j, other in enumerate(marks):
            if other.kind == "text":
                if j > i and inner.meets(other.box.grown(-1)):
                    yield f"{mark.text!r} overlaps {other.text!r}"
            elif other.kind == "area":
                if not inner.meets(other.box):
                    continue
                if not other.box.grown(0.5).contains(inner):
                    yield f"{mark.text!r} crosses the edge of {other.box}"
                elif j > i and other.color and other.opacity == 1:
                    yield f"{mark.text!r} is hidden under {other.box}"
            elif any(
                inner.holds(*p) and not _covered(marks[j:i], *p)
                for p in _along(other.points)
            ):
                yield f"a line runs through {mark.text!r}"


def _covered(marks, x, y):
    """Is there a filled area at the point?"""
    solid = (m for m in marks if m.kind == "area" and m.color)
    return any(m.opacity == 1 and m.box.holds(x, y) for m in solid)


def _along(points):
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        steps = 1 + int(max(abs(x1 - x0), abs(y1 - y0)) / 3)
        for k in range(steps + 1):
            t = k / steps
            yield x0 + t * (x1 - x0), y0 + t * (y1 - y0)


def rgb(color):
    """'#rrggbb' -> three numbers 0..1."""
    return tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))


def linear(channel):
    """sRGB -> linear light (WCAG 2.2, relative luminance)."""
    if channel <= 0.04045:
        return channel / 12.92
    return ((channel + 0.055) / 1.055) ** 2.4


def contrast(a, b):
    """WCAG contrast ratio, 1 to 21, of two colours given as rgb triples."""
    light = [
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        for r, g, b in (a, b)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)


def _ground(marks, x, y, theme):
    """The colour under the point (x, y), mixed from all areas there."""
    color = rgb(PALETTE["bg"][theme])
    for mark in marks:
        if mark.kind == "area" and mark.color and mark.box.holds(x, y):
            top, a = rgb(PALETTE[mark.color][theme]), mark.opacity
            color = tuple(
                a * new + (1 - a) * old
                for new, old in zip(top, color, strict=True)
            )
    return color


def _contrasts(marks):
    """Text below 4.5:1, lines and solid areas below 3:1, in either theme."""
    for theme, theme_name in enumerate(("light", "dark")):
        for i, mark in enumerate(marks):
            inks = [(mark.color, 4.5 if mark.kind == "text" else 3)]
            if mark.kind == "area":
                bare = mark.color and mark.color not in SOFT
                inks = [(mark.outline, 3)] if mark.outline else []
                inks += [(mark.color, 3)] if bare and not mark.outline else []
            x, y = mark.box.cx, mark.box.cy
            if mark.kind == "line":
                x, y = mark.points[len(mark.points) // 2]
            ground = _ground(marks[:i], x, y, theme)
            for ink, least in inks:
                ratio = contrast(rgb(PALETTE[ink][theme]), ground)
                if ratio < least:
                    what = mark.text or f"{mark.kind} at {x:g}, {y:g}"
                    yield (
                        f"{what!r} has contrast {ratio:.2f} in {theme_name}, "
                        f"{least} is needed: choose another colour"
                    )
