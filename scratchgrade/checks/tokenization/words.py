"""Checks of exercise 1.2: a word tokenizer and what it loses."""

import re
from collections import Counter

from scratchgrade.checks.kit import Exercise, Mistake, Session, brief

words = Exercise(
    "1.2",
    "A word tokenizer and what it loses",
    needs=("build_vocab", "encode_words", "decode_words", "lookalike"),
    read="Chapter 1, Step 1: Bytes",
)

UNKNOWN = "<unk>"
PIECES = re.compile(r"\w+|[^\w\s]")
NO_SPACE_BEFORE = ".,;:!?"
STEMS = ["sea", "sees", "seen", "tea", "ten", "net", "Sea", "TEN", "x2", "x_1"]
STEMS += ["7", "2025", "їжак", "Їжак", "été", "中文"]
MARKS = [".", ",", ";", ":", "!", "?", "(", ")", "-", "…", "'", '"', "€"]
BLANKS = [" ", " ", " ", "  ", "\n", "\t", ""]


def draw_sentence(rng, n: int) -> str:
    """Pieces that repeat, differ in case, touch marks and stand apart."""
    some = rng.sample(STEMS, 6) + rng.sample(MARKS, 3)
    return "".join(
        rng.choice(some) + rng.choice(BLANKS) for _ in range(n)
    ).strip()


def true_vocab(
    text,
    min_count,
    pieces=PIECES.findall,
    order=lambda counts: sorted(counts, key=lambda p: (-counts[p], p)),
    special=lambda kept: [UNKNOWN, *kept],
):
    """The oracle; its parts can be exchanged for wrong ones."""
    counts = Counter(pieces(text))
    kept = [p for p in order(counts) if counts[p] >= min_count]
    return {piece: i for i, piece in enumerate(special(kept))}


def vocab_with(**parts):
    def wrong(text, min_count):
        return true_vocab(text, min_count, **parts)

    wrong.__name__ = f"vocab_with_{next(iter(parts))}"
    return wrong


def pieces_with_unknown(text):
    """One to whom the five characters <unk> are a piece of their own."""
    return re.findall(r"<unk>|\w+|[^\w\s]", text)


def upside_down(counts):
    return sorted(counts, key=lambda p: (counts[p], p), reverse=True)


