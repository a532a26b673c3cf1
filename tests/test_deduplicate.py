"""Duplicates: MinHash against the arithmetic of whole numbers and against its
own error bound, clusters against a comparison of all pairs."""

import doctest
import os
import random
import subprocess
import sys
from fractions import Fraction
from functools import partial
from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchlm import deduplicate, minhash
from scratchlm.deduplicate import (
    Clusters,
    candidate_pairs,
    collision_probability,
    drop_near_duplicates,
    exact_duplicates,
    keep_first,
    near_duplicates,
)
from scratchlm.minhash import (
    CHUNK_SHINGLES,
    PRIME,
    character_shingles,
    estimate_jaccard,
    hash_coefficients,
    jaccard,
    minhash_signature,
    normalize,
    stable_hash,
    word_shingles,
)


def examples(n):
    return settings(max_examples=n, derandomize=True, deadline=None)


def overlapping(n_common, n_each):
    """Two sets with `n_common` shared and `n_each` own elements."""
    common = {f"common {i}" for i in range(n_common)}
    return (
        common | {f"a {i}" for i in range(n_each)},
        common | {f"b {i}" for i in range(n_each)},
    )


# --- exact duplicates ------------------------------------------------------


def test_exact_duplicates_ignore_case_spacing_and_unicode_form():
    texts = [
        "Na\u00efve caf\u00e9",
        "other",
        "na\u0131ve cafe",  # other letters
        "NAI\u0308VE\tcafe\u0301\n",
        "naïve  café",
        "Other.",
    ]
    assert exact_duplicates(texts) == [[0, 3, 4]]


@examples(100)
@given(st.lists(st.text("aB \n", max_size=4)))
def test_exact_clusters_are_those_of_a_comparison_of_all_pairs(texts):
    pairs = {
        (i, j)
        for i, j in combinations(range(len(texts)), 2)
        if normalize(texts[i]) == normalize(texts[j])
    }
    clusters = exact_duplicates(texts)
    assert pairs == {p for c in clusters for p in combinations(c, 2)}
    assert all(len(cluster) > 1 for cluster in clusters)


def test_half_a_surrogate_pair_does_no_harm():
    assert exact_duplicates(["\ud83d", "a", "\ud83d"]) == [[0, 2]]


# --- shingles and Jaccard --------------------------------------------------


def test_shingles_are_runs_of_words_or_characters():
    text = "A rose  is a rose is a ROSE"
    assert word_shingles(text, 3) == {
        "a rose is",
        "rose is a",
        "is a rose",
    }
    assert character_shingles("日本語日本", 2) == {"日本", "本語", "語日"}


@pytest.mark.parametrize(
    ("text", "shingles"), [("", set()), (" \n", set()), ("Two words", 1)]
)
def test_a_text_shorter_than_a_shingle_is_one(text, shingles):
    expected = {"two words"} if shingles else set()
    assert word_shingles(text, 5) == expected
    assert character_shingles(text, 20) == expected


def test_shingles_below_one_are_refused():
    with pytest.raises(ValueError, match="n_words=0; take at least 1"):
        word_shingles("a", 0)
    with pytest.raises(ValueError, match="n_chars=0; take at least 1"):
        character_shingles("a", 0)


@examples(200)
@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_jaccard_is_of_sets_and_not_of_multisets(a, b):
    union = {*a, *b}
    both = sum(x in a and x in b for x in union)
    expected = Fraction(both, len(union)) if union else 1
    assert jaccard(a, b) == float(expected)
    assert jaccard(a * 3, b) == jaccard(a, b) == jaccard(b, a)


def test_jaccard_of_a_text_and_its_repetition_is_one():
    once = "so many words are here"
    shingles = [word_shingles(text, 1) for text in (once, f"{once} {once}")]
    assert jaccard(*shingles) == 1.0
    assert jaccard("aab", "ab") == 1.0


# --- MinHash ---------------------------------------------------------------


