"""From documents to what a training run reads: tokenizer and token files.

`prepare` does it once for a run's folder: it holds out a share of the
documents, trains a tokenizer on a part of the others, and writes two token
files. Documents pass one at a time, so the text may exceed memory.

Left out on purpose: cleaning and deduplication, which come before.
"""

import json
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from scratchlm.datasets import load_austen_chapters
from scratchlm.stories import generate_stories
from scratchlm.token_files import open_token_file, write_documents
from scratchlm.tokenizer import BPETokenizer

END_OF_TEXT = "<|endoftext|>"
TOKENIZER_TEXT = 10_000_000  # characters that the tokenizer learns from


def read_documents(path):
    """The documents of a text file, one at a time.

    A line that is <|endoftext|> alone separates two documents.
    """
    lines = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() == END_OF_TEXT:
                yield "".join(lines).strip()
                lines = []
            else:
                lines.append(line)
    if "".join(lines).strip():
        yield "".join(lines).strip()


def documents_of(source, n_documents=None):
    """The documents of a source: an iterable of texts.

    source: "stories" (n_documents of them are made), "austen", or the path
        of a text file as `read_documents` takes it

    Raises ValueError for another name.
    """
    if source == "stories":
        return generate_stories(n_documents or 20_000, seed=0)
    if source == "austen":
        return islice(load_austen_chapters(), n_documents)
    if Path(source).is_file():
        return islice(read_documents(source), n_documents)
    raise ValueError(
        f"there is no source {source!r}; take 'stories', 'austen' or the "
        "path of a text file"
    )


def is_held_out(document, share):
    """Whether a document is for validation, decided by its content.

    Equal documents are therefore on the same side, in every run.
    """
    digest = blake2b(document.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def limited(documents, n_characters):
    """Documents until they hold n_characters; the last may exceed it."""
    for document in documents:
        if n_characters <= 0:
            return
        n_characters -= len(document)
        yield document


def prepare(
    folder, source, vocab_size, validation_share=0.05, n_documents=None
):
    """Make tokenizer.json, train.npy and validation.npy in `folder`, once.

    Returns the tokenizer, the two arrays of ids, and the characters of the
    validation text. A second call finds the files and reads them; for
    another source or size it raises ValueError. Both sides must hold a
    document.
    """
    folder = Path(folder)
    wanted = {
        "source": str(source),
        "vocab_size": vocab_size,
        "validation_share": validation_share,
        "n_documents": n_documents,
    }
    about = folder / "corpus.json"
    if not about.exists():
        n_characters = write_corpus(folder, **wanted)
        text = json.dumps({**wanted, "n_characters": n_characters})
        about.write_text(text + "\n", encoding="utf-8")
    found = json.loads(about.read_text(encoding="utf-8"))
    n_characters = found.pop("n_characters")
    if found != wanted:
        raise ValueError(
            f"{folder} was prepared with {found}, not with {wanted}; choose "
            "another folder or remove this one"
        )
    return (
        BPETokenizer.load(folder / "tokenizer.json"),
        open_token_file(folder / "train.npy"),
        open_token_file(folder / "validation.npy"),
        n_characters,
    )


def write_corpus(folder, source, vocab_size, validation_share, n_documents):
    """Write the files of `prepare`; returns the validation's characters."""

    def side(held_out):
        for document in documents_of(source, n_documents):
            if is_held_out(document, validation_share) == held_out:
                yield document

    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(limited(side(False), TOKENIZER_TEXT))
    tokenizer = BPETokenizer.train(text, vocab_size, [END_OF_TEXT])
    tokenizer.save(folder / "tokenizer.json")
    end_id = tokenizer.special_tokens[END_OF_TEXT]
    for name, held_out in (("train", False), ("validation", True)):
        path = folder / f"{name}.npy"
        write_documents(path, side(held_out), tokenizer, end_id)
    return sum(map(len, side(True)))
