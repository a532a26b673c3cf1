"""The numbers in the figures of chapter 4, recomputed another way, and the
colours that the chapter promises."""

import ast
import json
import math
import re
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from figures import attention as draw
from figures import attention_numbers as numbers
from test_figures_models import FIGURES, drawn, texts

TOKENS = numbers.TOKENS
BLUE, ORANGE, GREEN = {"blue"}, {"orange"}, {"green"}  # weight, key, value
COLORS = {
    "pipeline": BLUE | ORANGE | GREEN,
    "averaging": BLUE,
    "score_variance": set(),
    "projections": BLUE | ORANGE | GREEN,
    "one_query": BLUE | ORANGE | GREEN,
    "causal_masks": BLUE,
    "dropout": BLUE,
    "padding": BLUE,
    "sliding_window": BLUE,
    "multi_head": BLUE | ORANGE | GREEN,
    "heads_split_features": set(),
    "grouped_heads": BLUE | ORANGE | GREEN,
    "kv_cache": BLUE | ORANGE | GREEN,
    "online_softmax": BLUE | GREEN,
    "story_heads": BLUE,
}
GREYS = {"bg", "card", "mask", "fg", "mut", "line", None}


def values(words):
    """Drawn numbers as floats."""
    return [float(w.replace("−", "-")) for w in words]


def marks(figure, layout="wide"):
    [found] = [m for name, _, _, m in figure.layouts() if name == layout]
    return found


def test_colours_of_all_figures_are_said():
    assert set(COLORS) == set(FIGURES["attention"].split())


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("name", COLORS)
def test_blue_is_a_weight_orange_a_key_green_a_value(name, layout):
    """No figure has a colour whose thing it does not show."""
    used = set()
    for mark in marks(drawn(f"attention.{name}"), layout):
        used |= {mark.color, mark.outline}
    assert used - GREYS == COLORS[name]


def test_means_are_running_means():
    shown = [t for t in texts(drawn("attention.averaging")) if t.isdecimal()]
    x = np.array(shown[:10] if len(shown) == 10 else shown[1:11], float)
    x = x.reshape(5, 2)
    means = np.array(list(accumulate(x))) / np.arange(1, 6)[:, None]
    said = texts(drawn("attention.averaging"))
    for mean in means.flatten():
        assert f"{mean:.2f}" in said
    words = drawn("attention.averaging").description
    assert "row p, counted from 0, has the weight 1/(p+1)" in words


def test_variance_grows_with_the_head_dimension():
    text = drawn("attention.score_variance").description
    raw, scaled = re.findall(r"(?:deviation is|root it is) (\d\.\d\d)", text)
    assert float(raw) == pytest.approx(math.sqrt(64), rel=0.02)
    assert float(scaled) == pytest.approx(1, rel=0.02)
    other = draw.score_variance(head_dim=16)
    [raw] = re.findall(r"deviation is (\d\.\d\d)", other.description)
    assert float(raw) == pytest.approx(math.sqrt(16), rel=0.02)


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_projections_are_those_of_one_head(layout):
    """x (T, D) by three W (D, Dh), as in the chapter's formula."""
    e = numbers.example()
    figure = drawn("attention.projections")
    shown = texts(figure, layout)
    numbers_drawn = values(t for t in shown if re.fullmatch(r"−?\d\.\d", t))
    made = np.array(numbers_drawn).reshape(3, 5, 3)
    rows = e.layer.qkv.weight.detach().numpy()  # (3 D, D)
    for part, first in zip(made, (0, 6, 12), strict=True):
        w = rows[first : first + 3].T  # (D, Dh) of the first head
        assert np.allclose(e.x.numpy() @ w, part, atol=0.0501)
    tinted = [
        m.color for m in marks(figure, layout)
        if m.kind == "area" and m.color and m.opacity < 1
    ]  # fmt: skip
    assert tinted.count("line") == 5 * 6
    for color in ("blue", "orange", "green"):
        assert tinted.count(color) == 6 * 3 + 5 * 3
    assert "2 heads" in figure.description
    assert "this is the first" in figure.description


def test_reader_can_recompute_the_query_from_the_drawn_numbers():
    e = numbers.example()
    q, keys, vals = (
        part[0].tolist() for part in (e.queries, e.keys, e.values)
    )
    for part in (q, keys, vals):  # one decimal, as drawn
        assert np.allclose(part, np.round(part, 1), atol=1e-6)
    scores = [
        sum(a * b for a, b in zip(q[4], key, strict=True)) / math.sqrt(3)
        for key in keys
    ]
    powers = [math.exp(s) for s in scores]
    weights = [p / sum(powers) for p in powers]
    context = [
        sum(w * v[d] for w, v in zip(weights, vals, strict=True))
        for d in range(3)
    ]
    shown = texts(drawn("attention.one_query"))
    for n in (*scores, *context):
        assert f"{n:.2f}".replace("-", "−") in shown
    for w in weights:
        assert f"{w:.2f}"[1:] in shown


