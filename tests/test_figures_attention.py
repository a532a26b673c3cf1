"""The numbers in the figures of chapter 4, recomputed another way."""

import math
import re
from itertools import accumulate

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from figures import attention as draw
from figures import attention_numbers as numbers
from test_figures_models import drawn, texts

TOKENS = numbers.TOKENS


def values(words):
    """Drawn numbers as floats."""
    return [float(w.replace("−", "-")) for w in words]


def test_means_are_running_means():
    shown = [t for t in texts(drawn("attention.averaging")) if t.isdecimal()]
    x = np.array(shown[:10] if len(shown) == 10 else shown[1:11], float)
    x = x.reshape(5, 2)
    means = np.array(list(accumulate(x))) / np.arange(1, 6)[:, None]
    said = texts(drawn("attention.averaging"))
    for mean in means.flatten():
        assert f"{mean:.2f}" in said


def test_variance_grows_with_the_head_dimension():
    text = drawn("attention.score_variance").description
    raw, scaled = re.findall(r"(?:deviation is|root it is) (\d\.\d\d)", text)
    assert float(raw) == pytest.approx(math.sqrt(64), rel=0.02)
    assert float(scaled) == pytest.approx(1, rel=0.02)
    other = draw.score_variance(head_dim=16)
    [raw] = re.findall(r"deviation is (\d\.\d\d)", other.description)
    assert float(raw) == pytest.approx(math.sqrt(16), rel=0.02)


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
    fill, late, poisoned = numbers.mask_builds()
    assert fill[3].sum(1) == pytest.approx(torch.ones(4))
    again = late[3] / late[3].sum(1, keepdim=True)
    assert torch.allclose(again, fill[3])
    assert int(poisoned[2].isnan().sum()) == 10  # 4 * 5 / 2
    assert int(poisoned[3].isnan().sum()) == 16
    said = " ".join(texts(drawn("attention.causal_masks")))
    assert "10 of 16 are NaN" in said


def test_dropout_keeps_the_mean_and_not_the_sum():
    shown = texts(drawn("attention.dropout"))
    sums = values(t for t in shown if re.fullmatch(r"\d\.\d\d", t))[-5:]
    assert any(abs(total - 1) > 0.1 for total in sums)
    weights = numbers.example().weights[0]
    for w in weights[-1]:  # the last row stands in the figure, and twice it
        assert f"{w:.2f}"[1:] in shown
    largest = float(
        re.search(r"is (0\.\d+)\.$", drawn("attention.dropout").description)[1]
    )
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


def test_cache_bytes_by_formula():
    shown = " ".join(texts(drawn("attention.grouped_heads")))
    for n_kv_heads in (9, 3, 1):
        n_bytes = 2 * 30 * n_kv_heads * 64 * 8192 * 2  # K, V; bfloat16
        assert f" {n_bytes // 2**20} MiB" in shown


def test_cached_rows_are_those_of_the_whole():
    whole = numbers.example().weights[0]
    for start, end, weights in numbers.cached_run():
        assert torch.allclose(weights, whole[start:end, :end], atol=1e-6)


def test_online_softmax_ends_at_the_context():
    tiles = numbers.online_tiles()
    assert any(tile.shrink < 1 for tile in tiles[1:]), "the maximum rises"
    context = tiles[-1].total / tiles[-1].norm
    assert torch.allclose(context, numbers.example().context[0, 4], atol=1e-6)


def test_story_heads_look_where_the_figure_says():
    tokens, weights, best, probability = numbers.story_attention()
    assert best == b" turtle"
    assert probability > 0.99
    assert weights.sum(-1) == pytest.approx(torch.ones(weights.shape[:-1]))
    shown = texts(drawn("attention.story_heads"))
    heads = [t for t in shown if re.match(r"L\d H\d: ", t)]
    assert [t.partition(": ")[2] for t in heads] == [
        "the animal", "the object", "the token before",
    ]  # fmt: skip
    layer, head = map(int, re.findall(r"\d", heads[0]))
    row = weights[layer - 1, head - 1, -1]
    assert tokens[row.argmax()] == best
