"""GPT-2 and what every language model of the course can do: properties
first (causal, cached = full, padded = unpadded, packed = separate), then
`transformers` and PyTorch as oracles, then the published counts."""

import math
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close
from transformers import GPT2Config, GPT2LMHeadModel

from scratchlm.attention import (
    document_mask,
    padding_mask,
    sliding_window_mask,
)
from scratchlm.llama import LlamaConfig, LlamaModel
from scratchlm.model import (
    GPT_CONFIG_124M,
    GPT_CONFIG_355M,
    GPT_CONFIG_774M,
    GPT_CONFIG_1558M,
    GPT_CONFIG_TINY,
    FeedForward,
    GPTConfig,
    GPTModel,
    LanguageModel,
    TransformerBlock,
    gelu,
    layer_norm,
)

V, CONTEXT, D, B, T = 97, 12, 24, 2, 7
GPT = GPTConfig(V, CONTEXT, D, n_heads=3, n_layers=2)
LLAMA = LlamaConfig(
    V, CONTEXT, D, n_heads=6, n_kv_heads=2, n_layers=2, hidden_dim=20
)
RELEASED = {
    "124M": GPT_CONFIG_124M,
    "355M": GPT_CONFIG_355M,
    "774M": GPT_CONFIG_774M,
    "1558M": GPT_CONFIG_1558M,
}