def test_example_is_what_torch_computes():
    e = numbers.example()
    context = F.scaled_dot_product_attention(
        e.queries, e.keys, e.values, is_causal=True
    )
    assert torch.allclose(context, e.context, atol=1e-6)
    joined = torch.cat(list(e.context), dim=1)  # heads side by side
    assert torch.allclose(e.layer.out(joined), e.output, atol=1e-6)


def test_mask_builds():
    fill, late, poisoned = numbers.mask_builds(5)
    assert fill[3].sum(1) == pytest.approx(torch.ones(5))
    again = late[3] / late[3].sum(1, keepdim=True)
    assert torch.allclose(again, fill[3])
    assert int(poisoned[2].isnan().sum()) == 15  # 5 * 6 / 2
    assert int(poisoned[3].isnan().sum()) == 25


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_masks_of_all_tokens_with_the_sums_of_the_chapter(layout):
    figure = drawn("attention.causal_masks")
    shown = texts(figure, layout)
    said = " ".join(shown)
    assert "15 of 25 are NaN" in said
    assert "then 25 of 25" in said
    assert shown.count("NaN") == 15 + 25 + 5  # scores, weights, sums
    e = numbers.example()
    late = (e.queries @ e.keys.mT / 3**0.5).softmax(-1).tril()[0].sum(-1)
    sums = [f"{total:.2f}".removeprefix("0") for total in late.tolist()]
    assert sums == [".19", ".38", ".60", ".54", "1.00"]
    assert "sum to 0.19, 0.38, 0.60, 0.54, 1.00" in figure.description
    column = [*sums[:-1], "1"]
    assert column in [shown[i : i + 5] for i in range(len(shown))]


def test_dropout_keeps_the_mean_and_not_the_sum():
    shown = texts(drawn("attention.dropout"))
    sums = values(t for t in shown if re.fullmatch(r"\d\.\d\d", t))[-5:]
    assert any(abs(total - 1) > 0.1 for total in sums)
    weights = numbers.example().weights[0]
    for w in weights[-1]:  # the last row stands in the figure, and twice it
        assert f"{w:.2f}"[1:] in shown
    words = drawn("attention.dropout").description
    assert shown.count("0") == int(re.search(r"(\d+) of 15 weights", words)[1])
    largest = float(re.search(r"is (0\.\d+)\.$", words)[1])
    # 2,000 draws of a weight w: standard error w / sqrt(2000)
    assert largest < 4 / math.sqrt(2000)


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_padded_positions_count_tokens(layout):
    shown = texts(drawn("attention.padding"), layout)
    counts = [int(t) for t in shown if t.isdecimal()]
    assert counts == [0, 1, 2, 3, 4, 0, 1, 2] * 2
    assert shown.count("pad") == 8  # two chips and two rows a side


def test_each_step_of_the_map_is_brought_to_the_front():
    for step, name in enumerate(draw.STEPS, 1):
        figure = draw.pipeline(step)
        assert f"step {step} of 7, {name}" in figure.title
        assert [t for t in texts(figure) if t == str(step)]


def test_window_reach_by_walking_back():
    def seen(position, layers, window=3):
        if not layers:
            return {position}
        near = range(max(0, position - window + 1), position + 1)
        return set().union(*(seen(k, layers - 1) for k in near))

    back = len(seen(7, 2)) - 1
    assert back == 4
    assert f"last token: {back} back," in texts(
        drawn("attention.sliding_window")
    )


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_drawn_weights_sum_to_one(layout):
    shown = texts(drawn("attention.multi_head"), layout)
    weights = [float(t) for t in shown if re.fullmatch(r"\.\d\d|1", t)]
    weights = weights[1:] if len(weights) == 16 else weights  # a step disc
    rows, start = [], 0
    for n in range(1, 6):
        rows.append(weights[start : start + n])
        start += n
    assert start == len(weights) == 15
    for row in rows:
        assert sum(row) == pytest.approx(1, abs=0.021)


def test_wrong_view_tears_the_tokens():
    shown = texts(drawn("attention.heads_split_features"))
    heads = "".join(t[0] for t in shown if re.fullmatch(r"[A-E]\d", t))
    x, right, wrong = heads[:30], heads[30:60], heads[60:]
    assert x == "".join(6 * t for t in "ABCDE")
    assert right == 2 * "".join(3 * t for t in "ABCDE")
    assert wrong[:15] == "AAAAAABBBBBBCCC"
    assert "queries.view(H, T, Dh)" in shown
    assert shown[0] == "queries"


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_each_token_of_the_split_has_a_grey_of_its_own(layout):
    tints, cell = {}, None
    for mark in marks(drawn("attention.heads_split_features"), layout):
        if mark.kind == "area":
            cell = mark
        elif re.fullmatch(r"[A-E]\d", mark.text):
            assert cell.box.contains(mark.box)
            tints.setdefault(mark.text[0], set()).add(cell.opacity)
    assert "".join(tints) == "ABCDE"
    assert all(len(found) == 1 for found in tints.values())
    steps = np.diff([found.pop() for found in tints.values()])
    assert min(steps) > 0.1, "neighbours can be told apart"


