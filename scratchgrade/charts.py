"""The report's plots: SVG for a page that allows neither script nor style.

matplotlib draws; what it writes as `style` attributes, which the page's
policy forbids, becomes plain attributes, and colours become classes, so that
the page's style sheet can give them a light and a dark form. The same numbers
give the same bytes. A plot is drawn for the width of a phone and never scaled
below it, so its text is read at any width.
"""

import functools
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from xml.etree import ElementTree

import numpy

from scratchgrade.checks.kit import Verdict
from scratchlm.notebook import COLORS, plot_style

WIDTH = 340  # px, of a phone less its margins
TEXT = 12  # px
SIZES = (
    *("font.size", "legend.fontsize", "axes.labelsize"),
    *("xtick.labelsize", "ytick.labelsize"),
)
INK = "#000000"
CLASSES = {INK: "ink"} | {COLORS[name][0]: name for name in COLORS}
# Each has a dark twin; neighbours in a bar differ for colour-blind readers.
SHADES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "orange",
    Verdict.TIMED_OUT: "blue",
    Verdict.CRASHED: "line",
    Verdict.NOT_GRADABLE: "fg",
}


def _drawn(draw):
    """Decorator: draw in the course's style, with text of one size."""

    @functools.wraps(draw)
    def drawn(*arguments) -> str:
        import matplotlib

        settings = dict.fromkeys(SIZES, TEXT) | {
            "svg.fonttype": "none",
            "svg.hashsalt": "scratchgrade",
        }
        with plot_style(), matplotlib.rc_context(settings):
            return draw(*arguments)

    return drawn


@_drawn
def histogram(
    name: str, values: Sequence[float], edges: Sequence[float], label: str
) -> str:
    """How many values are between each two edges, as inline SVG.

    What is outside counts in the first or last bar. The edges are drawn
    equally far apart, whatever is between them.

    Args:
        name: unique in the page.
        label: what the values are, under the axis.
    """
    inside = numpy.clip(values, edges[0], edges[-1])
    counts, _ = numpy.histogram(inside, edges)
    figure, axes = _paper(190)
    places = range(len(counts))
    bars = axes.bar(places, counts, 0.9, align="edge", color=COLORS["blue"][0])
    axes.bar_label(bars, [n or "" for n in counts], padding=2)
    shown = numpy.linspace(0, len(counts), min(6, len(counts) + 1))
    shown = sorted({round(place) for place in shown})
    axes.set_xticks(shown, [f"{edges[place]:g}" for place in shown])
    axes.set_xlabel(label)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.02, y=0.15)
    parts = [
        f"{low:g} to {high:g}: {n}"
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
        if n
    ]
    return _inline(
        figure, name, f"Histogram: {label}", f"Submissions, {'; '.join(parts)}"
    )


@_drawn
def verdict_bars(
    name: str, exercises: Sequence[tuple[str, Mapping[str, int]]]
) -> str:
    """A bar for each exercise, parted by verdict, as inline SVG.

    Args:
        exercises: pairs of (number, how many submissions ended how).
    """
    figure, axes = _paper(64 + 19 * len(exercises))
    numbers = [number for number, _ in exercises]
    left = [0] * len(exercises)
    for verdict, shade in SHADES.items():
        widths = [counts.get(verdict, 0) for _, counts in exercises]
        if any(widths):
            axes.barh(
                numbers,
                widths,
                0.75,
                left,
                label=str(verdict),
                color=COLORS[shade][0],
            )
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.margins(x=0)
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=5)
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    figure.legend(
        loc="outside upper left",
        ncols=3,
        handlelength=1,
        handletextpad=0.5,
        columnspacing=1,
    )
    parts = [
        f"{number}: " + ", ".join(f"{n} {word}" for word, n in counts.items())
        for number, counts in exercises
    ]
    return _inline(figure, name, "Verdicts by exercise", "; ".join(parts))


def _paper(height: int):
    """A figure of a phone's width, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure((WIDTH / 72, height / 72))
    return figure, figure.add_subplot()


# --- SVG -------------------------------------------------------------------


def _inline(figure, name: str, title: str, text: str) -> str:
    """A figure as SVG without styles, its ids under `name`."""
    written = io.BytesIO()
    figure.savefig(
        written,
        format="svg",
        transparent=True,
        metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
    )
    root = ElementTree.fromstring(written.getvalue())
    drawing = "".join(
        ElementTree.tostring(_plain(part, name), "unicode")
        for part in root
        if not part.tag.endswith("metadata")
    )
    drawing = re.sub(r">\s+<", "><", drawing)
    box = root.get("viewBox")
    return (
        f'<svg class="chart" viewBox="{box}" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-text">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-text">{escape(text)}</desc>{drawing}</svg>'
    )


def _plain(part: ElementTree.Element, name: str) -> ElementTree.Element:
    """The part without name spaces, styles, and ids that nobody uses."""
    for element in list(part.iter()):
        element.tag = element.tag.partition("}")[2]
        for child in list(element):
            if child.tag.endswith("}style"):
                element.remove(child)
        given = dict(element.attrib)
        element.attrib.clear()
        for key, value in (given | _styles(given)).items():
            key = key.partition("}")[2] or key
            if (key == "id" and element.tag == "g") or key == "style":
                continue
            if key == "id":
                value = f"{name}-{value}"
            element.set(key, _renamed(_rounded(value), name))
    return part


def _styles(given: Mapping[str, str]) -> dict[str, str]:
    """What a style attribute says, as attributes and classes."""
    found, classes = {}, []
    for rule in filter(None, given.get("style", "").split(";")):
        key, value = (half.strip() for half in rule.split(":", 1))
        if value in CLASSES:
            classes.append(f"{key}-{CLASSES[value]}")
        elif key != "font-family":
            found[key] = value
    return found | ({"class": " ".join(classes)} if classes else {})


def _renamed(value: str, name: str) -> str:
    """References to other elements, under `name` as their ids are."""
    value = re.sub(r"^#", f"#{name}-", value)
    return value.replace("url(#", f"url(#{name}-")


def _rounded(value: str) -> str:
    """Hundredths of a pixel are enough."""
    return re.sub(
        r"\d+\.\d{3,}",
        lambda n: f"{float(n[0]):.2f}".rstrip("0").rstrip("."),
        " ".join(value.split()),
    )
