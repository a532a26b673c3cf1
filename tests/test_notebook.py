"""What the chapters display: complete, accessible, the same on every run.
How it looks in a browser is tested in tests/site/test_displays.py."""

import inspect
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from scratchlm import bpe, notebook, tokenizer
from scratchlm.notebook import (
    plot_style,
    show_plot,
    show_source,
    show_tokens,
    visible,
)

mpl.use("agg")
ALT = "Bytes per token against the size of the vocabulary. It rises."


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as MIME bundles."""
    bundles = []

    def display(bundle, raw):
        assert raw
        bundles.append(bundle)

    monkeypatch.setattr("IPython.display.display", display)
    return bundles


class Page(HTMLParser):
    """Elements and text of some HTML; fails on tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if "style" not in self.open:
            self.texts.append(text)

    def first(self, tag):
        return next(a for t, a in self.elements if t == tag)


def draw(**labels):
    with plot_style():
        fig, ax = plt.subplots()
        for k in range(4):
            ax.plot([256, 512, 1024], [k, 2 + k, 3], "o", label=f"<{k}>")
        ax.set_xscale("log", base=2)
        ax.set(xlabel="vocabulary size", ylabel="bytes", **labels)
        ax.legend()
    return fig


# --- source ----------------------------------------------------------------


def test_the_source_shown_is_the_source_with_its_file(shown):
    show_source(bpe.merge)
    markdown = shown[0]["text/markdown"]
    assert markdown.startswith("From `scratchlm/bpe.py`:\n\n```python\n")
    assert markdown.endswith(f"{inspect.getsource(bpe.merge).rstrip()}\n```")


@pytest.mark.parametrize(
    ("thing", "first", "place"),
    [
        (bpe, '"""Byte pair encoding', "scratchlm/bpe.py"),
        (tokenizer.BPETokenizer.train, "@classmethod", "tokenizer.py"),
        (tokenizer.BPETokenizer.vocab_size, "@property", "tokenizer.py"),
        (tokenizer.BPETokenizer, "class BPETokenizer", "tokenizer.py"),
        (tokenizer.gpt2_encoding, "@cache", "gpt2_vocabulary.py"),
        (sys.modules["scratchlm"], '"""scratchlm', "scratchlm/__init__.py"),
    ],
)
def test_source_starts_at_the_margin(shown, thing, first, place):
    show_source(thing)
    head, code = shown[0]["text/markdown"].split("python\n", 1)
    assert place in head
    assert code.startswith(first)


def test_a_fence_in_the_source_does_not_end_the_block(shown):
    show_source(test_a_fence_in_the_source_does_not_end_the_block)
    # ```` this is a fence of four
    markdown = shown[0]["text/markdown"]
    assert "\n" + "`" * 5 + "python\n" in markdown
    assert markdown.endswith("\n" + "`" * 5)


@pytest.mark.parametrize("thing", [len, 3, "text"])
def test_what_has_no_source_is_named(thing):
    with pytest.raises(ValueError, match="has no source to show; give a"):
        show_source(thing)


# --- tokens ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        (" the", "␣the"),
        (b" the", "␣the"),
        ("\r\n\t", "␍⏎⇥"),
        ("ї".encode(), "ї"),
        (b" \xd1", "␣\\xd1"),
        (b"\xf0\x9f\x91", "\\xf0\\x9f\\x91"),
        ("\u200d\u00a0", "\\u200d\\xa0"),
        ("\u0301", "◌\u0301"),
        ("", ""),
    ],
)
def test_everything_in_a_token_is_visible(token, seen):
    assert visible(token) == seen


def test_tokens_are_chips_with_their_ids_below(shown):
    show_tokens(["<b>", b" \xd1", "\n"], [7, 8, 198])
    page = Page(shown[0]["text/html"])
    assert page.texts == ["<b>", "7", "␣\\xd1", "8", "⏎", "198"]
    box = page.first("div")
    assert box["role"] == "img"
    assert box["aria-label"] == "3 tokens: <b> | ␣\\xd1 | ⏎"
    assert shown[0]["text/plain"] == "<b> ␣\\xd1 ⏎\n7 8 198"


def test_tokens_take_a_description_and_numpy_ids(shown):
    import numpy as np

    show_tokens(["a"], np.array([5]), alt='One "token"')
    assert Page(shown[0]["text/html"]).first("div")["aria-label"] == (
        'One "token"'
    )
    show_tokens([])
    assert Page(shown[1]["text/html"]).texts == []


def test_another_number_of_ids_is_refused(shown):
    with pytest.raises(ValueError, match="2 tokens but 3 token_ids"):
        show_tokens(["a", "b"], [1, 2, 3])


