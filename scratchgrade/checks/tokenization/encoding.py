"""Checks of exercise 1.4: encoding by rank, decoding by bytes."""

import functools
from collections import Counter
from itertools import pairwise

from scratchgrade.checks.kit import Exercise, Mistake, Session
from scratchgrade.checks.tokenization.training import (
    as_bytes,
    draw_words,
    drawn,
    has_enough_pairs,
    replace_all,
    replace_first,
    replace_from_the_right,
    replace_overlapping,
    spellings,
    true_merges,
)
from scratchgrade.checks.tokenization.utf8 import draw_text

encoding = Exercise(
    "1.4",
    "Encode by rank, decode by bytes",
    needs=("bpe_encode", "bpe_decode"),
    read="Chapter 1, Step 3: Encode",
)


def true_ids(text, merges, *, start=as_bytes, replace=replace_all, first=256):
    """The oracle: every merge in order of rank, once.

    Once is enough: a merge makes a new id, and a pair that holds the new id
    has a higher rank.
    """
    row = start(text)
    for new_id, (left, right) in enumerate(merges, first):
        row = replace(row, (chr(left), chr(right)), chr(new_id))
    return list(map(ord, row))


def encoded_with(**parts):
    def wrong(text, merges):
        return true_ids(text, merges, **parts)

    wrong.__name__ = f"encoded_with_{next(iter(parts))}"
    return wrong


def longest_match(text, merges):
    ids = {token: i for i, token in enumerate(spellings(merges))}
    data, found = text.encode(), []
    while data:
        end = next(n for n in range(len(data), 0, -1) if data[:n] in ids)
        found.append(ids[data[:end]])
        data = data[end:]
    return found


def merge_by(choose):
    """Merge one pair at a time; `choose` picks its place among the known."""

    def ids_of(text, merges):
        rank = {tuple(pair): r for r, pair in enumerate(merges)}
        ids = list(text.encode())
        while True:
            pairs = list(pairwise(ids))
            places = [i for i, pair in enumerate(pairs) if pair in rank]
            if not places:
                return ids
            i = choose(places, pairs, rank)
            ids[i : i + 2] = [256 + rank[pairs[i]]]

    ids_of.__name__ = f"merge_by_{choose.__name__}"
    return ids_of


def leftmost(places, pairs, rank):
    return places[0]


def highest_rank(places, pairs, rank):
    return max(places, key=lambda i: rank[pairs[i]])


def most_frequent(places, pairs, rank):
    counts = Counter(pairs)
    return min(places, key=lambda i: (-counts[pairs[i]], rank[pairs[i]]))


def one_merge_only(text, merges):
    rank = {tuple(pair): r for r, pair in enumerate(merges)}
    ids = list(text.encode())
    known = [pair for pair in pairwise(ids) if pair in rank]
    if not known:
        return ids
    first = min(known, key=rank.get)
    row = as_bytes(text).replace(
        "".join(map(chr, first)), chr(256 + rank[first])
    )
    return list(map(ord, row))


def one_pass(text, merges):
    """From left to right once, joining whatever pair is known."""
    rank = {tuple(pair): r for r, pair in enumerate(merges)}
    out = []
    for b in text.encode():
        if out and (out[-1], b) in rank:
            out[-1] = 256 + rank[out[-1], b]
        else:
            out.append(b)
    return out


def without_last_pair(text, merges):
    """One whose loop over the places ends one too early."""
    row = as_bytes(text)
    for new_id, (left, right) in enumerate(merges, 256):
        last = row[-1:]
        row = row[:-1].replace(chr(left) + chr(right), chr(new_id)) + last
    return list(map(ord, row))


def ids_word_by_word(text, merges):
    """One who cuts the text before each space first."""
    words = text.replace(" ", "\0 ").split("\0")
    return [i for word in words for i in true_ids(word, merges)]


def spelled(text, merges):
    tokens = spellings(merges)
    return [tokens[i] for i in true_ids(text, merges)]


