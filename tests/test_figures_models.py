"""The figures of chapters 4 to 7: every one passes its check in both
layouts, and drawing it again, even in another process, gives the same bytes.
The numbers in them are tested in the other test_figures files."""

import doctest
import gzip
import hashlib
import importlib
import inspect
import math
import os
import re
import subprocess
import sys
from functools import cache
from xml.etree import ElementTree

import pytest
from figures import parts
from figures.kit import NARROW, WIDE, Figure

FIGURES = {
    "attention": (
        "pipeline averaging score_variance projections one_query "
        "causal_masks dropout padding sliding_window multi_head "
        "heads_split_features grouped_heads "
        "kv_cache online_softmax story_heads"
    ),
    "architecture": (
        "pipeline norm_by_hand transformer_block residual_stream norm_axes "
        "norm_placement activations gpt2_parameters weight_tying "
        "count_ladder sampling_settings generation_loop beam_tree "
        "speculative_acceptance gpt2_to_llama mixture_of_experts"
    ),
    "pretraining": (
        "training_loop schedules next_token_loss checkpoint_contents "
        "story_score"
    ),
    "finetuning": "lora instruction_mask classification_head",
}
NAMES = [f"{m}.{n}" for m, names in FIGURES.items() for n in names.split()]


@cache
def drawn(name):
    """A figure by its name, drawn once."""
    module, function = name.split(".")
    return getattr(importlib.import_module(f"figures.{module}"), function)()


def texts(figure, layout="wide"):
    [marks] = [m for name, _, _, m in figure.layouts() if name == layout]
    return [mark.text for mark in marks if mark.text]


@pytest.mark.parametrize("name", NAMES)
def test_figure_passes_its_check_and_is_well_formed(name):
    figure = drawn(name)
    assert figure.check() is figure
    assert ElementTree.fromstring(figure.svg()).get("role") == "img"
    ElementTree.fromstring(figure._repr_html_())


@pytest.mark.parametrize("name", NAMES)
def test_figure_restacks_for_a_phone(name):
    figure = drawn(name)
    widths = {layout: width for layout, width, *_ in figure.layouts()}
    assert widths == {"wide": WIDE, "narrow": NARROW}
    assert "tabindex" not in figure._repr_html_(), "nothing to scroll"


@pytest.mark.parametrize("name", NAMES)
def test_no_count_or_token_is_lost_on_the_phone(name):
    wide, narrow = (
        set(re.findall(r"\d[\d,]{2,}|␣\w+", " ".join(texts(drawn(name), x))))
        for x in ("wide", "narrow")
    )
    assert wide <= narrow


@pytest.mark.parametrize("name", NAMES)
def test_description_says_what_the_picture_shows(name):
    """A long description, and no number that was not written for a reader."""
    figure = drawn(name)
    assert len(figure.description) >= 150
    assert not re.search(
        r"\bnan|\binf\b|tensor\(|\de[+-]\d", figure.description
    )
    assert not re.search(r"tensor\(|\bnan\b", " ".join(texts(figure)))


def test_all_figures_share_a_page_without_sharing_an_id():
    page = "".join(drawn(name)._repr_html_() for name in NAMES)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_every_public_figure_function_is_listed():
    for module, names in FIGURES.items():
        module = importlib.import_module(f"figures.{module}")
        functions = {
            name: inspect.unwrap(value)
            for name, value in vars(module).items()
            if callable(value) and not name.startswith("_")
        }
        made = {
            name
            for name, function in functions.items()
            if inspect.isfunction(function)
            and function.__module__ == module.__name__
            and "Figure" in function.__code__.co_names
        }
        assert made == set(names.split())


def test_same_bytes_in_another_process():
    code = (
        "import hashlib, importlib\n"
        f"for name in {NAMES}:\n"
        "    module, function = name.split('.')\n"
        "    module = importlib.import_module(f'figures.{module}')\n"
        "    html = getattr(module, function)()._repr_html_().encode()\n"
        "    print(hashlib.sha256(html).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [drawn(name)._repr_html_().encode() for name in NAMES]
    assert run.stdout.split() == [hashlib.sha256(h).hexdigest() for h in here]
    assert run.stderr == "", "a figure prints nothing in a notebook"


@pytest.mark.parametrize("name", NAMES)
def test_figure_is_light(name):
    assert len(gzip.compress(drawn(name)._repr_html_().encode())) < 30_000


# --- the parts --------------------------------------------------------------


def test_numbers_as_a_reader_sees_them():
    assert parts.num(-0.004) == "0.00"
    assert parts.num(-0.006) == "−0.01"
    assert parts.num(math.nan) == "NaN"
    assert parts.num(-math.inf, 1) == "−∞"
    assert [parts.tight(v) for v in (0, 1, 0.5, 0.004)] == [
        "0", "1", ".50", ".00",
    ]  # fmt: skip


def test_examples_of_the_parts():
    result = doctest.testmod(parts)
    assert result.attempted
    assert not result.failed


def figure():
    return Figure(300, None, "A figure for tests", "Long enough to be one.")


@pytest.mark.parametrize("color", ["blue", "orange", "green", "line"])
def test_numbers_stay_readable_on_the_strongest_tint(color):
    f = figure()
    parts.matrix(f, 5, 5, [[0.0, 0.5, 1.0]], 40, 26, color, parts.num)
    f.check()


def test_matrix_marks_what_is_no_number():
    f = figure()
    rows = [[1.0, -math.inf], [math.nan, 2.0]]
    box = parts.matrix(f, 5, 5, rows, 40, 26, "blue", parts.num)
    f.check()
    assert texts(f) == ["1.00", "−∞", "NaN", "2.00"]
    assert f.svg().count("url(#fig") == 1, "minus infinity is hatched"
    assert (box.w, box.h) == (2 * 40 - 1.5, 2 * 26 - 1.5)


def test_hidden_cells_carry_no_number():
    f = figure()
    parts.matrix(
        f, 5, 5, [[1.0, 2.0]], 40, 26, "blue", parts.num, [[False, True]]
    )
    assert texts(f) == ["1.00"]


def test_bars_are_as_long_as_their_values():
    f = figure()
    parts.bars(f, 60, 5, [("a", 1.0), ("b", 0.25)], 100)
    widths = [m.box.w for m in f.marks if m.kind == "area"]
    assert widths == [100, 25]


def test_axes_put_points_where_they_belong():
    f = figure()
    axes = parts.Axes(f, 50, 10, 200, 100, (-1, 1), (0, 4))
    assert axes.at(-1, 0) == (50, 110)
    assert axes.at(1, 4) == (250, 10)
    assert axes.at(0, 1) == (150, 85)


def test_fitted_lines_are_within_the_width():
    text = "The stream keeps its shape, so blocks can be stacked."
    lines = parts.fit(text, 120)
    assert " ".join(lines) == text
    assert all(parts.text_width(line, 12.5) <= 120 for line in lines)
