"""Checks of exercise 2.3: every token once."""

from scratchgrade.checks.kit import Exercise, Mistake, Session


def true_times(n_tokens, context_length, stride, *, inputs=False):
    """How often each token is a target, by walking over all windows."""
    times = [0] * n_tokens
    start = 0
    while start + context_length + 1 <= n_tokens:
        for i in range(start, start + context_length):
            times[i if inputs else i + 1] += 1
        start += stride
    return times


def true_scoring(n_tokens, context_length, stride):
    """The definition, token by token: who scores each of them?"""
    if stride > context_length:
        raise ValueError("tokens between the windows would not be scored")
    windows, scored = [], 0  # tokens 1..scored are done
    while scored < n_tokens - 1:
        start = len(windows) * stride
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


def changed(change):
    """A wrong way: `change(window, place)` says what becomes of a window."""

    def wrong(n_tokens, context_length, stride):
        right = true_scoring(n_tokens, context_length, stride)
        return [change(w, i) for i, w in enumerate(right)]

    return wrong


def rest_forgotten(n_tokens, context_length, stride):
    right = true_scoring(n_tokens, context_length, stride)
    return [w for w in right if w[1] - w[0] == context_length]


def accepts_any_stride(n_tokens, context_length, stride):
    windows, start, scored = [], 0, 0
    while scored < n_tokens - 1:
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, max(scored, start) + 1))
        start, scored = start + stride, end
    return windows


def one_too_many(n_tokens, context_length, stride):
    """Goes on until a start lies behind the text."""
    if stride > context_length:
        raise ValueError
    windows, scored = [], 0
    for start in range(0, max(0, n_tokens - 1), stride):
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


def short_context(n_tokens, context_length, stride):
    """Takes L to be the number of tokens, last target included."""
    return true_scoring(n_tokens, context_length - 1, stride)


TIMES_SLIPS = [
    Mistake(
        lambda n, length, stride: true_times(n, length, stride, inputs=True),
        "You counted how often a token is an input. Targets are one further: "
        "token 0 is never predicted.",
    ),
    Mistake(
        lambda n, length, stride: true_times(n, length - 1, stride),
        "Each window predicts L tokens, not L - 1.",
    ),
    Mistake(
        lambda n, length, stride: [0] + [1] * (n - 1) if n else [],
        "You gave each token one prediction. That is so for stride L, and "
        "only up to the last whole window.",
    ),
    Mistake(
        lambda n, length, stride: [
            min(t, 1) for t in true_times(n, length, stride)
        ],
        "With a stride below L windows overlap, and a token is predicted "
        "several times: add up, do not mark.",
    ),
    Mistake(
        lambda n, length, stride: true_times(n, length, length),
        "The stride was given: the next window starts s tokens on.",
    ),
]
SCORING_SLIPS = [
    Mistake(
        changed(lambda w, i: (w[0], w[1], w[0] + 1)),
        "Every window scores all its targets, so where windows overlap a "
        "token counts twice. Begin behind the last token that is scored.",
    ),
    Mistake(
        changed(lambda w, i: (w[0], w[1], w[2] + (i > 0))),
        "Between two windows one token is never scored: `first` is the one "
        "right behind the last that was.",
    ),
    Mistake(
        changed(lambda w, i: (w[0], w[1], w[2] - (i > 0))),
        "The last token of a window is scored again by the next: `first` "
        "must be one more.",
    ),
    Mistake(
        rest_forgotten,
        "The end of the text is not scored. The last window is cut off at "
        "the end instead of left out.",
    ),
    Mistake(
        one_too_many,
        "There are windows with nothing left to score: stop as soon as the "
        "last token, n - 1, is scored.",
    ),
    Mistake(
        short_context,
        "Your windows see L - 1 tokens. Inputs are `start` to `end - 1`, so "
        "`end` is start + L.",
    ),
    Mistake(
        accepts_any_stride,
        "With a stride above L some tokens are in no window, so not each can "
        "be scored: raise ValueError.",
    ),
]


ex3 = Exercise(
    "2.3",
    "Every token once",
    needs=("times_predicted", "scoring_windows"),
    read="Chapter 2, Step 1: Windows",
)


def sizes(rng):
    length = rng.randint(2, 7)
    return rng.randint(length + 2, 30), length, rng.randint(1, 9)


@ex3.check("counts the predictions of each token", points=3)
def predictions(s: Session):
    s.agrees(
        "times_predicted",
        true_times,
        given=[(0, 3, 1), (1, 1, 1), (4, 4, 1), (5, 4, 1), (12, 3, 3)],
        draw=sizes,
        checked="how often each token is a target",
        look="Window k has the inputs k*s to k*s + L - 1 and the targets one "
        "further. Only whole windows count.",
        mistakes=TIMES_SLIPS,
    )


def overlapping(rng):
    length = rng.randint(3, 9)
    return rng.randint(length + 3, 40), length, rng.randint(2, length)


@ex3.check("scores each token exactly once", points=3)
def once(s: Session):
    s.agrees(
        "scoring_windows",
        true_scoring,
        given=[(2, 5, 3), (6, 5, 5), (7, 5, 5), (9, 4, 1)],
        draw=overlapping,
        checked="windows that overlap, for evaluation",
        look="Windows start at 0, s, 2s, ...; each scores from behind the "
        "last scored token to its own end, until token n - 1 is scored.",
        mistakes=SCORING_SLIPS[:-1],
    )


@ex3.check("texts too short, strides too long", points=2)
def edges(s: Session):
    def any_size(rng):
        return rng.randint(8, 20), rng.randint(2, 5), rng.randint(2, 9)

    s.agrees(
        "scoring_windows",
        true_scoring,
        given=[(0, 3, 2), (1, 3, 2), (9, 3, 4), (9, 3, 3), (1, 2, 3)],
        draw=any_size,
        checked="windows for evaluation, at the edges",
        look="Fewer than two tokens: nothing to score, []. A stride above L: "
        "ValueError, whatever the text.",
        mistakes=SCORING_SLIPS[-1:],
    )
