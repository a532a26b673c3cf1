"""How similar two texts are: shingles, Jaccard similarity and MinHash.

The shingles of a text are its runs of a few words or characters. The Jaccard
similarity of two sets of shingles tells how much the texts have in common;
MinHash estimates it from short signatures (Broder 1997, "On the resemblance
and containment of documents").

Left out on purpose: weights (a shingle counts once, however frequent it is)
and containment of a short text in a long one.
"""

import unicodedata
from functools import lru_cache
from hashlib import blake2b

import numpy as np

PRIME = 2**31 - 1  # so that a * x + b stays below 2**62 and fits in uint64
CHUNK_SHINGLES = 2**13  # at a time, or a long document would fill the memory


def normalize(text):
    """`text` without differences of case, spacing and Unicode form.

    >>> normalize("The  ﬁrst\\nLINE ")
    'the first line'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def stable_hash(text, n_bytes=8):
    """A hash that is the same in every process, unlike Python's `hash`."""
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=n_bytes).digest(), "big")


def runs(items, length, joint):
    """All runs of `length` items as a set; a shorter text is one run."""
    starts = range(max(1, len(items) - length + 1))
    return {joint.join(items[i : i + length]) for i in starts} - {""}


def word_shingles(text, n_words=5):
    """The set of runs of `n_words` words of the normalized text.

    >>> sorted(word_shingles("To be or not to be", n_words=2))
    ['be or', 'not to', 'or not', 'to be']
    """
    if n_words < 1:
        raise ValueError(f"n_words={n_words}; take at least 1")
    return runs(normalize(text).split(), n_words, " ")


def character_shingles(text, n_chars=9):
    """The set of runs of `n_chars` characters, for writing without spaces.

    >>> sorted(character_shingles("banana", n_chars=2))
    ['an', 'ba', 'na']
    """
    if n_chars < 1:
        raise ValueError(f"n_chars={n_chars}; take at least 1")
    return runs(normalize(text), n_chars, "")


def jaccard(a, b):
    """Elements in both sets, as a share of those in either: 0 to 1.

    Sets, not multisets: how often an element comes does not count. Two
    empty sets are equal, so 1.

    >>> jaccard(["a", "a", "b"], ["b", "c"])  # 1 of {a, b, c}
    0.3333333333333333
    """
    a, b = set(a), set(b)
    return len(a & b) / len(a | b) if a or b else 1.0


@lru_cache(maxsize=8)
def hash_coefficients(n_hashes, seed):
    """Columns a (1 to PRIME - 1) and b (0 to PRIME - 1) of the hashes."""
    draws = [
        (
            1 + stable_hash(f"a {seed} {i}") % (PRIME - 1),
            stable_hash(f"b {seed} {i}") % PRIME,
        )
        for i in range(n_hashes)
    ]
    a, b = np.array(draws, dtype=np.uint64).T[:, :, None]
    return a, b  # (n_hashes, 1) each


def minhash_signature(shingles, n_hashes=128, seed=0):
    """The smallest value of each of `n_hashes` hash functions over the set.

    Returns uint64 (n_hashes,). Two signatures agree in a place with a
    probability equal to the Jaccard similarity of their sets. The functions
    are x -> (a * x + b) mod (2**31 - 1) on a fixed hash of the shingle, and
    the first n of them are the same for any n_hashes, so signatures can be
    kept in files. An empty set gets the value 2**31 - 1, which no shingle
    has. Raises ValueError when n_hashes < 1.
    """
    if n_hashes < 1:
        raise ValueError(f"n_hashes={n_hashes}; take at least 1")
    a, b = hash_coefficients(n_hashes, seed)
    hashes = [stable_hash(shingle) % PRIME for shingle in set(shingles)]
    hashes = np.array(hashes, dtype=np.uint64)
    signature = np.full(n_hashes, PRIME, dtype=np.uint64)
    for first in range(0, len(hashes), CHUNK_SHINGLES):
        values = a * hashes[first : first + CHUNK_SHINGLES] + b
        values %= np.uint64(PRIME)  # (n_hashes, n_shingles)
        np.minimum(signature, values.min(axis=1), out=signature)
    return signature


def estimate_jaccard(signature_a, signature_b):
    """The share of places in which two signatures agree.

    An unbiased estimate of the Jaccard similarity J with standard error
    sqrt(J * (1 - J) / n_hashes): at most 0.044 for 128 hashes. Raises
    ValueError when the signatures differ in length.
    """
    if len(signature_a) != len(signature_b):
        raise ValueError(
            f"signatures of {len(signature_a)} and {len(signature_b)} hashes "
            "cannot be compared; make both with the same n_hashes and seed"
        )
    return float(np.mean(signature_a == signature_b))