CUT_MISTAKES = [
    Mistake(
        vocab_with(pieces=str.split),
        "You split at white space, so a comma sticks to the word before it. "
        "A mark is a piece of its own.",
    ),
    Mistake(
        vocab_with(pieces=re.compile(r"\w+").findall),
        "Your pieces are words only. Marks are pieces too.",
    ),
    Mistake(
        vocab_with(pieces=re.compile(r"\w+|[^\w\s]+").findall),
        "You joined neighbouring marks into one piece. Each mark stands "
        "alone.",
    ),
    Mistake(
        vocab_with(pieces=re.compile(r"\w+|\W").findall),
        "Your pieces contain white space: `\\W` matches it too. Exclude "
        "`\\s`.",
    ),
    Mistake(
        vocab_with(pieces=re.compile(r"[A-Za-z0-9_]+|[^\w\s]").findall),
        "Your letters are ASCII only: words in other scripts are lost. `\\w` "
        "knows them all.",
    ),
    Mistake(
        vocab_with(pieces=re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_").findall),
        "You cut `x2` and `x_1` apart: letters, digits and the underscore "
        "are all word characters.",
    ),
    Mistake(
        vocab_with(pieces=lambda text: PIECES.findall(text.lower())),
        "You changed the text to lower case. `Sea` and `sea` are two pieces.",
    ),
]
ORDER_MISTAKES = [
    Mistake(
        vocab_with(order=list),
        "Your ids follow the first appearance in the text. The most frequent "
        "piece comes first.",
    ),
    Mistake(
        vocab_with(order=lambda counts: [p for p, _ in counts.most_common()]),
        "Pieces with the same count are in order of first appearance, as "
        "`most_common` leaves them. Sort ties alphabetically.",
    ),
    Mistake(
        vocab_with(order=sorted),
        "Your ids follow the alphabet. It only decides between equal counts.",
    ),
    Mistake(
        vocab_with(order=upside_down),
        "`reverse=True` turned the alphabet around as well. Sort by "
        "(-count, piece).",
    ),
    Mistake(
        lambda text, min_count: true_vocab(text, min_count + 1),
        "A piece that occurs exactly `min_count` times is missing: at least "
        "means >=.",
    ),
    Mistake(
        lambda text, min_count: true_vocab(text, 1),
        "Rare pieces are still in the vocabulary. Look at `min_count`.",
    ),
]
UNKNOWN_MISTAKES = [
    Mistake(
        vocab_with(special=lambda kept: [*kept, UNKNOWN]),
        f"{UNKNOWN} came last. It has id 0, the others follow.",
    ),
    Mistake(
        vocab_with(special=lambda kept: kept),
        f"{UNKNOWN} has no id. Without it, a word that training never saw "
        "has none either.",
    ),
]


@words.check("builds the vocabulary of a text", 2)
def vocabulary(s: Session):
    s.agrees(
        "build_vocab",
        true_vocab,
        given=[("a b a.", 1), ("It's 3.14: a well-known (or so) sea…", 1)],
        draw=lambda rng: (draw_sentence(rng, 30), rng.randrange(1, 4)),
        checked="the vocabulary of a text",
        look="Cut the text into pieces, count them, sort by (-count, piece), "
        "then number them from 1.",
        mistakes=CUT_MISTAKES + ORDER_MISTAKES + UNKNOWN_MISTAKES,
    )


@words.check("builds the vocabulary of odd texts", 1)
def vocabulary_odd(s: Session):
    word = s.rng.choice(STEMS)
    odd = ["", " \n\t ", word, f"{word} {word}", "...", "<unk> <unk>", "_"]
    s.agrees(
        "build_vocab",
        true_vocab,
        given=[(text, n) for text in odd for n in (1, 2, 4)],
        checked="an odd text and min_count",
        look="An empty text has a vocabulary of one entry. A text that "
        "spells <unk> contains three pieces: `<`, `unk`, `>`.",
        mistakes=[
            *CUT_MISTAKES,
            *ORDER_MISTAKES,
            *UNKNOWN_MISTAKES,
            Mistake(
                vocab_with(pieces=pieces_with_unknown),
                "The text spelled out <unk>, and you took it for the unknown "
                "token. A text must never be able to write a token of yours.",
            ),
        ],
    )


def true_ids(text, vocab, pieces=PIECES.findall, unknown=None):
    if unknown is None:
        unknown = vocab[UNKNOWN]
    return [vocab.get(piece, unknown) for piece in pieces(text)]


def ids_without_unknown(text, vocab):
    return [vocab[p] for p in PIECES.findall(text) if p in vocab]


def ids_of_known_only(text, vocab):
    return [vocab[p] for p in PIECES.findall(text)]


def ids_that_grow(text, vocab):
    return [vocab.setdefault(p, len(vocab)) for p in PIECES.findall(text)]


ENCODE_MISTAKES = [
    Mistake(
        ids_without_unknown,
        "Unknown words vanished. The model must see that something stood "
        "there: write the id of <unk>.",
    ),
    Mistake(
        ids_of_known_only,
        "An unknown word raised KeyError. `vocab.get(piece, ...)` has a "
        "second argument.",
    ),
    Mistake(
        lambda text, vocab: true_ids(text, vocab, unknown=0),
        "You wrote 0 for unknown words. This vocabulary has another id for "
        "<unk>: look it up.",
    ),
    Mistake(
        ids_that_grow,
        "An unknown word got a new id. After training the vocabulary is "
        "fixed: the model has no row for a new id.",
    ),
    Mistake(
        lambda text, vocab: true_ids(text, vocab, pieces=str.split),
        "Encoding split at white space only: `sea,` is not in the "
        "vocabulary, `sea` and `,` are.",
    ),
    Mistake(
        lambda text, vocab: true_ids(text.lower(), vocab),
        "Encoding changed the text to lower case, so `Sea` was not found "
        "under its own id.",
    ),
    Mistake(
        lambda text, vocab: [
            p if p in vocab else UNKNOWN for p in PIECES.findall(text)
        ],
        "You returned the pieces. A model takes their ids.",
    ),
]


def draw_vocab(rng, text: str) -> dict[str, int]:
    """Half of the text's pieces, with ids in any order, and <unk>."""
    pieces = sorted(set(PIECES.findall(text)))
    known = rng.sample(pieces, (len(pieces) + 1) // 2)
    ids = list(range(len(known) + 1))
    rng.shuffle(ids)
    return dict(zip([*known, UNKNOWN], ids, strict=True))


@words.check("encodes known and unknown words", 2)
def encoding(s: Session):
    def draw(rng):
        text = draw_sentence(rng, 20)
        return text, draw_vocab(rng, text)

    vocab = {"sea": 2, ",": 0, UNKNOWN: 1}
    s.agrees(
        "encode_words",
        true_ids,
        given=[("", vocab), ("sea, <unk> sea", vocab), ("?", {UNKNOWN: 0})],
        draw=draw,
        checked="the ids of a text",
        look="Cut exactly as build_vocab does; a piece that is not in the "
        "vocabulary becomes vocab['<unk>'].",
        mistakes=ENCODE_MISTAKES,
    )


def true_text(token_ids, vocab, glued=lambda piece: piece in NO_SPACE_BEFORE):
    text = ""
    names = {i: piece for piece, i in vocab.items()}
    for number, token_id in enumerate(token_ids):
        piece = names[token_id]
        text += piece if number == 0 or glued(piece) else " " + piece
    return text


DECODE_MISTAKES = [
    Mistake(
        lambda ids, vocab: true_text(ids, vocab, lambda piece: False),
        "A space stands before every mark. No space comes before . , ; : ! "
        "and ?",
    ),
    Mistake(
        lambda ids, vocab: true_text(ids, vocab, lambda piece: True),
        "The words run together. One space between pieces.",
    ),
    Mistake(
        lambda ids, vocab: true_text(
            ids, vocab, lambda piece: not re.match(r"\w", piece)
        ),
        "You removed the space before every mark. Only . , ; : ! and ? lose "
        "it, a bracket or a dash does not.",
    ),
    Mistake(
        lambda ids, vocab: true_text(
            [i for i in ids if i != vocab[UNKNOWN]], vocab
        ),
        "Unknown words vanished from the text. Show them as <unk>.",
    ),
    Mistake(
        lambda ids, vocab: true_text([i for i in ids if i], vocab),
        "The piece with id 0 vanished. Test `is None`, not truth: 0 counts "
        "as false.",
    ),
    Mistake(
        lambda ids, vocab: " ".join([true_text(ids, vocab), ""]),
        "Your text ends in a space that belongs to nothing.",
    ),
    Mistake(
        lambda ids, vocab: " " + true_text(ids, vocab),
        "Your text starts with a space that belongs to nothing.",
    ),
]


@words.check("decodes with spaces in place", 1)
def decoding(s: Session):
    def draw(rng):
        text = draw_sentence(rng, 25) + " ( sea ) - ten . . ! ?"
        vocab = draw_vocab(rng, text)
        ids = list(vocab.values())
        return [rng.choice(ids) for _ in range(12)], vocab

    vocab = {"sea": 2, ",": 0, UNKNOWN: 1, "(": 3}
    marks = [UNKNOWN, "a", *NO_SPACE_BEFORE, *"()[]'\"-…"]
    all_marks = {piece: number for number, piece in enumerate(marks)}
    s.agrees(
        "decode_words",
        true_text,
        given=[
            ([], vocab),
            ([0, 2], vocab),
            ([2, 0, 1, 3, 2], vocab),
            (list(range(len(all_marks))), all_marks),
        ],
        draw=draw,
        checked="the text of a list of ids",
        look="Turn ids back into pieces, join with one space, and leave it "
        "out before . , ; : ! and ?",
        mistakes=DECODE_MISTAKES,
    )


def look_of_twin(text, twin) -> str:
    if twin == text:
        return (
            "You returned the same text. It must differ: what is the thing "
            "that encoding never looks at?"
        )
    if PIECES.findall(twin.lower()) == PIECES.findall(text.lower()):
        return "You changed the case, and case is part of a piece."
    return (
        "It has other pieces, so some vocabulary tells the two apart. Change "
        "only what falls between the pieces, and only so that no two of "
        "them join."
    )


@words.check("shows a text that the ids cannot tell apart", 1)
def losing(s: Session):
    texts = [draw_sentence(s.rng, 12) for _ in range(4)]
    texts += ["", " ", "sea", "a b", "a  b", "sea.", "  x", "y \n", "\n"]
    twins = s.every("lookalike", [(text,) for text in texts])
    for text, twin in zip(texts, twins, strict=True):
        kind = type(twin).__name__
        s.equal(
            kind,
            "str",
            checked=f"the type of lookalike({brief(text)})",
            look="Return a text.",
        )
        s.true(
            twin != text and PIECES.findall(twin) == PIECES.findall(text),
            checked=f"lookalike({brief(text)}): another text with the same "
            "ids in every vocabulary",
            came_out=brief(twin),
            look=look_of_twin(text, twin),
        )


@words.check("leaves the vocabulary as it was", 1)
def vocabulary_unchanged(s: Session):
    text = draw_sentence(s.rng, 20)
    vocab = draw_vocab(s.rng, text)
    look = "{} changed the vocabulary that it was given: work on a copy."
    s.unchanged(
        "encode_words",
        text + " novelty",
        vocab,
        oracle=true_ids,
        look=look.format("encode_words"),
    )
    s.unchanged(
        "decode_words",
        sorted(vocab.values()),
        vocab,
        oracle=true_text,
        look=look.format("decode_words"),
    )
