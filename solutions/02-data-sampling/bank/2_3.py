# %% correct: by_differences_and_by_formula
def times_predicted(n_tokens, context_length, stride):
    change = [0] * (n_tokens + 1)
    start = 0
    while start + context_length < n_tokens:
        change[start + 1] += 1
        if start + context_length + 1 <= n_tokens:
            change[start + context_length + 1] -= 1
        start += stride
    now, times = 0, []
    for c in change[:n_tokens]:
        now += c
        times.append(now)
    return times


def scoring_windows(n_tokens, context_length, stride):
    if stride > context_length:
        raise ValueError("stride above context_length")
    if n_tokens < 2:
        return []
    n = 1 + max(0, -(-(n_tokens - 1 - context_length) // stride))
    return [
        (
            k * stride,
            min(k * stride + context_length, n_tokens - 1),
            1 if k == 0 else (k - 1) * stride + context_length + 1,
        )
        for k in range(n)
    ]


# %% wrong: inputs_counted
# why: counts inputs instead of targets
# says: You counted how often a token is an input
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start, start + context_length):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


# %% wrong: one_prediction_less
# why: a window predicts L - 1 tokens
# says: Each window predicts L tokens, not L - 1
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length + 1, stride):
        for i in range(start + 1, start + context_length):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


# %% wrong: once_each
# why: thinks that each token is predicted once
# says: You gave each token one prediction
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    return [0] + [1] * (n_tokens - 1) if n_tokens else []


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


# %% wrong: marked_not_added
# why: marks instead of adding up
# says: add up, do not mark
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] = 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


# %% wrong: all_targets_scored
# why: overlaps are scored twice
# says: a token counts twice
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, start + 1))
        scored = end
    return windows


# %% wrong: one_token_skipped
# why: skips one between windows
# says: one token is never scored
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1 + (start > 0)))
        scored = end
    return windows


# %% wrong: last_scored_again
# why: the last token is scored again
# says: is scored again by the next
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + (start == 0)))
        scored = end
    return windows


# %% wrong: rest_forgotten
# why: only whole windows
# says: The end of the text is not scored
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        if start + context_length > n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


# %% wrong: windows_with_nothing
# why: goes on to the end of the text
# says: windows with nothing left to score
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if stride > context_length:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, max(0, n_tokens - 1), stride):
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, scored + 1))
        scored = end
    return windows


# %% wrong: any_stride
# why: strides above L are accepted
# says: With a stride above L
def times_predicted(n_tokens, context_length, stride):
    """How often each token is a target over all whole windows.

    >>> times_predicted(7, 4, 2)
    [0, 1, 1, 2, 2, 1, 1]
    """
    times = [0] * n_tokens
    for start in range(0, n_tokens - context_length, stride):
        for i in range(start + 1, start + context_length + 1):
            times[i] += 1
    return times


def scoring_windows(n_tokens, context_length, stride):
    """Windows (start, end, first) that score each token once.

    >>> scoring_windows(7, 4, 2)
    [(0, 4, 1), (2, 6, 5)]
    """
    if False:
        raise ValueError(
            f"stride {stride} is larger than context_length "
            f"{context_length}: some tokens would not be scored"
        )
    windows, scored = [], 0
    for start in range(0, n_tokens, stride):
        if scored >= n_tokens - 1:
            break
        end = min(start + context_length, n_tokens - 1)
        windows.append((start, end, max(scored, start) + 1))
        scored = end
    return windows
