# %% correct: by_exchanging_neighbours_until_all_are_seen
def knows_order(model, token_ids):
    last = token_ids[-1]
    start = tuple(token_ids[:-1])
    known, waiting = {start}, [start]
    first = model(list(start) + [last])
    while waiting:
        order = waiting.pop()
        numbers = model(list(order) + [last])
        if max([abs(x - y) for x, y in zip(numbers, first)], default=0) >= 1e-6:
            return True
        for i in range(len(order) - 1):
            other = list(order)
            other[i], other[i + 1] = other[i + 1], other[i]
            if tuple(other) not in known:
                known.add(tuple(other))
                waiting.append(tuple(other))
    return False


# %% wrong: exact_comparison
# why: rounding counts
# says: Sums of floats change by rounding
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    *before, last = token_ids
    expected = model([*before, last])
    for order in set(permutations(before)):
        found = model([*order, last])
        if any(
            a != b for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False


# %% wrong: last_id_moves
# why: all ids are permuted
# says: The last id must stay where it is
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    expected = model(list(token_ids))
    for order in set(permutations(token_ids)):
        found = model(list(order))
        if any(
            abs(a - b) > 1e-6 for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False


# %% wrong: turned_round_only
# why: one other order: the reverse
# says: Turned round, the middle stays
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    *before, last = token_ids
    expected = model([*before, last])
    for order in [before[::-1]]:
        found = model([*order, last])
        if any(
            abs(a - b) > 1e-6 for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False


# %% wrong: first_two_exchanged
# why: one exchange
# says: One exchange is not enough
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    *before, last = token_ids
    expected = model([*before, last])
    for order in [[*before[:2][::-1], *before[2:]]]:
        found = model([*order, last])
        if any(
            abs(a - b) > 1e-6 for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False


# %% wrong: first_number_only
# why: looks at one number
# says: Many numbers do not change
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    *before, last = token_ids
    expected = model([*before, last])
    for order in set(permutations(before)):
        found = model([*order, last])
        if any(
            abs(a - b) > 1e-6 for a, b in [(found[0], expected[0])]
        ):
            return True
    return False


# %% wrong: first_id_stays
# why: the first id is left in its place
# says: let it move too
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    *before, last = token_ids
    expected = model([*before, last])
    for order in set(permutations(before[1:])):
        found = model([*before[:1], *order, last])
        if any(
            abs(a - b) > 1e-6 for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False


# %% wrong: always_true
# why: no test at all
# says: a test that does not always say True
def knows_order(model, token_ids):
    return True


# %% wrong: always_false
# why: finds nothing
# says: a test that finds something
def knows_order(model, token_ids):
    return False


# %% wrong: short_texts_raise
# why: nothing to permute is an error
# says: there is only one order
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    *before, last = token_ids
    if len(before) < 2:
        return True
    expected = model([*before, last])
    for order in set(permutations(before)):
        found = model([*order, last])
        if any(
            abs(a - b) > 1e-6 for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False


# %% wrong: last_popped
# why: pop takes the last id from the caller's list
# says: argument 2 of knows_order after the call
from itertools import permutations


def knows_order(model, token_ids):
    """Whether another order before the last id changes the prediction.

    >>> knows_order(lambda ids: [float(sum(ids))], [5, 3, 8])
    False
    >>> knows_order(lambda ids: [float(ids[-2])], [5, 3, 8])
    True
    """
    expected = model(list(token_ids))
    last = token_ids.pop()
    for order in set(permutations(token_ids)):
        found = model([*order, last])
        if any(
            abs(a - b) > 1e-6 for a, b in zip(found, expected, strict=True)
        ):
            return True
    return False
