"""The four changes that lead to Llama, each by itself, and the whole against
`transformers`. What all models share is tested in test_model.py."""

import math
from dataclasses import FrozenInstanceError, replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close
from transformers import LlamaConfig as TheirConfig
from transformers import LlamaForCausalLM

from scratchlm.llama import (
    SMOLLM2_CONFIG_135M,
    LlamaBlock,
    LlamaConfig,
    LlamaModel,
    SwiGLU,
    rms_norm,
)
from scratchlm.model import GPTConfig, GPTModel

V, CONTEXT, D, HIDDEN, B, T = 97, 12, 24, 20, 2, 7
CONFIG = LlamaConfig(
    V, CONTEXT, D, n_heads=6, n_kv_heads=2, n_layers=2, hidden_dim=HIDDEN
)


def draw_ids(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(V, shape, generator=generator)


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def redraw(model, seed=0):
    """All weights, norms too, become random: none may be one or zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3, generator=generator)
    return model.double().eval()


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.no_grad():
        yield


def same(actual, expected, atol=1e-12):
    assert_close(actual, expected, atol=atol, rtol=0)


# --- configuration and count -----------------------------------------------


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        CONFIG.rope_base = 500.0
    assert replace(CONFIG, rope_base=500.0).rope_base == 500.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_heads": 5, "n_kv_heads": 5}, r"emb_dim=24 .*n_heads=5; take a m"),
        ({"n_kv_heads": 4}, r"n_heads=6 .*n_kv_heads=4; take a divisor"),
        ({"n_kv_heads": 12}, r"n_heads=6 .*n_kv_heads=12; take a divisor"),
        ({"n_heads": 8}, r"head_dim=3 is odd.*change emb_dim or n_heads"),
        ({"vocab_size": 0}, r"vocab_size=0; .*at least 1"),
        ({"n_kv_heads": 0}, r"n_kv_heads=0; .*at least 1"),
        ({"hidden_dim": -1}, r"hidden_dim=-1; .*at least 1"),
        ({"hidden_dim": 2.5}, r"hidden_dim=2\.5"),
        ({"rope_base": 0.0}, r"rope_base=0\.0"),
        ({"norm_eps": -1e-5}, r"norm_eps=-1e-05"),
    ],
)
def test_a_config_without_a_model_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **changes)


def test_smollm2_has_as_many_parameters_as_published():
    with torch.device("meta"):
        model = LlamaModel(SMOLLM2_CONFIG_135M)
    assert model.n_parameters() == 134_515_008
    c = SMOLLM2_CONFIG_135M
    kv_dim = c.emb_dim // c.n_heads * c.n_kv_heads
    attention = 2 * c.emb_dim * c.emb_dim + 2 * c.emb_dim * kv_dim
    block = attention + 3 * c.emb_dim * c.hidden_dim + 2 * c.emb_dim
    table = c.vocab_size * c.emb_dim
    assert table + c.n_layers * block + c.emb_dim == 134_515_008


def test_smollm2_has_the_settings_of_its_published_config():
    # config.json of HuggingFaceTB/SmolLM2-135M; no count would show these.
    c = SMOLLM2_CONFIG_135M
    assert (c.rope_base, c.norm_eps, c.context_length) == (1e5, 1e-5, 8192)
    assert (c.n_heads, c.n_kv_heads, c.n_layers) == (9, 3, 30)
    assert c.tie_head


def test_nothing_of_gpt2_is_left_over():
    names = {name for name, _ in LlamaModel(CONFIG).named_parameters()}
    parts = ("attn_norm", "attn.qkv", "attn.out", "ff_norm")
    parts += ("ff.gate_up", "ff.down")
    assert names == {
        "token_embedding.weight",
        "final_norm.weight",
        *(f"blocks.{i}.{part}.weight" for i in range(2) for part in parts),
    }
    model = LlamaModel(CONFIG)
    assert not any(isinstance(m, nn.Dropout) for m in model.modules())
    token_ids = draw_ids(B, T)
    assert torch.equal(model.train()(token_ids), model.eval()(token_ids))


# --- RMSNorm and SwiGLU ----------------------------------------------------


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_rms_norm_equals_pytorchs(scale):
    x = scale * (draw(B, T, 5) + 3)  # the mean is far from zero
    weight = draw(5, seed=1)
    for eps in (1e-5, 0.1):
        expected = F.rms_norm(x, (5,), weight, eps)
        same(rms_norm(x, weight, eps), expected)


def test_rms_norm_subtracts_no_mean():
    constant = torch.full((B, 5), -7.0, dtype=torch.float64)
    same(rms_norm(constant, 1.0, 0.0), -torch.ones_like(constant))
    x = draw(B, T, 40) + 2
    normal = rms_norm(x, 1.0, 0.0)
    ones = torch.ones(B, T, dtype=torch.float64)
    same(normal.square().mean(-1), ones)
    assert normal.mean(-1).min() > 0.5


def test_the_gate_is_the_first_half_and_goes_through_silu():
    ff = redraw(SwiGLU(D, HIDDEN))
    x = draw(B, T, D)
    gate = x @ ff.gate_up.weight[:HIDDEN].T
    up = x @ ff.gate_up.weight[HIDDEN:].T
    assert (gate < 0).any()
    silu = gate / (1 + torch.exp(-gate))
    same(ff(x), (silu * up) @ ff.down.weight.T)
    swapped = (F.silu(up) * gate) @ ff.down.weight.T
    assert (ff(x) - swapped).abs().max() > 1e-3


def test_silu_is_not_relu_below_zero():
    ff = SwiGLU(1, 1).double()
    ff.gate_up.weight.copy_(torch.tensor([[1.0], [0.0]]))
    ff.down.weight.fill_(1.0)
    ff.gate_up.weight[1] = 1.0
    below = ff(torch.tensor([[-1.0]], dtype=torch.float64))
    # silu(-1) * -1 = 1 / (1 + e)
    assert below.item() == pytest.approx(1 / (1 + math.e), abs=1e-12)


def test_a_block_adds_to_the_stream_twice():
    config = replace(CONFIG, norm_eps=0.1)
    block = redraw(LlamaBlock(config))
    x = draw(B, T, D)
    middle = x + block.attn(rms_norm(x, block.attn_norm.weight, 0.1))
    added = block.ff(rms_norm(middle, block.ff_norm.weight, 0.1))
    same(block(x), middle + added)


# --- rotary positions in the model -----------------------------------------


def test_only_differences_of_positions_count():
    model = redraw(LlamaModel(CONFIG))
    token_ids, positions = draw_ids(B, T), torch.arange(T)
    logits = model(token_ids)
    same(model(token_ids, positions + 4_000), logits, atol=1e-4)
    stretched = model(token_ids, 3 * positions)
    assert (stretched - logits)[:, 1:].abs().amax(-1).min() > 1e-3


def test_order_counts_beyond_the_causal_mask():
    # Without positions the last token would see a bag of words.
    model = redraw(LlamaModel(replace(CONFIG, n_layers=1)))
    token_ids = draw_ids(1, T)
    swapped = token_ids[:, [1, 0, 2, 3, 4, 5, 6]]
    order = torch.tensor([1, 0, 2, 3, 4, 5, 6])
    last = model(token_ids)[0, -1]
    assert (model(swapped)[0, -1] - last).abs().max() > 1e-3
    same(model(swapped, order)[0, -1], last)  # each keeps its position


def test_the_base_counts():
    token_ids = draw_ids(B, T)
    slow = redraw(LlamaModel(CONFIG))(token_ids)
    fast = redraw(LlamaModel(replace(CONFIG, rope_base=50.0)))(token_ids)
    assert (fast - slow)[:, 1:].abs().amax(-1).min() > 1e-3
    same(fast[:, 0], slow[:, 0])  # position 0 is not turned


def test_cached_keys_are_turned_by_their_own_positions():
    model = redraw(LlamaModel(replace(CONFIG, context_length=64)))
    token_ids = draw_ids(1, 20)
    cache = model.new_cache(1)
    steps = [model(token_ids[:, t : t + 1], cache=cache) for t in range(20)]
    same(torch.cat(steps, dim=1), model(token_ids))


def test_grouped_heads_make_the_cache_smaller():
    grouped = LlamaModel(CONFIG).new_cache(B).n_bytes
    full = LlamaModel(replace(CONFIG, n_kv_heads=6)).new_cache(B).n_bytes
    gpt = GPTModel(GPTConfig(V, CONTEXT, D, 6, 2)).new_cache(B).n_bytes
    assert full == gpt == 3 * grouped


# --- the oracle ------------------------------------------------------------


class ExactRotary(nn.Module):
    """Angles in float64, then rounded to float32 once, as our tables are."""

    def __init__(self, head_dim, base):
        super().__init__()
        exponents = torch.arange(0, head_dim, 2).double() / head_dim
        self.frequencies = 1.0 / base**exponents

    def forward(self, x, position_ids):
        angles = position_ids[..., None].double() * self.frequencies
        angles = torch.cat((angles, angles), dim=-1)
        return tuple(
            table.float().to(x.dtype) for table in (angles.cos(), angles.sin())
        )


def without_float32(theirs, config):
    """Theirs in float64 throughout: it rounds angles and norms to float32,
    which alone costs nine digits."""
    head_dim = config.emb_dim // config.n_heads
    theirs.model.rotary_emb = ExactRotary(head_dim, config.rope_base)
    for layer in theirs.model.layers:
        for name in ("input_layernorm", "post_attention_layernorm"):
            setattr(layer, name, exact_norm(getattr(layer, name), config))
    theirs.model.norm = exact_norm(theirs.model.norm, config)
    return theirs


def exact_norm(norm, config):
    exact = nn.RMSNorm(config.emb_dim, config.norm_eps)
    exact.weight = norm.weight
    return exact


def from_hugging_face(theirs, n_layers):
    """Our state from theirs, name by name."""
    state = {
        "token_embedding.weight": theirs["model.embed_tokens.weight"],
        "final_norm.weight": theirs["model.norm.weight"],
        "head.weight": theirs["lm_head.weight"],
    }
    for i in range(n_layers):

        def part(*names, block=f"model.layers.{i}"):
            return torch.cat([theirs[f"{block}.{n}.weight"] for n in names])

        attention = [f"self_attn.{name}_proj" for name in "qkv"]
        state |= {
            f"blocks.{i}.attn_norm.weight": part("input_layernorm"),
            f"blocks.{i}.attn.qkv.weight": part(*attention),
            f"blocks.{i}.attn.out.weight": part("self_attn.o_proj"),
            f"blocks.{i}.ff_norm.weight": part("post_attention_layernorm"),
            f"blocks.{i}.ff.gate_up.weight": part(
                "mlp.gate_proj", "mlp.up_proj"
            ),
            f"blocks.{i}.ff.down.weight": part("mlp.down_proj"),
        }
    return state


def pair_of_models(config, dtype):
    """(theirs, ours) with the same random weights."""
    theirs = LlamaForCausalLM(
        TheirConfig(
            vocab_size=config.vocab_size,
            max_position_embeddings=config.context_length,
            hidden_size=config.emb_dim,
            num_attention_heads=config.n_heads,
            num_key_value_heads=config.n_kv_heads,
            num_hidden_layers=config.n_layers,
            intermediate_size=config.hidden_dim,
            rms_norm_eps=config.norm_eps,
            tie_word_embeddings=config.tie_head,
            rope_parameters={
                "rope_type": "default",
                "rope_theta": config.rope_base,
            },
            attn_implementation="sdpa",  # "eager" rounds to float32
        )
    )
    theirs = redraw(theirs).to(dtype)
    ours = LlamaModel(config).eval().to(dtype)
    state = from_hugging_face(theirs.state_dict(), config.n_layers)
    ours.load_state_dict(state)
    return theirs, ours


CONFIGS = pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        replace(CONFIG, n_kv_heads=6, rope_base=500.0, tie_head=False),
        replace(CONFIG, n_kv_heads=1, norm_eps=0.01, n_layers=3),
        replace(CONFIG, n_heads=2, emb_dim=12, rope_base=100_000.0),
    ],
    ids=["grouped", "full_untied", "one_kv_head", "two_heads"],
)


@CONFIGS
def test_logits_equal_hugging_faces(config):
    theirs, ours = pair_of_models(config, torch.float32)
    for batch_size, n_tokens in [(B, T), (1, 1), (3, CONTEXT)]:
        token_ids = draw_ids(batch_size, n_tokens)
        expected = theirs(token_ids).logits
        assert expected.abs().mean() > 0.1  # no comparison of zeros
        same(ours(token_ids), expected, atol=1e-5)


@CONFIGS
def test_logits_equal_hugging_faces_to_ten_digits(config):
    theirs, ours = pair_of_models(config, torch.float64)
    theirs = without_float32(theirs, config)
    for batch_size, n_tokens in [(B, T), (1, 1), (3, CONTEXT)]:
        token_ids = draw_ids(batch_size, n_tokens)
        same(ours(token_ids), theirs(token_ids).logits, atol=1e-10)


def test_logits_equal_hugging_faces_at_given_positions():
    config = replace(CONFIG, rope_base=500.0)
    theirs, ours = pair_of_models(config, torch.float64)
    theirs = without_float32(theirs, config)
    token_ids = draw_ids(B, 4)
    positions = torch.tensor([[0, 3, 4, 11], [5, 6, 7, 8]])
    expected = theirs(token_ids, position_ids=positions).logits
    same(ours(token_ids, positions), expected, atol=1e-10)
