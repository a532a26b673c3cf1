"""Checks of exercise 1.3: training a byte-level BPE.

The oracle writes a row of ids as a `str`, one character an id: `str.replace`
then merges a pair everywhere, from left to right, without overlap.
"""

import functools
from collections import Counter
from itertools import pairwise

from scratchgrade.checks.kit import Exercise, Mistake, Session

training = Exercise(
    "1.3",
    "Train a byte-level BPE",
    needs=("train_bpe",),
    read="Chapter 1, Step 2: Train",
)


def as_bytes(word: str) -> str:
    """The word's bytes, one character for each: ids 0 to 255."""
    return word.encode("utf-8").decode("latin-1")


def overlapping(row: str):
    return pairwise(row)


def side_by_side(row: str):
    """Pairs as one counts them who jumps over a pair once counted."""
    i = 0
    while i < len(row) - 1:
        yield row[i], row[i + 1]
        i += 2 if row[i] == row[i + 1] else 1


def smallest(pair, counts):
    """Sorts the most frequent pair first and the smallest of those ids."""
    return -counts[pair], pair


def replace_all(row: str, pair, new: str) -> str:
    return row.replace("".join(pair), new)


def replace_first(row: str, pair, new: str) -> str:
    return row.replace("".join(pair), new, 1)


def replace_from_the_right(row: str, pair, new: str) -> str:
    return row[::-1].replace("".join(pair)[::-1], new)[::-1]


def replace_overlapping(row: str, pair, new: str) -> str:
    """One who moves on by one place after a merge instead of two."""
    merged = "".join(
        new if (a, b) == pair else a for a, b in pairwise(row + "\0")
    )
    return merged if row else row


def true_merges(words, num_merges, **parts):
    """The oracle; its parts can be exchanged for wrong ones."""
    if parts:
        return merges_with(words, num_merges, **parts)
    return list(right_merges(tuple(words), num_merges))


@functools.lru_cache(64)  # a draw, its properties and the oracle: one corpus
def right_merges(words: tuple[str, ...], num_merges: int):
    return merges_with(words, num_merges)


def merges_with(
    words,
    num_merges,
    *,
    start=as_bytes,
    pairs=overlapping,
    order=smallest,
    replace=replace_all,
    first_id=256,
    at_least=1,
    recount=True,
):
    rows = [(start(word), n) for word, n in Counter(words).items()]
    counts, merges = count_in(rows, pairs), []
    for new_id in range(first_id, first_id + num_merges):
        if not counts:
            break
        if order is smallest:
            most = max(counts.values())
            best = min(pair for pair, n in counts.items() if n == most)
        else:
            best = min(counts, key=lambda pair: order(pair, counts))
        if counts[best] < at_least:
            break
        merges.append(tuple(map(ord, best)))
        rows = [(replace(row, best, chr(new_id)), n) for row, n in rows]
        if recount:
            counts = count_in(rows, pairs)
        else:
            del counts[best]
    return merges


def count_in(rows, pairs) -> dict:
    counts = {}
    known = counts.get
    for row, n in rows:
        for pair in pairs(row):
            counts[pair] = known(pair, 0) + n
    return counts


def trained_with(**parts):
    def wrong(words, num_merges):
        return true_merges(words, num_merges, **parts)

    wrong.__name__ = f"trained_with_{next(iter(parts))}"
    return wrong


def each_word_once(words, num_merges):
    return true_merges(list(dict.fromkeys(words)), num_merges)


def words_glued(words, num_merges):
    return true_merges(["".join(words)], num_merges)


def words_joined_by_spaces(words, num_merges):
    return true_merges([" ".join(words)], num_merges)


def once_a_word(row: str):
    return dict.fromkeys(pairwise(row))


def first_seen(pair, counts):
    return -counts[pair]


def last_seen(pair, counts):
    return -counts[pair], -list(counts).index(pair)


