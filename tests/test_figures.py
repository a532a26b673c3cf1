"""The figures: every one passes the check, and the check catches what it
should. The numbers in them are compared with independent computations."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import combinations, pairwise
from math import dist
from xml.etree import ElementTree

import pytest
import regex
from figures import tokenization as draw
from figures.kit import NARROW, PALETTE, WIDE, Figure
from figures.measure import contrast, linear, rgb, text_width

from scratchlm.tokenizer import GPT2_SPLIT_PATTERN, gpt2_encoding, pre_split

NAMES = [
    "pipeline",
    "text_levels",
    "utf8_layout",
    "granularity",
    "training_round",
    "merge_tree",
    "overlap",
    "rank_vs_longest",
    "pre_split_boundaries",
    "special_tokens",
    "wordpiece_scores",
    "unigram_lattice",
    "vocabulary_ledger",
    "digits",
    "streaming_utf8",
]
WORDS = "A description that is long enough to be one."
TITLE = "A figure for the tests"


def texts(figure, layout="wide"):
    [marks] = [m for name, _, _, m in figure.layouts() if name == layout]
    return [mark.text for mark in marks if mark.text]


def ids_in(html):
    return re.findall(r'\bid="([^"]+)"', html)


# --- the figures of the book ------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_figure_passes_its_check_and_is_well_formed(name):
    figure = getattr(draw, name)()
    assert figure.check() is figure
    svg = ElementTree.fromstring(figure.svg())
    assert svg.get("role") == "img"
    ElementTree.fromstring(figure._repr_html_())  # closed tags, escaped text


@pytest.mark.parametrize("name", NAMES)
def test_figure_restacks_for_a_phone(name):
    figure = getattr(draw, name)()
    widths = {layout: width for layout, width, *_ in figure.layouts()}
    assert widths["wide"] == WIDE
    assert widths["narrow"] == NARROW
    assert "tabindex" not in figure._repr_html_(), "nothing to scroll"


@pytest.mark.parametrize("name", NAMES)
def test_both_layouts_tell_the_same_ids_and_tokens(name):
    """No number or token is lost on the phone."""
    figure = getattr(draw, name)()
    wide, narrow = (
        set(re.findall(r"\d{3,}|␣\w+", " ".join(texts(figure, layout))))
        for layout in ("wide", "narrow")
    )
    # Left out on purpose: a Unicode number too wide for a phone's cell.
    assert wide - narrow <= {"0061"}


def test_variants_pass_too():
    for rank in range(draw.TOY_MERGES):
        draw.training_round(rank)
    for step in range(1, 8):
        draw.pipeline(step)
    for word in (" neighbourhood", "sea", "xq", " unfriendly"):
        draw.merge_tree(word)
    draw.merge_tree(" seasons", draw.toy_tokenizer())
    draw.unigram_lattice("bread")
    draw.digits("31415926")


def test_all_figures_share_a_page_without_sharing_an_id():
    page = "".join(getattr(draw, name)()._repr_html_() for name in NAMES)
    page += draw.training_round(3)._repr_html_()
    page += draw.pipeline(3)._repr_html_()
    ids = ids_in(page)
    assert len(ids) == len(set(ids))
    used = re.findall(r'aria-labelledby="([^"]+)"', page)
    used = " ".join(used).split() + re.findall(r"url\(#([^)]+)\)", page)
    assert set(used) <= set(ids), "a reference points nowhere"


def test_same_bytes_in_another_process():
    code = (
        "import hashlib; from figures import tokenization as draw\n"
        f"for name in {NAMES}:\n"
        "    html = getattr(draw, name)()._repr_html_().encode()\n"
        "    print(hashlib.sha256(html).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [getattr(draw, name)()._repr_html_().encode() for name in NAMES]
    assert run.stdout.split() == [hashlib.sha256(h).hexdigest() for h in here]


def test_repr_is_stable_and_short():
    assert repr(draw.overlap()) == repr(draw.overlap())
    assert re.fullmatch(
        r"Figure\('Counted pairs overlap, merged pairs do not', "
        r"670 x \d+ px\)",
        repr(draw.overlap()),
    )


# --- the numbers in them ----------------------------------------------------


def test_toy_text_shows_one_tie_in_five_merges():
    """Recounted with strings and str.replace, without the library."""
    words = Counter(re.findall(r" ?\w+", draw.TOY_TEXT))
    rows = {word: ".".join(word) for word in words}
    number = {chr(i): i for i in range(128)}
    ties, counts_won = [], []
    for rank in range(draw.TOY_MERGES):
        counts = Counter()
        for word, row in rows.items():
            for pair in pairwise(row.split(".")):
                counts[pair] += words[word]
        most = max(counts.values())
        best = [pair for pair, n in counts.items() if n == most]
        a, b = min(best, key=lambda p: (number[p[0]], number[p[1]]))
        assert f"rank {rank}: {draw.shown(a)} + {draw.shown(b)} is token " in (
            " ".join(texts(draw.training_round(rank)))
        )
        number[a + b] = 256 + rank
        rows = {w: f".{row}.".replace(f".{a}.{b}.", f".{a}{b}.").strip(".")
                for w, row in rows.items()}  # fmt: skip
        counts_won.append(most)
        ties += [rank] * (len(best) > 1)
    assert counts_won == [6, 5, 3, 2, 2]
    assert ties == [3]


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (draw.pipeline, "Chloë baked"),
        (draw.rank_vs_longest, draw.RANK_WORD),
        (draw.special_tokens, "Hi"),
        (draw.streaming_utf8, "ok 😀!"),
    ],
)
def test_ids_in_figures_are_those_of_tiktoken(figure, text):
    drawn = texts(figure())
    for token_id in gpt2_encoding().encode(text):
        assert str(token_id) in drawn


def test_digits_are_cut_as_tiktoken_cuts_them():
    encoding, drawn = gpt2_encoding(), texts(draw.digits())
    for k in range(1, 9):
        for token_id in encoding.encode("12345678"[:k]):
            assert encoding.decode([token_id]) in drawn


def test_ledger_adds_up():
    assert gpt2_encoding().n_vocab == 50257
    title = draw.vocabulary_ledger().title
    parts = [int(n.replace(",", "")) for n in re.findall(r"[\d,]+", title)[1:]]
    assert sum(parts[:-1]) == parts[-1] == 50257


def test_parts_of_the_pattern_are_those_of_gpt2():
    parts = [p.replace("␣", " ") for p, _ in draw.PARTS[1:]]
    assert GPT2_SPLIT_PATTERN.endswith("|".join(parts))
    endings = draw.PARTS[0][0].split()
    for ending in endings:
        assert pre_split(f"x{ending}") == ["x", ending]
    for piece in ("sea", " sea", " 12", "7", " !", ",", "  "):
        matches = [bool(regex.fullmatch(part, piece)) for part in parts]
        assert draw._part_of(piece) == 1 + matches.index(True)
    assert draw._part_of("'ll") == 0


def test_unigram_cut_is_the_best_of_all_cuts():
    word, logp = "income", draw.unigram_logp()
    sums = []
    for k in range(len(word)):
        for middle in combinations(range(1, len(word)), k):
            edges = [0, *middle, len(word)]
            cut = [word[i:j] for i, j in pairwise(edges)]
            if all(piece in logp for piece in cut):
                sums.append((sum(map(logp.get, cut)), "|".join(cut)))
    best, spelt = max(sums)
    drawn = " ".join(texts(draw.unigram_lattice(word)))
    value = f"{best:.2f}".replace("-", "−")
    assert f"best of {len(sums)} cuts: {spelt}  {value}" in drawn


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("word", ["income", "bread"])
def test_drawn_log_probabilities_add_up(word, layout):
    """A reader who adds the numbers in the figure gets those sums."""
    figure = draw.unigram_lattice(word)
    drawn = texts(figure, layout)
    edges = {
        piece: float(value.replace("−", "-"))
        for piece, value in pairwise(drawn)
        if piece.isalpha() and re.fullmatch(r"−\d+\.\d\d", value)
    }
    said = " ".join((*drawn, figure.description))
    found = re.findall(r"([a-z]+(?:\|[a-z]+)+) +(?:with )?−(\d+\.\d\d)", said)
    assert len(found) == 4  # the best and the longest, drawn and in words
    for cut, value in found:
        exact = -sum(edges[piece] for piece in cut.split("|"))
        assert value == f"{exact:.2f}"


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_the_lattice_names_its_model(layout):
    figure = draw.unigram_lattice()
    said = "trained on Pride and Prejudice"
    assert said in " ".join(texts(figure, layout))
    assert "the first 200,000 characters of Pride and Prejudice" in (
        figure.description
    )


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_headings_are_kept_on_a_phone(layout):
    streaming = texts(draw.streaming_utf8(), layout)
    for head in (
        "token arrives, its bytes",
        "decoded alone",
        "held back",
        "on the screen",
    ):
        assert head in streaming
    ledger = texts(draw.vocabulary_ledger(), layout)
    for label in ("special:", "<|endoftext|>", "256 bytes"):
        assert label in ledger


ORANGE = {  # figures in which something is chosen or merged
    "training_round",
    "merge_tree",
    "overlap",
    "rank_vs_longest",
    "wordpiece_scores",
    "unigram_lattice",
}
TOKEN_ROWS = {"pipeline", "granularity", "digits"}


@pytest.mark.parametrize("name", NAMES)
def test_orange_means_chosen(name):
    """Elsewhere it is one of the four colours of a plain row of tokens."""
    colors = {
        color
        for *_, marks in getattr(draw, name)().layouts()
        for mark in marks
        for color in (mark.color, mark.outline)
    }
    if name not in ORANGE | TOKEN_ROWS:
        assert not colors & {"t1", "t3", "orange"}
    if name not in TOKEN_ROWS:
        assert "t3" not in colors
    if name in ORANGE:
        assert "t1" in colors


def test_wordpiece_scores_by_hand():
    drawn = texts(draw.wordpiece_scores())
    letters = Counter(draw.TOY_TEXT)
    assert "1.000" in drawn
    assert f"= 6 / ({letters['s']} · {letters['e']})" in drawn
    assert f"{6 / (letters['s'] * letters['e']):.3f}" in drawn


def test_utf8_bits_are_the_code_points():
    drawn = texts(draw.utf8_layout())
    for char in "Aї€😀":
        assert f"U+{ord(char):04X}" in drawn
    bits = "".join(t for t in drawn if t in ("0", "1"))
    assert bits == "".join(f"{b:08b}" for b in "Aї€😀".encode())


def test_rank_word_that_shows_nothing_is_refused():
    with pytest.raises(ValueError, match="choose another word"):
        draw.rank_vs_longest("the")


# --- the check catches every planted defect ---------------------------------


def small_text(f):
    f.text(20, 50, "tiny", 11.5)


def text_outside(f):
    f.text(180, 50, "far too long for this place")


def text_on_text(f):
    f.text(20, 50, "first")
    f.text(30, 54, "second")


def text_over_an_edge(f):
    f.rect(20, 20, 60, 40, "card", "line")
    f.text(60, 45, "crossing")


def text_under_a_box(f):
    f.text(30, 45, "gone")
    f.rect(20, 20, 100, 40, "card", "line")


def line_through_text(f):
    f.text(20, 50, "struck out")
    f.line((10, 46), (150, 46))


def curve_through_text(f):
    f.text(60, 55, "struck")
    f.curve((10, 20), (190, 80))


def pale_text(f):
    f.text(20, 50, "orange on white", color="orange")


def text_pale_in_the_dark_only(f):
    f.rect(10, 30, 180, 30, "t1", "line")
    f.text(20, 50, "muted on a chip", color="line")


def pale_line(f):
    f.line((10, 10), (100, 10), color="t3")


def pale_outline(f):
    f.rect(10, 10, 50, 50, "bg", "mask")


def bare_area(f):
    f.rect(10, 10, 50, 50, "t1")
    f.rect(20, 20, 20, 20, "orange")


DEFECTS = [
    (small_text, "11.5 px: 12 at least"),
    (text_outside, "leaves the page"),
    (text_on_text, "'first' overlaps 'second'"),
    (text_over_an_edge, "'crossing' crosses the edge"),
    (text_under_a_box, "'gone' is hidden"),
    (line_through_text, "a line runs through 'struck out'"),
    (curve_through_text, "a line runs through 'struck'"),
    (pale_text, "contrast 3.* in light, 4.5 is needed"),
    (text_pale_in_the_dark_only, "in dark, 4.5 is needed"),
    (pale_line, "in light, 3 is needed"),
    (pale_outline, "in light, 3 is needed"),
    (bare_area, "in light, 3 is needed"),
]


@pytest.mark.parametrize(
    ("plant", "message"), DEFECTS, ids=[p.__name__ for p, _ in DEFECTS]
)
def test_check_catches(plant, message):
    figure = Figure(200, 100, TITLE, WORDS)
    figure.text(20, 90, "fine")
    figure.check()
    plant(figure)
    with pytest.raises(ValueError, match=message):
        figure.check()


def test_check_catches_a_defect_of_the_narrow_layout_alone():
    figure = Figure(400, 100, TITLE, WORDS, narrow=(100, 100))
    figure.panel((0, 0), (60, 0)).text(10, 50, "too wide")
    with pytest.raises(ValueError, match="narrow: 'too wide' leaves") as info:
        figure.check()
    assert "wide: 'too wide'" not in str(info.value)


@pytest.mark.parametrize(
    ("title", "words", "message"),
    [
        (TITLE, "Too short.", "description has 10 characters"),
        ("x" * 151, WORDS, "title has 151 characters"),
        ("", WORDS, "title has 0 characters"),
    ],
)
def test_check_asks_for_words(title, words, message):
    with pytest.raises(ValueError, match=message):
        Figure(200, 100, title, words).check()


def test_line_behind_a_box_does_not_strike_its_text():
    figure = Figure(200, 100, TITLE, WORDS)
    figure.line((50, 0), (50, 100))
    figure.chip(20, 30, "token", w=60)
    figure.check()


# --- the kit ----------------------------------------------------------------


def test_every_drawing_method_passes_the_check_together():
    figure = Figure(500, None, TITLE, WORDS)
    figure.step(20, 20, 1, "Heading")
    rows = figure.grid(20, 50, [["a", "b"], ["c", "d"]], 30, 24, fill=hatched)
    assert rows[1][1].x == 50
    assert rows[1][1].y == 74
    figure.brace(20, 80, 100, "both")
    figure.brace(120, 180, 60, "both", up=True)
    figure.bracket(220, 280, 60, "pair")
    figure.curve((300, 20), (300, 80), vertical=True)
    figure.chips(320, 20, ["␣sea", "s"], [256, 257])
    figure.rect(320, 80, 60, 20, "blue", opacity=0.2)
    figure.text(330, 95, "tint")
    figure.check()
    ElementTree.fromstring(figure.svg())


def hatched(i, j):
    return "hatch" if i == j else "card"


def test_wide_figure_can_be_scrolled_by_keys():
    html = Figure(900, 50, TITLE, WORDS)._repr_html_()
    region = f'tabindex="0" role="region" aria-label="Figure: {TITLE}"'
    assert region in html


def test_text_is_escaped_and_description_is_reachable():
    figure = Figure(300, 60, "Marks <&> in a title", WORDS + " <&>")
    figure.text(10, 30, "<|endoftext|> & 'more'")
    page = ElementTree.fromstring(figure._repr_html_())
    words = "".join(page.find(".//details/p").itertext())
    assert words == figure.description
    figure.captioned("One <lesson>.")
    assert "<figcaption>One &lt;lesson&gt;.</figcaption>" in (
        figure._repr_html_()
    )


def test_text_width_counts_what_is_drawn():
    assert text_width("її") == pytest.approx(2 * text_width("ї"))
    assert text_width("і\u0308") == text_width("і")
    assert text_width("abc", 28) == 2 * text_width("abc", 14)
    assert text_width("iii", mono=True) == text_width("WWW", mono=True)
    assert text_width("W", bold=True) > text_width("W") > text_width("i")


# --- the palette ------------------------------------------------------------

# What three kinds of colour blindness see, in linear RGB, from Machado,
# Oliveira and Fernandes (2009), severity 1.
BLINDNESS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(color, kind):
    """Linear RGB as a colour-blind reader sees it."""
    light = [linear(c) for c in rgb(color)]
    return [
        min(1, max(0, sum(w * c for w, c in zip(row, light, strict=True))))
        for row in BLINDNESS[kind]
    ]


def lab(light):
    """Linear sRGB -> CIE L*a*b*, white D65."""
    to_xyz = (
        (0.4124, 0.3576, 0.1805),
        (0.2126, 0.7152, 0.0722),
        (0.0193, 0.1192, 0.9505),
    )
    fx, fy, fz = (
        cube(sum(w * c for w, c in zip(row, light, strict=True)) / sum(row))
        for row in to_xyz
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def cube(t):
    return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116


def test_colour_arithmetic():
    black, white = rgb("#000000"), rgb("#ffffff")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, white) == 1
    # A published pair: #767676 is the lightest grey that passes on white.
    assert contrast(rgb("#767676"), white) == pytest.approx(4.54, abs=0.01)
    assert lab((1, 1, 1)) == pytest.approx((100, 0, 0), abs=1e-6)
    for rows in BLINDNESS.values():  # greys stay grey
        assert [sum(row) for row in rows] == pytest.approx([1, 1, 1], abs=1e-5)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_neighbouring_chips_differ_for_colour_blind_readers(kind, theme):
    chips = [PALETTE[f"t{i}"][theme == "dark"] for i in range(4)]
    for a, b in pairwise([*chips, chips[0]]):
        assert dist(lab(seen(a, kind)), lab(seen(b, kind))) >= 15, (a, b)


def test_the_usual_pastels_would_fail():
    """Guard of the guard: red and green pastels come too close."""
    red, green = "#fde2c4", "#e5eec0"
    assert dist(lab(seen(red, "deutan")), lab(seen(green, "deutan"))) < 15


@pytest.mark.parametrize("theme", [0, 1])
def test_palette_contrast(theme):
    color = {name: rgb(pair[theme]) for name, pair in PALETTE.items()}
    grounds = [
        color[n] for n in ("bg", "card", "mask", "t0", "t1", "t2", "t3")
    ]
    for ground in grounds:
        assert contrast(color["fg"], ground) >= 7
    for ground in grounds[:2]:
        assert contrast(color["mut"], ground) >= 4.5
        for ink in ("line", "blue", "orange", "green"):
            assert contrast(color[ink], ground) >= 3
