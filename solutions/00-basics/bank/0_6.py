# %% correct: with_a_dictionary_and_running_sums
from math import fsum, log


def count_pairs(token_ids, vocab_size):
    seen = {}
    for i in range(1, len(token_ids)):
        key = (token_ids[i - 1], token_ids[i])
        seen[key] = seen.get(key, 0) + 1
    return [
        [seen.get((a, b), 0) for b in range(vocab_size)]
        for a in range(vocab_size)
    ]


def to_probabilities(counts, alpha):
    def row(r):
        smoothed = [c + alpha for c in r]
        if not any(smoothed):
            smoothed = [1] * len(r)
        total = fsum(smoothed)
        return [x / total for x in smoothed]

    return list(map(row, counts))


def mean_loss(token_ids, rows):
    total = 0.0
    for i in range(len(token_ids) - 1):
        total -= log(rows[token_ids[i]][token_ids[i + 1]])
    return total / (len(token_ids) - 1)


def sample(rows, first, n, rng):
    text = [first]
    while len(text) <= n:
        u, k = rng.random(), 0
        while k < len(rows) - 1 and u >= rows[text[-1]][k]:
            u -= rows[text[-1]][k]
            k += 1
        text.append(k)
    return text[1:]


# %% wrong: rows_and_columns_swapped
# why: the follower is the row
# says: Rows and columns are swapped
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[b][a] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: paired_with_itself
# why: zip(ids, ids)
# says: You paired every token with itself
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(token_ids, token_ids, strict=False):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: pairs_without_overlap
# why: every second pair
# says: You take pairs without overlap
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(token_ids[::2], token_ids[1::2], strict=False):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: around_the_end
# why: the last is followed by the first
# says: The last token is paired with the first
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in zip(token_ids, [*token_ids[1:], *token_ids[:1]], strict=False):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: alpha_once_in_the_sum
# why: the sum grows by alpha only
# says: The rows do not sum to 1
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: all_counts_together
# why: one distribution for all pairs
# says: You divide by the sum of all counts
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(map(sum, counts)) + alpha * len(row) ** 2
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: alpha_is_one
# why: adds 1 whatever alpha is
# says: you add 1
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows, alpha = [], 1
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: no_smoothing
# why: alpha is not used
# says: a pair that never occurred keeps
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows, alpha = [], 0
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: log_of_the_mean
# why: the logarithm of the mean
# says: You take the logarithm of the mean probability
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    p = [rows[a][b] for a, b in pairs]
    return -math.log(sum(p) / len(p))


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: divided_by_n
# why: the first token counts
# says: You divide by the number of tokens
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(token_ids)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: in_bits
# why: base 2
# says: Bits; the loss is in nats
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log2(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: perplexity
# why: exp of the loss
# says: That is the perplexity
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return math.exp(sum(losses) / len(losses))


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: always_the_likeliest
# why: greedy
# says: You always take the likeliest token
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        last = rows[last].index(max(rows[last]))
        drawn.append(last)
    return drawn


# %% wrong: uniform
# why: the row is not used
# says: All tokens come equally often
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)))
        drawn.append(last)
    return drawn


# %% wrong: global_random
# why: the module's generator
# says: Draw from the `rng` that you are given
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        import random
        (last,) = random.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: smoothed_in_place
# why: alpha is added to the counts themselves
# says: argument 1 of to_probabilities after the call
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    for a, b in pairwise(token_ids):
        counts[a][b] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        for b in range(len(row)):
            row[b] += alpha
        total = sum(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([count / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn


# %% wrong: pairs_by_popping
# why: the text is eaten up by pop(0)
# says: argument 1 of count_pairs after the call
import math
from itertools import pairwise


def count_pairs(token_ids, vocab_size):
    """How often each token follows each.

    >>> count_pairs([0, 1, 1, 0, 1], 2)
    [[0, 2], [1, 1]]
    """
    counts = [[0] * vocab_size for _ in range(vocab_size)]
    while len(token_ids) > 1:
        a = token_ids.pop(0)
        counts[a][token_ids[0]] += 1
    return counts


def to_probabilities(counts, alpha):
    """Rows that sum to 1.

    >>> to_probabilities([[0, 2], [1, 1]], 1)
    [[0.25, 0.75], [0.5, 0.5]]
    """
    rows = []
    for row in counts:
        total = sum(row) + alpha * len(row)
        if total == 0:
            rows.append([1 / len(row)] * len(row))
        else:
            rows.append([(count + alpha) / total for count in row])
    return rows


def mean_loss(token_ids, rows):
    """Mean negative log-probability of the tokens but the first, in nats.

    >>> round(mean_loss([0, 1, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    0.4904
    """
    pairs = pairwise(token_ids)
    losses = [-math.log(rows[a][b]) for a, b in pairs]
    return sum(losses) / len(losses)


def sample(rows, first, n, rng):
    """n ids, each drawn from the row of the one before it."""
    drawn, last = [], first
    for _ in range(n):
        (last,) = rng.choices(range(len(rows)), rows[last])
        drawn.append(last)
    return drawn