def largest(pair, counts):
    return -counts[pair], -ord(pair[0]), -ord(pair[1])


def rarest(pair, counts):
    return counts[pair], pair


def largest_first_id(pair, counts):
    return -counts[pair], -ord(pair[0]), ord(pair[1])


def ties_by_spelling(words, num_merges):
    """One who breaks ties by the bytes of the tokens, not by their ids."""
    spelled = {chr(b): bytes([b]) for b in range(256)}

    def replace(row, pair, new):
        spelled[new] = spelled[pair[0]] + spelled[pair[1]]
        return replace_all(row, pair, new)

    def order(pair, counts):
        return -counts[pair], spelled[pair[0]], spelled[pair[1]]

    return true_merges(words, num_merges, order=order, replace=replace)


def merges_or_error(words, num_merges):
    merges = true_merges(words, num_merges)
    if len(merges) < num_merges:
        raise ValueError("nothing left to merge")
    return merges


COUNT_MISTAKES = [
    Mistake(
        each_word_once,
        "Each different word was counted once. A word that comes five times "
        "brings each of its pairs five times.",
    ),
    Mistake(
        words_glued,
        "You joined the words, so pairs reach from the end of one word into "
        "the next. Count inside each word.",
    ),
    Mistake(
        words_joined_by_spaces,
        "You put spaces between the words, and pairs with those spaces were "
        "counted. Count inside each word, and only what is there.",
    ),
    Mistake(
        trained_with(start=lambda word: word),
        "Your ids are code points (`ord`). Start from the bytes of the word "
        "in UTF-8.",
    ),
    Mistake(
        trained_with(pairs=once_a_word),
        "You counted in how many words a pair occurs. Count its places: a "
        "pair may occur twice in one word.",
    ),
    Mistake(
        trained_with(order=rarest),
        "You merged the rarest pair. Merge the most frequent one.",
    ),
]
OVERLAP_MISTAKES = [
    Mistake(
        trained_with(pairs=side_by_side),
        "You counted `aaaa` as two pairs. Counts overlap: it has three "
        "neighbours `a a`; only merges do not overlap.",
    ),
    Mistake(
        trained_with(replace=replace_overlapping),
        "Your merges overlap: after a merge at place i you looked at i + 1, "
        "which is already used. Go on at i + 2.",
    ),
    Mistake(
        trained_with(replace=replace_from_the_right),
        "You merged from right to left: of three equal ids the first two are "
        "joined, not the last two.",
    ),
    Mistake(
        trained_with(replace=replace_first),
        "Only the first place in each word was merged. Replace the pair "
        "wherever it stands.",
    ),
]
TIE_MISTAKES = [
    Mistake(
        trained_with(order=first_seen),
        "Of pairs with the same count you took the one seen first, as `max` "
        "and `most_common` do. Take the smallest: min by (-count, pair).",
    ),
    Mistake(
        trained_with(order=last_seen),
        "Of pairs with the same count you took the one seen last. Take the "
        "smallest: min by (-count, pair).",
    ),
    Mistake(
        trained_with(order=largest),
        "Of pairs with the same count you took the largest: `max` by (count, "
        "pair) does that. Take the smallest: min by (-count, pair).",
    ),
    Mistake(
        trained_with(order=largest_first_id),
        "Of pairs with the same count you compared the first ids the wrong "
        "way round.",
    ),
    Mistake(
        ties_by_spelling,
        "You broke a tie by the bytes of the tokens. Compare their ids: a "
        "new token has a larger id than any byte.",
    ),
]
ROUND_MISTAKES = [
    Mistake(
        trained_with(recount=False),
        "Your counts are stale: they are those of the first round. Each "
        "merge removes pairs and makes new ones, so count again.",
    ),
    Mistake(
        trained_with(first_id=257),
        "Your first new id is 257. Bytes end at 255, so merge 0 makes 256.",
    ),
    Mistake(
        trained_with(first_id=255),
        "Your first new id is 255, which is a byte. Merge 0 makes 256.",
    ),
    Mistake(
        lambda words, num_merges: true_merges(words, num_merges - 1),
        "One merge is missing: count the rounds of your loop.",
    ),
    Mistake(
        lambda words, num_merges: true_merges(words, max(0, num_merges - 256)),
        "Nothing was merged. `num_merges` counts merges only, not also the "
        "256 bytes.",
    ),
    Mistake(
        lambda words, num_merges: true_merges(words, num_merges + 1),
        "There is one merge too many: count the rounds of your loop.",
    ),
    Mistake(
        lambda words, num_merges: true_merges(words, num_merges)[::-1],
        "Your merges are in reverse. The first one learned has rank 0.",
    ),
    Mistake(
        lambda words, num_merges: [
            (i, *pair)
            for i, pair in enumerate(true_merges(words, num_merges), 256)
        ],
        "Each entry is a pair of ids, (left, right), without the new id: its "
        "place in the list says which id it makes.",
    ),
    Mistake(
        lambda words, num_merges: dict(
            zip(true_merges(words, num_merges), range(256, 999), strict=False)
        ),
        "You returned a dictionary. Return the list of pairs, in the order "
        "in which they were learned.",
    ),
]
END_MISTAKES = [
    Mistake(
        trained_with(at_least=2),
        "You stopped when the best pair occurs once. Go on: a pair that "
        "occurs once is still a pair.",
    ),
    Mistake(
        merges_or_error,
        "Your code raised when no pair was left. Stop and return the merges "
        "that there are.",
    ),
    Mistake(
        lambda words, num_merges: (
            true_merges(words, num_merges) + [None] * num_merges
        )[:num_merges],
        "Your list goes on after the last pair. Stop when no pair is left.",
    ),
]


