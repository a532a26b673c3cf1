"""Checks of exercise 2.1: windows and their number."""

import itertools
import math

from scratchgrade.checks.kit import Exercise, Mistake, Session, same

SMALL = range(1, 9)


def true_windows(token_ids, context_length, stride, *, more=1, shift=1):
    """The oracle, from the definition: try every start."""
    found = []
    for start in range(0, len(token_ids), stride):
        window = token_ids[start : start + context_length + more]
        if len(window) == context_length + more:
            inputs = window[:context_length]
            found.append((inputs, window[shift : shift + context_length]))
    return found


def true_count(n_tokens, context_length, stride):
    return len(true_windows(range(n_tokens), context_length, stride))


def last_lost(n, length, stride):
    return max(0, (n - length) // stride)


def floor_plus_one(n, length, stride):
    return 1 + (n - length - 1) // stride


def without_target(n, length, stride):
    return max(0, -(-(n - length + 1) // stride))


def whole_pieces(n, length, stride):
    return n // length


COUNT_SLIPS = [
    Mistake(
        last_lost,
        "The last window is often missing: (n - L) // s rounds down. The "
        "starts 0, s, 2s, ... below n - L are ceil((n - L) / s) many.",
    ),
    Mistake(
        floor_plus_one,
        "For a text that is too short your count is below 1 or wrong: the "
        "formula 1 + (n - L - 1) // s holds only where a window fits at all.",
    ),
    Mistake(
        without_target,
        "You count windows of L tokens. The last input needs a target as "
        "well, so a window takes L + 1 tokens.",
    ),
    Mistake(
        whole_pieces,
        "n // L is the number of pieces without overlap and without targets; "
        "the stride says where windows start.",
    ),
    Mistake(
        lambda n, length, stride: max(0, -(-(n - length) // length)),
        "Your count does not depend on the stride: the next window starts s "
        "tokens on, not L.",
    ),
]


def invented(token_ids, context_length, stride):
    """Pads the last targets with 0."""
    found = []
    for start in range(0, len(token_ids) - context_length + 1, stride):
        window = [*token_ids, 0][start : start + context_length + 1]
        found.append((window[:-1], window[1:]))
    return found


def ragged(token_ids, context_length, stride):
    found = []
    for start in range(0, len(token_ids) - context_length + 1, stride):
        stop = start + context_length
        found.append((token_ids[start:stop], token_ids[start + 1 : stop + 1]))
    return found


WINDOW_SLIPS = [
    Mistake(
        ragged,
        "The last window's targets are one short: it has no next token. A "
        "window needs L + 1 tokens; stop one start earlier.",
    ),
    Mistake(
        invented,
        "You invented a token to fill the last targets. The model would "
        "learn it: a window that lacks its last target is left out.",
    ),
    Mistake(
        lambda ids, length, stride: true_windows(ids, length, stride, shift=0),
        "Inputs and targets are the same tokens, so the task is to copy. The "
        "targets are the inputs moved on by one.",
    ),
    Mistake(
        lambda ids, length, stride: true_windows(
            ids, length, stride, more=2, shift=2
        ),
        "Your targets are two tokens on. The target of token i is token "
        "i + 1.",
    ),
    Mistake(
        lambda ids, length, stride: true_windows(ids, length, length),
        "Every window starts L tokens after the one before; the stride was "
        "given: starts are 0, s, 2s, ...",
    ),
    Mistake(
        lambda ids, length, stride: true_windows(ids, length, 1),
        "Every window starts one token after the one before; the stride was "
        "given: starts are 0, s, 2s, ...",
    ),
    Mistake(
        lambda ids, length, stride: true_windows(ids, length - 1, stride),
        "Your inputs have L - 1 tokens. L is the number of inputs, and of "
        "targets; together they span L + 1 tokens.",
    ),
    Mistake(
        lambda ids, length, stride: true_windows(ids, length, stride)[:-1],
        "The last whole window is missing: it ends with the last token.",
    ),
]


ex1 = Exercise(
    "2.1",
    "Windows and their number",
    needs=("count_windows", "make_windows"),
    read="Chapter 2, Step 1: Windows",
)


@ex1.check("counts the windows of every short text", points=3)
def counts_all(s: Session):
    cases = list(itertools.product(range(12), SMALL, SMALL))
    got = s.each("count_windows", cases)
    want = [true_count(*case) for case in cases]
    wrong = [i for i in range(len(cases)) if not same(got[i], want[i])]
    first = wrong[0] if wrong else 0
    look = (
        "Write the starts down: 0, s, 2s, ... as long as L + 1 tokens follow. "
        "How many are below n - L?"
    )
    for slip in COUNT_SLIPS if wrong else ():
        if same(got, [slip.value(*case) for case in cases]):
            look = slip.look
    n, length, stride = cases[first]
    s.equal(
        got[first],
        want[first],
        checked=f"count_windows({n}, {length}, {stride}), one of {len(wrong)} "
        f"of {len(cases):,} that differ",
        look=look,
    )


@ex1.check("counts the windows of a long text", points=1)
def counts_long(s: Session):
    def draw(rng):
        length = rng.randint(9, 9999)
        n_tokens = 2**54 + rng.randint(0, 10**12)
        return n_tokens, length, rng.randint(2, 8)

    def formula(n, length, stride):
        return max(0, -(-(n - length) // stride))

    s.agrees(
        "count_windows",
        formula,
        draw=draw,
        checked="texts of more than 10^16 tokens",
        look="Compute the number, do not walk along the text; and stay with "
        "integers, since math.ceil of a quotient of floats rounds twice.",
        mistakes=[
            *COUNT_SLIPS[:1],
            *COUNT_SLIPS[2:],
            Mistake(
                lambda n, length, stride: max(
                    0, math.ceil((n - length) / stride)
                ),
                "You divide as floats, which hold 16 digits: the count is "
                "off for long texts. -(-a // b) is the ceiling of a / b.",
            ),
        ],
    )


def draw_windows(rng):
    length = rng.randint(2, 5)
    ids = [rng.randint(1, 99) for _ in range(rng.randint(6, 14))]
    return ids, length, rng.randint(1, 6)


@ex1.check("cuts the windows", points=3)
def cuts(s: Session):
    s.agrees(
        "make_windows",
        true_windows,
        given=[
            ([], 3, 1),
            ([7], 1, 1),
            ([7, 8], 1, 1),
            ([5, 6, 7], 3, 2),
            ([5, 6, 7, 8], 3, 9),
            ((4, 5, 6, 7, 8), 2, 2),
        ],
        draw=draw_windows,
        checked="the windows of a text",
        look="Each window is a pair of lists of L ids: the inputs start at "
        "0, s, 2s, ..., the targets one token later, and only whole windows "
        "count.",
        mistakes=WINDOW_SLIPS,
    )


@ex1.check("leaves the ids as they were", points=1)
def ids_unchanged(s: Session):
    s.unchanged(
        "make_windows",
        *draw_windows(s.rng),
        oracle=true_windows,
        look="Your code changed the list of ids that it was given. Slices "
        "are copies; pop, del and append are not.",
    )
