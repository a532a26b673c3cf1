"""The figure kit: drawings as inline SVG that check themselves.

A `Figure` is drawn in CSS pixels and never scaled, so text keeps its size at
any width. Panels restack on narrow pages: each has a second place, used when
the container is narrower than the figure (a CSS container query). A figure
without a narrow layout scrolls sideways inside its own box, by key as well.

Colours are names of `PALETTE`, written as CSS variables, so a figure follows
the theme of the book, JupyterLab, Colab and VS Code. `check()` measures what
a reader would stumble over: small or clipped text, overlaps, low contrast, a
missing description. The kit leaves out plots: those are matplotlib's.
"""

import zlib
from dataclasses import dataclass, replace
from html import escape
from math import ceil, copysign

from figures.measure import (
    MIN_TEXT,
    NARROW,
    PALETTE,
    WIDE,
    Box,
    defects,
    text_width,
)  # fmt: skip

__all__ = [
    "MIN_TEXT",
    "NARROW",
    "PALETTE",
    "WIDE",
    "Box",
    "Figure",
    "text_width",
    "two_layouts",
]

_DARK_HOSTS = (
    ":is(html[data-theme=dark],html[theme=dark],"
    "body[data-jp-theme-light=false],body.vscode-dark)"
)
_NOT_LIGHT = (
    "html:not([data-theme=light],[theme=light]) "
    "body:not([data-jp-theme-light=true],.vscode-light)"
)


def _variables(theme):
    return ";".join(f"--{k}:{v[theme]}" for k, v in PALETTE.items())


# Printing is always light: the dark rules are for screens only. The rule for
# .text_html removes the pale frame that the book's theme puts around outputs.
CSS = f"""
.drawn{{{_variables(0)};container:drawn/inline-size;width:100%;margin:1em 0 0;
padding:0!important;background:var(--bg);color:var(--fg);border-radius:6px}}
@media screen{{{_DARK_HOSTS} .drawn{{{_variables(1)}}}}}
@media screen and (prefers-color-scheme:dark){{
{_NOT_LIGHT} .drawn{{{_variables(1)}}}}}
.text_html:has(>.drawn){{background:none!important;padding:0!important}}
.drawn>div{{overflow-x:auto;overflow-y:hidden;padding:1px}}
.drawn>div:focus-visible{{outline:2px solid var(--blue)}}
.drawn svg{{display:block;margin:0 auto;max-width:none;overflow:visible;
font:14px Inter,system-ui,sans-serif}}
.drawn text{{fill:var(--fg)}}
.drawn .mono{{font-family:ui-monospace,Menlo,Consolas,monospace}}
.drawn .bold{{font-weight:600}}
.drawn .middle{{text-anchor:middle}}.drawn .end{{text-anchor:end}}
.drawn details,.drawn figcaption{{font-size:14px;color:var(--mut);
margin:.3em .6em 0}}
.drawn summary{{min-height:24px;cursor:pointer}}
"""


@dataclass(frozen=True)
class Mark:
    """One drawn thing: its SVG, and what check() needs to know of it."""

    svg: str
    kind: str  # text, area or line
    box: Box
    color: str | None = None  # of the text, the fill or the stroke
    outline: str | None = None
    opacity: float = 1
    text: str = ""
    size: float = 0
    points: tuple = ()

    def moved(self, dx, dy):
        points = tuple((x + dx, y + dy) for x, y in self.points)
        return replace(self, box=self.box.moved(dx, dy), points=points)


def _var(color):
    return f"var(--{color})" if color else "none"


def _path(points):
    return "M" + "L".join(f"{x:.6g} {y:.6g}" for x, y in points)


