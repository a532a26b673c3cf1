"""Checks of exercise 1.8: WordPiece, trained by score, greedy in use."""

import functools
import string
from functools import partial
from itertools import pairwise

from scratchgrade.checks.kit import Exercise, Mistake, Session
from scratchgrade.checks.tokenization.inputs import some_word

# Training: the oracle, slow and plain, whose parts can be changed


def marked(word: str) -> tuple[str, ...]:
    return tuple("##" * (i > 0) + c for i, c in enumerate(word))


def bare(piece: str) -> str:
    return piece.removeprefix("##")


def stripped(piece: str) -> str:
    return piece.lstrip("#")


def merge_in(pieces: tuple[str, ...], pair, unmark=bare) -> tuple[str, ...]:
    if pair[0] not in pieces or pair[1] not in pieces:
        return pieces
    done, i = [], 0
    while i < len(pieces):
        if pieces[i : i + 2] == pair:
            done.append(pair[0] + unmark(pair[1]))
            i += 2
        else:
            done.append(pieces[i])
            i += 1
    return tuple(done)


def by_score(pair, pieces, pairs):
    return pairs[pair] / (pieces[pair[0]] * pieces[pair[1]])


def by_count(pair, pieces, pairs):
    return pairs[pair]


def by_sum(pair, pieces, pairs):
    return pairs[pair] / (pieces[pair[0]] + pieces[pair[1]])


def by_left(pair, pieces, pairs):
    return pairs[pair] / pieces[pair[0]]


def smallest(scores):
    most = max(scores.values())
    return min(pair for pair, score in scores.items() if score == most)


def first_met(scores):
    return max(scores, key=scores.get)


def largest(scores):
    return max(scores, key=lambda pair: (scores[pair], pair))


def pairs_apart(pieces):
    """Neighbours, counting `a a a` as one pair of `a a`."""
    i = 0
    while i + 1 < len(pieces):
        yield pieces[i : i + 2]
        i += 1 + (pieces[i] == pieces[i + 1])


def train(
    word_counts,
    n_merges,
    min_count,
    *,
    score=by_score,
    choose=smallest,
    split=marked,
    unmark=bare,
    neighbours=pairwise,
    weighted=True,
    recount=True,
    ties=True,
):
    """The merges; None at the first tie of scores if `ties` is not set."""
    words = [(split(w), n if weighted else 1) for w, n in word_counts.items()]
    merges, scores = [], {}
    for i in range(n_merges):
        if recount or i == 0:
            pieces, pairs = {}, {}
            for word, n in words:
                for piece in word:
                    pieces[piece] = pieces.get(piece, 0) + n
                for pair in neighbours(word):
                    pairs[pair] = pairs.get(pair, 0) + n
            scores = {
                pair: score(pair, pieces, pairs)
                for pair, n in pairs.items()
                if n >= min_count
            }
        if not scores:
            break
        best = choose(scores)
        if not ties and list(scores.values()).count(scores[best]) > 1:
            return None
        scores.pop(best)
        merges.append(best)
        words = [(merge_in(word, best, unmark), n) for word, n in words]
    return merges


@functools.lru_cache(64)  # a draw is trained on when it is chosen, and asked
def untied(counts: tuple[tuple[str, int], ...], n_merges: int, least: int):
    """The merges, or None if two scores are ever equal."""
    return train(dict(counts), n_merges, least, ties=False)


def true_pairs(word_counts, n_merges, min_count):
    """The oracle."""
    found = untied(tuple(word_counts.items()), n_merges, min_count)
    if found is None:
        return train(word_counts, n_merges, min_count)
    return list(found)


def without_ties(draw):
    """Draw again until no two scores are equal: then rounding is no issue.

    The counts are small, so different fractions stay different as floats.
    """

    def drawn(rng):
        while True:
            counts, n_merges, min_count = args = draw(rng)
            if untied(tuple(counts.items()), n_merges, min_count) is not None:
                return args

    return drawn


def corpus(rng, n_words: int, letters: int = 5, longest: int = 5):
    alphabet = rng.sample(string.ascii_lowercase, letters)
    words = {some_word(rng, alphabet, 2, longest) for _ in range(n_words)}
    return {word: rng.randint(2, 60) for word in sorted(words)}


