"""GPT-2's files: a folder of model.safetensors and config.json.

`save_gpt2` writes what transformers' `GPT2LMHeadModel` reads, `load_gpt2`
reads what it writes and what the Hugging Face hub holds. No pickle is ever
opened. Names and shapes are in `layouts`, the file format in `tensor_files`.
"""

import json
from functools import partial
from pathlib import Path

import torch

from scratchlm.layouts import empty_model, fill, gpt2_buffers, gpt2_entry
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.tensor_files import (
    SINGLE,
    open_tensors,
    read_json,
    refuse_pickles,
    write_tensors,
)

# Without a "quant_method" transformers refuses the file; one that it does not
# know it ignores, and then takes int8 for the weights.
INT8_MARK = {"format": "scratchlm int8 rows"}
MAX_SIZE = 2**24  # of any number in a configuration; then products fit

# What a configuration may say beyond sizes, because `GPTModel` does it; a key
# that is left out means the first.
FIXED = {
    "activation_function": ["gelu_new", "gelu_pytorch_tanh"],
    "layer_norm_epsilon": [1e-5],
    "scale_attn_weights": [True],
    "scale_attn_by_inverse_layer_idx": [False],
    "add_cross_attention": [False],
}
DROP_RATES = ("resid_pdrop", "embd_pdrop", "attn_pdrop")


def read_size(content, key):
    """A size in a config.json. Raises ValueError if it is none."""
    value = content.get(key)
    if type(value) is not int or not 1 <= value <= MAX_SIZE:
        raise ValueError(
            f"{key} is {value!r}; expected a whole number from 1 to {MAX_SIZE}"
        )
    return value


def read_drop_rate(content):
    """The drop rate of a config.json. Raises ValueError if there are two."""
    first, *others = (content.get(key, 0.1) for key in DROP_RATES)
    if others != [first, first] or type(first) not in (int, float):
        raise ValueError(
            f"{DROP_RATES} are {[first, *others]}; our models have one drop "
            "rate, choose it with load_gpt2(..., drop_rate=0.1)"
        )
    return first


def read_gpt2_config(content, drop_rate=None):
    """GPTConfig from a config.json; `drop_rate` replaces the file's.

    Raises ValueError for another model, or one that computes otherwise.
    """
    if (found := content.get("model_type")) != "gpt2":
        raise ValueError(
            f"model_type is {found!r}, expected 'gpt2'; SmolLM2 is read with "
            "load_pretrained('smollm2')"
        )
    emb_dim = read_size(content, "n_embd")
    fixed = FIXED | {
        "n_inner": [None, 4 * emb_dim],
        "tie_word_embeddings": [True, False],
    }
    for key, allowed in fixed.items():
        if (found := content.get(key, allowed[0])) not in allowed:
            raise ValueError(f"{key} is {found!r}, expected one of {allowed}")
    return GPTConfig(
        vocab_size=read_size(content, "vocab_size"),
        context_length=read_size(content, "n_positions"),
        emb_dim=emb_dim,
        n_heads=read_size(content, "n_head"),
        n_layers=read_size(content, "n_layer"),
        drop_rate=read_drop_rate(content) if drop_rate is None else drop_rate,
        tie_head=bool(content.get("tie_word_embeddings", True)),
    )


def gpt2_config_content(config, dtype, end_id):
    """The content of a config.json that transformers understands.

    dtype: of the file; end_id: of the end of a text, or None
    """
    content = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": config.vocab_size,
        "n_positions": config.context_length,
        "n_embd": config.emb_dim,
        "n_head": config.n_heads,
        "n_layer": config.n_layers,
        "n_inner": None,
        **{key: allowed[0] for key, allowed in FIXED.items()},
        **dict.fromkeys(DROP_RATES, config.drop_rate),
        "tie_word_embeddings": config.tie_head,
        "bos_token_id": end_id,
        "eos_token_id": end_id,
        "dtype": str(dtype).removeprefix("torch."),
    }
    if dtype == torch.int8:
        content["dtype"] = "float32"
        content["quantization_config"] = INT8_MARK
    return content


def is_int8(content):
    """Whether a config.json announces int8 as `save_gpt2` writes it.

    Raises ValueError for other quantisations.
    """
    quantization = content.get("quantization_config")
    if quantization not in (None, INT8_MARK):
        raise ValueError(
            f"quantization_config is {quantization!r}, expected none or "
            f"{INT8_MARK}; take a file that is not quantised"
        )
    return quantization is not None


