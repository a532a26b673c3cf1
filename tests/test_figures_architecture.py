"""The numbers in the figures of chapter 5, recomputed another way."""

import math
import re
import statistics
from itertools import pairwise

import pytest
import torch
from figures import architecture as draw
from figures import architecture_numbers as numbers
from figures.attention_numbers import shipped
from test_figures_models import drawn, texts


def test_gpt2_is_counted_by_hand():
    d, vocab_size, context_length = 768, 50257, 1024
    attention = 4 * d * d + 4 * d
    feed_forward = 8 * d * d + 5 * d
    one = attention + feed_forward + 4 * d
    total = (vocab_size + context_length) * d + 12 * one + 2 * d
    shown = texts(drawn("architecture.gpt2_parameters"))
    for n in (total, 12 * attention, 12 * feed_forward, vocab_size * d):
        assert f"{n:,}" in shown
    assert total == 124_439_808
    block = texts(drawn("architecture.transformer_block"))
    assert {f"{attention:,}", f"{feed_forward:,}", f"{2 * d:,}"} <= set(block)
    tied = texts(drawn("architecture.weight_tying"))
    assert {f"{total:,}", f"{total + vocab_size * d:,}"} <= set(tied)


def test_llama_is_counted_by_hand():
    d, hidden, vocab_size = 576, 1536, 49152
    attention = 2 * d * d + 2 * d * 3 * 64
    one = attention + 3 * d * hidden + 2 * d
    total = vocab_size * d + 30 * one + d
    shown = texts(drawn("architecture.gpt2_to_llama"))
    for n in (attention, 3 * d * hidden, d, total):
        assert f"{n:,}" in shown
    assert total == 134_515_008  # as SmolLM2's model card counts


def test_stream_is_the_sum_of_its_writes():
    writes = numbers.stream_of_a_story()
    assert [w.name for w in writes][:3] == [
        "embedding", "L1 attention", "L1 feed-forward",
    ]  # fmt: skip
    for before, after in pairwise(writes):
        low = abs(before.stream - after.written)
        assert low <= after.stream <= before.stream + after.written


def test_post_norm_resets_the_stream_and_pre_norm_does_not():
    pre = numbers.stream_by_depth(numbers.TransformerBlock)
    post = numbers.stream_by_depth(numbers.PostNormBlock)
    assert post == pytest.approx([1] * 12, abs=0.01)
    assert pre == sorted(pre)
    assert pre[-1] > 2


def test_layer_norm_rows_and_batch_norm_columns():
    shown = texts(drawn("architecture.norm_axes"))
    cells = [float(t.replace("−", "-")) for t in shown
             if t.replace("−", "").replace(".", "").isdigit()]  # fmt: skip
    x, cells = cells[:24], cells[36:]  # then 12 means and deviations
    rows, columns = cells[:24], cells[24:]
    assert len(columns) == 24
    for i in range(6):
        own = x[4 * i : 4 * i + 4]
        mean, std = statistics.mean(own), statistics.pstdev(own)
        made = [(v - mean) / std for v in own]
        assert rows[4 * i : 4 * i + 4] == pytest.approx(made, abs=0.051)
    for j in range(4):
        own = x[j::4]
        mean, std = statistics.mean(own), statistics.pstdev(own)
        made = [(v - mean) / std for v in own]
        assert columns[j::4] == pytest.approx(made, abs=0.051)


def test_activation_minima():
    """GELU's least value is near −0.17 at −0.75, SiLU's −0.278 at −1.278."""
    said = drawn("architecture.activations").description
    assert "GELU to −0.17 at −0.8" in said or "−0.17 at −0.7" in said
    assert "SiLU to −0.28 at −1.3" in said


def test_tied_logits_by_hand():
    shown = texts(drawn("architecture.weight_tying"))
    cells = [float(t.replace("−", "-")) for t in shown
             if t.replace("−", "").replace(".", "").isdigit()]  # fmt: skip
    hidden, table, logits = cells[:4], cells[4:28], cells[28:34]
    for i, logit in enumerate(logits):
        row = table[4 * i : 4 * i + 4]
        made = sum(a * b for a, b in zip(row, hidden, strict=True))
        assert logit == pytest.approx(made, abs=0.0051)