def draw_ids(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(V, shape, generator=generator)


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def redraw(model, seed=0):
    """All weights, norms and biases become random: none may be zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3, generator=generator)
    return model.double().eval()


def build(config, seed=0):
    make = GPTModel if isinstance(config, GPTConfig) else LlamaModel
    return redraw(make(config), seed)


@pytest.fixture(scope="module", params=[GPT, LLAMA], ids=["gpt", "llama"])
def model(request):
    return build(request.param)


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


def same(actual, expected, atol=1e-12):
    assert_close(actual, expected, atol=atol, rtol=0)


# --- every model: shapes and limits ----------------------------------------


def test_every_position_of_every_row_gets_logits(model):
    assert isinstance(model, LanguageModel)
    for batch_size, n_tokens in [(B, T), (1, 1), (3, CONTEXT)]:
        token_ids = draw_ids(batch_size, n_tokens)
        hidden = model.hidden_states(token_ids)
        assert hidden.shape == (batch_size, n_tokens, D)
        logits = model(token_ids)
        assert logits.shape == (batch_size, n_tokens, V)
        assert torch.equal(model.head(hidden), logits)


def test_more_tokens_than_the_context_are_refused(model):
    # The context counts tokens, prompt and answer together.
    with pytest.raises(ValueError, match=r"13 .*context_length=12"):
        model(draw_ids(1, CONTEXT + 1))
    cache = model.new_cache(1)
    model(draw_ids(1, CONTEXT - 1), cache=cache)
    with pytest.raises(ValueError, match=r"13 .*context_length=12"):
        model(draw_ids(1, 2), cache=cache)
    assert cache.length == CONTEXT - 1
    model(draw_ids(1, 1), cache=cache)
    assert cache.length == CONTEXT


def test_a_later_token_never_changes_an_earlier_output(model):
    token_ids = draw_ids(B, T)
    logits = model(token_ids)
    for t in range(1, T):
        changed = token_ids.clone()
        changed[:, t:] = (changed[:, t:] + 1) % V
        other = model(changed)
        same(other[:, :t], logits[:, :t])
        assert (other[:, t:] - logits[:, t:]).abs().amax(-1).min() > 1e-6


def test_a_shorter_input_gives_the_same_logits(model):
    token_ids = draw_ids(B, T)
    logits = model(token_ids)
    for n_tokens in range(1, T + 1):
        same(model(token_ids[:, :n_tokens]), logits[:, :n_tokens])


def test_rows_of_a_batch_do_not_meet(model):
    token_ids = draw_ids(4, T)
    logits = model(token_ids)
    for row in range(4):
        same(model(token_ids[row : row + 1])[0], logits[row])


def test_positions_start_at_zero(model):
    token_ids = draw_ids(B, T)
    logits = model(token_ids)
    assert torch.equal(model(token_ids, torch.arange(T)), logits)
    per_row = torch.arange(T).expand(B, T)
    same(model(token_ids, per_row), logits)


def test_every_row_may_have_its_own_positions(model):
    token_ids = draw_ids(B, 4)
    positions = torch.tensor([[0, 3, 4, 11], [5, 2, 1, 0]])
    together = model(token_ids, positions)
    for row in range(B):
        alone = model(token_ids[row : row + 1], positions[row])
        same(together[row], alone[0])
    assert (together - model(token_ids)).abs().max() > 1e-3


def test_the_mask_only_takes_away(model):
    token_ids = draw_ids(B, T)
    logits = model(token_ids)
    everything = torch.ones(T, T, dtype=torch.bool)
    same(model(token_ids, mask=everything), logits)
    windows = sliding_window_mask(T, window=2)
    windowed = model(token_ids, mask=windows)
    same(windowed[:, :2], logits[:, :2])
    assert (windowed - logits)[:, 2:].abs().amax(-1).min() > 1e-6


def test_a_token_that_may_see_nothing_is_not_nan(model):
    mask = torch.ones(B, 1, T, T, dtype=torch.bool)
    mask[0, :, 3] = False
    token_ids = draw_ids(B, T)
    logits = model(token_ids, mask=mask)
    assert logits.isfinite().all()
    same(logits[1], model(token_ids)[1])


@pytest.mark.parametrize("n_tokens", [T, 1])
@pytest.mark.parametrize("dtype", [torch.float64, torch.int64])
def test_a_mask_of_numbers_is_refused(model, n_tokens, dtype):
    # PyTorch's kernel would add a mask of floats to the scores.
    mask = torch.ones(n_tokens, n_tokens, dtype=dtype)
    with pytest.raises(ValueError, match=r"bool"):
        model(draw_ids(B, n_tokens), mask=mask)


def test_ids_without_a_batch_are_refused(model):
    with pytest.raises(ValueError, match=r"\(7,\).*\(B, T\)"):
        model(draw_ids(T))


# --- every model: cached = full --------------------------------------------


def run_in_chunks(model, token_ids, sizes, cache, mask=None):
    parts, start = [], cache.length
    for size in sizes:
        end = start + size
        rows = None if mask is None else mask[..., start:end, :end]
        parts.append(model(token_ids[:, start:end], mask=rows, cache=cache))
        start = end
        assert cache.length == end
    return torch.cat(parts, dim=1)


def cuts_to_sizes(cuts):
    return [end - start for start, end in pairwise([0, *sorted(cuts), T])]


ANY_CHUNKS = st.sets(st.integers(1, T - 1)).map(cuts_to_sizes)


@pytest.mark.parametrize("window", [None, 3])
@settings(max_examples=20, derandomize=True, deadline=None)
@given(sizes=ANY_CHUNKS)
def test_cached_equals_full_for_any_chunks(model, window, sizes):
    token_ids = draw_ids(B, T)
    mask = window and sliding_window_mask(T, window=window)
    chunked = run_in_chunks(model, token_ids, sizes, model.new_cache(B), mask)
    same(chunked, model(token_ids, mask=mask))


def test_a_reset_cache_remembers_nothing(model):
    cache = model.new_cache(B)
    model(draw_ids(B, CONTEXT, seed=1), cache=cache)
    cache.reset()
    assert cache.length == 0
    token_ids = draw_ids(B, T)
    same(run_in_chunks(model, token_ids, [3, 1, 3], cache), model(token_ids))


def test_a_truncated_cache_goes_on_from_there(model):
    # Speculative decoding takes back the draft's tokens in this way.
    token_ids = draw_ids(B, T)
    cache = model.new_cache(B)
    model(token_ids[:, :4], cache=cache)
    model(draw_ids(B, 5, seed=1), cache=cache)
    cache.truncate(4)
    rest = model(token_ids[:, 4:], cache=cache)
    same(rest, model(token_ids)[:, 4:])


def test_selected_rows_go_on_by_themselves(model):
    # Beam search keeps some rows and doubles others in this way.
    token_ids = draw_ids(3, 4)
    cache = model.new_cache(3)
    model(token_ids, cache=cache)
    rows = torch.tensor([2, 0, 2, 2])
    cache.select(rows)
    following = draw_ids(4, 3, seed=1)
    rest = run_in_chunks(
        model, torch.cat((token_ids[rows], following), 1), [1, 2], cache
    )
    expected = model(torch.cat((token_ids[rows], following), dim=1))
    same(rest, expected[:, 4:])


def test_a_short_cache_is_full_before_the_context_is(model):
    token_ids = draw_ids(B, T)
    cache = model.new_cache(B, n_tokens=6)
    model(token_ids[:, :4], cache=cache)
    with pytest.raises(ValueError, match=r"holds 4 .*room for 6; 3 more"):
        model(token_ids[:, 4:], cache=cache)
    assert cache.length == 4
    rest = model(token_ids[:, 4:6], cache=cache)
    same(rest, model(token_ids)[:, 4:6])


def test_a_cache_counts_its_bytes(model):
    attn = model.blocks[0].attn
    per_token = 2 * 2 * attn.n_kv_heads * attn.head_dim * 8
    assert model.new_cache(B).n_bytes == B * CONTEXT * per_token
    assert model.new_cache(3, n_tokens=5).n_bytes == 3 * 5 * per_token


def test_a_cache_has_the_dtype_of_the_model(model):
    half = build(model.config).bfloat16()
    cache = half.new_cache(B)
    token_ids = draw_ids(B, T)
    chunked = run_in_chunks(half, token_ids, [4, 3], cache)
    assert chunked.dtype == torch.bfloat16
    assert cache.layers[0].keys.dtype == torch.bfloat16
    assert_close(chunked, half(token_ids), atol=0.1, rtol=0.1)


# --- every model: padded = unpadded, packed = separate ---------------------

LENGTHS = [T, 1, 4]


def pad(rows, side):
    """token_ids, is_token, positions: (B, T), pads are token 0 at 0."""
    token_ids = torch.zeros(len(rows), T, dtype=torch.int64)
    is_token = torch.zeros(len(rows), T, dtype=torch.bool)
    for b, row in enumerate(rows):
        start = T - len(row) if side == "left" else 0
        token_ids[b, start : start + len(row)] = row
        is_token[b, start : start + len(row)] = True
    return token_ids, is_token, (is_token.cumsum(1) - 1).clamp(min=0)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_equals_unpadded(model, side):
    rows = [draw_ids(n, seed=n) for n in LENGTHS]
    token_ids, is_token, positions = pad(rows, side)
    together = model(token_ids, positions, padding_mask(is_token))
    assert together.isfinite().all()
    for b, row in enumerate(rows):
        same(together[b, is_token[b]], model(row[None])[0])


def test_left_padding_shifts_positions_unless_they_are_given(model):
    rows = [draw_ids(n, seed=n) for n in LENGTHS]
    token_ids, is_token, _ = pad(rows, "left")
    shifted = model(token_ids, mask=padding_mask(is_token))
    error = (shifted[2, -4:] - model(rows[2][None])[0]).abs().max()
    if isinstance(model, GPTModel):
        assert error > 1e-3
    else:  # only differences of rotary positions count
        assert error < 1e-5


def test_left_padded_rows_go_on_with_a_cache(model):
    n_new = 3
    rows = [draw_ids(n + n_new, seed=n) for n in LENGTHS]
    prompts = [row[:-n_new] for row in rows]
    token_ids, is_token, positions = pad(prompts, "left")
    cache = model.new_cache(len(rows))
    model(token_ids, positions, padding_mask(is_token), cache)
    for i in range(n_new):
        is_token = F.pad(is_token, (0, 1), value=True)
        new = torch.stack([row[len(row) - n_new + i] for row in rows])
        logits = model(
            new[:, None],
            is_token.sum(1, keepdim=True) - 1,
            padding_mask(is_token),
            cache,
        )
        for b, row in enumerate(rows):
            expected = model(row[None, : len(row) - n_new + i + 1])
            same(logits[b, 0], expected[0, -1])


def test_packed_equals_separate(model):
    documents = [draw_ids(n, seed=n) for n in (3, 1, 4)]
    document_ids = torch.tensor([[0] * 3 + [1] + [2] * 4])
    positions = torch.cat([torch.arange(len(d)) for d in documents])
    packed = torch.cat(documents)[None]
    together = model(packed, positions, document_mask(document_ids))
    separate = torch.cat([model(d[None])[0] for d in documents])
    same(together[0], separate)
    leaking = model(packed, positions)[0]
    assert (leaking - separate)[3:].abs().amax(-1).min() > 1e-3


# --- every model: parts of the plan ----------------------------------------


def test_a_block_without_projections_is_the_identity(model):
    # Pre-norm: no norm stands on the residual stream.
    bare = build(model.config)
    for block in bare.blocks:
        for layer in (block.attn.out, block.ff.down):
            for parameter in layer.parameters():
                parameter.zero_()
    x = draw(B, T, D)
    positions = torch.arange(T)
    rotary = bare.rotary(positions)
    assert torch.equal(bare.blocks[0](x, rotary=rotary), x)
    token_ids = draw_ids(B, T)
    embedded = bare.embed(token_ids, positions)
    assert torch.equal(bare(token_ids), bare.head(bare.final_norm(embedded)))


def test_the_final_norm_stands_before_the_head(model):
    doubled = build(model.config)
    token_ids = draw_ids(B, T)
    expected = doubled(token_ids)
    if isinstance(doubled, GPTModel):
        doubled.final_norm.bias.mul_(2)
    doubled.final_norm.weight.mul_(2)
    same(doubled(token_ids), 2 * expected)
    hidden = doubled.hidden_states(token_ids)
    doubled.blocks[-1].ff.down.weight.mul_(1e6)  # the norm tames any stream
    huge = doubled.hidden_states(token_ids)
    assert huge.abs().max() < 10 * hidden.abs().max()


def test_a_tied_head_shares_the_weight_and_is_no_copy(model):
    tied = build(model.config)
    assert tied.head.weight is tied.token_embedding.weight
    token_ids = draw_ids(B, T)
    before = tied.hidden_states(token_ids)
    tied.head.weight[token_ids[0, 0], 0] += 1.0
    after = tied.hidden_states(token_ids)
    assert (after - before)[0, 0].abs().max() > 1e-3
    untied = build(replace(model.config, tie_head=False))
    assert untied.head.weight is not untied.token_embedding.weight
    assert untied.n_parameters() == tied.n_parameters() + V * D


def test_a_loaded_model_is_still_tied(model):
    fresh = type(model)(model.config).double().eval()
    fresh.load_state_dict(model.state_dict())
    assert fresh.head.weight is fresh.token_embedding.weight
    token_ids = draw_ids(B, T)
    same(fresh(token_ids), model(token_ids))


def loss_of(model, token_ids):
    logits = model(token_ids[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())


def test_the_gradient_of_a_tied_weight_is_the_sum_of_both_uses(model):
    tied = build(model.config)
    untied = build(replace(model.config, tie_head=False))
    state = tied.state_dict()
    state["head.weight"] = state["token_embedding.weight"].clone()
    untied.load_state_dict(state)
    token_ids = draw_ids(B, T)
    with torch.enable_grad():
        loss_of(tied, token_ids).backward()
        loss_of(untied, token_ids).backward()
    parts = untied.token_embedding.weight.grad, untied.head.weight.grad
    assert all(part.abs().max() > 1e-3 for part in parts)
    same(tied.token_embedding.weight.grad, parts[0] + parts[1])


def test_every_parameter_learns(model):
    learner = build(replace(model.config, context_length=T - 1))
    with torch.enable_grad():
        loss_of(learner, draw_ids(B, T)).backward()
    for name, parameter in learner.named_parameters():
        assert parameter.grad.abs().max() > 1e-8, name


# --- every model: how it starts --------------------------------------------

WIDE = replace(GPT, emb_dim=96, n_heads=4, n_layers=3, tie_head=False)
WIDE_LLAMA = replace(
    LLAMA, emb_dim=96, hidden_dim=160, n_layers=3, tie_head=False
)


@pytest.mark.parametrize("config", [WIDE, WIDE_LLAMA], ids=["gpt", "llama"])
def test_weights_start_as_gpt2s(config):
    torch.manual_seed(0)
    make = GPTModel if isinstance(config, GPTConfig) else LlamaModel
    fresh = make(config)
    for name, parameter in fresh.named_parameters():
        if "norm" in name:
            start = 0.0 if name.endswith("bias") else 1.0
            assert (parameter == start).all(), name
        elif name.endswith("bias"):
            assert (parameter == 0).all(), name
        else:
            onto_stream = name.endswith(("attn.out.weight", "ff.down.weight"))
            std = 0.02 / math.sqrt(2 * 3) if onto_stream else 0.02
            n = parameter.numel()
            spread = std / math.sqrt(2 * n)
            assert abs(parameter.std() - std) < 5 * spread, name
            assert abs(parameter.mean()) < 5 * std / math.sqrt(n), name


@pytest.mark.parametrize("tie_head", [True, False])
@pytest.mark.parametrize("config", [WIDE, WIDE_LLAMA], ids=["gpt", "llama"])
def test_the_first_loss_is_that_of_guessing(config, tie_head):
    make = GPTModel if isinstance(config, GPTConfig) else LlamaModel
    for seed in range(5):
        torch.manual_seed(seed)
        fresh = make(replace(config, tie_head=tie_head)).eval()
        loss = loss_of(fresh, draw_ids(40, CONTEXT, seed=seed))
        assert abs(loss - math.log(V)) < 0.1


def test_embeddings_as_pytorch_draws_them_start_far_worse():
    torch.manual_seed(0)
    fresh = GPTModel(replace(WIDE, tie_head=True)).eval()
    drawn = nn.Embedding(V, 96).weight
    assert abs(drawn.std() - 1) < 0.05
    fresh.token_embedding.weight.copy_(drawn)
    assert loss_of(fresh, draw_ids(40, CONTEXT)) > math.log(V) + 10


# --- GPT-2: configurations and counts --------------------------------------


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        GPT.emb_dim = 48
    assert replace(GPT, emb_dim=48).emb_dim == 48


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_heads": 5}, r"emb_dim=24 .*n_heads=5; take a multiple"),
        ({"vocab_size": 0}, r"vocab_size=0; .*at least 1"),
        ({"context_length": -3}, r"context_length=-3; .*at least 1"),
        ({"emb_dim": 0}, r"emb_dim=0; .*at least 1"),
        ({"n_heads": 0}, r"n_heads=0; .*at least 1"),
        ({"n_layers": 0}, r"n_layers=0; .*at least 1"),
        ({"emb_dim": 24.0}, r"emb_dim=24\.0"),
        ({"n_layers": 1.5}, r"n_layers=1\.5"),
        ({"drop_rate": 1.0}, r"drop_rate=1\.0; .*less than 1"),
        ({"drop_rate": -0.1}, r"drop_rate=-0\.1; .*0\.0 or more"),
        ({"drop_rate": math.nan}, r"drop_rate=nan"),
    ],
)
def test_a_config_without_a_model_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(GPT, **changes)


def count_by_formula(config):
    """Addition alone, from the papers' description of GPT-2."""
    d = config.emb_dim
    attention = 3 * d * d + d * d + d + (3 * d if config.qkv_bias else 0)
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (d + d)
    tables = (config.vocab_size + config.context_length) * d
    head = 0 if config.tie_head else config.vocab_size * d
    return tables + config.n_layers * block + 2 * d + head


@pytest.mark.parametrize("qkv_bias", [True, False])
@pytest.mark.parametrize("tie_head", [True, False])
@pytest.mark.parametrize("size", RELEASED)
def test_parameters_of_all_sizes_and_options(size, tie_head, qkv_bias):
    config = replace(RELEASED[size], tie_head=tie_head, qkv_bias=qkv_bias)
    with torch.device("meta"):
        counted = GPTModel(config)
    assert counted.n_parameters() == count_by_formula(config)


@pytest.mark.parametrize(
    ("size", "changes", "n_parameters"),
    [  # counted from OpenAI's files
        ("124M", {}, 124_439_808),
        ("355M", {}, 354_823_168),
        ("774M", {}, 774_030_080),
        ("1558M", {}, 1_557_611_200),
        ("124M", {"tie_head": False, "qkv_bias": False}, 163_009_536),
    ],
)
def test_published_counts(size, changes, n_parameters):
    config = replace(RELEASED[size], **changes)
    assert count_by_formula(config) == n_parameters
    assert config.context_length == 1024
    assert config.drop_rate == 0
    assert config.emb_dim // config.n_heads == 64


def test_released_configs_are_named_after_their_size():
    for size, config in RELEASED.items():
        assert round(count_by_formula(config) / 1e6) == int(size[:-1])
        assert config.tie_head
        assert config.qkv_bias  # GPT-2 has biases here, tied heads too


def test_the_tiny_config_fits_a_lesson():
    torch.manual_seed(0)
    assert GPTModel(GPT_CONFIG_TINY).n_parameters() < 2_000_000


def test_the_two_tables_have_their_own_sizes():
    model = build(GPT)
    assert model.token_embedding.weight.shape == (V, D)
    assert model.position_embedding.weight.shape == (CONTEXT, D)
    with pytest.raises(IndexError):
        model(torch.tensor([[V]]))


def test_parameter_names():
    names = {name for name, _ in build(GPT).named_parameters()}
    block = [
        f"{part}.{kind}"
        for part in ("attn_norm", "attn.qkv", "attn.out", "ff_norm")
        + ("ff.up", "ff.down")
        for kind in ("weight", "bias")
    ]
    assert names == {
        "token_embedding.weight",
        "position_embedding.weight",
        "final_norm.weight",
        "final_norm.bias",
        *(f"blocks.{i}.{name}" for i in range(2) for name in block),
    }
    assert "head.weight" in build(GPT).state_dict()


# --- GPT-2: parts ----------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_layer_norm_equals_pytorchs(scale):
    # A biased variance, with epsilon under the root: both show at 1e-3.
    x = scale * (draw(B, T, 5) + 3)
    weight, bias = draw(2, 5)
    expected = F.layer_norm(x, (5,), weight, bias)
    same(layer_norm(x, weight, bias), expected, atol=1e-10)
    wide = F.layer_norm(x, (5,), weight, bias, eps=0.1)
    same(layer_norm(x, weight, bias, eps=0.1), wide, atol=1e-10)


def test_layer_norm_of_a_constant_row_is_its_bias():
    bias = draw(5)
    constant = torch.full((B, 5), 7.0, dtype=torch.float64)
    same(layer_norm(constant, 1.0, bias), bias.expand(B, 5))


def test_layer_norm_makes_mean_zero_and_variance_one_of_every_token():
    x = 5 * draw(B, T, 40) - 2
    normal = layer_norm(x, 1.0, 0.0, eps=0.0)
    same(normal.mean(-1), torch.zeros(B, T, dtype=torch.float64))
    ones = torch.ones(B, T, dtype=torch.float64)
    same(normal.var(-1, correction=0), ones)


def test_gelu_is_the_tanh_form_on_negative_numbers_too():
    x = torch.linspace(-6, 6, 121, dtype=torch.float64)
    same(gelu(x), F.gelu(x, approximate="tanh"))
    exact = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
    assert 1e-4 < (gelu(x) - exact).abs().max() < 1e-3
    assert gelu(x)[x < 0].min() < -0.15  # dips below zero, unlike ReLU


def test_the_feed_forward_part_treats_tokens_alone():
    ff = redraw(FeedForward(D))
    x = draw(B, T, D)
    hidden = gelu(x @ ff.up.weight.T + ff.up.bias)
    assert hidden.shape == (B, T, 4 * D)
    same(ff(x), hidden @ ff.down.weight.T + ff.down.bias)


def test_a_block_adds_to_the_stream_twice():
    block = redraw(TransformerBlock(GPT))
    x = draw(B, T, D)
    norms = [
        (norm.weight, norm.bias) for norm in (block.attn_norm, block.ff_norm)
    ]
    middle = x + block.attn(layer_norm(x, *norms[0]))
    same(block(x), middle + block.ff(layer_norm(middle, *norms[1])))


def test_learned_positions_are_added_and_not_only_differences():
    model = build(GPT)
    token_ids = draw_ids(B, 4)
    positions = torch.tensor([7, 0, 3, 11])
    expected = (
        model.token_embedding.weight[token_ids]
        + model.position_embedding.weight[positions]
    )
    assert torch.equal(model.embed(token_ids, positions), expected)
    shifted = model(token_ids, torch.arange(1, 5))
    assert (shifted - model(token_ids)).abs().max() > 1e-3


# --- GPT-2: dropout --------------------------------------------------------


def test_dropout_acts_in_training_only():
    model = redraw(GPTModel(replace(GPT, drop_rate=0.5)))
    plain = build(GPT)
    token_ids = draw_ids(B, T)
    same(model(token_ids), plain(token_ids))
    model.train()
    torch.manual_seed(0)
    assert not torch.allclose(model(token_ids), model(token_ids))
    model.eval()
    same(model(token_ids), plain(token_ids))
    same(plain.train()(token_ids), model(token_ids))


def test_dropout_zeroes_embeddings_and_scales_survivors():
    drop_rate = 0.25
    model = redraw(GPTModel(replace(GPT, drop_rate=drop_rate)))
    token_ids, positions = draw_ids(40, T), torch.arange(T)
    plain = model.embed(token_ids, positions)
    model.train()
    torch.manual_seed(0)
    dropped = model.embed(token_ids, positions)
    kept = dropped != 0
    same(dropped[kept], plain[kept] / (1 - drop_rate))
    spread = math.sqrt(drop_rate * (1 - drop_rate) / kept.numel())
    assert abs(kept.double().mean() - (1 - drop_rate)) < 4 * spread


@pytest.mark.parametrize("part", ["attn", "ff"])
def test_dropout_acts_on_what_each_part_adds(part):
    drop_rate = 0.25
    config = replace(GPT, drop_rate=drop_rate)
    block = redraw(TransformerBlock(config))
    other = block.ff.down if part == "attn" else block.attn.out
    for parameter in other.parameters():
        parameter.zero_()
    x = draw(40, 1, D)
    block.train()
    torch.manual_seed(0)
    added = block(x) - x
    share = (added == 0).double().mean()
    assert abs(share - drop_rate) < 4 * math.sqrt(0.25 * 0.75 / added.numel())


def test_dropout_acts_on_attention_weights():
    block = redraw(TransformerBlock(replace(GPT, drop_rate=0.5)))
    block.drop = nn.Identity()
    x = draw(B, T, D)
    same(block(x), block(x))
    block.train()
    torch.manual_seed(0)
    assert not torch.allclose(block(x), block(x))


# --- GPT-2: the oracle -----------------------------------------------------

TRANSPOSED = {  # theirs are (input, output)
    "attn.c_attn": "attn.qkv",
    "attn.c_proj": "attn.out",
    "mlp.c_fc": "ff.up",
    "mlp.c_proj": "ff.down",
}


def from_hugging_face(theirs, n_layers):
    """Our state from theirs, name by name."""
    state = {
        "token_embedding.weight": theirs["transformer.wte.weight"],
        "position_embedding.weight": theirs["transformer.wpe.weight"],
        "head.weight": theirs["lm_head.weight"],
    }
    for kind in ("weight", "bias"):
        state[f"final_norm.{kind}"] = theirs[f"transformer.ln_f.{kind}"]
        for i in range(n_layers):
            block = f"transformer.h.{i}"
            state[f"blocks.{i}.attn_norm.{kind}"] = theirs[
                f"{block}.ln_1.{kind}"
            ]
            state[f"blocks.{i}.ff_norm.{kind}"] = theirs[
                f"{block}.ln_2.{kind}"
            ]
            for their_name, name in TRANSPOSED.items():
                value = theirs[f"{block}.{their_name}.{kind}"]
                value = value.T if kind == "weight" else value
                state[f"blocks.{i}.{name}.{kind}"] = value
    return state


@pytest.mark.parametrize(
    ("n_heads", "n_layers", "tie_head"), [(3, 2, True), (2, 3, False)]
)
@pytest.mark.parametrize(
    ("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-10)]
)
def test_logits_equal_hugging_faces(n_heads, n_layers, tie_head, dtype, atol):
    oracle = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=V,
            n_positions=CONTEXT,
            n_embd=D,
            n_head=n_heads,
            n_layer=n_layers,
            tie_word_embeddings=tie_head,
            attn_implementation="eager",
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    oracle = redraw(oracle).to(dtype)
    config = GPTConfig(V, CONTEXT, D, n_heads, n_layers, tie_head=tie_head)
    model = GPTModel(config).eval().to(dtype)
    model.load_state_dict(from_hugging_face(oracle.state_dict(), n_layers))
    for batch_size, n_tokens in [(B, T), (1, 1), (3, CONTEXT)]:
        token_ids = draw_ids(batch_size, n_tokens)
        expected = oracle(token_ids).logits
        assert expected.abs().mean() > 0.3  # the comparison is not of zeros
        same(model(token_ids), expected, atol)
