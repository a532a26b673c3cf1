"""Checks of exercise 1.9: the n best segmentations under a Unigram model."""

import heapq
import itertools
import math
from collections import Counter

from scratchgrade.checks.kit import Exercise, Mistake, Session
from scratchgrade.checks.tokenization.inputs import all_differ, some_word


def all_ways(word: str, known) -> list[list[str]]:
    """Every segmentation into known pieces and single characters."""

    def ways_on_from(i):
        if i == len(word):
            yield []
        for j in range(i + 1, len(word) + 1):
            if word[i:j] in known or j == i + 1:
                for rest in ways_on_from(j):
                    yield [word[i:j], *rest]

    return list(ways_on_from(0))


def scored(ways, log_probs, unknown: float):
    """Segmentations with their scores."""
    return [
        (pieces, math.fsum(log_probs.get(p, unknown) for p in pieces))
        for pieces in ways
    ]


def all_paths(word: str, log_probs, unknown: float):
    """Every segmentation with its score, by brute force."""
    return scored(all_ways(word, log_probs), log_probs, unknown)


def rank(path):
    pieces, score = path
    return -score, len(pieces), pieces


def nearest(word: str, log_probs, n: int, unknown: float):
    """The n best by best-first search: for words too long to try all."""
    heap, visits, found = [(0.0, 0, [], 0)], Counter(), []
    while heap and len(found) < n:
        cost, length, pieces, i = heapq.heappop(heap)
        visits[i] += 1
        if visits[i] > n:
            continue
        if i == len(word):
            found.append((pieces, -cost))
            continue
        for j in range(i + 1, min(i + 6, len(word)) + 1):
            piece = word[i:j]
            log = log_probs.get(piece, unknown if j == i + 1 else None)
            if log is not None:
                step = (cost - log, length + 1, [*pieces, piece], j)
                heapq.heappush(heap, step)
    return found


def longest_pieces(word: str, log_probs):
    pieces, i = [], 0
    while i < len(word):
        j = len(word)
        while j > i + 1 and word[i:j] not in log_probs:
            j -= 1
        pieces.append(word[i:j])
        i = j
    return pieces


def last_piece_only(word: str, log_probs, n: int):
    """n best of one who keeps only the best way to each place."""
    best = {0: ([], 0.0)}
    for j in range(1, len(word) + 1):
        ways = sorted(
            (
                ([*best[i][0], word[i:j]], best[i][1] + log_probs[word[i:j]])
                for i in range(j)
                if word[i:j] in log_probs
            ),
            key=rank,
        )
        best[j] = ways[0]
    return [pieces for pieces, _ in ways[:n]]


def pieces_of(got):
    """The pieces of the student's paths; `got` itself if it has no such."""
    if isinstance(got, list) and all(
        isinstance(path, (list, tuple)) and len(path) == 2 for path in got
    ):
        return [pieces for pieces, _ in got]
    return got


def compare(s: Session, got, want, *, checked, look, mistakes=()):
    """Compare the pieces exactly, then the scores within rounding."""
    s.equal(
        pieces_of(got),
        [pieces for pieces, _ in want],
        checked=checked,
        look=look,
        mistakes=mistakes,
    )
    for (pieces, score), (_, wanted) in zip(got, want, strict=True):
        s.close(
            score,
            wanted,
            checked=f"the score of {pieces}, {checked}",
            look="A segmentation's score is the sum of the natural logarithms "
            "of its pieces' probabilities, which log_probs already holds.",
            mistakes=[
                Mistake(
                    wanted / max(1, len(pieces)),
                    "Your score is the mean over the pieces; it is the sum.",
                ),
                Mistake(
                    math.exp(wanted),
                    "You return the probability; the score is its logarithm.",
                ),
            ],
        )


def some_pieces(rng, letters, n: int) -> dict[str, float]:
    """Log-probabilities for all the letters and `n` longer pieces."""
    pieces = set(letters)
    while len(pieces) < len(letters) + n:
        pieces.add("".join(rng.choices(letters, k=rng.randint(2, 4))))
    return {p: rng.uniform(-9.0, -2.0) for p in sorted(pieces)}


def apart(paths, n: int) -> bool:
    """Whether the first n + 1 scores differ by more than rounding."""
    scores = [score for _, score in paths[: n + 1]]
    return all(a - b > 1e-6 for a, b in itertools.pairwise(scores))


def wrong_rules(log_probs):
    """What four slips maximise instead of the score."""

    def n_pieces(pieces, score):
        return -len(pieces), score

    def sum_of_probabilities(pieces, score):
        return (sum(math.exp(log_probs[piece]) for piece in pieces),)

    def mean(pieces, score):
        return (score / len(pieces),)

    def cost(pieces, score):
        return (-score,)

    return n_pieces, sum_of_probabilities, mean, cost


