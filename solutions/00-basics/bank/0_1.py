# %% correct: padded_shapes_and_a_walk_over_all_places
import math
from itertools import product


def broadcast_shape(a, b):
    n = max(len(a), len(b))
    a = (1,) * (n - len(a)) + tuple(a)
    b = (1,) * (n - len(b)) + tuple(b)
    result = []
    for x, y in zip(a, b):
        if x == 1:
            result.append(y)
        elif y == 1 or x == y:
            result.append(x)
        else:
            raise ValueError("no fit")
    return tuple(result)


def strides_of(shape):
    return tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))


def place(index, strides):
    where = 0
    for k in range(len(index)):
        where += index[k] * strides[k]
    return where


def is_contiguous(shape, strides):
    expected = 0
    for index in product(*[range(n) for n in shape]):
        if place(index, strides) != expected:
            return False
        expected += 1
    return True


# %% wrong: aligned_at_the_front
# why: shapes are compared from the first axis
# says: You align the shapes at their first axis
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(a, b, fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(sizes)


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: the_larger_size
# why: max in every column
# says: You take the larger size in every column
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        sizes.append(max(x, y))
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: same_number_of_axes
# why: asks for equal lengths
# says: The shapes may differ in length
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    if len(a) != len(b):
        raise ValueError(a, b)
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: divisors_fit
# why: 4 beside 2
# says: 2 does not fit 4
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if max(x, y) % max(1, min(x, y)):
            raise ValueError(a, b)
        sizes.append(max(x, y))
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: empty_axis_becomes_one
# why: max in the place of the rule
# says: An axis of size 0 beside one of size 1
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(max(x, y))
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: first_axis_fastest
# why: column after column
# says: Your first axis has stride 1
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in shape:
        strides.append(step)
        step *= size
    return tuple(strides)


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: strides_with_their_own_axis
# why: the product contains the axis
# says: Your strides contain the axis itself
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        step *= size
        strides.append(step)
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: bytes_counted
# why: strides in bytes
# says: Count numbers, not bytes
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 8
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: strides_sorted
# why: large strides first
# says: You take the strides from large to small
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, sorted(strides, reverse=True), strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: no_strides
# why: adds the indices
# says: The strides are missing
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        size == 1 or mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )


# %% wrong: falling_strides
# why: falling strides are taken for order
# says: Strides that fall are not enough
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    return list(strides) == sorted(strides, reverse=True)


# %% wrong: last_stride_one
# why: only the last stride is looked at
# says: A last stride of 1 is not enough
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    return not strides or strides[-1] == 1


# %% wrong: strides_of_a_new_tensor
# why: axes of size 1 are not left out
# says: The stride of an axis of size 1
from itertools import zip_longest


def broadcast_shape(a, b):
    """The shape of x + y.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    sizes = []
    for x, y in zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and x != 1 and y != 1:
            raise ValueError(f"{a} and {b} do not fit: {x} beside {y}")
        sizes.append(y if x == 1 else x)
    return tuple(reversed(sizes))


def strides_of(shape):
    """Strides of a new tensor, in numbers.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def place(index, strides):
    """Where the element lies, counted in numbers from the first.

    >>> place((1, 2, 3), (12, 4, 1))
    23
    """
    return sum(i * step for i, step in zip(index, strides, strict=True))


def is_contiguous(shape, strides):
    """Whether the elements lie in order, without gaps.

    >>> is_contiguous((3, 2), (1, 3))
    False
    """
    new = strides_of(shape)
    return all(
        mine == theirs
        for size, mine, theirs in zip(shape, strides, new, strict=True)
    )