# --- plots -----------------------------------------------------------------


def test_a_plot_has_title_description_and_caption(shown):
    show_plot(draw(), ALT, caption="More is <less>.")
    html = shown[0]["text/html"]
    page = Page(html)
    svg = page.first("svg")
    assert svg["role"] == "img"
    title = f'<title id="{svg["aria-labelledby"]}">{ALT.split(". ")[0]}<'
    desc = f'<desc id="{svg["aria-describedby"]}">{ALT}</desc>'
    assert title in html
    assert desc in html
    assert "<figcaption>More is &lt;less&gt;.</figcaption>" in html


def test_text_in_a_plot_stays_text(shown):
    show_plot(draw(title="Über ї"), ALT)
    texts = " ".join(Page(shown[0]["text/html"]).texts)
    for text in ("vocabulary size", "Über ї", "<3>", "256", "1,024"):
        assert text in texts


def test_a_logarithmic_axis_has_plain_numbers_unless_told(shown):
    fig = draw()
    fig.axes[0].xaxis.set_major_formatter("{x:.0f} ids")
    show_plot(draw(), ALT)
    show_plot(fig, ALT)
    default, own = (Page(bundle["text/html"]).texts for bundle in shown)
    assert "1,024" in default
    assert "1024 ids" in own


def test_a_plot_follows_the_theme(shown):
    show_plot(draw(), ALT)
    html = shown[0]["text/html"]
    svg = html[html.index("<svg") :]
    assert "#000000" not in svg
    assert "#ffffff" not in svg
    assert "currentColor" in svg
    for name in notebook.CYCLE:
        light, dark = notebook.COLORS[name]
        assert f"var(--{name}, {light})" in svg
        assert html.count(f"--{name}:{light}") == 1
        assert html.count(f"--{name}:{dark}") == 2  # page's and system's
        # nowhere without its variable
        assert svg.count(light) == svg.count(f"var(--{name}, {light})")


@pytest.mark.parametrize("css", [notebook.CHIPS_CSS, notebook.PLOT_CSS])
def test_every_colour_used_is_defined_for_both_themes(css):
    used = set(re.findall(r"var\(--(\w+)\)", css))
    assert used
    assert used <= notebook.COLORS.keys()


def test_plots_on_one_page_share_no_ids_and_no_style(shown):
    show_plot(draw(), ALT)
    show_plot(draw(title="Another"), ALT)
    pages = [bundle["text/html"] for bundle in shown]
    ids = [re.findall(r' id="([^"]+)"', page) for page in pages]
    assert len(set(ids[0] + ids[1])) == len(ids[0] + ids[1])
    for page, own in zip(pages, ids, strict=True):
        svg = page[page.index("<svg") :]
        used = re.findall(r'(?:href="|url\()#([^")]+)', svg)
        assert used
        assert set(used) <= set(own)
        assert "<style" not in svg  # matplotlib's would hold for all pages
        assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", svg)


def drawings(html):
    """(attributes, source) of the drawings of a plot, the wide one first."""
    sources = re.findall(r"<svg.*?</svg>", html, re.S)
    return [(Page(source).first("svg"), source) for source in sources]


def least_text(attributes, source):
    """The smallest text in px when the plot is as narrow as it gets."""
    width = float(attributes["viewbox"].split()[2])
    least = float(re.search(r"min-width:([\d.]+)px", attributes["style"])[1])
    sizes = map(float, re.findall(r"font-size: ([\d.]+)px", source))
    return min(sizes) * least / width


@pytest.mark.parametrize("figsize", [(6.7, 3.4), (5, 4), (3, 2)])
def test_text_is_never_under_12_px(shown, figsize):
    fig = draw()
    fig.set_size_inches(figsize)
    show_plot(fig, ALT)
    for drawing in drawings(shown[0]["text/html"]):
        assert 12 <= least_text(*drawing) < 13


@pytest.mark.parametrize(
    ("figsize", "number"), [((6.7, 3.4), 2), ((5, 4), 2), ((3, 2), 1)]
)
def test_a_plot_too_wide_for_a_phone_has_a_second_drawing(
    shown, figsize, number
):
    fig = draw()
    fig.set_size_inches(figsize)
    show_plot(fig, ALT)
    html = shown[0]["text/html"]
    wide, *narrow = (attributes for attributes, _ in drawings(html))
    assert len(narrow) == number - 1
    assert ("@container" in html) == (number == 2)
    assert "display" not in wide["style"]
    for attributes in narrow:  # seen where the page's rule says so
        assert attributes["style"].startswith("display:none;")
        shows = f"#{attributes['id']}{{display:block!important"
        assert f"#{wide['id']}{{display:none}}{shows}" in html
        assert f"min-width:{notebook.PHONE}px" in attributes["style"]


