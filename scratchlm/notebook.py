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
COLUMN, PHONE = 672, 330  # px: the book's column; a phone's, less margins

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
.plot{margin:1em 0;color:var(--fg)}
.plot div{overflow-x:auto}
.plot div:focus-visible{outline:2px solid var(--blue)}
.plot svg{display:block;width:100%;height:auto;margin:0 auto}
.plot figcaption{font-size:14px;color:var(--mut);margin:.3em .6em}
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
    darker or lighter twins; a logarithmic axis gets plain numbers. A narrow
    page scrolls the plot sideways as soon as its smallest text would be
    under 12 px.

    alt: what the plot shows, for those who cannot see it; its first sentence
        is also the title
    caption: what the plot teaches

    Raises ValueError when `alt` says too little or a text is too small even
    in the book's full column.
    """
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    if len(alt) < 20:
        raise ValueError(
            f"alt has {len(alt)} characters, at least 20 are needed: say "
            "what the plot shows and what is seen in it"
        )
    written = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "scratchlm"}
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        if axis.get_scale() == "log" and axis.isDefault_majfmt:
            # 1,024 instead of 2 with a small 10, which few could read
            axis.set_major_formatter("{x:,.12g}")
            axis.set_minor_formatter(NullFormatter())
    with matplotlib.rc_context(settings):
        fig.savefig(
            written,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    plt.close(fig)
    title = alt.split(". ")[0]
    svg, least = _inline_svg(written.getvalue(), title, alt)
    scrolls = ""
    if least > PHONE:  # keys must reach what scrolls
        label = escape(f"Plot: {title}")
        scrolls = f' tabindex="0" role="region" aria-label="{label}"'
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    _display(
        _themed(PLOT_CSS, "plot")
        + f'<figure class="plot"><div{scrolls}>{svg}</div>{below}</figure>',
        f"Plot: {alt}",
    )


def _inline_svg(written, title, alt):
    """matplotlib's SVG file as SVG for a page: (svg, least width in px)."""
    root, body = re.search(r"(<svg .*?>)(.*)</svg>", written, re.S).groups()
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
    least = -(-MIN_TEXT * width // smallest)
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
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{plot}-title" aria-describedby="{plot}-desc" '
        f'style="min-width:{least:g}px" fill="currentColor" '
        'stroke-linejoin="round" stroke-linecap="butt">'
        f'<title id="{plot}-title">{escape(title)}</title>'
        f'<desc id="{plot}-desc">{escape(alt)}</desc>'
    )
    return f"{head}{body}</svg>", least


def _round_numbers(tag):
    """A tag with hundredths of a unit; small factors keep their digits."""
    return re.sub(
        r"(?<![\w.])([1-9]\d*\.\d{3,})(?![\w.])",
        lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."),
        tag[0],
    )
