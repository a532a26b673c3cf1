# %% correct: cuts_from_the_end
import math


def finds_leak(model, token_ids):
    ids = list(token_ids)
    before = model(ids[:])
    while len(ids) > 1:
        ids.pop()
        after = model(ids[:])
        same = all(
            math.isclose(x, y, rel_tol=0, abs_tol=1e-6)
            for old, new in zip(before, after)
            for x, y in zip(old, new)
        )
        if not same:
            return True
    return False


# %% wrong: shapes_only
# why: counts rows
# says: Shapes say nothing
def finds_leak(model, token_ids):
    rows = model(list(token_ids))
    return len(rows) != len(token_ids)


# %% wrong: exact_comparison
# why: ==
# says: Sums are rounded
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full[:n], strict=True):
            for a, b in zip(row, wanted, strict=True):
                if a != b:
                    return True
    return False


# %% wrong: changed_position_compared
# why: the changed id itself is compared
# says: compare the positions *before* the change only
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(token_ids[:n])
        if any(abs(a - b) > 1e-6 for r, w in zip(rows, full) for a, b in zip(r, w)):
            return True
        other = model(token_ids[:n] + [t + 1 for t in token_ids[n:]])
        for row, wanted in zip(other[: n + 1], full):
            if any(abs(a - b) > 1e-6 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: the_first_half_only
# why: one cut in the middle
# says: One place to cut is not enough
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    for n in [(len(token_ids) + 1) // 2]:
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full[:n], strict=True):
            for a, b in zip(row, wanted, strict=True):
                if abs(a - b) > 1e-6:
                    return True
    return False


# %% wrong: the_last_id_spared
# why: stops one early
# says: The last token may be the one that leaks
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    for n in range(1, max(2, len(token_ids) - 1)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full[:n], strict=True):
            for a, b in zip(row, wanted, strict=True):
                if abs(a - b) > 1e-6:
                    return True
    return False


# %% wrong: one_number
# why: the first number of a row
# says: Three numbers of four agree
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full[:n], strict=True):
            for a, b in [(row[0], wanted[0])]:
                if abs(a - b) > 1e-6:
                    return True
    return False


# %% wrong: too_tolerant
# why: 1e-2
# says: A small leak is a leak
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full[:n], strict=True):
            for a, b in zip(row, wanted, strict=True):
                if abs(a - b) > 1e-2:
                    return True
    return False


# %% wrong: ids_changed_not_cut
# why: same length always
# says: compare with the text cut off
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(token_ids[:n] + [t + 1 for t in token_ids[n:]])[:n]
        for row, wanted in zip(rows, full[:n], strict=True):
            for a, b in zip(row, wanted, strict=True):
                if abs(a - b) > 1e-6:
                    return True
    return False


# %% wrong: cut_by_popping
# why: the text is shortened by pop
# says: argument 2 of finds_leak after the call
def finds_leak(model, token_ids):
    """Whether an output of the model depends on later ids.

    >>> finds_leak(lambda ids: [[float(t)] for t in ids], [5, 3, 8])
    False
    >>> finds_leak(lambda ids: [[float(sum(ids))] for t in ids], [5, 3, 8])
    True
    """
    full = model(list(token_ids))
    while len(token_ids) > 1:
        token_ids.pop()
        rows = model(list(token_ids))
        for row, wanted in zip(rows, full, strict=False):
            for a, b in zip(row, wanted, strict=True):
                if abs(a - b) > 1e-6:
                    return True
    return False


# %% wrong: a_bound_of_1e_8
# why: a smaller bound
# says: 9e-7 is less than 1e-6
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if any(abs(a - b) > 1e-8 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: differences_added
# why: one sum for the row
# says: only their sum or distance
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if sum(abs(a - b) for a, b in zip(row, wanted)) > 1e-6:
                return True
    return False


# %% wrong: larger_before_the_cut
# why: no abs
# says: always gives the larger number
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if any(a - b > 1e-6 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: larger_after_the_cut
# why: no abs, the other way round
# says: always gives the smaller number
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if any(b - a > 1e-6 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: sums_compared
# why: the sum stands for the row
# says: changes of a row cancel
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if abs(sum(row) - sum(wanted)) > 1e-6:
                return True
    return False


# %% wrong: one_more_at_a_time
# why: each beginning beside the next
# says: One more token changes nothing yet
def finds_leak(model, token_ids):
    for n in range(1, len(token_ids)):
        row = model(list(token_ids[:n]))[-1]
        longer = model(list(token_ids[: n + 1]))[n - 1]
        if any(abs(a - b) > 1e-6 for a, b in zip(row, longer)):
            return True
    return False


# %% wrong: first_and_last_cut
# why: two cuts
# says: miss what lies between
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in {1, max(1, len(token_ids) - 1)}:
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if any(abs(a - b) > 1e-6 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: five_cuts
# why: tried on six ids
# says: go on cutting until the last
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, min(6, len(token_ids))):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if any(abs(a - b) > 1e-6 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: a_bound_of_1e_5
# why: a larger bound
# says: your bound is too large
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if any(abs(a - b) > 1e-5 for a, b in zip(row, wanted)):
                return True
    return False


# %% wrong: relative_bound
# why: rtol of allclose
# says: the 1e-6 are absolute
import numpy as np


def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if not np.allclose(row, wanted, atol=1e-6):
                return True
    return False


# %% wrong: the_last_number
# why: the last number of a row
# says: Only the first number of a row
def finds_leak(model, token_ids):
    full = model(list(token_ids))
    for n in range(1, len(token_ids)):
        rows = model(list(token_ids[:n]))
        for row, wanted in zip(rows, full):
            if abs(row[-1] - wanted[-1]) > 1e-6:
                return True
    return False