RANK_MISTAKES = [
    Mistake(
        ids_word_by_word,
        "You cut the text into words first. Here it counts as one word, and "
        "merges may cross a space.",
    ),
    Mistake(
        longest_match,
        "You took the longest token that fits, then the next. BPE replays "
        "the merges: the lowest rank goes first, however short it is.",
    ),
    Mistake(
        merge_by(leftmost),
        "You merged the leftmost pair that is in the list. Of all known "
        "pairs in the text the one of lowest rank comes first.",
    ),
    Mistake(
        merge_by(highest_rank),
        "You merged the pair of highest rank first. Ranks count from 0 in "
        "the order of learning, and the earliest goes first.",
    ),
    Mistake(
        merge_by(most_frequent),
        "You merged the pair that is most frequent in this text. Training "
        "counted; encoding only follows the ranks.",
    ),
    Mistake(
        one_merge_only,
        "You stopped after one merge. Repeat until no pair of neighbours is "
        "in the list.",
    ),
    Mistake(
        one_pass,
        "You walked through the text once and joined what came. A pair of "
        "lower rank further right goes first.",
    ),
    Mistake(
        encoded_with(start=lambda text: text),
        "Your ids started as code points (`ord`). Start from the bytes of "
        "the text in UTF-8.",
    ),
    Mistake(
        encoded_with(first=257),
        "The merge of rank r makes the id 256 + r; yours are one more.",
    ),
    Mistake(
        spelled,
        "You returned the tokens' bytes. Return their ids.",
    ),
]
PLACE_MISTAKES = [
    Mistake(
        without_last_pair,
        "Your loop ends before the last pair of neighbours: there are "
        "len(ids) - 1 pairs.",
    ),
    Mistake(
        encoded_with(replace=replace_first),
        "Only the first place of each pair was merged. Replace the pair "
        "wherever it stands before you go to the next rank.",
    ),
    Mistake(
        encoded_with(replace=replace_from_the_right),
        "You merged from right to left: of three equal ids the first two are "
        "joined, not the last two.",
    ),
    Mistake(
        encoded_with(replace=replace_overlapping),
        "Your merges overlap: an id that was just merged was used again. "
        "After a merge go on behind it.",
    ),
]


def draw_letters(rng) -> str:
    return "".join(rng.sample("abcdeghk", 3)) + rng.choice("éї😀")


def draw_merges(rng, letters: str, n_merges=12):
    """Merges learned from words of these letters."""
    learnable = drawn(
        lambda rng: (draw_words(rng, letters, 10, 7), n_merges),
        has_enough_pairs,
    )
    return true_merges(*learnable(rng))


def draw_encoding(rng):
    """A text, and merges that were learned from other words."""
    letters = draw_letters(rng)
    merges = draw_merges(rng, letters)
    return "".join(rng.choices(letters, k=rng.randint(12, 30))), merges


@encoding.check("merges in the order of rank", 3)
def by_rank(s: Session):
    s.agrees(
        "bpe_encode",
        true_ids,
        given=[
            ("", [(97, 98)]),
            ("abc", []),
            ("b", [(97, 98)]),
            ("abc", [(98, 99), (97, 98)]),
            ("a b", [(97, 32), (256, 98)]),
        ],
        draw=draw_encoding,
        checked="the ids of a text",
        look="Find the pair of lowest rank among all neighbours, replace it "
        "everywhere by 256 + rank, and repeat until none is left.",
        mistakes=RANK_MISTAKES + PLACE_MISTAKES,
    )


@encoding.check("merges every place, from left to right", 2)
def every_place(s: Session):
    def draw(rng):
        a, b = rng.sample("abcxyz", 2)
        words = [a * rng.randint(3, 9), b * rng.randint(2, 5) + a, a + b]
        merges = true_merges(words, rng.randint(1, 4))
        parts = [a, b, a * 3, b * 3, a + b]
        return "".join(rng.choice(parts) for _ in range(6)), merges

    given = [("a" * n, [(97, 97)]) for n in (2, 3, 4, 5)]
    s.agrees(
        "bpe_encode",
        true_ids,
        given=[*given, ("aaaaaa", [(97, 97), (256, 97), (256, 256)])],
        draw=draw,
        checked="a text in which pairs repeat",
        look="`aaa` holds one merge of `a a`, at its start; `aaaa` holds two.",
        mistakes=PLACE_MISTAKES,
    )


def true_text(token_ids, merges, errors="replace"):
    tokens = spellings(merges)
    return b"".join(tokens[i] for i in token_ids).decode("utf-8", errors)


def text_token_by_token(token_ids, merges):
    tokens = spellings(merges)
    return "".join(tokens[i].decode("utf-8", "replace") for i in token_ids)


def text_by_chr(token_ids, merges):
    tokens = spellings(merges)
    return b"".join(tokens[i] for i in token_ids).decode("latin-1")


DECODE_MISTAKES = [
    Mistake(
        text_token_by_token,
        "You decoded one token at a time, and a character can be spread over "
        "several. Join the bytes of all tokens first.",
    ),
    Mistake(
        text_by_chr,
        "You made a character of every byte (`chr`, Latin-1). Join the bytes "
        "and decode them as UTF-8.",
    ),
    Mistake(
        lambda token_ids, merges: true_text(token_ids, merges).encode(),
        "You returned bytes. Decode them to text.",
    ),
]


def draw_ids(rng):
    text, merges = draw_encoding(rng)
    text += draw_text(rng, 6)
    return true_ids(text, merges), merges