def runs(rng) -> dict[str, int]:
    """Words of two letters, each a run: `aaab`, `bab`."""
    a, b = rng.sample(string.ascii_lowercase, 2)
    words = {
        rng.choice(["", a, b]) + a * rng.randint(1, 5) + b * rng.randint(0, 3)
        for _ in range(4)
    }
    return {word: rng.randint(2, 60) for word in sorted(words)}


def hashes(rng) -> dict[str, int]:
    """Words in which `#` is a letter as well, but never the first."""
    a, b = rng.sample(string.ascii_lowercase, 2)
    words = {a + some_word(rng, [b, "#"], 2, 4) for _ in range(8)}
    return {word: rng.randint(1, 60) for word in sorted(words)}


TRAINING_SLIPS = [
    Mistake(
        partial(train, score=by_count),
        "You merge the most frequent pair: that is BPE. WordPiece "
        "divides by how often the parts occur: "
        "count(ab) / (count(a) * count(b)).",
    ),
    Mistake(
        partial(train, weighted=False),
        "Each word counts once here. It occurs word_counts[word] "
        "times: its pieces and its pairs do too.",
    ),
    Mistake(
        partial(train, score=by_sum),
        "You divide by the sum of the two counts; it is their product.",
    ),
    Mistake(
        partial(train, score=by_left),
        "You divide by the left piece's count only. A common right "
        "piece makes a pair unremarkable just as well: divide by "
        "both.",
    ),
    Mistake(
        partial(train, split=tuple),
        "Your pieces carry no ##. Every character but a word's first "
        "starts as '##' + character, so `a` and `##a` count apart.",
    ),
    Mistake(
        partial(train, recount=False),
        "The scores are from the first round. A merge changes the "
        "pieces and so all counts: count again before each merge.",
    ),
    Mistake(
        partial(train, neighbours=pairs_apart),
        "In a run of one letter you count every second pair. Every two "
        "neighbours are a pair here: `##a ##a ##a` has two.",
    ),
]


ex8 = Exercise(
    "1.8",
    "WordPiece",
    needs=("train_wordpiece", "encode_wordpiece"),
    read="Chapter 1, Step 6: Alternatives",
)


@ex8.check("pairs are chosen by score", points=2)
def chosen_by_score(s: Session):
    @without_ties
    def draw(rng):
        if rng.random() < 0.7:
            return runs(rng), 3, 1
        return corpus(rng, 8, letters=4), 3, 1

    s.agrees(
        "train_wordpiece",
        true_pairs,
        given=[draw(s.rng) for _ in range(2)],
        draw=draw,
        checked="three merges, min_count 1",
        look="Before each merge take the pair with the largest "
        "count(ab) / (count(a) * count(b)), all counted over the words as "
        "they are cut now.",
        mistakes=TRAINING_SLIPS,
    )
    s.keeps(
        "train_wordpiece",
        runs(s.rng),
        3,
        1,
        look="Your code changes the counts that it was given. Keep the words "
        "as they are cut in a dictionary or list of your own.",
    )


@ex8.check("rare pairs are left alone", points=1)
def rare_left_alone(s: Session):
    def ignoring(word_counts, n_merges, min_count):
        return true_pairs(word_counts, n_merges, 1)

    def more_than(word_counts, n_merges, min_count):
        return true_pairs(word_counts, n_merges, min_count + 1)

    def max_of_nothing(word_counts, n_merges, min_count):
        merges = true_pairs(word_counts, n_merges, min_count)
        if len(merges) < n_merges:
            raise ValueError
        return merges

    @without_ties
    def draw(rng):
        word_counts = corpus(rng, 7, letters=rng.choice([2, 5]))
        return word_counts, 30, rng.choice([*word_counts.values(), 25])

    s.agrees(
        "train_wordpiece",
        true_pairs,
        given=[({"ab": 1, "bc": 2}, 5, 3), draw(s.rng), draw(s.rng)],
        draw=draw,
        checked="more merges wished than there are",
        look="Only pairs that occur at least min_count times may be merged; "
        "when there are none, the list ends.",
        mistakes=[
            *TRAINING_SLIPS,
            Mistake(
                ignoring,
                "You merged pairs that occur fewer than min_count times. "
                "Without that limit two pieces that occur once, together, "
                "have the highest score there is.",
            ),
            Mistake(
                more_than,
                "A pair that occurs exactly min_count times may be merged: "
                ">=, not >.",
            ),
            Mistake(
                max_of_nothing,
                "max of nothing raises an error. When no pair may be merged, "
                "training is over: return the merges made so far.",
            ),
        ],
    )


