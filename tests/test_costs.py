"""What a model costs: counts without a model equal those of a built one."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from scratchlm import costs
from scratchlm.llama import SMOLLM2_CONFIG_135M, LlamaConfig, LlamaModel
from scratchlm.model import (
    GPT_CONFIG_124M,
    GPT_CONFIG_355M,
    GPT_CONFIG_774M,
    GPT_CONFIG_1558M,
    GPTConfig,
    GPTModel,
)

GPT = GPTConfig(97, 12, 30, 3, 2)
LLAMA = LlamaConfig(97, 12, 48, 6, 2, 3, 80)
CONFIGS = [
    *[
        replace(GPT, tie_head=tied, qkv_bias=bias)
        for tied, bias in product((True, False), repeat=2)
    ],
    *[
        replace(LLAMA, tie_head=tied, n_kv_heads=heads)
        for tied, heads in product((True, False), (1, 2, 6))
    ],
]


def build(config):
    kind = GPTModel if isinstance(config, GPTConfig) else LlamaModel
    return kind(config)


PARTS = {  # words in the names of a model's parameters
    "token_embedding": "token_embedding",
    "position_embedding": "position_embedding",
    "norm": "norms",
    "attn": "attention",
    "ff": "feed_forward",
    "head": "head",
}


def counted(model):
    """The parameters of a built model, by part."""
    found = dict.fromkeys(
        ["token_embedding", "position_embedding", "attention"], 0
    ) | dict.fromkeys(["feed_forward", "norms", "head"], 0)
    for name, parameter in model.named_parameters():
        word = next(word for word in PARTS if word in name)
        found[PARTS[word]] += parameter.numel()
    return found


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_parts_are_those_of_the_built_model(config):
    model = build(config)
    assert costs.parameters_by_part(config) == counted(model)
    assert sum(counted(model).values()) == model.n_parameters()


@pytest.mark.parametrize(
    ("config", "published"),
    [
        (GPT_CONFIG_124M, 124_439_808),
        (GPT_CONFIG_355M, 354_823_168),
        (GPT_CONFIG_774M, 774_030_080),
        (GPT_CONFIG_1558M, 1_557_611_200),
        (SMOLLM2_CONFIG_135M, 134_515_008),
    ],
)
def test_published_sizes(config, published):
    assert sum(costs.parameters_by_part(config).values()) == published


def test_untying_the_head_adds_one_embedding():
    untied = costs.parameters_by_part(replace(GPT_CONFIG_124M, tie_head=False))
    assert untied["head"] == untied["token_embedding"] == 50257 * 768


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_flops_are_those_that_pytorch_counts(config):
    """PyTorch counts every key for every query; we count half of them."""
    model = build(config).eval()
    n_tokens = config.context_length
    token_ids = torch.zeros(1, n_tokens, dtype=torch.long)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        mask = torch.ones(1, 1, n_tokens, n_tokens, dtype=torch.bool)
        model(token_ids, mask=mask)
    whole = 4 * config.n_layers * config.emb_dim * n_tokens
    linear = sum(costs.matrix_weights(config).values()) * 2
    assert counter.get_total_flops() == (linear + whole) * n_tokens
    assert costs.flops_per_token(config) == linear + whole // 2


def test_training_is_three_forward_passes():
    forward = costs.flops_per_token(GPT, n_tokens=5)
    assert costs.training_flops(GPT, 1000, n_tokens=5) == 3000 * forward


def test_a_token_alone_needs_six_operations_a_weight():
    """Kaplan's C = 6 N, for a model whose attention is negligible."""
    n = sum(costs.matrix_weights(GPT_CONFIG_124M).values())
    ratio = costs.training_flops(GPT_CONFIG_124M, 1, n_tokens=1) / (6 * n)
    assert ratio == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_the_cache_is_as_large_as_a_real_one(config):
    cache = build(config).new_cache(batch_size=2, n_tokens=7)
    real = sum(
        tensor.nbytes
        for layer in cache.layers
        for tensor in (layer.keys, layer.values)
    )
    assert costs.cache_bytes(config, 7, 2, number_bytes=4) == real


def test_training_keeps_what_adamw_keeps():
    model = build(GPT)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 5, dtype=torch.long)).sum().backward()
    optimizer.step()
    parameters = list(model.parameters())
    moments = [
        state[name].nbytes
        for state in optimizer.state.values()
        for name in ("exp_avg", "exp_avg_sq")
    ]
    assert costs.training_bytes(GPT) == {
        "weights": sum(p.nbytes for p in parameters),
        "gradients": sum(p.grad.nbytes for p in parameters),
        "moments": sum(moments),
    }


def test_hours_by_hand():
    """10^18 operations at 100 of 200 TFLOP/s take 10,000 seconds."""
    assert costs.training_hours(1e18, 200e12, 0.5) == pytest.approx(1e4 / 3600)


def test_what_makes_no_count_is_refused():
    with pytest.raises(
        ValueError, match=r"13 tokens exceed context_length=12"
    ):
        costs.flops_per_token(GPT, 13)
    with pytest.raises(ValueError, match="n_training_tokens=0; take a whole"):
        costs.training_flops(GPT, 0)
    with pytest.raises(ValueError, match=r"number_bytes=0\.5"):
        costs.cache_bytes(GPT, number_bytes=0.5)
    with pytest.raises(ValueError, match=r"peak=1, utilisation=1\.5"):
        costs.training_hours(1, 1, 1.5)
