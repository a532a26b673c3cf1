"""The figures of chapter 3: each passes the check in both layouts, is the
same on every run, and shows numbers that an independent count confirms."""

import cmath
import hashlib
import math
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import torch
from figures import embeddings as draw
from figures.kit import NARROW, WIDE

NAMES = [
    "added",
    "pipeline",
    "lookup",
    "gradient",
    "tying",
    "bag",
    "views",
    "linear_bias",
    "clocks",
    "sinusoid_table",
    "turned",
    "same_distance",
    "layouts",
    "unseen",
    "slowed",
]


def texts(figure, layout="wide"):
    [marks] = [m for name, _, _, m in figure.layouts() if name == layout]
    return [mark.text for mark in marks if mark.text]


def numbers(figure):
    """The texts of a figure that are numbers, in the order of drawing."""
    found = [text.replace("−", "-") for text in texts(figure)]
    return [float(t) for t in found if re.fullmatch(r"-?\d+(\.\d+)?", t)]


@pytest.mark.parametrize("name", NAMES)
def test_figure_passes_its_check_and_restacks_for_a_phone(name):
    figure = getattr(draw, name)()
    assert figure.check() is figure
    assert ElementTree.fromstring(figure.svg()).get("role") == "img"
    widths = {layout: width for layout, width, *_ in figure.layouts()}
    assert widths == {"wide": WIDE, "narrow": NARROW}


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_shows_the_numbers_of_the_wide_layout(name):
    figure = getattr(draw, name)()
    wide, narrow = (
        sorted(t for t in texts(figure, layout) if t.strip("−").isdigit())
        for layout in ("wide", "narrow")
    )
    assert wide == narrow


def test_variants_pass_too():
    for step in range(1, 7):
        draw.pipeline(step)
    draw.sizes([("small", 10, 5), ("large", 1000, 50)])


def test_same_bytes_in_another_process():
    code = (
        "import hashlib; from figures import embeddings as draw\n"
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


def test_gradient_figure_adds_as_pytorch_does():
    table = torch.tensor(draw.TABLE, requires_grad=True)
    torch.nn.functional.embedding(torch.tensor(draw.IDS), table).backward(
        torch.tensor(draw.D_OUTPUT)
    )
    assert numbers(draw.gradient())[-12:] == table.grad.flatten().tolist()


def test_both_orders_have_the_sum_that_the_figure_shows():
    table, shown = torch.tensor(draw.TABLE), numbers(draw.bag())
    for ids, first in ((draw.IDS, 0), (draw.SWAPPED, 18)):
        total = [sum(column) for column in table[ids].T.tolist()]
        assert shown[first : first + 15] == table[ids].flatten().tolist()
        assert shown[first + 15 : first + 18] == total == [5.0, 5.0, 6.0]
    assert "5, 5, 6" in draw.bag().description


def test_sums_of_token_and_position_are_entrywise():
    shown = numbers(draw.added())
    tokens, places, sums = (shown[15 * k : 15 * (k + 1)] for k in range(3))
    assert sums == [a + b for a, b in zip(tokens, places, strict=True)]
    assert sums[:3] == [1, 0, 2]  # `the` at 0 and at 3, as the text says
    assert sums[9:12] == [2, 0, 2]


def test_scores_of_the_clocks_are_those_of_complex_numbers():
    query, key = complex(3, 1), complex(2, 2)
    shown = [t for t in texts(draw.same_distance()) if t.startswith("score")]
    scores = []
    for p, t in ((3, 1), (8, 6)):
        one = query * cmath.exp(0.5j * p)
        two = key * cmath.exp(0.5j * t)
        scores.append(f"score {(one * two.conjugate()).real:.2f}")
    assert shown == scores
    assert scores[0].split()[1] in draw.same_distance().description


def test_bias_is_minus_slope_times_distance():
    shown = numbers(draw.linear_bias())
    below = [(i, j) for i in range(4) for j in range(i + 1)]
    for slope in (2**-4, 2**-8):
        bias = [round(-slope * (i - j), 3) for i, j in below]
        start = next(
            k
            for k in range(len(shown))
            if shown[k : k + len(bias)] == pytest.approx(bias, abs=6e-4)
        )
        assert start >= 0
        assert f"slope {slope:g}" in texts(draw.linear_bias())


def test_layouts_hold_the_same_pairs_and_only_the_order_changes():
    labels = [t for t in texts(draw.layouts()) if re.fullmatch(r"\d[ab]", t)]
    interleaved, half_split = labels[:8], labels[8:]
    assert sorted(interleaved) == sorted(half_split)
    for pair in range(4):
        i = [interleaved.index(f"{pair}{x}") for x in "ab"]
        j = [half_split.index(f"{pair}{x}") for x in "ab"]
        assert i == [2 * pair, 2 * pair + 1]
        assert j == [pair, pair + 4]


def test_slowed_figure_follows_the_three_rules():
    said = re.findall(r"(PI|NTK|YaRN): ([\d., ]+)", draw.slowed().description)
    rows = {
        name: [float(v) for v in re.findall(r"\d+\.\d", values)]
        for name, values in said
    }
    assert rows["PI"] == [4.0] * 8
    ntk = [4 ** (2 * i / 14) for i in range(8)]  # (4^(16/14))^(2i/16)
    assert rows["NTK"] == pytest.approx(ntk, abs=0.05)
    once = math.ceil(8 * math.log(32 / math.tau, 10_000))  # turns once
    share = [min(i / once, 1) for i in range(8)]
    yarn = [1 / (1 - s + s / 4) for s in share]
    assert rows["YaRN"] == pytest.approx(yarn, abs=0.05)


def test_sizes_say_the_shares():
    figure = draw.sizes([("small", 10, 5), ("large", 1000, 50)])
    assert {"50%", "5%"} <= set(texts(figure))
    assert "small: 50%; large: 5%" in figure.description