@ex8.check("ties, doubled letters, and # as a letter", points=1)
def ties_and_doubles(s: Session):
    def tied(rng):
        letters = rng.sample(string.ascii_lowercase, 6)
        n = rng.randint(2, 30)
        words = ["".join(letters[i : i + 2]) for i in (0, 2, 4)]
        return dict.fromkeys(words, n), 1, 1

    @without_ties
    def doubled(rng):
        if rng.random() < 0.5:
            return runs(rng), 4, 1
        return corpus(rng, 5, letters=2, longest=9), 4, 1

    s.agrees(
        "train_wordpiece",
        true_pairs,
        draw=tied,
        checked="pairs with equal scores",
        look="Equal scores: merge the smallest pair, as Python compares "
        "tuples of strings.",
        mistakes=[
            Mistake(
                partial(train, choose=first_met),
                "Of equal scores you take the pair met first. Then the order "
                "of the words decides; take the smallest pair: "
                "key=lambda pair: (-score[pair], pair) with min.",
            ),
            Mistake(
                partial(train, choose=largest),
                "Of equal scores you take the largest pair. max over "
                "(score, pair) does that; min over (-score, pair) takes the "
                "smallest.",
            ),
        ],
    )
    s.agrees(
        "train_wordpiece",
        true_pairs,
        given=[doubled(s.rng) for _ in range(4)],
        draw=doubled,
        checked="words of two letters, with runs",
        look="Merging goes left to right and uses no piece twice.",
        mistakes=TRAINING_SLIPS,
    )
    s.agrees(
        "train_wordpiece",
        true_pairs,
        draw=without_ties(lambda rng: (hashes(rng), 4, 1)),
        checked="words in which # is a letter",
        look="Only the two marks go when a pair is joined.",
        mistakes=[
            Mistake(
                partial(train, unmark=stripped),
                "lstrip('#') takes every # there is, the letter too. The mark "
                "is exactly two characters: right[2:], or "
                "right.removeprefix('##').",
            )
        ],
    )


# Encoding


def words_at(text: str) -> list[tuple[str, int]]:
    """The words between spaces, with the places where they start."""
    return [
        (text[i:].split(" ")[0], i)
        for i, c in enumerate(text)
        if c != " " and (i == 0 or text[i - 1] == " ")
    ]


def greedy(word, vocab, mark="##", longest=True):
    """The pieces as (piece, start, end), and how far they reach."""
    found, i = [], 0
    while i < len(word):
        ends = range(i + 1, len(word) + 1)
        for j in reversed(ends) if longest else ends:
            piece = mark * (i > 0) + word[i:j]
            if piece in vocab:
                found.append((piece, i, j))
                i = j
                break
        else:
            break
    return found, i


def give_up(word, vocab, found, reached):
    return [("[UNK]", 0, len(word))]


def keep_beginning(word, vocab, found, reached):
    return [*found, ("[UNK]", reached, len(word))]


def leave_out(word, vocab, found, reached):
    return []


def skip_one(word, vocab, found, reached):
    """One [UNK] for the character at which the search is stuck."""
    unknown = ("[UNK]", reached, reached + 1)
    rest, i = [], reached + 1
    while i < len(word):
        more, n = greedy("_" * i + word[i:], {*vocab, "_" * i})
        rest += more[1:]
        i = n
        if i < len(word):
            rest.append(("[UNK]", i, i + 1))
            i += 1
    return [*found, unknown, *rest]


def go_back(word, vocab, found, reached):
    """The first segmentation there is, longer pieces tried first."""

    def rest(i):
        if i == len(word):
            return []
        for j in range(len(word), i, -1):
            piece = "##" * (i > 0) + word[i:j]
            more = rest(j) if piece in vocab else None
            if more is not None:
                return [(piece, i, j), *more]
        return None

    return rest(0) or give_up(word, vocab, found, reached)


def encode(text, vocab, *, on_stuck=give_up, place=None, **how):
    """The oracle; `place` says where a word is thought to start."""
    answer = []
    for word, start in words_at(text):
        found, reached = greedy(word, vocab, **how)
        if reached < len(word):
            found = on_stuck(word, vocab, found, reached)
        start = place(text, word) if place else start
        answer += [(p, start + i, start + j) for p, i, j in found]
    return answer


def narrow(text, vocab):
    return encode(" ".join(text.split()), vocab)


def unmarked(text, vocab):
    return [(bare(piece), i, j) for piece, i, j in encode(text, vocab)]