def test_sampling_by_plain_arithmetic():
    logits, tokens = numbers.austen_logits()
    powers = [math.exp(z) for z in logits.tolist()]
    p = sorted((q / sum(powers) for q in powers), reverse=True)
    three = [q / sum(p[:3]) for q in p[:3]]
    cold = [q**2 for q in p]  # temperature 1/2
    shown = texts(drawn("architecture.sampling_settings"))
    for q in (*p[:3], *three, *(q / sum(cold) for q in cold[:3])):
        assert f"{q:.2f}"[1:] in shown
    n = next(i for i in range(len(p)) if sum(p[: i + 1]) >= 0.6) + 1
    assert f"{n:,} of {len(tokens):,} possible" in shown


def test_generated_tokens_are_the_most_probable():
    model, tokenizer, _ = shipped("stories")
    ids = [1023, *tokenizer.encode("Ada ran to the pond")]
    with torch.no_grad():
        for _ in range(4):
            ids.append(model(torch.tensor([ids]))[0, -1].argmax().item())
    said = drawn("architecture.generation_loop").description
    for token_id in ids[-4:]:
        word = tokenizer.decode([token_id]).replace(" ", "␣")
        assert f"; {word} is appended" in said


def test_router_keeps_two_of_four():
    r = numbers.routing()
    assert r.chosen.sum(1).tolist() == [2] * 5
    assert r.shares.sum(1) == pytest.approx(torch.ones(5))
    assert (r.probabilities[r.chosen].min() >= 0).item()
    for row, kept in zip(r.probabilities, r.chosen, strict=True):
        assert row[kept].min() >= row[~kept].max()
    said = " ".join(texts(drawn("architecture.mixture_of_experts")))
    loads = [int(n) for n in re.findall(r"\b(\d) tokens?\b", said)]
    assert loads == r.chosen.sum(0).tolist()
    assert sum(loads) == 10


def test_variants_pass_too():
    draw.sampling_settings("She was not")
    draw.generation_loop("One misty day,", 3)
    draw.weight_tying(token=0)


def test_norms_by_hand():
    row = draw.ROW
    mean = statistics.mean(row)
    std = statistics.pstdev(row)
    rms = math.sqrt(statistics.mean(v * v for v in row))
    shown = texts(drawn("architecture.norm_by_hand"))
    for value in [(v - mean) / std for v in row] + [v / rms for v in row]:
        assert f"{value:.2f}".replace("-", "−") in shown
    assert {f"÷ {std:.2f}", f"÷ {rms:.2f}", f"− {mean:.1f}"} <= set(shown)


def test_three_counts_of_gpt2():
    shown = texts(drawn("architecture.count_ladder"))
    assert 163_037_184 - 124_439_808 == 50257 * 768
    assert 163_037_184 - 163_009_536 == 12 * 3 * 768
    for n in (124_439_808, 163_037_184, 163_009_536):
        assert f"{n:,}" in shown
    assert {"+ 38,597,376", "− 27,648"} <= set(shown)


def test_greedy_misses_the_best_pair():
    assert sum(draw.FIRST.values()) == pytest.approx(1)
    for second in draw.SECOND.values():
        assert sum(second.values()) == pytest.approx(1)
    said = drawn("architecture.beam_tree").description
    pairs = {
        f"{a} {b}": draw.FIRST[a] * q
        for a in draw.FIRST
        for b, q in draw.SECOND[a].items()
    }
    best = max(pairs, key=pairs.get)
    assert f"finds {best}, {pairs[best]:.2f}, the best of all" in said
    assert not best.startswith(max(draw.FIRST, key=draw.FIRST.get))
    assert best.startswith(sorted(draw.FIRST, key=draw.FIRST.get)[-2])


def test_kept_and_missing_make_the_target():
    assert sum(draw.TARGET) == pytest.approx(1)
    assert sum(draw.DRAFT) == pytest.approx(1)
    pairs = list(zip(draw.TARGET, draw.DRAFT, strict=True))
    refused = 1 - sum(min(p, q) for p, q in pairs)
    missing = sum(max(0, p - q) for p, q in pairs)
    assert refused == pytest.approx(missing)
    said = drawn("architecture.speculative_acceptance").description
    assert f"refused, {refused:.1f} in all" in said
    assert f"sum to {missing:.1f} too" in said


def test_map_names_the_steps_in_order():
    for step in (None, *range(1, 8)):
        shown = texts(draw.pipeline(step))
        assert set(draw.STEPS) <= set(shown)