class Canvas:
    """What figures and panels share: the drawing methods. Coordinates are px
    from the top left; the y of a text is its baseline."""

    def __init__(self):
        self.marks = []

    def text(
        self, x, y, text, size=14, color="fg", anchor="start", mono=False,
        bold=False,
    ):  # fmt: skip
        text = str(text)
        width = text_width(text, size, mono, bold)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        box = Box(left, y - 0.76 * size, width, 0.98 * size)
        names = ["mono"] * mono + ["bold"] * bold
        names += [anchor] if anchor != "start" else []
        attributes = f' class="{" ".join(names)}"' if names else ""
        style = f"font-size:{size:g}px;" if size != 14 else ""
        style += f"fill:{_var(color)}" if color != "fg" else ""
        attributes += f' style="{style}"' if style else ""
        svg = f'<text x="{x:.6g}" y="{y:.6g}"{attributes}>'
        svg += f"{escape(text)}</text>"
        self.marks.append(Mark(svg, "text", box, color, text=text, size=size))
        return box

    def mid(self, x, y, text, size=14, **options):
        """Text centred on x."""
        return self.text(x, y, text, size, anchor="middle", **options)

    def note(self, x, y, text, anchor="start", **options):
        """Small muted text, one line for each line of `text`."""
        options = {"size": 12.5, "color": "mut", **options}
        for i, line in enumerate(str(text).split("\n")):
            self.text(x, y + 17 * i, line, anchor=anchor, **options)

    def rect(
        self, x, y, w, h, fill="card", outline=None, r=4, width=1, dash=False,
        opacity=1,
    ):  # fmt: skip
        extra = f' stroke="{_var(outline)}" stroke-width="{width:g}"'
        extra = extra if outline else ""
        extra += ' stroke-dasharray="4 3"' if dash else ""
        extra += f' fill-opacity="{opacity:.3g}"' if opacity != 1 else ""
        svg = (
            f'<rect x="{x:.6g}" y="{y:.6g}" width="{w:.6g}" height="{h:.6g}"'
            f' rx="{r:g}" fill="{_var(fill)}"{extra}/>'
        )
        box = Box(x, y, w, h)
        self.marks.append(Mark(svg, "area", box, fill, outline, opacity))
        return box

    def hatch(self, x, y, w, h, outline="line", r=4):
        """Hatched: not here, not yet, not allowed."""
        box = self.rect(x, y, w, h, "mask", outline, r)
        mark = self.marks[-1]
        svg = mark.svg.replace(_var("mask"), "url(#HATCH)")
        self.marks[-1] = replace(mark, svg=svg)
        return box

    def arrow(
        self, *points, color="mut", head=True, width=1.6, dash=False,
        fill=None, svg_path=None,
    ):  # fmt: skip
        """A line through the points, with a head at the last one."""
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        neck = (x1 - 7 * ux, y1 - 7 * uy)
        path = svg_path or _path([*points[:-1], neck if head else (x1, y1)])
        dashes = ' stroke-dasharray="4 3"' if dash else ""
        svg = (
            f'<path d="{path}" fill="{_var(fill)}" stroke="{_var(color)}"'
            f' stroke-width="{width:g}"{dashes}/>'
        )
        if head:
            (nx, ny), wing = neck, 4.2
            left = (nx - wing * uy, ny + wing * ux)
            right = (nx + wing * uy, ny - wing * ux)
            tip = _path([left, (x1, y1), right])
            svg += f'<path d="{tip}z" fill="{_var(color)}"/>'
        xs, ys = zip(*points, strict=True)
        box = Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
        self.marks.append(Mark(svg, "line", box, color, points=points))
        return box

    def line(self, *points, **options):
        return self.arrow(*points, head=False, **options)

    def curve(self, start, end, vertical=False, **options):
        """A smooth arrow that leaves and arrives sideways (or up/down)."""
        (x0, y0), (x1, y1) = start, end
        mx, my = (x0 + x1) / 2, (y0 + y1) / 2
        c0, c1 = ((x0, my), (x1, my)) if vertical else ((mx, y0), (mx, y1))

        def at(t):
            weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t)
            bends = zip((start, c0, c1, end), (*weights, t**3), strict=True)
            return tuple(map(sum, zip(*((w * p[0], w * p[1]) for p, w in
                                        bends), strict=True)))  # fmt: skip

        points = [at(i / 16) for i in range(17)]
        stop = end
        if options.get("head", True):  # the line ends at the head's neck
            ways = (0, y1 - y0) if vertical else (x1 - x0, 0)
            stop = tuple(
                e - copysign(7, way) * bool(way)
                for e, way in zip(end, ways, strict=True)
            )
            points.insert(-1, stop)
        bend = " ".join(f"{x:.6g} {y:.6g}" for x, y in (c0, c1, stop))
        path = f"M{x0:.6g} {y0:.6g}C{bend}"
        return self.arrow(*points, svg_path=path, **options)

    def step(self, x, y, number, label="", size=15, quiet=False):
        """A numbered disc centred on (x, y), with its heading; a quiet one
        stands behind the others."""
        fill, ink = ("bg", "mut") if quiet else ("fg", "bg")
        disc = (
            f'<circle cx="{x:g}" cy="{y:g}" r="10.5" fill="{_var(fill)}"'
            f' stroke="{_var("mut" if quiet else "fg")}"/>'
        )
        box = Box(x - 11, y - 11, 22, 22)
        self.marks.append(Mark(disc, "area", box, fill, "mut"))
        self.text(x, y + 4.6, number, 13, ink, "middle", bold=True)
        if label:
            ink = "mut" if quiet else "fg"
            self.text(x + 18, y + 5, label, size, ink, bold=True)

    def chip(
        self, x, y, label, fill=0, w=None, h=26, size=14, under=None,
        outline="line", width=1, mono=True, bold=False, dash=False,
    ):  # fmt: skip
        """A token: bordered, labelled, with its id below when given."""
        fill = fill if isinstance(fill, str) else f"t{fill % 4}"
        w = w or text_width(label, size, mono, bold) + 11
        box = self.rect(x, y, w, h, fill, outline, 5, width, dash)
        middle = box.cy + 0.36 * size
        self.text(box.cx, middle, label, size, "fg", "middle", mono, bold)
        if under is not None:
            place = box.cx, box.bottom + 15
            self.text(*place, under, 12, "mut", "middle", True)
        return box

    def chips(
        self, x, y, labels, under=None, gap=4, first=0, fill=None, **options
    ):
        """A row of chips in one colour or, without `fill`, in the cycle of
        chip colours; their boxes."""
        boxes = []
        for i, label in enumerate(labels):
            below = under[i] if under is not None else None
            if below is not None and "w" not in options:
                needs = [text_width(str(below), 12, True) + 6]
                needs += [text_width(label, options.get("size", 14), True)]
                size = {"w": max(needs[0], needs[1] + 11)}
            else:
                size = {}
            color = first + i if fill is None else fill
            box = self.chip(x, y, label, color, under=below, **size, **options)
            boxes.append(box)
            x = box.right + gap
        return boxes

    def grid(self, x, y, rows, w, h, fill="bg", size=12, outline="line"):
        """Cells of text; `fill` is a colour or a function of (row, column)
        that returns a colour or "hatch". Returns rows of boxes."""
        boxes = []
        for i, row in enumerate(rows):
            boxes.append([])
            for j, value in enumerate(row):
                color = fill(i, j) if callable(fill) else fill
                place = x + j * w, y + i * h, w, h
                if color == "hatch":
                    box = self.hatch(*place, outline, 0)
                else:
                    box = self.rect(*place, color, outline, 0)
                middle = box.cy + 0.36 * size
                self.text(box.cx, middle, value, size, "fg", "middle", True)
                boxes[-1].append(box)
        return boxes

    def bracket(self, x0, x1, y, label="", up=False, depth=7, **options):
        """A square bracket below (or above) the span x0..x1."""
        tip = y - depth if up else y + depth
        self.line((x0, y), (x0, tip), (x1, tip), (x1, y), width=1.2)
        if label:
            below = tip - 6 if up else tip + 15
            self.note((x0 + x1) / 2, below, label, "middle", **options)

    def brace(self, x0, x1, y, label="", up=False, **options):
        """A curly brace below (or above) the span x0..x1."""
        d, m = (-1 if up else 1), (x0 + x1) / 2
        path = (
            f"M{x0:g} {y:g}q0 {6 * d} 6 {6 * d}H{m - 6:g}q6 0 6 {6 * d}"
            f"q0 {-6 * d} 6 {-6 * d}H{x1 - 6:g}q6 0 6 {-6 * d}"
        )
        points = (x0, y), (m, y + 12 * d), (x1, y)
        self.line(*points, svg_path=path, width=1.2)
        if label:
            below = y - 18 if up else y + 28
            self.note(m, below, label, "middle", **options)


