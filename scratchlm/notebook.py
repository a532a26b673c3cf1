"""What the chapters use to show source code, tokens and plots.

Everything is plain HTML, SVG or Markdown with no script, the same bytes on
every run, readable in light and dark, on a phone and by a screen reader; it
looks the same in the book, JupyterLab, VS Code and Colab. IPython and
matplotlib are imported where they are used, so importing this costs nothing.
"""

import inspect
import io
import re
import textwrap
import unicodedata
import zlib
from html import escape
from itertools import pairwise
from math import ceil

COLORS = {  # name: (light, dark), the same as in the drawn figures
    "fg": ("#1b1f24", "#e6edf3"),
    "mut": ("#57606a", "#9aa6b2"),
    "line": ("#6e7781", "#8b96a2"),
    "blue": ("#0072b2", "#56b4e9"),
    "orange": ("#d55e00", "#f0a05a"),
    "green": ("#009e73", "#3fc79a"),
    "t0": ("#9fcbee", "#0f2d4a"),  # t0 to t3: neighbours differ for
    "t1": ("#ffc58a", "#6b3f0c"),  # colour-blind readers too
    "t2": ("#bfe0f7", "#173c57"),
    "t3": ("#f7f1a8", "#5a3a12"),
}
CYCLE = ("blue", "orange", "green", "line")
MIN_TEXT = 12  # px, as rendered
COLUMN, PHONE = 672, 320  # px: the book's column; a phone's, less margins

VISIBLE = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}

CHIPS_CSS = """
.tokens{display:flex;flex-wrap:wrap;gap:4px;margin:.6em 0;max-width:100%}
.tokens span{display:flex;flex-direction:column;align-items:center;
padding:1px 5px;border:1px solid var(--line);border-radius:5px;
color:var(--fg);max-width:100%;box-sizing:border-box;
font:15px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
overflow-wrap:anywhere;white-space:pre-wrap}
.tokens small{font-size:12px;line-height:1.4}
.tokens span:nth-child(4n+1){background:var(--t0)}
.tokens span:nth-child(4n+2){background:var(--t1)}
.tokens span:nth-child(4n+3){background:var(--t2)}
.tokens span:nth-child(4n){background:var(--t3)}
"""
PLOT_CSS = """
.plot{container:plot/inline-size;width:100%;margin:1em 0 0;
padding:0!important;color:var(--fg)}
.plot div{overflow-x:auto;overflow-y:hidden}
.plot svg{display:block;width:100%;height:auto;margin:0 auto}
.plot figcaption{font-size:14px;color:var(--mut);margin:.3em .6em 0}
"""


def _themed(css, name):
    """`css` with the colours of the class `name`, light and dark.

    The dark selectors are those of the book, JupyterLab, VS Code and Colab;
    elsewhere the system's setting counts. Print stays light.
    """

    def colors(theme):
        return ";".join(f"--{c}:{pair[theme]}" for c, pair in COLORS.items())

    dark = (
        ":is(html[data-theme=dark],html[theme=dark],"
        "body[data-jp-theme-light=false],body.vscode-dark)"
    )
    not_light = (
        "html:not([data-theme=light],[theme=light]) "
        "body:not([data-jp-theme-light=true],.vscode-light)"
    )
    return (
        f"<style>.{name}{{{colors(0)}}}"
        f"@media screen{{{dark} .{name}{{{colors(1)}}}}}"
        "@media screen and (prefers-color-scheme:dark)"
        f"{{{not_light} .{name}{{{colors(1)}}}}}"
        # the book's theme lays a pale sheet under the HTML of a cell
        f".text_html:has(>.{name})"
        "{background:none!important;padding:0!important}"
        f"{css.strip()}</style>"
    )


def _display(html, plain):
    from IPython.display import display

    display({"text/html": html, "text/plain": plain}, raw=True)


