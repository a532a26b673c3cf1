"""Token files: ids on disk, read without loading them into memory.

A token file is a one-dimensional .npy array of 16-bit unsigned integers, or
32-bit ones for more than 65,536 ids. It is written in pieces and opened as a
memory map, so a corpus may be larger than memory on both ways; anything that
takes an array of ids, such as `data.WindowLoader`, takes the map.

Left out on purpose: compression, several files as one, remote storage.
"""

import os
from pathlib import Path

import numpy as np

ID_TYPES = (np.dtype("<u2"), np.dtype("<u4"))  # the same bytes everywhere


def id_type(vocab_size):
    """The smallest integer type of a token file with these ids.

    Raises ValueError when vocab_size is below 1 or above 2**32.

    >>> id_type(50_257)
    dtype('uint16')
    """
    for dtype in ID_TYPES:
        if 1 <= vocab_size <= np.iinfo(dtype).max + 1:
            return dtype
    raise ValueError(
        f"vocab_size={vocab_size}; a token file can hold 1 to {2**32} ids"
    )


def checked_chunk(chunk, vocab_size):
    """The ids of `chunk` in the type of the file.

    Raises ValueError when they are not integers from 0 to vocab_size - 1.
    """
    ids = np.asarray(chunk)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise ValueError(
            f"a chunk has shape {ids.shape} and type {ids.dtype}, but must be "
            "a list of integers; write one list of ids as [token_ids]"
        )
    if ids.size and not (ids.min() >= 0 and ids.max() < vocab_size):
        raise ValueError(
            f"a chunk has ids from {ids.min()} to {ids.max()}, but "
            f"vocab_size={vocab_size} allows 0 to {vocab_size - 1}; were "
            "they made by another tokenizer?"
        )
    return ids.astype(id_type(vocab_size))


def write_header(file, dtype, n_tokens):
    """The head of the .npy file, of the same length for any n_tokens."""
    np.lib.format.write_array_header_1_0(
        file,
        {"descr": dtype.str, "fortran_order": False, "shape": (n_tokens,)},
    )


def write_token_file(path, chunks, vocab_size):
    """Write the ids of all `chunks`, one after the other; returns how many.

    chunks: an iterable of lists or arrays of ids; one is in memory at a time

    The file gets its name when it is complete: an error leaves no half file,
    and an older one of that name stays until then. Raises ValueError for
    ids outside of 0 to vocab_size - 1, or when there are none at all.
    """
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    dtype = id_type(vocab_size)
    n_tokens = 0
    try:
        with unfinished.open("wb") as file:
            write_header(file, dtype, n_tokens)
            for chunk in chunks:
                ids = checked_chunk(chunk, vocab_size)
                file.write(ids.tobytes())
                n_tokens += len(ids)
            if not n_tokens:
                raise ValueError(f"there are no ids to write to {path}")
            file.seek(0)
            write_header(file, dtype, n_tokens)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return n_tokens


def open_token_file(path):
    """The ids of a token file as a read-only memory map, (n_tokens,).

    Only the parts that are used are read from disk. Raises ValueError when
    the file is damaged or no token file; nothing in it is ever unpickled.
    """
    try:
        ids = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ValueError(f"{path} is not a token file: {error}") from error
    if ids.ndim != 1 or ids.dtype not in ID_TYPES:
        raise ValueError(
            f"{path} is not a token file: its array has shape {ids.shape} "
            f"and type {ids.dtype}, not one dimension of uint16 or uint32"
        )
    size, expected = os.path.getsize(path), ids.offset + ids.nbytes
    if size != expected:
        raise ValueError(
            f"{path} is damaged: it has {size} bytes instead of {expected}"
        )
    return ids


def encode_documents(documents, tokenizer, end_id):
    """The token ids of each document with `end_id` after it, one at a time.

    Text that spells a special token is encoded as ordinary text: only this
    function ends a document, not whoever wrote it.
    """
    for text in documents:
        yield [*tokenizer.encode(text, disallowed_special=()), end_id]


def write_documents(path, documents, tokenizer, end_id, progress=True):
    """Encode an iterable of texts into a token file; returns n_tokens.

    Each document is followed by `end_id`. One document is in memory at a
    time, so pass a generator that reads them; `progress` counts them on
    stderr. `tokenizer` is a BPETokenizer, or another object that has
    `vocab_size` and `encode(text, disallowed_special=())`. Errors as in
    `write_token_file`.
    """
    from tqdm import tqdm

    shown = tqdm(documents, unit=" documents", disable=not progress)
    chunks = encode_documents(shown, tokenizer, end_id)
    return write_token_file(path, chunks, tokenizer.vocab_size)
