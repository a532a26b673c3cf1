"""Checks of exercise 1.7: an encoder for text that comes in chunks.

The base encoding needs no merges: a word's ids are looked up in a table. So
a student who is stuck at BPE can do this exercise.
"""

import itertools
import re
from collections.abc import Callable

from scratchgrade.checks.kit import Exercise, Mistake, Session, same
from scratchgrade.checks.tokenization.inputs import WORDS


def stream_words(text: str) -> list[str]:
    """The rule of exercise 1.7 as a pattern; the pieces join to the text."""
    return re.findall(r" ?[^ ]+| +(?![^ ])", text)


def lookup(words, table) -> list[int]:
    """A word's ids are in the table, or else they are its bytes."""
    ids = (table.get(word, list(word.encode())) for word in words)
    return list(itertools.chain.from_iterable(ids))


def simulate(
    chunks: list[str], table, hold: Callable[[list[str]], int]
) -> list[list[int]]:
    """What each feed gives, and finish, if `hold(words)` words stay back."""
    answers, waiting = [], ""
    for chunk in chunks:
        words = stream_words(waiting + chunk)
        ready = len(words) - min(hold(words), len(words))
        answers.append(lookup(words[:ready], table))
        waiting = "".join(words[ready:])
    return [*answers, lookup(stream_words(waiting), table)]


def just_enough(words):
    return 1


def nothing(words):
    return 0


def no_spaces(words):
    return int(bool(words) and not words[-1].isspace())


def by_counting(chunks: list[str], table) -> list[list[int]]:
    """Encode all that came so far, give the ids beyond those given before."""
    answers, text, n = [], "", 0
    for chunk in chunks:
        text += chunk
        ids = lookup(stream_words(text), table)
        answers.append(ids[n:])
        n = len(ids)
    return [*answers, []]


def joined(answers) -> list:
    """All the ids in one list; `answers` itself if they are not lists."""
    if not all(isinstance(answer, (list, tuple)) for answer in answers):
        return answers
    return list(itertools.chain.from_iterable(answers))


def word_table(rng, words) -> dict[str, list[int]]:
    """One to three ids for most words, with and without a space, and for
    some of their beginnings, so that a word cut in two is seen."""
    keys = {"", " "} | {" " * n for n in range(1, 6)}
    for word in words:
        keys |= {word, " " + word, word[:1], " " + word[:2], word[1:]}
    table = {}
    for key in sorted(keys - {""}):
        if rng.random() < 0.85:
            n = rng.randint(1, 3)
            table[key] = [rng.randrange(256, 60_000) for _ in range(n)]
    return table


def spaced(rng, n_words: int) -> str:
    """Words with one space between them, often more, some at the ends."""
    text = " " * rng.randint(0, 2)
    for _ in range(n_words):
        text += rng.choice(WORDS) + " " * rng.choice([1, 1, 1, 2, 3, 4])
    return text + rng.choice(["", rng.choice(WORDS)])


def cut(rng, text: str, longest: int) -> list[str]:
    chunks, i = [], 0
    while i < len(text):
        n = rng.randint(1, longest)
        chunks.append(text[i : i + n])
        i += n
    return chunks


def fed(chunks, finish: int = 1) -> list[tuple]:
    """The calls that feed these chunks, then finish."""
    return [*(("feed", (c,)) for c in chunks), *[("finish", ())] * finish]


def stream(s: Session, table, chunks, finish: int = 1) -> list[list[int]]:
    return s.drive("StreamingEncoder", (table,), fed(chunks, finish))


ex7 = Exercise(
    "1.7",
    "A streaming encoder",
    needs=("StreamingEncoder",),
    read="Chapter 1, Step 4: Pre-split",
)


@ex7.check("a text fed at once gives the ids of the whole text", points=2)
def at_once(s: Session):
    table = word_table(s.rng, WORDS)
    middle = f"{s.rng.choice(WORDS)} день\nніч  {s.rng.choice(WORDS)}   x,"
    for text in (middle + " end", middle + "   ", "   "):
        words = stream_words(text)
        want = lookup(words, table)
        s.equal(
            joined(stream(s, table, [text])),
            want,
            checked=f"feed({text!r}), then finish()",
            look="All the ids together are those of the whole text. Its words "
            f"are {words}.",
            mistakes=[
                Mistake(
                    lookup(words[:-1], table),
                    "The last word never came out: when the text is over, "
                    "finish() gives the ids of what still waits.",
                ),
                *(
                    Mistake(
                        lookup(cut_words, table),
                        "The spaces are lost. str.split throws them away; a "
                        "word takes one space before it along, and what is "
                        "left of a run of spaces is a word too.",
                    )
                    for cut_words in (
                        text.split(),
                        filter(None, text.split(" ")),
                    )
                ),
                Mistake(
                    lookup(re.findall(r" +|[^ ]+", text), table),
                    "You keep the space and the word after it apart. One "
                    "space belongs to the word that follows: ' end', not "
                    "' ' and 'end'.",
                ),
            ],
        )


