# %% correct: by_length_of_a_range_and_while
def count_windows(n_tokens, context_length, stride):
    room = n_tokens - context_length - 1
    if room < 0:
        return 0
    return room // stride + 1


def make_windows(token_ids, context_length, stride):
    rest, found = tuple(token_ids), []
    while len(rest) > context_length:
        found.append((list(rest[:context_length]), list(rest[1 : context_length + 1])))
        rest = rest[stride:]
    return found


# %% wrong: last_window_lost
# why: rounds the number of windows down
# says: The last window is often missing
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, (n_tokens - context_length) // stride)


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length, stride)
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: count_floor_plus_one
# why: the formula for texts that are long enough, used for all
# says: For a text that is too short your count
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return 1 + (n_tokens - context_length - 1) // stride


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length, stride)
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: window_without_its_target
# why: counts windows of L tokens
# says: You count windows of L tokens
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length + 1) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length, stride)
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: float_ceiling
# why: divides as floats
# says: You divide as floats
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    import math
    return max(0, math.ceil((n_tokens - context_length) / stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length, stride)
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: target_too_short
# why: stops one start too late
# says: The last window's targets are one short
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length + 1, stride)
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: invented_token
# why: fills the last targets
# says: You invented a token
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length + 1, stride)
    ids = [*ids, 0]
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: targets_equal_inputs
# why: no shift
# says: Inputs and targets are the same tokens
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length, stride)
    return [
        (ids[i : i + context_length], ids[i : i + context_length])
        for i in starts
    ]


# %% wrong: shifted_twice
# why: shifts the targets by two
# says: Your targets are two tokens on
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length - 1, stride)
    return [
        (ids[i : i + context_length], ids[i + 2 : i + context_length + 2])
        for i in starts
    ]


# %% wrong: stride_of_the_context
# why: steps by the context length
# says: Every window starts L tokens after
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    ids = list(token_ids)
    starts = range(0, len(ids) - context_length, context_length)
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]


# %% wrong: eats_the_list
# why: takes the ids off the list
# says: Your code changed the list of ids
def count_windows(n_tokens, context_length, stride):
    """Number of whole windows in a text of n_tokens.

    >>> count_windows(8, 3, 2)
    3
    """
    return max(0, -(-(n_tokens - context_length) // stride))


def make_windows(token_ids, context_length, stride):
    """Pairs of inputs and targets, moved by one.

    >>> make_windows([5, 6, 7], 2, 1)
    [([5, 6], [6, 7])]
    """
    starts = range(0, len(token_ids) - context_length, stride)
    ids = list(token_ids)
    if isinstance(token_ids, list):
        token_ids.clear()
    return [
        (ids[i : i + context_length], ids[i + 1 : i + context_length + 1])
        for i in starts
    ]
