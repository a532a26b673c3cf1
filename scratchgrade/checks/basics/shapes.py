"""Checks of exercise 0.1: shapes, strides, and what a view is."""

import itertools
import math

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex1 = Exercise(
    "0.1",
    "Shapes and strides",
    needs=("broadcast_shape", "strides_of", "place", "is_contiguous"),
    read="Chapter 0, Step 3: Tensors",
)


# --- broadcasting ----------------------------------------------------------


def true_broadcast(a, b):
    """From the last axis on; axes of size 1 are repeated."""
    result = []
    for x, y in itertools.zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and 1 not in (x, y):
            raise ValueError
        result.append(y if x == 1 else x)
    return tuple(reversed(result))


def from_the_front(a, b):
    result = []
    for x, y in itertools.zip_longest(a, b, fillvalue=1):
        if x != y and 1 not in (x, y):
            raise ValueError
        result.append(y if x == 1 else x)
    return tuple(result)


def largest(a, b):
    pairs = itertools.zip_longest(reversed(a), reversed(b), fillvalue=1)
    return tuple(reversed([max(x, y) for x, y in pairs]))


def equal_length(a, b):
    if len(a) != len(b):
        raise ValueError
    return true_broadcast(a, b)


def divisors(a, b):
    result = []
    for x, y in itertools.zip_longest(reversed(a), reversed(b), fillvalue=1):
        if max(x, y) % max(1, min(x, y)):
            raise ValueError
        result.append(max(x, y))
    return tuple(reversed(result))


def zero_lost(a, b):
    """`max` in the place of a rule: an empty axis becomes 1."""
    true_broadcast(a, b)
    return largest(a, b)


def two_shapes(rng):
    """Often shapes that fit, at times with an axis of size 0."""
    sizes = [rng.choice([1, 2, 3, 4, 6]) for _ in range(rng.randint(1, 4))]
    a = [1 if rng.random() < 0.3 else n for n in sizes]
    b = [1 if rng.random() < 0.3 else n for n in sizes]
    b = b[rng.randint(0, len(b) - 1) :]
    if rng.random() < 0.4:
        b[rng.randrange(len(b))] = rng.choice([2, 3, 5])
    if rng.random() < 0.15:
        b[-1], a[-1] = 0, 1
    pair = [tuple(a), tuple(b)]
    rng.shuffle(pair)
    return tuple(pair)


@ex1.check("the shape that broadcasting gives", points=3)
def broadcasting(s: Session):
    s.agrees(
        "broadcast_shape",
        true_broadcast,
        given=[((), ()), ((3,), ()), ((2, 3), (3,)), ((1,), (0,))],
        draw=two_shapes,
        checked="broadcast_shape",
        look="Write the shapes under each other, right-aligned. In each "
        "column the sizes are equal, or one of them is 1 or missing; else "
        "ValueError.",
        mistakes=[
            Mistake(
                from_the_front,
                "You align the shapes at their first axis. Broadcasting "
                "aligns the last: (2, 3) fits (3,), not (2,).",
            ),
            Mistake(
                largest,
                "You take the larger size in every column. 2 and 3 do not "
                "fit: raise ValueError.",
            ),
            Mistake(
                equal_length,
                "The shapes may differ in length: missing axes in front "
                "count as 1.",
            ),
            Mistake(
                divisors,
                "2 does not fit 4, although it divides it: only 1 is "
                "repeated.",
            ),
            Mistake(
                zero_lost,
                "An axis of size 0 beside one of size 1 gives 0, not 1: a "
                "row repeated no times.",
            ),
        ],
    )


# --- strides ---------------------------------------------------------------


def true_strides(shape):
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def a_shape(rng):
    shape = rng.sample([2, 3, 4, 5, 7, 8], rng.randint(2, 4))
    return (tuple(shape),)