@pytest.mark.parametrize("n_shingles", [1, 2, 97, CHUNK_SHINGLES + 1])
def test_signatures_are_those_of_python_s_whole_numbers(n_shingles):
    shingles = {f"shingle {i}" for i in range(n_shingles)}
    a, b = (x.flatten().tolist() for x in hash_coefficients(12, seed=5))
    hashes = [stable_hash(each) for each in shingles]
    expected = [
        min((a[i] * x + b[i]) % (2**31 - 1) for x in hashes) for i in range(12)
    ]
    signature = minhash_signature(shingles, 12, seed=5)
    assert signature.dtype == np.uint64
    assert signature.tolist() == expected


def test_a_long_text_is_hashed_in_parts(monkeypatch):
    shingles = {f"shingle {i}" for i in range(97)}
    whole = minhash_signature(shingles, 12)
    monkeypatch.setattr(minhash, "CHUNK_SHINGLES", 10)
    assert minhash_signature(shingles, 12).tolist() == whole.tolist()


def test_every_hash_function_is_another_one():
    for coefficients in hash_coefficients(1_000, seed=0):
        assert len(np.unique(coefficients)) == 1_000


def test_no_product_of_the_hash_overflows():
    assert (PRIME - 1) ** 2 + PRIME - 1 < 2**64
    a, b = hash_coefficients(1_000, seed=0)
    assert a.min() >= 1 and a.max() < PRIME and b.max() < PRIME  # noqa: PT018