def show_source(obj):
    """Display the source of a module, class or function, and its file.

    Raises ValueError for an object that has no Python source.
    """
    from IPython.display import display

    obj = obj.fget if isinstance(obj, property) else obj
    try:
        source = textwrap.dedent(inspect.getsource(obj)).rstrip()
    except (TypeError, OSError) as error:
        raise ValueError(
            f"{obj!r} has no source to show; give a module, class, method "
            "or function that is written in Python"
        ) from error
    module = inspect.getmodule(obj)
    place = "this notebook"
    if module.__name__ != "__main__":
        place = module.__name__.replace(".", "/")
        place = f"`{place}{'/__init__' * hasattr(module, '__path__')}.py`"
    fence = "`" * max(
        3, 1 + max(map(len, re.findall("`+", source)), default=2)
    )
    markdown = f"From {place}:\n\n{fence}python\n{source}\n{fence}"
    display(
        {"text/markdown": markdown, "text/plain": f"{place}\n\n{source}"},
        raw=True,
    )


def visible(token):
    """A token as text in which everything can be seen.

    Spaces and newlines become signs, bytes that are no whole character and
    characters without a picture are written in hexadecimal.

    >>> visible(" cat"), visible("\\n"), visible(b"\\xd1 "), visible("\\u200b")
    ('␣cat', '⏎', '\\\\xd1␣', '\\\\u200b')
    """
    if isinstance(token, bytes):
        token = token.decode(errors="backslashreplace")
    text = "".join(
        VISIBLE.get(c)
        or (c if c.isprintable() else c.encode("unicode_escape").decode())
        for c in token
    )
    if text and unicodedata.category(text[0]).startswith("M"):
        text = "◌" + text  # a mark that has lost its letter
    return text


def show_tokens(tokens, token_ids=None, alt=None):
    """Display tokens (str or bytes) as a row of chips, with their ids below.

    alt: what a screen reader says instead of the tokens one by one

    Raises ValueError when there are not as many ids as tokens.
    """
    texts = [visible(token) for token in tokens]
    ids = None if token_ids is None else [int(i) for i in token_ids]
    if ids is not None and len(ids) != len(texts):
        raise ValueError(
            f"{len(texts)} tokens but {len(ids)} token_ids; give one each"
        )
    plain = " ".join(texts)
    below = [""] * len(texts)
    if ids is not None:
        below = [f"<small>{token_id}</small>" for token_id in ids]
        plain = f"{plain}\n{' '.join(map(str, ids))}"
    noun = "token" if len(texts) == 1 else "tokens"
    label = escape(alt or f"{len(texts)} {noun}: {' | '.join(texts)}")
    chips = "".join(
        f"<span>{escape(text) or '&#8203;'}{small}</span>"
        for text, small in zip(texts, below, strict=True)
    )
    _display(
        _themed(CHIPS_CSS, "tokens")
        + f'<div class="tokens" role="img" aria-label="{label}">{chips}</div>',
        plain,
    )