def some_vocab(rng, letters, n: int) -> set[str]:
    """All the letters, at a word's start and inside, and longer pieces."""
    vocab = {*letters, *("##" + c for c in letters)}
    for _ in range(n):
        vocab.add("##" * rng.randint(0, 1) + some_word(rng, letters, 2, 4))
    return vocab


@ex8.check("a word is cut longest piece first", points=2)
def longest_first(s: Session):
    def draw(rng):
        letters = rng.sample(string.ascii_lowercase, 3)
        text = " ".join(some_word(rng, letters) for _ in range(2))
        return text, some_vocab(rng, letters, 14)

    s.agrees(
        "encode_wordpiece",
        encode,
        draw=draw,
        checked="two words whose letters are all known",
        look="From where you are in the word, take the longest piece of the "
        "vocabulary that fits; after the first, pieces begin with ##. "
        "text[start:end] is the piece without its ##.",
        mistakes=[
            Mistake(
                unmarked,
                "The ## is missing from the pieces you return: without it "
                "nobody can tell a word's beginning from its inside.",
            ),
            Mistake(
                partial(encode, mark=""),
                "Inside a word you look up pieces without ##. `##an` and "
                "`an` are different entries: the second begins words.",
            ),
            Mistake(
                partial(encode, longest=False),
                "You take the shortest piece that fits. Try the longest "
                "first: start at the word's end and come back.",
            ),
            Mistake(
                partial(encode, place=lambda text, word: 0),
                "Your places count from the beginning of each word; they "
                "must count from the beginning of the text.",
            ),
        ],
    )


@ex8.check("a word that cannot be finished is one [UNK]", points=1)
def unknown_word(s: Session):
    def draw(rng):
        *letters, stranger = rng.sample(string.ascii_lowercase, 4)
        vocab = some_vocab(rng, letters, 8) - {"##" + letters[2]}
        words = [some_word(rng, letters, 2, 4) for _ in range(3)]
        words[1] += rng.choice([stranger, ""]) + some_word(rng, letters, 1, 3)
        if rng.random() < 0.5:  # stuck after ab, though a ##bc would do
            a, b, c = letters
            vocab = (vocab | {a + b, f"##{b}{c}"}) - {a + b + c}
            words[1] = a + b + c
        return " ".join(words), vocab

    s.agrees(
        "encode_wordpiece",
        encode,
        given=[draw(s.rng) for _ in range(4)],
        draw=draw,
        checked="words with strange letters, or none inside a word",
        look="A word for which the search gets stuck gives one [UNK] from "
        "its first character to its end; its neighbours are untouched.",
        mistakes=[
            Mistake(
                partial(encode, on_stuck=keep_beginning),
                "You keep the pieces found before the search got stuck. The "
                "word is unknown as a whole: drop them.",
            ),
            Mistake(
                partial(encode, on_stuck=skip_one),
                "You give [UNK] for the one character. WordPiece gives up "
                "the whole word: one strange letter, one [UNK].",
            ),
            Mistake(
                partial(encode, on_stuck=leave_out),
                "The word is gone. What cannot be encoded must leave a mark, "
                "or the text that follows means something else.",
            ),
            Mistake(
                partial(encode, on_stuck=go_back),
                "You went back and tried a shorter piece. That finds more "
                "words, but WordPiece does not: it is stuck, so [UNK].",
            ),
        ],
    )


@ex8.check("places hold with repeated words and many spaces", points=1)
def places_hold(s: Session):
    def draw(rng):
        letters = rng.sample(string.ascii_lowercase, 3)
        one, two = (some_word(rng, letters, 2, 5) for _ in range(2))
        text = f"  {one} {two}   {one}{two} {one} "
        return text, some_vocab(rng, letters, 8)

    s.agrees(
        "encode_wordpiece",
        encode,
        given=[("", {"a"}), ("   ", {"a"})],
        draw=draw,
        checked="words that come again, runs of spaces",
        look="Every character but the spaces lies in exactly one piece, in "
        "order: text[start:end] is the piece without its ##. A text without "
        "words has no pieces.",
        mistakes=[
            Mistake(
                partial(encode, place=str.find),
                "text.find(word) and text.index(word) find the first time "
                "the word occurs. Search on from the end of the word before.",
            ),
            Mistake(
                narrow,
                "You count one space between words; there may be more, and "
                "some before the first. Take the places from the text.",
            ),
        ],
    )