@ex1.check("the strides of a new tensor", points=2)
def strides(s: Session):
    s.agrees(
        "strides_of",
        true_strides,
        given=[((),), ((5,),), ((2, 3),)],
        draw=a_shape,
        checked="strides_of",
        look="A stride says how many numbers on in memory the next index of "
        "an axis lies. The last axis has stride 1, the one before it the "
        "size of the last, and so on.",
        mistakes=[
            Mistake(
                lambda shape: tuple(
                    math.prod(shape[:i]) for i in range(len(shape))
                ),
                "Your first axis has stride 1, as in Fortran. PyTorch stores "
                "row after row: the last axis has stride 1.",
            ),
            Mistake(
                lambda shape: true_strides(shape)[::-1],
                "The strides are right but for their order: one for each "
                "axis, in the order of the shape.",
            ),
            Mistake(
                lambda shape: tuple(
                    math.prod(shape[i:]) for i in range(len(shape))
                ),
                "Your strides contain the axis itself: one step along an "
                "axis jumps over what lies *behind* it.",
            ),
            Mistake(
                lambda shape: tuple(8 * n for n in true_strides(shape)),
                "Count numbers, not bytes (numpy counts bytes, PyTorch "
                "numbers).",
            ),
        ],
    )


def true_place(index, strides):
    return sum(i * n for i, n in zip(index, strides, strict=True))


def an_index(rng):
    (shape,) = a_shape(rng)
    steps = list(true_strides(shape))
    rng.shuffle(steps)  # as after a transposition
    return tuple(rng.randrange(n) for n in shape), tuple(steps)


@ex1.check("where an element lies in memory", points=2)
def places(s: Session):
    s.agrees(
        "place",
        true_place,
        given=[((), ()), ((2, 1), (3, 1)), ((1, 2), (1, 5)), ((4,), (0,))],
        draw=an_index,
        checked="place",
        look="The sum of index times stride over all axes.",
        mistakes=[
            Mistake(
                lambda index, steps: sum(
                    i * n
                    for i, n in zip(
                        index, sorted(steps, reverse=True), strict=True
                    )
                ),
                "You take the strides from large to small. After a "
                "transposition they are in another order: index k goes with "
                "stride k.",
            ),
            Mistake(
                lambda index, steps: sum(index),
                "The strides are missing: multiply each index by its own.",
            ),
            Mistake(
                lambda index, steps: sum(
                    i * n for i, n in zip(index, steps[::-1], strict=True)
                ),
                "Indices and strides are paired from opposite ends.",
            ),
        ],
    )


# --- contiguous ------------------------------------------------------------


def true_contiguous(shape, strides):
    """By the definition: places 0, 1, 2, ... in the order of the indices."""
    places = [
        true_place(index, strides)
        for index in itertools.product(*map(range, shape))
    ]
    return places == list(range(len(places)))


def decreasing(shape, strides):
    return all(a >= b for a, b in itertools.pairwise(strides))


def last_is_one(shape, strides):
    return not strides or strides[-1] == 1


def exactly_new(shape, strides):
    """Forgets that the stride of an axis of size 1 is never used."""
    return tuple(strides) == true_strides(shape)


def a_view(rng):
    """A new tensor, transposed, sliced or with an axis of size 1."""
    shape = rng.sample([2, 3, 4, 5], rng.randint(1, 3))
    steps = list(true_strides(shape))
    kind = rng.randrange(5)
    if kind == 1 and len(shape) > 1:
        shape[0], shape[-1] = shape[-1], shape[0]
        steps[0], steps[-1] = steps[-1], steps[0]
    if kind == 2:  # every second of an axis
        i = rng.randrange(len(shape))
        shape[i], steps[i] = max(1, shape[i] // 2), 2 * steps[i]
    if kind == 3:  # fewer of the last axis
        shape[-1] = max(1, shape[-1] - 1)
    if kind == 4:
        i = rng.randint(0, len(shape))
        shape.insert(i, 1)
        steps.insert(i, rng.choice([1, 7, 20]))
    return tuple(shape), tuple(steps)


@ex1.check("whether the numbers lie in order", points=3)
def contiguous(s: Session):
    s.agrees(
        "is_contiguous",
        true_contiguous,
        given=[
            ((), ()),
            ((2, 3), (3, 1)),
            ((3, 2), (1, 3)),
            ((2, 3), (0, 1)),
            ((1, 4), (99, 1)),
        ],
        draw=a_view,
        checked="is_contiguous",
        look="Going through the indices in order, the last fastest, the "
        "places must be 0, 1, 2, ... without a gap. Only then can `view` "
        "give them any other shape without a copy.",
        mistakes=[
            Mistake(
                decreasing,
                "Strides that fall are not enough: a slice leaves gaps.",
            ),
            Mistake(
                last_is_one,
                "A last stride of 1 is not enough: rows may lie apart, or on "
                "top of each other.",
            ),
            Mistake(
                exactly_new,
                "The stride of an axis of size 1 is never used, so it may be "
                "anything.",
            ),
        ],
    )
