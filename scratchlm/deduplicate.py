"""Duplicates in a corpus: exact ones by a hash, near ones by MinHash.

Near duplicates are documents whose sets of shingles have a high Jaccard
similarity. Comparing all pairs would take too long; locality-sensitive
hashing (LSH) proposes those whose `minhash` signatures agree in part. What
duplicates do to a language model: Lee et al. 2021 (arXiv 2107.06499), whose
NearDup this is.

Left out on purpose: repeated passages inside of documents (suffix arrays) and
corpora whose shingles exceed the memory.
"""

from collections import defaultdict
from itertools import combinations

import numpy as np

from scratchlm.minhash import (
    character_shingles,
    estimate_jaccard,
    jaccard,
    minhash_signature,
    normalize,
    stable_hash,
    word_shingles,
)

__all__ = [
    "character_shingles",
    "collision_probability",
    "drop_near_duplicates",
    "estimate_jaccard",
    "exact_duplicates",
    "jaccard",
    "keep_first",
    "minhash_signature",
    "near_duplicates",
    "normalize",
    "word_shingles",
]


def exact_duplicates(documents):
    """Clusters of texts that are equal after `normalize`: lists of places.

    Documents without a copy are in none. 128-bit hashes are compared, so
    memory does not grow with the length of the documents.

    >>> exact_duplicates(["One", "two", "one ", "three"])
    [[0, 2]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[stable_hash(normalize(document), n_bytes=16)].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def collision_probability(jaccard, n_bands, n_rows):
    """Probability that LSH compares two documents of this similarity.

    Their signatures must agree in all `n_rows` places of at least one of
    `n_bands` bands: 1 - (1 - jaccard ** n_rows) ** n_bands. This S-curve is
    steepest near (1 / n_bands) ** (1 / n_rows). More bands compare more
    pairs, more rows fewer.

    >>> round(collision_probability(0.8, n_bands=32, n_rows=4), 6)
    1.0
    >>> round(collision_probability(0.8, n_bands=4, n_rows=32), 6)
    0.003165
    """
    return 1 - (1 - jaccard**n_rows) ** n_bands


def candidate_pairs(signatures, n_bands):
    """Yield pairs of places whose signatures agree in a whole band.

    signatures: (n_documents, n_hashes). A pair comes once for each such
    band, the smaller place first. Raises ValueError unless n_bands divides
    n_hashes: a hash would be left out.
    """
    n_hashes = signatures.shape[1]
    if n_bands < 1 or n_hashes % n_bands:
        raise ValueError(
            f"n_hashes={n_hashes} cannot be cut into n_bands={n_bands} equal "
            "bands; take a number of bands that divides it"
        )
    for band in np.split(signatures, n_bands, axis=1):  # (N, n_rows)
        buckets = defaultdict(list)
        for place, rows in enumerate(band):
            buckets[rows.tobytes()].append(place)
        for bucket in buckets.values():
            yield from combinations(bucket, 2)


class Clusters:
    """The places 0 to n - 1, each alone until `join` connects two of them.

    >>> clusters = Clusters(5)
    >>> clusters.join(3, 4)
    >>> clusters.join(1, 3)
    >>> clusters.lists()
    [[1, 3, 4]]
    """

    def __init__(self, n):
        self._parent = list(range(n))

    def first(self, place):
        """The first place of the cluster that `place` is in."""
        parent = self._parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]  # shorten the way
            place = parent[place]
        return place

    def join(self, a, b):
        """Make one cluster of the two that a and b are in."""
        first, second = sorted((self.first(a), self.first(b)))
        self._parent[second] = first

    def lists(self):
        """The clusters of two places or more, all in order."""
        members = defaultdict(list)
        for place in range(len(self._parent)):
            members[self.first(place)].append(place)
        return [places for places in members.values() if len(places) > 1]


def near_duplicates(
    documents,
    threshold=0.8,
    n_hashes=128,
    n_bands=32,
    shingle=word_shingles,
    seed=0,
):
    """Clusters of documents that are nearly equal: lists of places.

    Pairs that LSH proposes are compared by their exact Jaccard similarity,
    which must be at least `threshold`; `collision_probability` tells how
    likely a pair is proposed, nearly always with these bands from 0.7 on. A
    cluster is what such pairs connect, so its ends may be less similar.

    shingle: text -> set, such as `word_shingles` with its 5 words,
        `character_shingles`, or functools.partial of one with another size

    Raises ValueError for a threshold outside of 0 to 1 or bands that do not
    divide the hashes.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold={threshold}; take more than 0, up to 1")
    sets = [frozenset(shingle(document)) for document in documents]
    clusters, originals = Clusters(len(sets)), {}
    for place, each in enumerate(sets):  # equal sets need no comparison
        clusters.join(originals.setdefault(each, place), place)
    places = list(originals.values())
    signatures = [
        minhash_signature(each, n_hashes, seed) for each in originals
    ]
    signatures = np.reshape(signatures, (len(places), n_hashes))
    unlike = set()
    for a, b in candidate_pairs(signatures, n_bands):
        a, b = places[a], places[b]
        if (a, b) in unlike or clusters.first(a) == clusters.first(b):
            continue
        if jaccard(sets[a], sets[b]) >= threshold:
            clusters.join(a, b)
        else:
            unlike.add((a, b))
    return clusters.lists()


def keep_first(documents, clusters):
    """The documents without all but the first of each cluster, in order."""
    dropped = {place for cluster in clusters for place in cluster[1:]}
    return [d for place, d in enumerate(documents) if place not in dropped]


def drop_near_duplicates(documents, **settings):
    """The documents that `near_duplicates(documents, **settings)` leaves.

    The first of each cluster is kept, the order too.

    >>> drop_near_duplicates(["The cat sat.", "A dog.", "the  cat SAT."])
    ['The cat sat.', 'A dog.']
    """
    documents = list(documents)
    return keep_first(documents, near_duplicates(documents, **settings))