def test_cache_bytes_by_formula():
    shown = " ".join(texts(drawn("attention.grouped_heads")))
    for n_kv_heads in (9, 3, 1):
        n_bytes = 2 * 30 * n_kv_heads * 64 * 8192 * 2  # K, V; bfloat16
        assert f" {n_bytes / 1e6:.0f} MB" in shown


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_groups_name_their_model_and_halve_their_bars(layout):
    figure = drawn("attention.grouped_heads")
    shown = texts(figure, layout)
    assert "SmolLM2-135M" in " ".join(shown)
    assert "bfloat16" in " ".join(shown)
    for letter, n in (("q", 27), ("k", 9 + 3 + 1), ("v", 9 + 3 + 1)):
        assert sum(bool(re.fullmatch(rf"{letter}\d", t)) for t in shown) == n
    bars = {
        color: [m.box.w for m in marks(figure, layout) if m.color == color]
        for color in ("orange", "green")
    }
    assert bars["orange"] == bars["green"] == pytest.approx([45, 15, 5])


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_new_keys_and_values_have_the_heavier_frame(layout):
    heavy, cell = [], None
    for mark in marks(drawn("attention.kv_cache"), layout):
        if mark.kind == "area":
            cell = mark
        elif re.fullmatch(r"[kv]\d", mark.text):
            assert cell.outline == {"k": "orange", "v": "green"}[mark.text[0]]
            if 'stroke-width="3"' in cell.svg:
                heavy.append(mark.text)
    assert " ".join(heavy) == "k1 k2 k3 v1 v2 v3 k4 v4 k5 v5"


def test_cached_rows_are_those_of_the_whole():
    whole = numbers.example().weights[0]
    for start, end, weights in numbers.cached_run():
        assert torch.allclose(weights, whole[start:end, :end], atol=1e-6)


def test_online_softmax_ends_at_the_context():
    tiles = numbers.online_tiles()
    assert any(tile.shrink < 1 for tile in tiles[1:]), "the maximum rises"
    context = tiles[-1].total / tiles[-1].norm
    assert torch.allclose(context, numbers.example().context[0, 4], atol=1e-6)


def test_the_story_is_that_of_the_chapter():
    path = Path(__file__).parents[1] / "book/04-attention.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    found = {}
    for cell in cells:
        source = "".join(cell["source"])
        if re.search(r"^(START|STORY) = ", source, re.M):
            for node in ast.parse(source).body:
                if isinstance(node, ast.Assign):
                    value = getattr(node.value, "value", None)
                    found[ast.unparse(node.targets[0])] = value
    assert found["START"] + found["STORY"] == draw.STORY


def test_story_heads_look_where_the_figure_says():
    """Recomputed by what the layers themselves are given."""
    model, tokenizer, _ = numbers.shipped("stories")
    ids = tokenizer.encode(draw.STORY, allowed_special=["<|endoftext|>"])
    assert len(ids) == 42
    given = []
    hooks = [
        block.attn.register_forward_pre_hook(lambda _, args: given.append(
            args[0]))
        for block in model.blocks
    ]  # fmt: skip
    with torch.no_grad():
        logits = model(torch.tensor([ids]))[0, -1]
        weights = [
            block.attn.attn_weights(x)[0, :, -1]
            for block, x in zip(model.blocks, given, strict=True)
        ]
    for hook in hooks:
        hook.remove()
    words = [tokenizer.decode([i]) for i in ids]
    p = logits.softmax(-1).max().item()
    assert tokenizer.decode([logits.argmax().item()]) == " mole"
    assert torch.stack(weights).sum(-1) == pytest.approx(torch.ones(4, 6))
    for layout in ("wide", "narrow"):
        shown = texts(drawn("attention.story_heads"), layout)
        assert f"next: ␣mole, p = {p:.3f}" in shown
        assert shown.count("<|endoftext|>") == 3
        heads = [t for t in shown if re.match(r"L\d H\d: ", t)]
        assert [t.partition(": ")[2] for t in heads] == [
            "the animal", "the object", "the full stop before",
        ]  # fmt: skip
        for head, target in zip(heads, (" mole", " parcel", "."), strict=True):
            layer, head = map(int, re.findall(r"\d", head))
            row = weights[layer - 1][head - 1]
            assert words[row.argmax()] == target
            number = f"{row.max():.2f}".removeprefix("0")
            assert number in shown
