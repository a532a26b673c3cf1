"""The figures of chapter 2: each passes the check in both layouts, is the
same on every run, and shows numbers that an independent count confirms."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from xml.etree import ElementTree

import pytest
from figures import data_sampling as draw
from figures.kit import NARROW, WIDE

from scratchlm.tokenizer import gpt2_encoding

NAMES = [
    "pipeline",
    "window_shift",
    "stride_coverage",
    "epochs",
    "resume",
    "boundary",
    "masks",
    "packing",
    "leak",
    "shingles",
    "minima",
    "signatures",
    "poison",
]


def texts(figure, layout="wide"):
    [marks] = [m for name, _, _, m in figure.layouts() if name == layout]
    return [mark.text for mark in marks if mark.text]


@pytest.mark.parametrize("name", NAMES)
def test_figure_passes_its_check_and_restacks_for_a_phone(name):
    figure = getattr(draw, name)()
    assert figure.check() is figure
    assert ElementTree.fromstring(figure.svg()).get("role") == "img"
    widths = {layout: width for layout, width, *_ in figure.layouts()}
    place = WIDE, NARROW
    if name == "stride_coverage":  # its output is folded, which takes room
        place = draw.FOLDED, draw.FOLDED_NARROW
    assert (widths["wide"], widths["narrow"]) == place


def test_variants_pass_too():
    for step in range(1, 8):
        draw.pipeline(step)
    draw.stride_coverage(n=12, length=3)
    draw.masks((1, 3, 2))
    draw.packing((9, 8, 2, 1), capacity=10)
    words = [f"word{i}" for i in range(30)]
    draw.batch(words, range(30), length=6, stride=3, rows=(4, 1))


def test_grid_says_what_is_kept():
    rules = ["few words", "same lines"]
    broken = {"a novel": set(), "a menu": {"few words"}}
    figure = draw.filter_grid(list(broken), rules, broken)
    assert "Kept: a novel." in figure.description
    assert texts(figure).count("×") == 1


def test_same_bytes_in_another_process():
    code = (
        "import hashlib; from figures import data_sampling as draw\n"
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


def test_each_word_of_the_toy_text_is_one_token():
    ids, words = draw.toy()
    assert ids == gpt2_encoding().encode(draw.TOY_TEXT)
    assert words == draw.TOY_TEXT.split()
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("stride", range(1, 9))
def test_times_predicted_counts_targets(stride):
    text = list(range(13))
    windows = [text[s : s + 5] for s in range(0, 13, stride)]
    hits = Counter(i for w in windows if len(w) == 5 for i in w[1:])
    assert draw.times_predicted(13, 4, stride) == [hits[i] for i in text]


def test_epochs_show_each_window_once_and_different_shifts():
    figure = draw.epochs()
    assert sorted(texts(figure)[:1]) == ["epoch 0"]
    shifts = [t for t in texts(figure) if t.startswith("shift")]
    assert len(set(shifts)) == 3, "choose a seed that shows three shifts"


def test_shingles_and_signatures_agree_with_python_sets():
    def runs(text):
        words = text.split()
        return {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}

    a, b = runs(draw.LIKE), runs(draw.LIKE_TOO)
    both, only = draw.shared_runs()
    assert set(both.values()) == a & b
    assert set(only.values()) == a ^ b
    one, two = draw.toy_signatures()
    agree = sum(x == y for x, y in zip(one, two, strict=True))
    assert (
        f"{agree} of {len(one)} places agree" in draw.signatures().description
    )
    first = draw.minima().description.split("function 1: ")[1][0]
    assert (first in both) == (one[0] == two[0])