def plot_style():
    """A context for matplotlib: `with plot_style(): fig, ax = ...`.

    Sets the course's sizes and colours, which `show_plot` makes follow the
    theme of the page. Lines differ in their dashes as well as in colour.
    """
    import matplotlib
    from cycler import cycler

    lines = cycler(color=[COLORS[name][0] for name in CYCLE])
    dashes = cycler(linestyle=["-", "--", "-.", ":"])
    return matplotlib.rc_context(
        {
            "figure.figsize": (6.7, 3.6),
            "figure.constrained_layout.use": True,
            "font.family": ["DejaVu Sans"],  # matplotlib brings it along
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.labelsize": 11,
            "axes.prop_cycle": lines + dashes,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


def show_plot(fig, alt, caption=""):
    """Display a matplotlib figure as SVG that follows the theme, and close it.

    Black becomes the text's colour and the colours of `plot_style` their
    darker or lighter twins; a logarithmic axis gets plain numbers. Where the
    page is so narrow that the smallest text would be under 12 px, a second
    drawing of the same figure takes over, laid out for a phone: legends
    below, as many ticks as there is room for.

    alt: what the plot shows, for those who cannot see it; its first sentence
        is also the title
    caption: what the plot teaches

    Raises ValueError when `alt` says too little, a text is too small even
    in the book's full column, or a text does not fit on a phone.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    if len(alt) < 20:
        raise ValueError(
            f"alt has {len(alt)} characters, at least 20 are needed: say "
            "what the plot shows and what is seen in it"
        )
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        if axis.get_scale() == "log" and axis.isDefault_majfmt:
            # 1,024 instead of 2 with a small 10, which few could read
            axis.set_major_formatter("{x:,.12g}")
            axis.set_minor_formatter(NullFormatter())
    try:
        drawing, wide, least = _inline_svg(fig, alt)
        rules = ""
        if least > PHONE:
            _lay_out_for_phone(fig, fig.get_figwidth() * PHONE / least)
            second, narrow, _ = _inline_svg(fig, alt)
            drawing += second.replace('style="', 'style="display:none;', 1)
            rules = (
                f"@container plot (max-width:{least - 0.02:g}px)"
                f"{{#{wide}{{display:none}}#{narrow}{{display:block!important;"
                f"max-width:{1.3 * PHONE:g}px}}}}"
            )
    finally:
        plt.close(fig)
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    _display(
        _themed(PLOT_CSS + rules, "plot")
        + f'<figure class="plot"><div>{drawing}</div>{below}</figure>',
        f"Plot: {alt}",
    )


def _lay_out_for_phone(fig, width):
    """Narrow `fig` to `width` inches; its text keeps its size.

    Legends move below the axes, long titles break, numbers that would touch
    on an x-axis are thinned out. Raises ValueError for what does not fit.
    """
    height = fig.get_figheight()
    fig.set_layout_engine("constrained")
    old = [ax.get_legend() for ax in fig.axes] + fig.legends
    for legend in (legend for legend in old if legend is not None):
        below = fig.legend(
            legend.legend_handles,
            [text.get_text() for text in legend.get_texts()],
            loc="outside lower left",
            title=legend.get_title().get_text() or None,
            prop=legend.prop,
            frameon=False,
        )
        legend.remove()
        height += below.get_window_extent().height / fig.dpi
    fig.set_size_inches(width, height)
    fig.draw_without_rendering()  # texts are measured as last drawn
    for ax in fig.axes:
        grid, box = ax.get_gridspec(), ax.get_window_extent()
        rows, columns = grid.get_geometry() if grid else (1, 1)
        across = _room(box.x0, box.x1, fig.bbox.width, columns)
        _break_lines(ax.title, across)
        _break_lines(ax.xaxis.label, across)
        up = _room(box.y0, box.y1, fig.bbox.height, rows)
        _break_lines(ax.yaxis.label, up)
    fig.draw_without_rendering()
    for ax in fig.axes:
        _thin_out(ax.xaxis)
    fig.draw_without_rendering()
    for text in _texts(fig):
        box = text.get_window_extent()
        room = fig.bbox.padded(1)
        if not room.containsx(box.x0) or not room.containsx(box.x1):
            raise ValueError(
                f"{text.get_text()!r} is {box.width / fig.dpi * 72:.0f} pt "
                f"wide and leaves the plot on a phone, {width * 72:.0f} pt "
                "wide; use shorter words"
            )


def _room(start, end, total, panels):
    """How long a text in the middle of an axis may be, in pixels."""
    middle = (start + end) / 2
    alone = 2 * min(middle, total - middle)
    return end - start if panels > 1 else alone


def _break_lines(text, room):
    """Break a title or label into lines that fit in `room` pixels."""
    words = text.get_text()
    for columns in range(len(words), 11, -1):
        box = text.get_window_extent()
        if (box.height if text.get_rotation() else box.width) <= room:
            return
        text.set_text(textwrap.fill(words, columns))


def _thin_out(axis):
    """Leave out every second number of an axis until no two touch.

    Raises ValueError for names that touch: none of them may be left out.
    """
    from matplotlib.ticker import FixedFormatter

    ticks = _seen_ticks(axis)
    named = axis.have_units() or isinstance(
        axis.get_major_formatter(), FixedFormatter
    )
    while any(
        one.label1.get_window_extent().x1 + 3
        > other.label1.get_window_extent().x0
        for one, other in pairwise(ticks)
    ):
        if named:
            names = ", ".join(tick.label1.get_text() for tick in ticks)
            raise ValueError(
                f"the names {names} touch on a phone; use shorter names or "
                "horizontal bars"
            )
        ticks = ticks[::2]
        axis.set_ticks([tick.get_loc() for tick in ticks])
        ticks = _seen_ticks(axis)


def _seen_ticks(axis):
    """The labelled ticks of an axis; matplotlib keeps some outside it too."""
    axis.get_ticklabels()  # brings the ticks up to date
    low, high = sorted(axis.get_view_interval())
    return [
        tick
        for tick in axis.get_major_ticks()
        if low <= tick.get_loc() <= high and tick.label1.get_text()
    ]


def _texts(fig):
    """The texts of a figure that are seen."""
    from matplotlib.axis import Tick
    from matplotlib.text import Text

    axes = [axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)]
    ticks = [t.label1 for axis in axes for t in _seen_ticks(axis)]
    in_ticks = {t for tick in fig.findobj(Tick) for t in tick.findobj(Text)}
    others = [text for text in fig.findobj(Text) if text not in in_ticks]
    return [t for t in ticks + others if t.get_visible() and t.get_text()]


def _inline_svg(fig, alt):
    """A figure as SVG for a page: (svg, its id, its least width in px)."""
    import matplotlib

    written = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "scratchlm"}
    with matplotlib.rc_context(settings):
        fig.savefig(
            written,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    root, body = re.search(
        r"(<svg .*?>)(.*)</svg>", written.getvalue(), re.S
    ).groups()
    width, height = map(
        float, re.search(r'viewBox="0 0 (\S+) (\S+)"', root).groups()
    )
    # <metadata> and a <style> that would reach the whole page
    body = re.sub(r"<(metadata|style)\b.*?</\1>", "", body, flags=re.S)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.S)
    smallest = min(
        map(float, re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", body)),
        default=MIN_TEXT,
    )
    least = ceil(MIN_TEXT * width / smallest - 0.01)
    if least > COLUMN:
        raise ValueError(
            f"text of {smallest:g} pt in a plot {width:g} pt wide is under "
            f"{MIN_TEXT} px in the book's column of {COLUMN} px; use larger "
            "text or a narrower figure"
        )
    body = body.replace("'DejaVu Sans'", "Inter, system-ui, sans-serif")
    body = body.replace("#000000", "currentColor")
    for name in CYCLE:
        light, _ = COLORS[name]
        body = body.replace(light, f"var(--{name}, {light})")
    plot = f"plot-{zlib.crc32((body + alt).encode()):08x}"
    used = set(re.findall(r"[\"(]#([^\")]+)", body))
    body = re.sub(
        r' id="([^"]*)"',
        lambda found: f' id="{plot}-{found[1]}"' * (found[1] in used),
        body,
    )
    body = re.sub(r"([\"(])#(?=[^\")]+)", rf"\1#{plot}-", body)
    body = re.sub(r"<[^>]+>", _round_numbers, body)
    body = re.sub(r">\s+<", "><", body).strip()
    head = (
        f'<svg id="{plot}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{plot}-title" aria-describedby="{plot}-desc" '
        f'style="min-width:{least:g}px" fill="currentColor" '
        'stroke-linejoin="round" stroke-linecap="butt">'
        f'<title id="{plot}-title">{escape(alt.split(". ")[0])}</title>'
        f'<desc id="{plot}-desc">{escape(alt)}</desc>'
    )
    return f"{head}{body}</svg>", plot, least


def _round_numbers(tag):
    """A tag with hundredths of a unit; small factors keep their digits."""
    return re.sub(
        r"(?<![\w.])([1-9]\d*\.\d{3,})(?![\w.])",
        lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."),
        tag[0],
    )
