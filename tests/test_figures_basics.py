"""The figures of chapter 0: each passes the check in both layouts, is the
same on every run, and shows numbers that an independent count confirms."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import torch
from figures import basics as draw
from figures.kit import NARROW, WIDE

from scratchlm.costs import parameters_by_part
from scratchlm.model import GPT_CONFIG_124M

NAMES = [
    "predicted",
    "pipeline",
    "heat_map",
    "scored",
    "contexts",
    "softmax",
    "too_much",
    "strides",
    "broadcasting",
    "float_bits",
    "unit",
    "two_paths",
    "matrix_gradient",
    "loop",
    "letters_network",
    "dropped",
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
    assert widths == {"wide": WIDE, "narrow": NARROW}


def test_variants_pass_too():
    for step in range(1, 7):
        draw.pipeline(step)
    draw.unit(backward=True)
    draw.one_layer(draw.probabilities(1.0).log(), "tide")
    draw.parts_of(parameters_by_part(GPT_CONFIG_124M), "GPT-2 small")
    draw.training_memory({"weights": 0.5, "activations": 1.2})
    draw.judged({"1 letter": 2.47, "3 letters": 2.85, "network": 2.37})


def test_same_bytes_in_another_process():
    code = (
        "import hashlib; from figures import basics as draw\n"
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


def test_counts_are_those_of_the_pairs_of_words():
    words = draw.TEXT.split()
    pairs = Counter(pairwise(words))
    table = draw.counts()
    assert table.sum() == len(words) - 1
    for (one, other), n in pairs.items():
        i, j = map(draw.VOCABULARY.index, (one, other))
        assert table[i, j] == n
    assert torch.allclose(draw.probabilities(1.0).sum(1), torch.ones(8))


def test_gradients_of_the_unit_are_pytorchs():
    x, w, b, target = (
        torch.tensor(v, dtype=torch.float64, requires_grad=True)
        for v in draw.UNIT
    )
    a = torch.sigmoid(x * w + b)
    loss = torch.nn.functional.binary_cross_entropy(a, target.detach())
    loss.backward()
    values, slopes = draw.unit_numbers()
    assert values["loss"] == pytest.approx(loss.item())
    for name, leaf in (("x", x), ("w", w), ("b", b)):
        assert slopes[name] == pytest.approx(leaf.grad.item())
    assert round(slopes["w"], 4) == -0.4034  # the chapter's table by hand
    assert round(slopes["b"], 4) == -0.2689


def test_slopes_of_the_logits_are_pytorchs():
    logits = torch.tensor([2.0, 1.0, 0.0], requires_grad=True)
    torch.nn.functional.cross_entropy(logits, torch.tensor(1)).backward()
    shown = texts(draw.too_much())
    for slope in logits.grad.tolist():
        assert f"{slope:.3f}".replace("-", "−") in shown


def test_gradient_of_a_layer_is_pytorchs():
    x, d = (torch.tensor(rows, dtype=torch.float64) for rows in draw.LAYER)
    weights = torch.zeros(3, 2, dtype=torch.float64, requires_grad=True)
    (x @ weights).backward(d)
    shown = [int(v) for row in weights.grad.tolist() for v in row]
    labels = [f"{v}".replace("-", "−") for v in shown]
    found = texts(draw.matrix_gradient())
    at = found.index("x.T @ d")
    assert [text for text in found[at:] if text in labels] == labels


def test_dropout_figure_shows_what_pytorch_drops():
    figure = draw.dropped()
    shown = texts(figure)
    assert shown.count("−0.8") == 3  # twice as it is, once −0.4 doubled


def test_network_counts_its_parameters():
    layers = torch.nn.Linear(81, 128), torch.nn.Linear(128, 27)
    for layer in layers:
        n = sum(p.numel() for p in layer.parameters())
        assert f"{n:,}" in texts(draw.letters_network())
