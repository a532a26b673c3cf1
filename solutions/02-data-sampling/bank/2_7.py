# %% correct: in_logarithms_from_the_fullest_glass
import math


def mixture(sizes, exponent):
    logs = [exponent * math.log(n) for n in sizes]
    top = max(logs)
    e = [math.exp(x - top) for x in logs]
    return [x / math.fsum(e) for x in e]


def epochs(sizes, probabilities, n_tokens):
    return [probabilities[i] * n_tokens / sizes[i] for i in range(len(sizes))]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    if sum(sizes) * max_epochs < n_tokens:
        raise ValueError("too many tokens")
    w = mixture(sizes, exponent)
    # Those that are full first have the largest weight for their size.
    order = sorted(range(len(sizes)), key=lambda i: sizes[i] / w[i])
    tokens, left, weight = [0.0] * len(sizes), float(n_tokens), math.fsum(w)
    for place, i in enumerate(order):
        tokens[i] = min(left * w[i] / weight, max_epochs * sizes[i])
        left -= tokens[i]
        weight = math.fsum(w[j] for j in order[place + 1:])
    return [t / n_tokens for t in tokens]


def draw(probabilities, n, rng):
    total, found = sum(probabilities), []
    for _ in range(n):
        u = rng.random() * total
        i = 0
        while i < len(probabilities) - 1 and u >= probabilities[i]:
            u -= probabilities[i]
            i += 1
        found.append(i)
    return found


# %% wrong: temperature
# why: divides by the exponent
# says: that is a temperature
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** (1 / exponent if exponent else 0) for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: softmax_of_sizes
# why: softmax instead of a power
# says: You take a softmax of the sizes
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    import math
    weights = [math.exp(size - max(sizes)) for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: not_normalised_again
# why: the power of the shares
# says: Your numbers do not add up to 1
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    return [(size / sum(sizes)) ** exponent for size in sizes]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: times_the_exponent
# why: multiplies by the exponent
# says: You multiply by the exponent
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [size / scale * (exponent or 1) for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: overflow
# why: raises the sizes themselves
# says: Divide the sizes by the largest
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [float(size) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: epochs_upside_down
# why: size by tokens
# says: Upside down
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        size / (n_tokens * p)
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: epochs_without_share
# why: forgets the probability
# says: A source gets its share
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: cap_once
# why: the others are not looked at again
# says: You cut once
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over or fixed:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: cap_then_divide_all
# why: those at the limit grow again
# says: You cut and then divide all
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    cut = [min(a, b) for a, b in zip(weights, limits)]
    return [x / sum(cut) for x in cut]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: no_cap
# why: nothing is limited
# says: No source is held back
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    return weights
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: surplus_shared_equally
# why: the rest in equal parts
# says: You share out equally
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    p = list(weights)
    for _ in range(len(p) + 1):
        surplus = sum(max(0, a - b) for a, b in zip(p, limits))
        free = [a < b for a, b in zip(p, limits)]
        if surplus < 1e-15 or not any(free):
            return p
        p = [
            a + surplus / sum(free) if f else min(a, b)
            for a, b, f in zip(p, limits, free)
        ]
    return p
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: too_many_tokens_accepted
# why: no error
# says: More tokens than max_epochs times
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if False:
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: always_the_likeliest
# why: the maximum instead of a draw
# says: Always the likeliest source
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return [probabilities.index(max(probabilities))] * n


# %% wrong: uniform_draw
# why: weights forgotten
# says: All sources come equally often
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), k=n)


# %% wrong: global_random
# why: draws from the module
# says: Draw from the `rng` that you are given
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    import random
    return random.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: sizes_scaled_in_place
# why: the sizes are divided where they stand
# says: argument 1 of mixture after the call
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    for i, size in enumerate(sizes):
        sizes[i] = size / scale
    weights = [size**exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    limits = [max_epochs * size / n_tokens for size in sizes]
    weights = mixture(sizes, exponent)
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: epochs_into_the_probabilities
# why: the result is written over the probabilities
# says: argument 2 of epochs after the call
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    for i, size in enumerate(sizes):
        probabilities[i] *= n_tokens / size
    return probabilities


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    weights = mixture(sizes, exponent)
    limits = [max_epochs * size / n_tokens for size in sizes]
    fixed = set()
    while True:
        rest = 1 - sum(limits[i] for i in fixed)
        total = sum(w for i, w in enumerate(weights) if i not in fixed)
        p = [
            limits[i] if i in fixed else rest * w / total
            for i, w in enumerate(weights)
        ]
        over = {i for i in range(len(p)) if p[i] > limits[i] * (1 + 1e-12)}
        if not over:
            return p
        fixed |= over
        if len(fixed) == len(sizes):
            return limits


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)


# %% wrong: fixed_ones_struck_out
# why: a source at its limit gets the size 0
# says: is 0, expected
def mixture(sizes, exponent):
    """Probabilities in proportion to size ** exponent.

    >>> mixture([100, 900], 0.5)
    [0.25, 0.75]
    """
    scale = max(sizes) if exponent >= 0 else min(sizes)
    weights = [(size / scale) ** exponent for size in sizes]
    total = sum(weights)
    return [weight / total for weight in weights]


def epochs(sizes, probabilities, n_tokens):
    """How many times each source is read.

    >>> epochs([100, 900], [0.25, 0.75], 2000)
    [5.0, 1.6666666666666667]
    """
    return [
        n_tokens * p / size
        for p, size in zip(probabilities, sizes, strict=True)
    ]


def capped_mixture(sizes, exponent, n_tokens, max_epochs):
    """Probabilities with which no source is read more than max_epochs times.

    >>> capped_mixture([100, 900], 1.0, 500, 3)
    [0.1, 0.9]
    """
    if n_tokens > max_epochs * sum(sizes):
        raise ValueError(
            f"{n_tokens} tokens are more than {max_epochs} times all "
            f"{sum(sizes)}"
        )
    limits = [max_epochs * size / n_tokens for size in sizes]
    p, rest = list(limits), 1.0
    while any(sizes):
        left = [i for i, size in enumerate(sizes) if size]
        shares = mixture([sizes[i] for i in left], exponent)
        over = False
        for i, share in zip(left, shares, strict=True):
            p[i] = rest * share
            if p[i] > limits[i] * (1 + 1e-12):
                p[i], sizes[i], over = limits[i], 0, True
        if not over:
            break
        rest = 1 - sum(x for x, size in zip(p, sizes, strict=True) if not size)
    return p


def draw(probabilities, n, rng):
    """n source numbers, drawn with these probabilities."""
    return rng.choices(range(len(probabilities)), probabilities, k=n)
