"""How fast is the course's tokenizer beside the ones in use?

    python benchmarks/tokenizer.py

Trains on Austen beside the `tokenizers` package and encodes with GPT-2's
vocabulary beside tiktoken; both are compiled from Rust, ours is Python. All
take turns in one run and the fastest of three turns counts, in CPU-seconds
of the process on one thread. Figures are recorded in benchmarks/README.md.
"""

import os

os.environ["RAYON_NUM_THREADS"] = "1"  # before the Rust libraries start

import platform
from importlib.metadata import version
from time import process_time

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from scratchlm.datasets import load_austen
from scratchlm.tokenizer import BPETokenizer, gpt2_encoding

TURNS = 3


def train_peer(text, vocab_size):
    """Byte-level BPE with GPT-2's pre-split, by `tokenizers`."""
    peer = Tokenizer(models.BPE())
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    peer.train_from_iterator([text], trainer)
    return peer


def seconds(action):
    """CPU-seconds of one call, all threads of the process together."""
    start = process_time()
    action()
    return process_time() - start


def compare(task, peer_name, ours, peer):
    """Print one line: our time, the peer's, their ratio."""
    turns = [(seconds(ours), seconds(peer)) for _ in range(TURNS)]
    own, other = map(min, zip(*turns, strict=True))
    print(
        f"{task:<44}{own:>7.2f} s {other:>7.2f} s {own / other:>6.1f}  "
        f"{peer_name}",
        flush=True,
    )


def main():
    text = load_austen()
    part = text[:500_000]
    gpt2, tiktoken_gpt2 = BPETokenizer.gpt2(), gpt2_encoding()
    assert gpt2.encode(part) == tiktoken_gpt2.encode(part)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, "
        f"tokenizers {version('tokenizers')}, tiktoken {version('tiktoken')}, "
        f"regex {version('regex')}"
    )
    print(f"{'task':<46}{'ours':>7}{'peer':>10}{'ratio':>7}  peer")
    compare(
        "train, 500,000 characters to 1,024 ids",
        "tokenizers",
        lambda: BPETokenizer.train(part, 1_024),
        lambda: train_peer(part, 1_024),
    )
    compare(
        f"train, {len(text):,} characters to 8,192 ids",
        "tokenizers",
        lambda: BPETokenizer.train(text, 8_192),
        lambda: train_peer(text, 8_192),
    )
    compare(
        f"encode, {len(text):,} characters, first time",
        "tiktoken",
        lambda: BPETokenizer(
            gpt2.merges, byte_order=[b[0] for b in gpt2.token_bytes[:256]]
        ).encode(text),
        lambda: tiktoken_gpt2.encode_ordinary(text),
    )
    compare(
        f"encode, {len(text):,} characters, words cached",
        "tiktoken",
        lambda: gpt2.encode(text),
        lambda: tiktoken_gpt2.encode_ordinary(text),
    )
    long_word = "abcdefgh" * 12_500
    compare(
        "encode, one word of 100,000 letters",
        "tiktoken",
        lambda: gpt2.encode(long_word),
        lambda: tiktoken_gpt2.encode_ordinary(long_word),
    )


if __name__ == "__main__":
    main()