@encoding.check("gives the text back", 2)
def round_trip(s: Session):
    s.agrees(
        "bpe_decode",
        true_text,
        given=[([], []), ([104, 105], []), ([256, 256], [(104, 105)])],
        draw=draw_ids,
        checked="the text of a row of ids",
        look="The bytes of id 256 + r are those of its two parts, one after "
        "the other. Join all bytes, then decode once.",
        mistakes=DECODE_MISTAKES,
    )
    tables = [draw_encoding(s.rng)[1] for _ in range(2)]
    cases = [(draw_text(s.rng, 12), tables[i % 2]) for i in range(8)]
    rows = s.every("bpe_encode", cases)
    coded = [(ids, table) for ids, (_, table) in zip(rows, cases, strict=True)]
    found = s.every("bpe_decode", coded)
    for (text, _), got in zip(cases, found, strict=True):
        s.equal(
            got,
            text,
            checked="bpe_decode(bpe_encode(text)) for a text in many scripts",
            look="Whatever the merges are, no byte may get lost between the "
            "two functions.",
        )


@encoding.check("decodes ids that cut a character", 1)
def partial_characters(s: Session):
    def draw(rng):
        ids, merges = draw_ids(rng)
        start = rng.randrange(len(ids))
        return ids[start : start + rng.randint(1, 6)], merges

    s.agrees(
        "bpe_decode",
        true_text,
        given=[([0xF0, 0x9F], []), ([0x80], []), ([0x61, 0xD1], [])],
        draw=draw,
        checked="the text of ids that begin or stop inside a character",
        look="Join all bytes, then decode once with errors='replace'.",
        mistakes=[
            *DECODE_MISTAKES,
            Mistake(
                lambda ids, merges: true_text(ids, merges, "strict"),
                "Your code raised UnicodeDecodeError. A model may stop in the "
                "middle of a character: decode with errors='replace'.",
            ),
            Mistake(
                lambda ids, merges: true_text(ids, merges, "ignore"),
                "Broken characters vanished. Show them as U+FFFD: "
                "errors='replace'.",
            ),
        ],
    )


GPT2_WORDS = [" surprise", " tokenization", "unhappiness", " strawberry"]
GPT2_WORDS += [" Austen", " neighbouring", " їжак", " місто", " θάλασσα"]
GPT2_WORDS += [" 東京", "😀🦊", " naïve", " 12345678", "------", " anywhere"]
GPT2_WORDS += ["antidisestablishmentarianism", " indistinguishable"]
GPT2_WORDS += [" electroencephalogram", " mmmmmmmm", " banana", " перемога"]
GPT2_WORDS += [" Mississippi", " onomatopoeia", "      ", "!!!???", "…“”"]
GPT2_WORDS += [" unbelievably", " representation", " reassessments"]


@functools.cache
def gpt2_tokenizer():
    """The library's, loaded when it is first needed; ids by their bytes."""
    from scratchlm.tokenizer import BPETokenizer

    gpt2 = BPETokenizer.gpt2()
    return gpt2, {token: i for i, token in enumerate(gpt2.token_bytes)}


@functools.cache  # one of GPT2_WORDS
def gpt2_sample(word: str) -> tuple[list[tuple[int, int]], list[int]]:
    """GPT-2's merges that can touch a word, and the word's ids.

    The ids are tiktoken's, renumbered: a byte has its own value as id, and
    the merges that were picked count from 256 in the order of their rank.
    """
    from scratchlm.tokenizer import gpt2_encoding

    (gpt2, ids_of), data = gpt2_tokenizer(), word.encode()
    parts = {
        data[i:j]
        for i in range(len(data))
        for j in range(i + 2, len(data) + 1)
    }
    picked = sorted(i for p in parts if (i := ids_of.get(p, 0)) > 255)
    number = {i: gpt2.token_bytes[i][0] for i in range(256)}
    number |= {old: new for new, old in enumerate(picked, 256)}
    merges = [
        tuple(number[part] for part in gpt2.merges[old - 256])
        for old in picked
    ]
    return merges, [number[i] for i in gpt2_encoding().encode_ordinary(word)]


@encoding.check("gives GPT-2's tokens with GPT-2's merges", 3)
def as_gpt2(s: Session):
    words = s.rng.sample(GPT2_WORDS, 8)
    s.agrees(
        "bpe_encode",
        lambda text, merges: list(gpt2_sample(text)[1]),
        given=[(word, list(gpt2_sample(word)[0])) for word in words],
        checked="words under GPT-2's own merges, against tiktoken",
        look="Rank decides, nothing else. Follow one short word by hand and "
        "print the pair of each round.",
        mistakes=RANK_MISTAKES + PLACE_MISTAKES,
    )


@encoding.check("leaves the merges as they were", 1)
def merges_unchanged(s: Session):
    text, merges = draw_encoding(s.rng)
    look = (
        "Your code changed the list of merges that it was given: the next "
        "call would work with another tokenizer. Read it only."
    )
    ids = true_ids(text, merges)
    s.unchanged("bpe_encode", text, merges, oracle=true_ids, look=look)
    s.unchanged("bpe_decode", ids, merges, oracle=true_text, look=look)