def test_signatures_are_the_same_in_every_process():
    code = (
        "from scratchlm.minhash import *;"
        "print(minhash_signature(word_shingles('a b c d e f g h')).tolist())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    here = minhash_signature(word_shingles("a b c d e f g h")).tolist()
    assert outputs == {f"{here}\n"}


def test_more_hashes_only_add_to_a_signature():
    shingles = word_shingles("one two three four five six seven", 2)
    longer = minhash_signature(shingles, 97)
    assert minhash_signature(shingles, 12).tolist() == longer[:12].tolist()
    other = minhash_signature(shingles, 97, seed=1)
    assert np.mean(longer == other) < 0.1


@examples(50)
@given(st.sets(st.text()), st.sets(st.text(), min_size=1))
def test_the_signature_of_a_union_is_the_smaller_of_both(a, b):
    union = np.minimum(minhash_signature(a, 12), minhash_signature(b, 12))
    assert union.tolist() == minhash_signature(a | b, 12).tolist()


def test_an_empty_set_resembles_only_another_empty_set():
    empty, full = minhash_signature(set()), minhash_signature({"a"})
    assert estimate_jaccard(empty, minhash_signature([])) == jaccard([], [])
    assert estimate_jaccard(empty, full) == jaccard([], ["a"]) == 0


@pytest.mark.parametrize(
    ("n_common", "n_each"), [(10, 90), (50, 50), (97, 12), (190, 5)]
)
def test_the_estimate_has_the_standard_error_of_the_bound(n_common, n_each):
    a, b = overlapping(n_common, n_each)
    true, n_hashes, n_seeds = jaccard(a, b), 64, 300
    errors = np.array(
        [
            estimate_jaccard(
                minhash_signature(a, n_hashes, seed),
                minhash_signature(b, n_hashes, seed),
            )
            - true
            for seed in range(n_seeds)
        ]
    )
    bound = sqrt(true * (1 - true) / n_hashes)
    assert abs(errors.mean()) < 4 * bound / sqrt(n_seeds)  # unbiased
    # a standard deviation of 300 values is known to about 1 / sqrt(600)
    assert abs(errors.std() / bound - 1) < 4 / sqrt(2 * n_seeds)


def test_signatures_of_different_length_are_refused():
    with pytest.raises(ValueError, match="signatures of 12 and 9 hashes"):
        estimate_jaccard(
            minhash_signature({"a"}, 12), minhash_signature({"a"}, 9)
        )
    with pytest.raises(ValueError, match="n_hashes=0; take at least 1"):
        minhash_signature({"a"}, 0)


# --- bands and rows --------------------------------------------------------


def test_the_collision_probability_is_an_s_curve():
    curve = [collision_probability(x / 100, 20, 5) for x in range(101)]
    assert curve[0] == 0
    assert curve[-1] == 1
    assert curve == sorted(curve)
    middle = (1 / 20) ** (1 / 5)
    assert 0.6 < collision_probability(middle, 20, 5) < 0.65  # near 1 - 1/e
    # one band of one row is the similarity itself
    assert collision_probability(0.3, 1, 1) == pytest.approx(0.3)
    assert collision_probability(0.3, 1, 2) == pytest.approx(0.09)
    assert collision_probability(0.3, 2, 1) == pytest.approx(0.51)


def test_bands_and_rows_swapped_find_almost_nothing():
    right = collision_probability(0.8, n_bands=32, n_rows=4)
    swapped = collision_probability(0.8, n_bands=4, n_rows=32)
    assert right > 0.9999
    assert swapped < 0.01


def test_a_band_is_n_hashes_over_n_bands_long():
    signatures = np.arange(2 * 12, dtype=np.uint64).reshape(2, 12)
    signatures[1, 3:6] = signatures[0, 3:6]  # the second of four bands
    assert list(candidate_pairs(signatures, 4)) == [(0, 1)]
    assert list(candidate_pairs(signatures, 3)) == []
    assert list(candidate_pairs(signatures, 2)) == []
    assert list(candidate_pairs(signatures, 12)) == [(0, 1)] * 3
    # equal values in different bands are no match
    signatures[1] = np.roll(signatures[0], 3)
    assert list(candidate_pairs(signatures, 4)) == []


@pytest.mark.parametrize("n_bands", [0, 5, 24])
def test_bands_that_leave_hashes_out_are_refused(n_bands):
    with pytest.raises(ValueError, match=f"n_hashes=12 .*n_bands={n_bands}"):
        near_duplicates(["a"], n_hashes=12, n_bands=n_bands)


@pytest.mark.parametrize(("n_common", "n_each"), [(30, 30), (60, 30)])
def test_candidates_come_as_often_as_the_curve_says(n_common, n_each):
    a, b = overlapping(n_common, n_each)
    n_seeds = 400
    proposed = sum(
        any(
            candidate_pairs(
                np.stack(
                    [minhash_signature(each, 24, seed) for each in (a, b)]
                ),
                n_bands=8,
            )
        )
        for seed in range(n_seeds)
    )
    p = collision_probability(jaccard(a, b), n_bands=8, n_rows=3)
    swapped = collision_probability(jaccard(a, b), n_bands=3, n_rows=8)
    bound = 4 * sqrt(p * (1 - p) * n_seeds)
    assert abs(proposed - p * n_seeds) < bound < abs(swapped - p) * n_seeds


# --- near duplicates -------------------------------------------------------


def corpus(seed, n=40, n_words=60):
    """Random texts, some of them another one with a few words changed."""
    rng = random.Random(seed)
    words = [f"w{i}" for i in range(500)]
    texts = []
    for _ in range(n):
        if texts and rng.random() < 0.5:
            text = rng.choice(texts).split()
            for _ in range(rng.choice([0, 1, 1, 2, 12])):
                text[rng.randrange(n_words)] = rng.choice(words)
        else:
            text = rng.choices(words, k=n_words)
        texts.append(" ".join(text))
    return texts


def clusters_of_all_pairs(texts, threshold):
    """Connected components, by flooding."""
    sets = list(map(word_shingles, texts))
    left, clusters = set(range(len(texts))), []
    for start in range(len(texts)):
        cluster, border = set(), {start} & left
        while border:
            cluster |= border
            left -= border
            border = {
                j
                for j in left
                if any(jaccard(sets[i], sets[j]) >= threshold for i in border)
            }
        if len(cluster) > 1:
            clusters.append(sorted(cluster))
    return clusters


@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.9, 1.0])
def test_clusters_are_those_of_a_comparison_of_all_pairs(threshold):
    found = 0
    for seed in range(5):
        texts = corpus(seed)
        expected = clusters_of_all_pairs(texts, threshold)
        assert near_duplicates(texts, threshold) == expected
        found += len(expected)
    assert found > 10