def check_parameters(model):
    """Refuse a model that GPT-2's layout has no names for."""
    if not isinstance(model, GPTModel):
        raise ValueError(
            f"a {type(model).__name__} has no place in GPT-2's layout; save "
            "a GPTModel"
        )
    plain = empty_model(GPTModel, model.config)
    expected, found = (
        {name for name, _ in m.named_parameters()} for m in (plain, model)
    )
    if wrong := expected ^ found:
        raise ValueError(
            f"the parameters {sorted(wrong)[:4]} are not those of a GPTModel "
            "with this configuration; merge or remove adapters first"
        )


def save_gpt2(model, folder, tokenizer=None, dtype=torch.float32):
    """Write a GPTModel in GPT-2's layout: model.safetensors, config.json.

    tokenizer: a BPETokenizer, kept beside it as tokenizer.json
    dtype: torch.float32, torch.bfloat16, or torch.int8, which rounds the
        matrices (`tensor_files.quantize_rows`) and keeps the rest in float32

    `load_gpt2` reads the folder, and so does transformers'
    `GPT2LMHeadModel.from_pretrained`; only int8 is refused there. GPT-2
    always has a bias on queries, keys and values: a model without gets
    zeros. Raises ValueError for another kind of model, for another dtype or
    when the tokenizer has more ids than the model.
    """
    check_parameters(model)
    config, folder = model.config, Path(folder)
    if tokenizer is not None and tokenizer.vocab_size > config.vocab_size:
        raise ValueError(
            f"the tokenizer has {tokenizer.vocab_size} ids, the model only "
            f"{config.vocab_size}; they do not belong together"
        )
    tensors = {}
    for name, parameter in model.named_parameters():
        entry = gpt2_entry(name, tuple(parameter.shape), "transformer.")
        (theirs,) = entry.sources
        tensors[theirs] = entry.build(parameter.detach())
    if not config.qkv_bias:
        for i in range(config.n_layers):
            name = f"transformer.h.{i}.attn.c_attn.bias"
            tensors[name] = torch.zeros(3 * config.emb_dim)
    end_id = getattr(tokenizer, "special_tokens", {}).get("<|endoftext|>")
    content = gpt2_config_content(config, dtype, end_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / SINGLE, tensors, dtype)
    text = json.dumps(content, indent=2) + "\n"
    path = folder / "config.json"
    path.write_text(text, encoding="utf-8", newline="\n")
    if tokenizer is not None:
        tokenizer.save(folder / "tokenizer.json")


def check_tied_head(files, prefix):
    """Refuse an output layer that should be the embedding and is not."""
    head = files.read("lm_head.weight")
    embedding = files.read(f"{prefix}wte.weight")
    if head.dtype != embedding.dtype or not torch.equal(head, embedding):
        raise ValueError(
            f"tensor 'lm_head.weight' of shape {tuple(head.shape)} differs "
            f"from 'wte.weight' of shape {tuple(embedding.shape)}, but the "
            "configuration ties them; should tie_word_embeddings be false?"
        )


def load_gpt2(path, dtype=torch.float32, drop_rate=None):
    """A GPTModel from files in GPT-2's layout, in evaluation mode.

    path: a folder, as `save_gpt2` or the hub makes it, or a .safetensors
        file beside its config.json
    dtype: of the model; drop_rate: instead of the file's

    Raises ValueError, with the path, when anything is missing, left over, of
    another shape, damaged or a pickle.
    """
    path = Path(path)
    folder = path
    if path.is_file():
        refuse_pickles(path)
        folder = path.parent
    content = read_json(folder / "config.json")
    try:
        config = read_gpt2_config(content, drop_rate)
        files = open_tensors(path, int8=is_int8(content))
        return build_gpt2(config, files, dtype)
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from error


def build_gpt2(config, files, dtype):
    """A GPTModel from opened files; errors as in `load_gpt2`.

    transformers puts "transformer." before the names; the hub's files of
    GPT-2 have no prefix, and carry causal masks.
    """
    if config.n_layers > len(files.tensors):  # before as many are built
        raise ValueError(
            f"n_layer is {config.n_layers}, but there are only "
            f"{len(files.tensors)} tensors"
        )
    prefixed = any(name.startswith("transformer.") for name in files.tensors)
    prefix = "transformer." if prefixed else ""
    ignored = gpt2_buffers(config.n_layers, prefix)
    repeats_head = config.tie_head and "lm_head.weight" in files.tensors
    if repeats_head:
        ignored.add("lm_head.weight")
    model = empty_model(GPTModel, config)
    fill(model, files, partial(gpt2_entry, prefix=prefix), ignored, dtype)
    if repeats_head:
        check_tied_head(files, prefix)
    return model