def winner(paths, worth) -> list[str] | None:
    """The pieces of the path worth most, None if others are worth as much.

    The same pieces in another order have the same sum, up to rounding.
    """
    ranked = sorted(
        ([round(x, 6) for x in worth(*path)], path[0]) for path in paths
    )
    tied = len(ranked) > 1 and ranked[-1][0] == ranked[-2][0]
    return None if tied else ranked[-1][1]


def wrong_winners(word: str, log_probs, paths) -> list[list[str]] | None:
    """What five slips find best; None unless they and the best all differ."""
    found = [paths[0][0], longest_pieces(word, log_probs)]
    for rule in wrong_rules(log_probs):
        if None in found or not all_differ(found):
            return None
        found.append(winner(paths, rule))
    if None in found or not all_differ(found):
        return None
    return found[1:]


def promising(ways, longest, log_probs) -> bool:
    """Whether three slips and the best may all differ: a quick look.

    What it refuses `wrong_winners` refuses too, but for rounding; it looks
    at all of them, and decides.
    """
    sums = [sum([log_probs[piece] for piece in way]) for way in ways]
    best = ways[sums.index(max(sums))]
    if best == longest:
        return False
    means = [score / len(way) for score, way in zip(sums, ways, strict=True)]
    mean = ways[means.index(max(means))]
    if mean in (best, longest):
        return False
    least = min(map(len, ways))
    few = [i for i, way in enumerate(ways) if len(way) == least]
    fewest = ways[max(few, key=sums.__getitem__)]
    return fewest not in (best, longest, mean)


def where_slips_differ(rng, tries: int = 20):
    """A word and probabilities for which five slips find something else.

    Most draws are rejected, so the ways to cut a word are found once for
    many draws of the probabilities, and words are passed over for which one
    slip makes another's answer whatever the probabilities are.
    """
    while True:
        letters = rng.sample("abcdefgїщ", 3)
        log_probs = some_pieces(rng, letters, 14)
        word = some_word(rng, letters, 8, 10)
        ways = all_ways(word, log_probs)
        longest = longest_pieces(word, log_probs)
        if [longest] == [w for w in ways if len(w) <= len(longest)]:
            continue  # it is also what has the fewest pieces
        for _ in range(tries):
            if promising(ways, longest, log_probs):
                paths = sorted(scored(ways, log_probs, FAR), key=rank)
                wrong = wrong_winners(word, log_probs, paths)
                if wrong and apart(paths, 1):
                    return word, log_probs, paths, wrong
            log_probs = {p: rng.uniform(-9.0, -2.0) for p in log_probs}


FAR = -1000.0  # no path through an unknown character is ever wanted


ex9 = Exercise(
    "1.9",
    "Unigram: the n best segmentations",
    needs=("n_best",),
    read="Chapter 1, Step 6: Alternatives",
)


@ex9.check("the best of all segmentations", points=2)
def the_best(s: Session):
    slips = [
        "You take the longest piece at each step. A long first piece can "
        "leave expensive pieces for the rest: compare whole segmentations.",
        "You choose the segmentation with the fewest pieces. Fewer is often "
        "better, but what counts is the sum of the log-probabilities.",
        "You add probabilities. The probability of a segmentation is their "
        "product: add the logarithms.",
        "You divide the score by the number of pieces. Then many cheap pieces "
        "look as good as few; the sum is the score.",
        "This is the least probable segmentation. Log-probabilities are "
        "negative: the best sum is the largest, nearest to zero.",
    ]
    word, log_probs, paths, wrong = where_slips_differ(s.rng)
    compare(
        s,
        s.call("n_best", word, log_probs, 1, FAR),
        paths[:1],
        checked=f"n_best({word!r}, ..., n=1), against all "
        f"{len(paths)} segmentations",
        look="The best segmentation has the largest sum of log-probabilities "
        "of all; the result is a list of one (pieces, score).",
        mistakes=[
            Mistake([value], look)
            for value, look in zip(wrong, slips, strict=True)
        ],
    )


@ex9.check("the n best, in order", points=2)
def in_order(s: Session):
    while True:
        letters = s.rng.sample("abcdefgїщ", 2)
        log_probs = some_pieces(s.rng, letters, 9)
        word = some_word(s.rng, letters, 7, 9)
        n = s.rng.randint(4, 6)
        paths = sorted(all_paths(word, log_probs, FAR), key=rank)
        wrong = last_piece_only(word, log_probs, n)
        if len(paths) > n and apart(paths, n):
            right = [pieces for pieces, _ in paths[:n]]
            hasty = longest_pieces(word, log_probs)
            differ = all_differ([right, wrong, right[:1]])
            if differ and hasty != right[0]:
                break
    compare(
        s,
        s.call("n_best", word, log_probs, n, FAR),
        paths[:n],
        checked=f"n_best({word!r}, ..., n={n}), against all "
        f"{len(paths)} segmentations",
        look="The n best different segmentations of the whole word, the best "
        "first.",
        mistakes=[
            Mistake(
                wrong,
                "At each place you keep only the best way there, so your "
                "paths differ in their last piece alone. Keep the n best "
                "ways to every place.",
            ),
            Mistake(
                right[:1] * n,
                "You return the best segmentation n times; the n must differ.",
            ),
            Mistake(
                right[::-1],
                "The order is upside down: the best comes first.",
            ),
            Mistake(right[:1], "Only one came back; n of them were asked."),
        ],
    )


