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
