"""Vocabularies for the tokenizer playground, written when a site is built.

Each becomes one compact file in `_static/vocabularies/`: the byte of each of
the ids 0 to 255, then the left ids of all merges, then the right ids, as
16-bit integers, the lower byte first. `index.json` beside them tells titles,
sizes and special tokens. book/assets/elements/bpe.js reads them. They are
made from what the course ships and installs, so none is in the repository.
"""

import json
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from scratchlm.tokenizer import BPETokenizer

CHECKPOINTS = resources.files("scratchlm.shipped") / "checkpoints"
TITLES = {"stories": "Stories", "austen": "Austen", "gpt2": "GPT-2"}


def pack(tokenizer):
    """The bytes of the compact file of a `BPETokenizer`.

    256 + 4 * n_merges bytes. Raises ValueError for more than 65,280 merges,
    whose ids would not fit into 16 bits.
    """
    merges = np.array(tokenizer.merges).reshape(-1, 2)  # (n_merges, 2)
    if len(merges) > 2**16 - 256:
        raise ValueError(
            f"{len(merges)} merges make ids above 65535; the compact file "
            f"holds 16-bit ids, so at most {2**16 - 256} merges"
        )
    byte_order = b"".join(tokenizer.token_bytes[:256])
    return byte_order + merges.T.astype("<u2").tobytes()


@cache
def vocabularies():
    """{name: (tokenizer, its packed bytes)} of all that the site offers."""
    loaded = {
        name: BPETokenizer.load(CHECKPOINTS / name / "tokenizer.json")
        for name in TITLES
        if name != "gpt2"
    }
    loaded["gpt2"] = BPETokenizer.gpt2()
    return {name: (each, pack(each)) for name, each in loaded.items()}


def write(app, exception):
    """Write the files into the finished site."""
    if exception or app.builder.name not in ("html", "dirhtml"):
        return
    folder = Path(app.outdir) / "_static" / "vocabularies"
    folder.mkdir(parents=True, exist_ok=True)
    index = {}
    for name, (tokenizer, packed) in vocabularies().items():
        (folder / f"{name}.bin").write_bytes(packed)
        index[name] = {
            "title": TITLES[name],
            "n_tokens": tokenizer.vocab_size,
            "bytes": len(packed),
            "specials": list(tokenizer.special_tokens),
        }
    text = json.dumps(index, ensure_ascii=False)
    (folder / "index.json").write_text(text, encoding="utf-8")


def setup(app):
    """Write when the build has finished."""
    app.connect("build-finished", write)