@ex7.check("every way to cut a text gives the same ids", points=3)
def every_cut(s: Session):
    a, b = s.rng.sample(["of", "at", "їм", "ці"], 2)
    gap = " " * s.rng.randint(2, 3)
    table = {a: [301], " " + b: [302, 303], gap[1:]: [304], gap: [305]}
    table |= {a[:1]: [306], a[1:]: [307], " " + b[:1]: [308], b[1:]: [309]}
    text = f"{a}{gap}{b}"
    want = lookup(stream_words(text), table)
    cuttings = []
    for n_cuts in range(1, len(text)):
        for cuts in itertools.combinations(range(1, len(text)), n_cuts):
            ends = [0, *cuts, len(text)]
            cuttings.append([text[i:j] for i, j in itertools.pairwise(ends)])

    slips = [
        (
            lambda chunks: simulate(chunks, table, nothing),
            "You encoded each chunk by itself. A chunk may end in the middle "
            "of a word: its last word must wait for what comes next.",
        ),
        (
            lambda chunks: simulate(chunks, table, no_spaces),
            "You let spaces out as soon as a chunk ends in them. A run of "
            "spaces is a word that can still grow, and its last space may "
            "belong to the next word.",
        ),
        (
            lambda chunks: by_counting(chunks, table),
            "You encoded all the text so far and gave the ids that were new "
            "by their count. New text changes the ids of an unfinished word: "
            "it does not only add.",
        ),
    ]
    streams = s.drives("StreamingEncoder", (table,), list(map(fed, cuttings)))
    got = list(map(joined, streams))
    missed = [i for i, ids in enumerate(got) if not same(ids, want)]
    look = (
        "Where the chunks are cut must not matter: the words are "
        f"{stream_words(text)}, and what could still grow has to wait."
    )
    for slip, advice in slips if missed else ():
        if same(got, [joined(slip(chunks)) for chunks in cuttings]):
            look = advice
    first = missed[0] if missed else 0
    s.equal(
        got[first],
        want,
        checked=f"feed {cuttings[first]}, then finish()",
        look=look,
    )


@ex7.check("ids come as early as they are certain", points=2)
def early(s: Session):
    table = word_table(s.rng, WORDS)
    chunks = cut(s.rng, spaced(s.rng, 12), 4)
    want = simulate(chunks, table, just_enough)
    s.equal(
        stream(s, table, chunks),
        want,
        checked=f"what each call gives for the chunks {chunks[:6]} ...",
        look="Each feed gives the ids of every word of the text so far but "
        "the last, less those given before; only the last can still change.",
        mistakes=[
            Mistake(
                [*([[]] * len(chunks)), joined(want)],
                "Everything comes at the end: feed gave nothing. A reader of "
                "a stream waits for you; give what is certain.",
            ),
            Mistake(
                lambda: simulate(chunks, table, lambda words: 2),
                "You hold back two words. The one before the last is certain "
                "already, for another word has begun after it.",
            ),
        ],
    )


@ex7.check("only the unfinished word is kept", points=2)
def bounded(s: Session):
    table = word_table(s.rng, WORDS)
    chunks = cut(s.rng, spaced(s.rng, 50), 9)
    calls, last = [("pending", ())], [""]
    for chunk in chunks:
        calls += [("feed", (chunk,)), ("pending", ())]
        last.append(stream_words(last[-1] + chunk)[-1])
    calls += [("finish", ()), ("pending", ())]
    got = s.drive("StreamingEncoder", (table,), calls)
    seen = itertools.accumulate(map(len, chunks), initial=0)
    s.equal(
        got[::2],
        [*map(len, last), 0],
        checked=f"pending() after each of {len(chunks)} chunks",
        look="pending() is the number of characters that wait: those of the "
        "last word so far, and 0 before the first chunk and after finish().",
        mistakes=[
            Mistake(
                [*seen, 0],
                "You keep the whole text. A stream may be gigabytes long: "
                "once a word is encoded, let go of its characters.",
            ),
            Mistake(
                [*(len(word.encode()) for word in last), 0],
                "You count bytes; pending() counts characters.",
            ),
        ],
    )


@ex7.check("finish makes ready for the next text", points=1)
def again(s: Session):
    table = word_table(s.rng, WORDS)
    one, two = s.rng.sample(["sea", "ear", "day"], 2)
    table |= {one: [401], two: [402], one + two: [403]}
    s.equal(
        s.drive(
            "StreamingEncoder",
            (table,),
            [
                ("feed", ("",)),
                ("finish", ()),
                ("feed", (one,)),
                ("feed", ("",)),
                ("finish", ()),
                ("feed", (two,)),
                ("finish", ()),
                ("finish", ()),
            ],
        ),
        [[], [], [], [], [401], [], [402], []],
        checked=f"two texts, {one!r} and {two!r}, with finish() after each",
        look="An empty chunk gives nothing; after finish() the encoder is as "
        "new; finish() with nothing waiting gives [].",
        mistakes=[
            Mistake(
                [[], [], [], [], [401], [], [403], [403]],
                "The first text is still there when the second one comes: "
                "empty the buffer in finish().",
            )
        ],
    )
    stream(s, table, [one], finish=0)
    s.equal(
        joined(stream(s, table, [two])),
        [402],
        checked=f"a new encoder for {two!r}, after another that was fed "
        f"{one!r} and never finished",
        look="Two encoders share what they keep: a list or a dict written in "
        "the class body, or as a default argument, exists once for all. Make "
        "it in __init__.",
    )