class Panel(Canvas):
    """A part of a figure with a place in each layout (None: not there)."""

    def __init__(self, wide, narrow):
        super().__init__()
        self.places = {"wide": wide, "narrow": narrow}


class Figure(Canvas):
    """A drawing `width` x `height` px; `narrow` is the size of the layout
    for phones, when there is one. Height None fits the drawing. `title` is
    the short alternative text, `description` says what is in the figure and
    why it matters."""

    def __init__(self, width, height, title, description, narrow=None):
        super().__init__()
        self.sizes = {"wide": (width, height), "narrow": narrow}
        self.title, self.description = title, description
        self.caption = ""
        self.panels = []

    def panel(self, wide=(0, 0), narrow=(0, 0)):
        self.panels.append(Panel(wide, narrow))
        return self.panels[-1]

    def captioned(self, caption):
        """The figure with a caption: the lesson, in one sentence."""
        self.caption = caption
        return self

    def layouts(self):
        """(name, width, height, marks in place) of each layout."""
        for name, size in self.sizes.items():
            if size is None:
                continue
            width, height = size
            marks = list(self.marks)
            for panel in self.panels:
                if (place := panel.places[name]) is not None:
                    marks += [mark.moved(*place) for mark in panel.marks]
            if height is None:
                height = 8 + max((m.box.bottom for m in marks), default=0)
            yield name, width, ceil(height), marks

    def _body(self):
        yield from (mark.svg for mark in self.marks)
        for i, panel in enumerate(self.panels):
            place = panel.places["wide"]
            x, y = place or (0, 0)
            hidden = ' style="display:none"' if place is None else ""
            move = f' transform="translate({x:g} {y:g})"' if x or y else ""
            yield f'<g class="p{i}"{move}{hidden}>'
            yield from (mark.svg for mark in panel.marks)
            yield "</g>"

    def _narrow_css(self, name, limit, width, height):
        rules = [f"#{name}{{width:{width:g}px;height:{height:g}px}}"]
        for i, panel in enumerate(self.panels):
            place = panel.places["narrow"]
            x, y = place or (0, 0)
            rules.append(
                f"#{name} .p{i}{{transform:translate({x:g}px,{y:g}px);"
                f"display:{'none' if place is None else 'inline'}!important}}"
            )
        return (
            f"@container drawn (max-width:{limit + 1.5:g}px)"
            f"{{{''.join(rules)}}}"
        )

    def svg(self):
        """The drawing alone. Its ids come from its contents, so that figures
        share a page and equal figures have equal bytes."""
        sizes = {name: size for name, *size, _ in self.layouts()}
        body = "".join(self._body())
        key = f"{self.title}{self.description}{sizes}{body}"
        name = f"fig{zlib.crc32(key.encode()):08x}"
        width, height = sizes["wide"]
        css = CSS
        if "narrow" in sizes:
            css += self._narrow_css(name, width, *sizes["narrow"])
        hatch = ""
        if "#HATCH" in body:
            body = body.replace("#HATCH", f"#{name}-hatch")
            hatch = (
                f'<defs><pattern id="{name}-hatch" width="6" height="6" '
                'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
                f'<rect width="6" height="6" fill="{_var("mask")}"/>'
                f'<path d="M0 0V6" stroke="{_var("line")}" opacity=".6"/>'
                "</pattern></defs>"
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img"'
            f' width="{width:g}" height="{height:g}"'
            f' aria-labelledby="{name}-title {name}-desc">'
            f'<title id="{name}-title">{escape(self.title)}</title>'
            f'<desc id="{name}-desc">{escape(self.description)}</desc>'
            f"<style>{css}</style>{hatch}{body}</svg>"
        )

    def _repr_html_(self):
        least = min(size[0] for size in self.sizes.values() if size)
        scrolls = ""
        if least > NARROW:  # a phone scrolls it, so keys must reach it
            label = escape(f"Figure: {self.title}")
            scrolls = f' tabindex="0" role="region" aria-label="{label}"'
        words = escape(self.description)
        caption = f"<figcaption>{escape(self.caption)}</figcaption>"
        return (
            f'<figure class="drawn"><div{scrolls}>{self.svg()}</div>'
            f"{caption if self.caption else ''}<details>"
            f"<summary>Figure in words</summary><p>{words}</p></details>"
            "</figure>"
        )

    def __repr__(self):
        _, width, height, _ = next(self.layouts())
        return f"Figure({self.title!r}, {width:g} x {height:g} px)"

    def check(self):
        """The figure itself, or ValueError with every defect found."""
        if found := list(defects(self)):
            raise ValueError(f"{self!r}:\n  " + "\n  ".join(found))
        return self


def two_layouts(figure):
    """(panel, True) for the wide and (panel, False) for the narrow layout,
    of a figure that is drawn differently in each."""
    yield figure.panel(narrow=None), True
    yield figure.panel(wide=None), False
