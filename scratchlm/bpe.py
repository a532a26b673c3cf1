"""Byte pair encoding on lists of ids: pre-split, learn merges, apply them.

Ids 0 to 255 are single bytes and merge number `rank` makes the id
256 + rank. What these ids mean, special tokens and files are left to
`tokenizer`.
"""

import sys
from collections import Counter, defaultdict
from heapq import heapify, heappop, heappush
from itertools import pairwise

import regex

# A contraction, or letters, or digits, or other signs (each with at most one
# space before it), or spaces: a run leaves its last one to the next word.
GPT2_SPLIT_PATTERN = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
    r"|\s+(?!\S)|\s+"
)


def pre_split(text, pattern=GPT2_SPLIT_PATTERN):
    """Cut `text` into the words that merges may not cross.

    Returns a list of strings that together are the text:

    >>> pre_split("Don't stop,  2024!")
    ['Don', "'t", ' stop', ',', ' ', ' 2024', '!']

    Raises ValueError when another `pattern` would lose a part of the text.
    """
    words = [match[0] for match in regex.finditer(pattern, text)]
    if (kept := sum(map(len, words))) != len(text):
        raise ValueError(
            f"the pattern keeps {kept} of {len(text)} characters; "
            "add an alternative that matches the others"
        )
    return words


def merge(token_ids, pair, new_id):
    """Replace `pair` by `new_id`, from left to right.

    Returns the new list and the changes that this makes to the counts of
    neighbouring pairs, as (pair, +1 or -1); only pairs next to a merge
    change, and the merged pair itself is not reported.

    >>> merge([7, 1, 2, 9], (1, 2), 256)[0]
    [7, 256, 9]
    >>> merge([7, 1, 2, 9], (1, 2), 256)[1]
    [((7, 1), -1), ((7, 256), 1), ((2, 9), -1), ((256, 9), 1)]
    >>> merge([1, 1, 1], (1, 1), 256)[0]
    [256, 1]
    """
    left, right = pair
    merged, changes = [], []
    at, end = 0, len(token_ids)
    while at < end:
        if token_ids[at : at + 2] != [left, right]:
            merged.append(token_ids[at])
            at += 1
            continue
        if merged:
            changes.append(((merged[-1], left), -1))
            changes.append(((merged[-1], new_id), 1))
        if at + 2 < end:
            changes.append(((right, token_ids[at + 2]), -1))
            changes.append(((new_id, token_ids[at + 2]), 1))
        merged.append(new_id)
        at += 2
    return merged, changes


def learn_merges(counts, n_merges, progress=False):
    """At most `n_merges` merges for words with these counts, best first.

    counts: {word: how often it occurs}

    The cost is that of the words which a merge changes: `places` leads to
    them, and only the counts of pairs beside the merge are corrected. An
    entry of the heap may promise more than its pair still has, since counts
    fall without notice; it is then put back with what is left. Counts never
    rise, except those of pairs with the new id, which enter the heap when
    their round is over.
    """
    words = [list(word.encode()) for word in counts]
    weights = list(counts.values())
    pair_counts, places = Counter(), defaultdict(set)
    for place, word in enumerate(words):
        for pair in pairwise(word):
            pair_counts[pair] += weights[place]
            places[pair].add(place)
    heap = [(-count, pair) for pair, count in pair_counts.items()]
    heapify(heap)
    merges = []
    while len(merges) < n_merges and heap:
        promised, pair = heappop(heap)
        count = pair_counts[pair]
        if count != -promised:
            if count:
                heappush(heap, (-count, pair))
            continue
        new_id = 256 + len(merges)
        new_pairs = set()
        for place in places.pop(pair):
            words[place], changes = merge(words[place], pair, new_id)
            for changed, by in changes:
                pair_counts[changed] += by * weights[place]
                if by > 0:
                    places[changed].add(place)
                    new_pairs.add(changed)
        del pair_counts[pair]
        for new in new_pairs:
            if pair_counts[new]:
                heappush(heap, (-pair_counts[new], new))
        merges.append(pair)
        if progress and len(merges) in (n_merges, len(merges) // 100 * 100):
            print(f"{len(merges):,} of {n_merges:,} merges", file=sys.stderr)
    return merges


def apply_merges(token_ids, ranks):
    """Merge the pair of lowest rank, the leftmost first, until none is left.

    ranks: {pair: rank}

    A heap of (rank, position) and links between neighbours keep this fast
    even for a word of a million bytes; `BPETokenizer.merge_steps` does the
    same in a simpler and slower way.

    >>> apply_merges([1, 2, 3, 4], {(2, 3): 0, (1, 2): 1, (256, 4): 2})
    [1, 258]
    """
    ids, end = list(token_ids), len(token_ids)
    before = list(range(-1, end))
    after = list(range(1, end + 1))
    heap = []

    def propose(left, right):
        if (rank := ranks.get((ids[left], ids[right]))) is not None:
            heappush(heap, (rank, left))

    for left, right in pairwise(range(end)):
        propose(left, right)
    while heap:
        rank, left = heappop(heap)
        right = after[left]
        if right == end or ranks.get((ids[left], ids[right])) != rank:
            continue  # another merge took one of the two
        ids[left], ids[right] = 256 + rank, None
        after[left] = after[right]
        before[after[right]] = left
        if before[left] >= 0:
            propose(before[left], left)
        if after[left] < end:
            propose(left, after[left])
    return [token_id for token_id in ids if token_id is not None]