@ex9.check("ties: fewer pieces, then the smaller list", points=1)
def ties(s: Session):
    while True:
        letters = s.rng.sample("abcdefg", 2)
        log_probs = {
            piece: -s.rng.randint(2, 6) / 2
            for piece in some_pieces(s.rng, letters, 8)
        }
        word = some_word(s.rng, letters, 6, 8)
        n = s.rng.randint(4, 7)
        paths = sorted(all_paths(word, log_probs, FAR), key=rank)
        right = [pieces for pieces, _ in paths[:n]]
        by_list = sorted(paths, key=lambda p: (-p[1], p[0]))
        by_mean = sorted(paths, key=lambda p: (-p[1] / len(p[0]), p[0]))
        wrong = [pieces for pieces, _ in by_list[:n]]
        means = [pieces for pieces, _ in by_mean[:n]]
        if len(paths) > n and all_differ([right, wrong, means]):
            break
    compare(
        s,
        s.call("n_best", word, log_probs, n, FAR),
        paths[:n],
        checked=f"n_best({word!r}, ..., n={n}) with scores that are equal",
        look="Of equal scores the one with fewer pieces comes first; with as "
        "many pieces, the smaller list as Python compares lists of strings. "
        "(All sums here are exact: rounding is not the reason.)",
        mistakes=[
            Mistake(
                wrong,
                "Of equal scores you put the smaller list first and forget "
                "the rule before it: fewer pieces come first.",
            )
        ],
    )


@ex9.check("a character without an entry is a piece by itself", points=1)
def unknown_characters(s: Session):
    letters = s.rng.sample("abcdefg", 2)
    x, y = s.rng.sample("海猫їщé", 2)
    while True:
        log_probs = some_pieces(s.rng, letters, 6)
        a, b = (some_word(s.rng, letters, 2, 3) for _ in range(2))
        word = a + x + y + b
        unknown = s.rng.uniform(-12.0, -10.0)
        paths = sorted(all_paths(word, log_probs, unknown), key=rank)
        if apart(paths, 1):
            break
    want = paths[0][0]
    at = want.index(x)
    compare(
        s,
        s.call("n_best", word, log_probs, 1, unknown),
        paths[:1],
        checked=f"n_best({word!r}, ..., unknown={unknown:.3f}), where "
        f"{x!r} and {y!r} have no entry",
        look="A single character that log_probs lacks is a piece with the "
        "log-probability `unknown`; longer pieces must have an entry.",
        mistakes=[
            Mistake(
                [[*want[:at], x + y, *want[at + 2 :]]],
                "You joined neighbouring unknown characters into one piece. "
                "Each is a piece of its own and pays `unknown` each time.",
            ),
            Mistake(
                [[word]],
                "You let any text without an entry pass as one unknown piece "
                "(log_probs.get(piece, unknown) does that). Only a single "
                "character may be unknown.",
            ),
            Mistake(
                [],
                "No segmentation came back. With `unknown` there always is "
                "one: in the worst case every character by itself.",
            ),
        ],
    )
    s.keeps(
        "n_best",
        word,
        log_probs,
        1,
        unknown,
        look="Your code adds to the table that it was given, and the next "
        "word finds entries that nobody trained. `get` looks up, "
        "`setdefault` writes.",
    )


@ex9.check("short words: fewer than n, or none to cut", points=1)
def short_words(s: Session):
    a, b = s.rng.sample("abcdefg", 2)
    log_probs = {a: -2.5, b: -1.25, a + b: -3.5}
    for word in ("", b, a + b):
        want = sorted(all_paths(word, log_probs, FAR), key=rank)
        compare(
            s,
            s.call("n_best", word, log_probs, 5, FAR),
            want,
            checked=f"n_best({word!r}, {log_probs}, n=5)",
            look="If there are fewer than n segmentations, return all there "
            "are. The empty word has one: ([], 0.0).",
            mistakes=[
                Mistake(
                    [],
                    "Nothing came back. The empty word can be cut in one way, "
                    "into no pieces, and the empty sum is 0.0.",
                )
            ],
        )


@ex9.check("a word of sixty letters", points=1)
def sixty_letters(s: Session):
    while True:
        letters = s.rng.sample("abcdefgїщ", 3)
        log_probs = some_pieces(s.rng, letters, 14)
        word = some_word(s.rng, letters, 60, 60)
        want = nearest(word, log_probs, 4, FAR)
        if apart(want, 4):
            break
    compare(
        s,
        s.call("n_best", word, log_probs, 3, FAR),
        want[:3],
        checked="n_best of a word of 60 letters, n=3",
        look="Sixty letters can be cut in 2^59 ways: do not try them all; "
        "build the best ways to each place from those to the places before.",
    )
