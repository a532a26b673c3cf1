"""A model for a web page: one file with all that the book's explorer needs.

    python -m scratchlm.web out/stories my-model.safetensors.gz

It is the int8 file of `save_gpt2`; what stands beside that in its folder
(sizes and tokenizer) is in the header, with a few logits by which the page
tests its own arithmetic. So the page reads the format of every other
checkpoint, and other programs can open the file.

Left out on purpose: models other than GPT-2, and tokenizers other than
`BPETokenizer`; the page could not run them.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from scratchlm.gpt2_files import check_parameters, load_gpt2, save_gpt2
from scratchlm.tensor_files import SINGLE, read_json
from scratchlm.tokenizer import BPETokenizer
from scratchlm.weights import load_pretrained

WEB_FORMAT = "scratchlm web 1"
KEY = "scratchlm"  # of our part in the file's metadata
PROMPT = "Once upon a time there was a fox who"
MAX_BYTES = 2**26  # four times as much in the page's memory
MAX_REFERENCE = 1024  # logits that are kept
SIZES = ("vocab_size", "context_length", "emb_dim", "n_heads", "n_layers")


def check_tokenizer(tokenizer):
    """Refuse what the page cannot run. Raises ValueError."""
    if not isinstance(tokenizer, BPETokenizer):
        raise ValueError(
            f"the page runs a BPETokenizer, not a {type(tokenizer).__name__}; "
            "train one with BPETokenizer.train, and the model with it"
        )


def reference(model, token_ids):
    """What the page must find too: the logits after the last of the ids.

    returns: {"token_ids": [...], "every": n, "logits": of the ids 0, n, 2n
        and so on, five places}
    """
    with torch.inference_mode():
        logits = model(torch.tensor([token_ids]))[0, -1]  # (V,)
    every = -(-len(logits) // MAX_REFERENCE)
    kept = [round(logit, 5) for logit in logits[::every].tolist()]
    return {"token_ids": token_ids, "every": every, "logits": kept}


def with_metadata(content, metadata):
    """A safetensors file whose header has these {name: text} as well.

    content: the bytes of the file; the tensors in it are not touched
    """
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = header.get("__metadata__", {}) | metadata
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + content[end:]


def export_web(model, tokenizer, path, prompt=PROMPT, name=None):
    """Write a GPTModel and its tokenizer to one file for the book's explorer.

    path: of the file, written whole or not at all; it is compressed (gzip)
        when it ends in .gz
    prompt: the text after which the page compares its logits with ours, cut
        to the context; both are those of the model rounded to int8
    name: shown in the page, default: that of the file
    returns: the size of the file in bytes

    Raises ValueError for another kind of model or tokenizer, for two that do
    not belong together, an empty prompt, and when the file would be too
    large for a page.
    """
    check_parameters(model)
    check_tokenizer(tokenizer)
    config, path = model.config, Path(path)
    token_ids = tokenizer.encode(prompt, disallowed_special=())
    token_ids = token_ids[: config.context_length]
    if not token_ids:
        raise ValueError("the prompt is empty; give a few words to compare at")
    with TemporaryDirectory() as folder:
        save_gpt2(model, folder, tokenizer, torch.int8)
        content = (Path(folder) / SINGLE).read_bytes()
        rules = read_json(Path(folder) / "tokenizer.json")
        rounded = load_gpt2(folder)
    if len(content) > MAX_BYTES:
        raise ValueError(
            f"the model takes {len(content):,} bytes in int8, a page up to "
            f"{MAX_BYTES:,}; export one with fewer parameters"
        )
    about = {
        "format": WEB_FORMAT,
        "name": name or path.name.removesuffix(".gz").rsplit(".", 1)[0],
        "config": {size: getattr(config, size) for size in SIZES},
        "tokenizer": rules,
        "reference": reference(rounded, token_ids),
    }
    content = with_metadata(content, {KEY: json.dumps(about)})
    if path.suffix == ".gz":
        content = gzip.compress(content, 6, mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return len(content)


def main(arguments=None):
    """The command line; see the module. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scratchlm.web",
        description="Write a trained model to one file for the book's page.",
    )
    parser.add_argument(
        "checkpoint", help="a folder of save_gpt2, or a name: stories, austen"
    )
    parser.add_argument(
        "out", help="the file, such as my-model.safetensors.gz"
    )
    options = parser.parse_args(arguments)
    try:
        model, tokenizer, _ = load_pretrained(options.checkpoint)
        n_bytes = export_web(model, tokenizer, options.out)
    except (ValueError, OSError) as error:
        print(f"scratchlm.web: {error}", file=sys.stderr)
        return 1
    print(
        f"{options.out}: {model.n_parameters():,} parameters, "
        f"{n_bytes / 1e6:.2f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
