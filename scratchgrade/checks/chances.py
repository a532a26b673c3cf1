"""Checks of what is drawn at random: never one sample, always a known risk.

A right sampler is failed with a probability of at most `RATE`, for every
number of draws, not only in the limit of many. A wrong one that is known (a
mistake with a distribution of its own) is missed with at most the same
probability, or the check refuses to run and says how many draws it takes.

The bounds hold for any number of draws. For counts: R. Agrawal,
"Finite-Sample Concentration of the Multinomial in Relative Entropy", 2020
(arXiv 1904.02291); for the power: Chernoff; for variances: B. Laurent and
P. Massart, "Adaptive estimation of a quadratic functional by model selection",
2000. The tests compare them with exact probabilities.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from scratchgrade.checks.arrays import is_array
from scratchgrade.checks.compare import brief
from scratchgrade.checks.mistakes import Mistake
from scratchgrade.checks.values import ValueChecks

RATE = 1e-9  # of false alarms, a check

Law = Mapping[Hashable, float] | Sequence[float]


def law_of(probabilities: Law) -> dict[Hashable, float]:
    """Outcomes that can happen, with their probabilities.

    A sequence gives those of 0, 1, 2 ...

    Raises:
        ValueError: if they do not sum to one.
    """
    if not isinstance(probabilities, Mapping):
        probabilities = dict(enumerate(probabilities))
    law = {k: float(p) for k, p in probabilities.items() if p > 0}
    if abs(math.fsum(law.values()) - 1) > 1e-9:
        raise ValueError(f"probabilities sum to {math.fsum(law.values())}")
    return law


def divergence(counts: Mapping[Hashable, int], law: Mapping) -> float:
    """n times the relative entropy of counted shares to a law, in nats.

    Half of the statistic of a G-test; infinite for an impossible outcome.

    >>> round(divergence({0: 3, 1: 1}, {0: 0.5, 1: 0.5}), 4)
    0.5232
    """
    if any(k not in law for k, c in counts.items() if c):
        return math.inf
    n = sum(counts.values())
    terms = (c * math.log(c / (n * law[k])) for k, c in counts.items() if c)
    return max(0.0, math.fsum(terms))


@cache
def limit(n_outcomes: int, rate: float = RATE) -> float:
    """What `divergence` exceeds with a probability of at most `rate`.

    The smallest t > k with exp(-t) (e t / k)^k <= rate, k = outcomes - 1.

    >>> round(limit(2), 2), round(limit(10), 2)
    (24.94, 44.01)
    """
    k = n_outcomes - 1
    if k < 1:
        return 0.0

    def log_bound(t: float) -> float:
        return -t + k * (1 + math.log(t / k))

    low, high = float(k), 2.0 * k + 1
    while log_bound(high) > math.log(rate):
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if log_bound(middle) > math.log(rate):
            low = middle
        else:
            high = middle
    return high


def chernoff(a: Mapping, b: Mapping) -> float:
    """Chernoff's information between two laws, in nats a draw.

    >>> round(chernoff({0: 0.5, 1: 0.5}, {0: 0.6, 1: 0.4}), 6)
    0.005077
    """
    both = [(a[k], b[k]) for k in a if k in b]
    if not both:
        return math.inf

    def log_sum(x: float) -> float:
        return math.log(math.fsum(p**x * q ** (1 - x) for p, q in both))

    low, high = 0.0, 1.0  # log_sum is convex
    for _ in range(60):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if log_sum(left) < log_sum(right):
            high = right
        else:
            low = left
    return max(0.0, -log_sum((low + high) / 2))


def draws_to_tell(right: Law, wrong: Law, rate: float = RATE) -> int:
    """How many draws fail the wrong law, and pass the right one.

    Each but for a probability of at most `rate`: where the shares that are
    near the one law end, those near the other have not yet begun.

    >>> draws_to_tell([0.5, 0.5], [0.6, 0.4])
    4913
    """
    a, b = law_of(right), law_of(wrong)
    information = chernoff(a, b)
    if not information:
        raise ValueError("two equal laws cannot be told apart")
    most = limit(max(len(a), len(b)), rate)
    return max(1, math.ceil(most / information))


def spread_limits(n: int, rate: float = RATE) -> tuple[float, float, float]:
    """How far n standard numbers are from their mean and variance.

    Returns (largest |mean|, smallest and largest mean square); each law that
    is normal or uniform stays within all three but for `rate`.
    """
    x = math.log(4 / rate)
    root = 2 * math.sqrt(x / n)
    return math.sqrt(2 * x / n), 1 - root, 1 + root + 2 * x / n


def can_tell_spread(
    n: int,
    right: tuple[float, float],
    wrong: tuple[float, float],
    rate: float = RATE,
) -> bool:
    """Whether n numbers tell two pairs (mean, standard deviation) apart."""
    off, low, high = spread_limits(n, rate)
    shift = abs(wrong[0] - right[0]) / right[1]
    ratio = wrong[1] / right[1]
    if shift > off * (1 + ratio):
        return True
    if shift:
        return False  # the mean square would mix both
    return ratio**2 * low > high or ratio**2 * high < low


class ChanceChecks(ValueChecks):
    """Comparisons of many draws with an exact law."""

    def drawn_from(
        self,
        draws: Any,
        law: Law,
        *,
        n: int,
        checked: str,
        look: str,
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        """Fail unless `n` draws came, and could come from this law.

        A mistake's value is the law that it draws from; the nearest of those
        that the draws could come from gives the advice.

        Raises:
            ValueError: if `n` draws are too few for one of the mistakes.
        """
        self.comparisons += 1
        right = law_of(law)
        wrong = [(law_of(m.value), m.look) for m in mistakes]
        for other, _ in wrong:
            if n < (need := draws_to_tell(right, other)):
                raise ValueError(f"draw at least {need:,} times, not {n:,}")
        counts = _counted(draws)
        if (total := sum(counts.values())) != n:
            self.fail(checked, f"{total:,} draws came, expected {n:,}", look)
        if divergence(counts, right) <= limit(len(right)):
            return
        near = [
            (distance, advice)
            for other, advice in wrong
            if (distance := divergence(counts, other)) <= limit(len(other))
        ]
        self.fail(
            checked,
            _worst_share(counts, right, n),
            min(near)[1] if near else look,
        )

    def spread(
        self,
        values: Any,
        mean: float,
        std: float,
        *,
        n: int,
        checked: str,
        look: str,
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        """Fail unless `n` numbers came, and could have this mean and spread.

        The law is normal or uniform, the numbers independent. A mistake's
        value is the pair (mean, standard deviation) that it leads to.

        Raises:
            ValueError: if there are too few numbers for one of the mistakes.
        """
        self.comparisons += 1
        for mistake in mistakes:
            if not can_tell_spread(n, (mean, std), mistake.value):
                raise ValueError(
                    f"{n:,} numbers do not tell {mistake.value} from "
                    f"{(mean, std)}"
                )
        if not is_array(values) or values.size != n:
            came_out = f"{brief(values)}, expected {n:,} numbers"
            self.fail(checked, came_out, look)
        array = values.astype("float64").ravel()
        if _could_be(array, mean, std):
            return
        told = [m.look for m in mistakes if _could_be(array, *m.value)]
        self.fail(
            checked,
            f"mean {array.mean():.4g} and standard deviation "
            f"{array.std():.4g} of {array.size:,} numbers, expected about "
            f"{mean:.4g} and {std:.4g}",
            told[0] if told else look,
        )


def _counted(draws: Any) -> Counter:
    if isinstance(draws, np.ndarray):
        draws = draws.ravel().tolist()
    if not isinstance(draws, (list, tuple)):
        return Counter()
    return Counter(_outcome(x) for x in draws)


def _outcome(x: Any) -> Hashable:
    if isinstance(x, np.ndarray):
        x = x.tolist()
    if isinstance(x, (list, tuple)):
        return tuple(map(_outcome, x))
    return x if isinstance(x, Hashable) else brief(x)


def _worst_share(counts: Counter, law: Mapping, n: int) -> str:
    """The outcome whose count is the least likely, with both counts."""
    impossible = sorted((k for k in counts if k not in law), key=repr)
    if impossible:
        k = impossible[0]
        return (
            f"{brief(k)} was drawn {counts[k]:,} times of {n:,}, its "
            "probability is 0"
        )

    def deviation(k: Hashable) -> float:
        p = law[k]
        return abs(counts[k] - n * p) / math.sqrt(n * p * (1 - p) + 1e-300)

    k = max(law, key=deviation)
    sigma = math.sqrt(n * law[k] * (1 - law[k]))
    return (
        f"{brief(k)} was drawn {counts[k]:,} times of {n:,}, expected "
        f"{n * law[k]:,.0f}, give or take {3 * sigma:,.0f}"
    )


def _could_be(array: np.ndarray, mean: float, std: float) -> bool:
    if not np.isfinite(array).all():
        return False
    off, low, high = spread_limits(array.size)
    standard = (array - mean) / std
    square = float((standard**2).mean())
    return abs(float(standard.mean())) <= off and low <= square <= high