def test_a_chain_of_similar_texts_is_one_cluster():
    words = [f"w{i}" for i in range(60)]
    texts = [" ".join(words[i : i + 40]) for i in (0, 3, 6, 9)]
    similar = partial(near_duplicates, texts, shingle=word_shingles)
    ends = jaccard(*(word_shingles(texts[i]) for i in (0, 3)))
    assert ends < 0.7 < jaccard(*map(word_shingles, texts[:2]))
    assert similar(threshold=0.7) == [[0, 1, 2, 3]]
    assert similar(threshold=0.9) == []


def test_a_pair_exactly_at_the_threshold_is_a_duplicate():
    texts = ["a b c d", "a b c d e"]
    words = partial(word_shingles, n_words=1)
    assert jaccard(*map(words, texts)) == 0.8
    assert near_duplicates(texts, 0.8, shingle=words) == [[0, 1]]
    assert near_duplicates(texts, 0.81, shingle=words) == []


@examples(200)
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11))))
def test_clusters_are_what_the_pairs_connect(pairs):
    clusters, expected = Clusters(12), [{i} for i in range(12)]
    for a, b in pairs:
        clusters.join(a, b)
        both = expected[a] | expected[b]
        for place in both:
            expected[place] = both
    for place in range(12):
        assert clusters.first(place) == min(expected[place])
    lists = {tuple(sorted(each)) for each in expected if len(each) > 1}
    assert clusters.lists() == sorted(map(list, lists))


def test_candidates_below_the_threshold_are_no_duplicates():
    # so many bands propose every pair that has anything in common
    texts = corpus(1)
    expected = clusters_of_all_pairs(texts, 0.8)
    assert near_duplicates(texts, 0.8, n_hashes=96, n_bands=96) == expected


def test_only_the_first_of_a_cluster_is_kept():
    texts = corpus(2)
    clusters = near_duplicates(texts)
    kept = drop_near_duplicates(iter(texts))
    assert kept == keep_first(texts, clusters)
    dropped = {place for cluster in clusters for place in cluster[1:]}
    assert dropped
    assert kept == [t for i, t in enumerate(texts) if i not in dropped]
    assert drop_near_duplicates(kept) == kept
    assert keep_first("abcd", [[1, 3], [0, 2]]) == ["a", "b"]


def test_near_duplicates_are_leaks_that_exact_hashes_miss():
    text = "It is a truth universally acknowledged that a single man in "
    text += "possession of a good fortune must be in want of a wife"
    texts = [text, "Call me Ishmael", text.replace("good", "large")]
    assert exact_duplicates(texts) == []
    assert near_duplicates(texts, 0.8) == []  # five of 19 shingles differ
    assert near_duplicates(
        texts, 0.8, shingle=partial(word_shingles, n_words=1)
    ) == [[0, 2]]
    assert near_duplicates(
        texts, 0.8, shingle=partial(character_shingles, n_chars=4)
    ) == [[0, 2]]


def test_many_copies_cost_one_comparison(monkeypatch):
    calls = []

    def counted(a, b):
        calls.append(1)
        return jaccard(a, b)

    monkeypatch.setattr(deduplicate, "jaccard", counted)
    text = " ".join(f"w{i}" for i in range(100))
    texts = [f"{text} {i % 2}" for i in range(2_000)]
    assert near_duplicates(texts) == [list(range(2_000))]
    assert len(calls) == 1


def test_corpora_without_duplicates_and_without_texts():
    assert near_duplicates([]) == []
    assert drop_near_duplicates([]) == []
    assert near_duplicates(["one text", "another one"]) == []
    assert near_duplicates(["", "a", " "]) == [[0, 2]]


@pytest.mark.parametrize("threshold", [0, -0.1, 1.1, 80])
def test_thresholds_that_are_no_share_are_refused(threshold):
    with pytest.raises(ValueError, match=f"threshold={threshold}; take more"):
        near_duplicates(["a"], threshold)


@pytest.mark.parametrize("module", [deduplicate, minhash])
def test_worked_examples_in_docstrings_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