def spellings(merges) -> list[bytes]:
    """The bytes of every token that these merges make."""
    tokens = [bytes([b]) for b in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def draw_words(rng, letters: str, n_words: int, longest: int) -> list[str]:
    """Different words, repeated up to a dozen times, in any order."""
    words = {
        "".join(rng.choices(letters, k=rng.randint(1, longest)))
        for _ in range(n_words)
    }
    return repeated(rng, words)


def draw_repeats(rng, letters: str) -> list[str]:
    """Words of a letter, or of two, once or more: "a", "bc", "cbcbcb"."""
    words = set()
    for _ in range(4):
        part = "".join(rng.sample(letters, rng.choice([1, 1, 2])))
        words.add(part * rng.choice([1, 1, 2, 3] if part[1:] else [1]))
    return repeated(rng, words, most=8)


def repeated(rng, words: set[str], most: int = 12) -> list[str]:
    corpus = [w for w in sorted(words) for _ in range(rng.randint(1, most))]
    rng.shuffle(corpus)
    return corpus


def has_enough_pairs(words, num_merges) -> bool:
    return len(true_merges(words, num_merges)) == num_merges


def has_no_ties(words, num_merges) -> bool:
    """Whether the most frequent pair is the only one, in every round."""
    rows = [(as_bytes(word), n) for word, n in Counter(words).items()]
    for new_id in range(256, 256 + num_merges):
        counts = count_in(rows, overlapping)
        if not counts:
            break
        most = max(counts.values())
        best, *others = (pair for pair, n in counts.items() if n == most)
        if others:
            return False
        if new_id < 255 + num_merges:
            new = chr(new_id)
            rows = [(replace_all(row, best, new), n) for row, n in rows]
    return True


def has_no_doubles(words, num_merges) -> bool:
    return all(a != b for a, b in true_merges(words, num_merges))


def has_no_twins(words, num_merges) -> bool:
    """Whether no byte stands beside its like."""
    return all(a != b for word in words for a, b in pairwise(word.encode()))


def drawn(draw, *properties):
    """`draw` again until all properties hold: a check for each difficulty."""

    def draw_with_properties(rng):
        while True:
            args = draw(rng)
            if all(holds(*args) for holds in properties):
                return args

    return draw_with_properties


@training.check("merges the most frequent pair", 2)
def first_merge(s: Session):
    s.agrees(
        "train_bpe",
        true_merges,
        given=[(["ab", "ab", "abc"], 1)],
        draw=drawn(
            lambda rng: (draw_repeats(rng, "abcéї"), 1),
            has_no_twins,
            has_no_ties,
        ),
        checked="the first merge",
        look="Count every two neighbouring ids inside every word, repeated "
        "words each time.",
        mistakes=COUNT_MISTAKES,
    )


@training.check("breaks ties as the task says", 2)
def ties(s: Session):
    s.agrees(
        "train_bpe",
        true_merges,
        given=[(["ba", "ab"], 2), (["ac", "ab"], 2)],
        draw=drawn(
            lambda rng: (draw_words(rng, "abcde", 3, 4)[:5], 3),
            has_enough_pairs,
            has_no_doubles,
        ),
        checked="a corpus with equal counts",
        look="Of the pairs with the highest count take the smallest: "
        "compare the first ids, then the second.",
        mistakes=TIE_MISTAKES,
    )


@training.check("counts pairs that overlap, merges none that do", 3)
def repeats(s: Session):
    def draw(rng):
        a, b = rng.sample("abcxyz", 2)
        n = rng.randint
        words = [a * n(1, 9), b + a * n(1, 6), a * n(1, 4) + b, b * n(2, 7)]
        return words + [b * n(1, 7) + a], n(1, 3)

    a, b = s.rng.sample("amz", 2)
    runs = [([a * n], n // 4) for n in (4, 5, 8, 11)]
    three = [a * 3 + b] * s.rng.randint(2, 4) + [a * 3]
    s.agrees(
        "train_bpe",
        true_merges,
        given=[*runs, (three, 2)],  # of three, which two?
        draw=drawn(draw, has_no_ties, has_enough_pairs),
        checked="words such as aaaa",
        look="`aaaa` has three pairs `a a` to count, and two to merge: from "
        "left to right, none used twice.",
        mistakes=OVERLAP_MISTAKES + COUNT_MISTAKES[1:3],  # glued words too
    )


@training.check("builds later merges on earlier ones", 3)
def rounds(s: Session):
    s.agrees(
        "train_bpe",
        true_merges,
        given=[(["abab", "abab", "cab"], 2)],
        draw=drawn(
            lambda rng: (draw_words(rng, "abcde", 8, 6), rng.randint(3, 6)),
            has_no_ties,
            has_no_doubles,
            has_enough_pairs,
        ),
        checked="several merges in order",
        look="Replace the pair by its new id (256 for the first merge, then "
        "257, ...) in every word, then count again.",
        mistakes=ROUND_MISTAKES,
    )


@training.check("knows when to stop", 1)
def stops(s: Session):
    a, b = s.rng.sample("abcxyz", 2)
    odd = [[], [""], [a], [a, b, ""], [a + b], [a + b + a, a + b, b]]
    s.agrees(
        "train_bpe",
        true_merges,
        given=[(words, n) for words in odd for n in (0, 1, 6)],
        checked="a corpus with fewer pairs than merges",
        look="`num_merges` is a maximum. Without a pair to merge the list "
        "ends; without words it is empty.",
        mistakes=END_MISTAKES + ROUND_MISTAKES,
    )


@training.check("leaves the words as they were", 1)
def words_unchanged(s: Session):
    draw = drawn(lambda rng: (draw_words(rng, "abc", 5, 5), 2), has_no_ties)
    s.unchanged(
        "train_bpe",
        *draw(s.rng),
        oracle=true_merges,
        look="Your code changed the list of words that it was given. Work on "
        "lists of ids of your own.",
    )
