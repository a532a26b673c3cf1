"""Whose name for what: the parameters of our models in other files.

One table a format says which tensors a parameter is made of: GPT-2's, with
its matrices transposed, and llama.cpp's for Llama, with queries, keys and
values apart and two of them in another order. `fill` loads a model from
such a table, completely or not at all. How files are read is left to `gguf`
and `tensor_files`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from scratchlm.embeddings import half_split_rows

# Types with a fraction, as the file formats write them.
FLOAT_TYPES = ("F64", "F32", "F16", "BF16", "Q8_0", "Q4_1")

GPT2_NAMES = {
    "token_embedding": "wte",
    "position_embedding": "wpe",
    "attn_norm": "ln_1",
    "attn.qkv": "attn.c_attn",
    "attn.out": "attn.c_proj",
    "ff_norm": "ln_2",
    "ff.up": "mlp.c_fc",
    "ff.down": "mlp.c_proj",
    "final_norm": "ln_f",
    "head": "lm_head",
}

LLAMA_NAMES = {
    "token_embedding": ["token_embd"],
    "attn_norm": ["attn_norm"],
    "attn.qkv": ["attn_q", "attn_k", "attn_v"],
    "attn.out": ["attn_output"],
    "ff_norm": ["ffn_norm"],
    "ff.gate_up": ["ffn_gate", "ffn_up"],
    "ff.down": ["ffn_down"],
    "final_norm": ["output_norm"],
    "head": ["output"],
}


class Entry(NamedTuple):
    """How a parameter is made from a file.

    sources: {name of a tensor in the file: its shape there}
    build: from these tensors, in this order, to the parameter
    """

    sources: dict[str, tuple[int, ...]]
    build: Callable


def split_name(name):
    """The block's number, the part and the rest of a parameter's name.

    >>> split_name("blocks.3.attn.qkv.weight")
    ('3', 'attn.qkv', 'weight')
    >>> split_name("final_norm.bias")
    ('', 'final_norm', 'bias')
    """
    part, _, leaf = name.rpartition(".")
    if not part.startswith("blocks."):
        return "", part, leaf
    _, block, part = part.split(".", 2)
    return block, part, leaf


# --- GPT-2 -----------------------------------------------------------------


def gpt2_entry(name, shape, prefix=""):
    """The Entry of our parameter `name` in GPT-2's files.

    shape: of the parameter. GPT-2's matrices are (in, out), and multiply from
    the right; those of `nn.Linear` are (out, in).
    prefix: "transformer." in files that transformers wrote, which it puts
    before all but the head

    >>> gpt2_entry("blocks.0.ff.up.weight", (12, 3)).sources
    {'h.0.mlp.c_fc.weight': (3, 12)}
    """
    block, part, leaf = split_name(name)
    theirs = f"{GPT2_NAMES[part]}.{leaf}"
    if block:
        theirs = f"h.{block}.{theirs}"
    if part != "head":
        theirs = prefix + theirs
    if block and len(shape) == 2:
        return Entry({theirs: tuple(reversed(shape))}, torch.t)
    return Entry({theirs: tuple(shape)}, lambda tensor: tensor)


def gpt2_buffers(n_layers, prefix=""):
    """Names of the causal masks that some files store as if they were
    weights; nothing is lost without them."""
    return {
        f"{prefix}h.{i}.attn.{name}"
        for i in range(n_layers)
        for name in ("bias", "masked_bias")
    }


# --- Llama, as llama.cpp stores it -----------------------------------------


def fuse_qkv(queries, keys, values, config):
    """One projection from three: ((H + 2 H_kv) Dh, D).

    llama.cpp rotates the pairs (2i, 2i + 1) and stores the rows of queries
    and keys for that; ours are (i, i + Dh/2).
    """
    queries = half_split_rows(queries, config.n_heads)
    keys = half_split_rows(keys, config.n_kv_heads)
    return torch.cat([queries, keys, values])  # ((H + 2 H_kv) Dh, D)


def fuse(*parts):
    """The rows of the parts, one below the other; one part is kept as is."""
    return torch.cat(parts) if len(parts) > 1 else parts[0]


def llama_entry(name, shape, config):
    """The Entry of our parameter `name` in a GGUF file.

    shape: of the parameter; where it is fused, each source has a share of
    its rows.
    """
    block, part, leaf = split_name(name)
    where = f"blk.{block}." if block else ""
    names = [f"{where}{theirs}.{leaf}" for theirs in LLAMA_NAMES[part]]
    rows, build = [shape[0] // len(names)] * len(names), fuse
    if part == "attn.qkv":
        head_dim = config.emb_dim // config.n_heads
        n_heads = (config.n_heads, config.n_kv_heads, config.n_kv_heads)
        rows = [n * head_dim for n in n_heads]

        def build(*qkv):
            return fuse_qkv(*qkv, config)

    shapes = [(n, *shape[1:]) for n in rows]
    return Entry(dict(zip(names, shapes, strict=True)), build)


# --- loading ---------------------------------------------------------------


def empty_model(model_class, config):
    """A model without memory for its weights, in evaluation mode."""
    with torch.device("meta"):
        return model_class(config).eval()


def check_table(expected, stored, ignored=()):
    """Compare the tensors a model needs with those in a file.

    expected: {name: shape}; stored: {name: object with shape and type}

    Raises ValueError, with names and shapes, when one is missing, left over,
    of another shape or not of floating point.
    """
    if missing := [name for name in expected if name not in stored]:
        raise ValueError(
            f"{len(missing)} tensors are missing, first {missing[0]!r} of "
            f"shape {expected[missing[0]]}; is it another architecture?"
        )
    if extra := [n for n in stored if n not in expected and n not in ignored]:
        raise ValueError(
            f"{len(extra)} tensors are left over, first {extra[0]!r} of "
            f"shape {tuple(stored[extra[0]].shape)}; the model has no place "
            "for them"
        )
    for name, shape in expected.items():
        found = stored[name]
        if tuple(found.shape) != tuple(shape):
            raise ValueError(
                f"tensor {name!r} has shape {tuple(found.shape)}, expected "
                f"{tuple(shape)}; do configuration and file belong together?"
            )
        if found.type not in FLOAT_TYPES:
            raise ValueError(
                f"tensor {name!r} is of type {found.type}, expected one of "
                f"{FLOAT_TYPES}"
            )


def read_finite(files, name):
    """A tensor of the file. Raises ValueError for NaN or infinity in it."""
    tensor = files.read(name)
    wide = torch.promote_types(tensor.dtype, torch.float32)
    if not tensor.sum(dtype=wide).isfinite():  # one such number spoils it
        raise ValueError(
            f"tensor {name!r} has NaN or infinite numbers; the file is "
            "damaged, or its training failed"
        )
    return tensor


def replace_parameters(model, values):
    """Give the model new parameters; what was shared stays shared.

    values: {name: tensor}, by the names of `model.named_parameters()`
    """
    new = {
        id(old): nn.Parameter(values[name], old.requires_grad)
        for name, old in model.named_parameters()
    }
    for module in model.modules():
        for leaf, old in list(module.named_parameters(recurse=False)):
            setattr(module, leaf, new[id(old)])


def fill(model, files, entry_of, ignored=(), dtype=torch.float32):
    """Load all parameters of `model`, or none.

    files: has `tensors` {name: shape and type} and `read(name)`
    entry_of: the Entry of a parameter, from its name and shape
    ignored: names that the file may have beyond those
    dtype: of the model afterwards

    The model may be on the meta device. It gets new parameters, so load
    before an optimiser is made. Raises ValueError as `check_table` and
    `read_finite`, and for a dtype without a fraction; the model is then as it
    was.
    """
    if not dtype.is_floating_point:
        raise ValueError(
            f"dtype={dtype}; a model computes in torch.float32, torch.float64 "
            "or torch.bfloat16"
        )
    entries = {
        name: entry_of(name, tuple(parameter.shape))
        for name, parameter in model.named_parameters()
    }
    expected = {}
    for entry in entries.values():
        expected |= entry.sources
    check_table(expected, files.tensors, ignored)
    values = {}
    for name, entry in entries.items():
        tensors = [read_finite(files, source) for source in entry.sources]
        values[name] = entry.build(*tensors).to(dtype).contiguous()
    replace_parameters(model, values)