def test_both_drawings_show_the_same_data_and_legend(shown):
    show_plot(draw(title="Four lines"), ALT)
    wide, narrow = (s for _, s in drawings(shown[0]["text/html"]))
    for text in ("vocabulary size", "bytes", "&lt;3&gt;", "Four lines"):
        assert wide.count(f">{text}<") == narrow.count(f">{text}<") == 1
    assert wide.count("<use") - narrow.count("<use") in range(20)  # ticks
    assert len(narrow) < 30_000


def test_a_long_title_breaks_on_a_phone(shown):
    title = "Bytes per token against the size of a vocabulary"
    show_plot(draw(title=title), ALT)
    wide, narrow = (s for _, s in drawings(shown[0]["text/html"]))
    assert title in wide
    assert title not in narrow
    assert title in " ".join(Page(narrow).texts).replace("\n", " ")


def bars(names):
    with plot_style():
        fig, ax = plt.subplots()
        ax.bar(names, range(len(names)))
    return fig


def test_numbers_on_an_axis_are_thinned_out_on_a_phone_but_not_names(shown):
    fig = draw()
    ticks = [256 * 2 ** (k / 4) for k in range(9)]
    fig.axes[0].set_xticks(ticks)
    show_plot(fig, ALT)
    (_, wide), (_, narrow) = drawings(shown[0]["text/html"])
    assert f">{ticks[1]:,.12g}<" in wide
    assert f">{ticks[1]:,.12g}<" not in narrow
    assert ">256<" in narrow
    show_plot(bars(["one", "two", "three"]), ALT)
    fig = bars(["English", "Ukrainian", "Georgian", "Japanese", "Chinese"])
    with pytest.raises(ValueError, match=r"the names English, Ukr.* touch"):
        show_plot(fig, ALT)


def test_a_text_that_leaves_a_phone_is_refused(shown):
    fig = draw()
    fig.text(0.5, 0.5, "a remark that ends outside", fontsize=11)
    with pytest.raises(ValueError, match=r"leaves the plot on a phone, 293"):
        show_plot(fig, ALT)
    assert shown == []


def test_text_too_small_for_the_column_is_refused(shown):
    fig = draw()
    fig.set_size_inches(12, 5)
    with pytest.raises(ValueError, match=r"text of 11 pt in a plot 864 pt"):
        show_plot(fig, ALT)
    fig = draw()
    fig.axes[0].set_title("tiny", fontsize=6)
    with pytest.raises(ValueError, match=r"text of 6 pt .* larger text"):
        show_plot(fig, ALT)
    assert shown == []


def test_a_plot_without_words_for_it_is_refused(shown):
    with pytest.raises(ValueError, match="alt has 6 characters, at least 20"):
        show_plot(draw(), "A plot")


def test_a_shown_plot_is_closed(shown):
    before = plt.get_fignums()
    show_plot(draw(), ALT)
    assert plt.get_fignums() == before


def test_small_factors_keep_their_digits():
    tag = '<path d="M 12.345678 0.123456" transform="scale(0.012345)"/>'
    rounded = '<path d="M 12.35 0.123456" transform="scale(0.012345)"/>'
    assert re.sub("<.*>", notebook._round_numbers, tag) == rounded


def test_numbers_in_the_text_of_a_plot_are_not_rounded(shown):
    show_plot(draw(title="3.14159 and #000000"), ALT)
    assert "3.14159" in shown[0]["text/html"]


def test_plot_style_ends_with_its_block():
    before = dict(mpl.rcParams)
    with plot_style():
        assert mpl.rcParams["font.size"] == 11
    assert dict(mpl.rcParams) == before


SCRIPT = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from scratchlm.bpe import merge
from scratchlm.notebook import *
InteractiveShell.instance()
with capture_output() as captured:
    show_source(merge)
    show_tokens(["a", b"\\xd1"], [1, 2])
    with plot_style():
        fig, ax = plt.subplots()
        ax.plot([1, 2], [3, 4], marker="o", label="a")
        ax.fill_between([1, 2], [1, 1], [2, 3], hatch="/")
        ax.legend()
    show_plot(fig, alt="A line that rises from three to four")
assert captured.stderr == ""
for output in captured.outputs:
    print(sorted(output.data), output.data)
"""


def test_a_real_shell_shows_the_same_bytes_on_every_run():
    runs = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT],
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    kinds = re.findall(r"^\[.*?\]", runs[0], re.M)
    assert kinds == [
        "['text/markdown', 'text/plain']",
        *["['text/html', 'text/plain']"] * 2,
    ]
