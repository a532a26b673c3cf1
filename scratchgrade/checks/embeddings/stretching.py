"""Checks of exercise 3.6: stretch the context."""

import math

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex6 = Exercise(
    "3.6",
    "Stretch the context",
    needs=("interpolated", "ntk", "yarn"),
    read="Chapter 3, Step 6: Stretch",
    tensors=True,
)


def plain(d, base):
    import torch

    return torch.tensor(
        [base ** (-2 * i / d) for i in range(d // 2)], dtype=torch.float64
    )


def true_interpolated(d, base, factor):
    return plain(d, base) / factor


def true_ntk(d, base, factor):
    """From its two ends: the first speed stays, the last is divided."""
    import torch

    n = d // 2
    kept = [factor ** (-i / (n - 1)) for i in range(n)]
    return plain(d, base) * torch.tensor(kept, dtype=torch.float64)


def true_yarn(d, base, factor, length, slow, fast):
    import torch

    result = []
    for speed in plain(d, base).tolist():
        turns = length * speed / math.tau
        share = min(max((turns - slow) / (fast - slow), 0.0), 1.0)
        result.append(share * speed + (1 - share) * speed / factor)
    return torch.tensor(result, dtype=torch.float64)


def dims(s: Session) -> list[tuple]:
    return [
        (d, base, s.rng.choice([2.0, 4.0, 2.5, 16.0]))
        for d, base in ((4, 10_000.0), (16, 10_000.0), (64, 500_000.0))
    ]


@ex6.check("position interpolation", points=2)
def interpolation(s: Session):
    s.matches(
        "interpolated",
        true_interpolated,
        dims(s),
        rtol=1e-9,
        checked="interpolated(head_dim, base, factor)",
        look="base ** (-2 i / Dh) for each pair, divided by factor: position "
        "8 of the long text has the angles of position 8 / factor.",
        mistakes=[
            Mistake(
                lambda d, b, f: plain(d, b) * f,
                "You multiply: then angles grow out of what training saw. "
                "Divide.",
            ),
            Mistake(
                lambda d, b, f: plain(d, b * f),
                "You changed the base, which leaves the first pair alone: "
                "interpolation slows all pairs.",
            ),
            Mistake(lambda d, b, f: plain(d, b), "`factor` plays no part."),
        ],
    )


@ex6.check("the NTK-aware base", points=4)
def ntk(s: Session):
    s.matches(
        "ntk",
        true_ntk,
        dims(s),
        rtol=1e-9,
        checked="ntk(head_dim, base, factor)",
        look="A larger base such that the slowest pair becomes exactly "
        "`factor` times slower, while the fastest keeps its speed of 1: "
        "base * factor ** (Dh / (Dh - 2)).",
        mistakes=[
            Mistake(
                lambda d, b, f: plain(d, b * f),
                "base * factor makes the slowest pair a little too fast: the "
                "exponent is Dh / (Dh - 2).",
            ),
            Mistake(
                true_interpolated,
                "All pairs are slowed alike: that is interpolation.",
            ),
            Mistake(
                lambda d, b, f: plain(d, b * f ** ((d - 2) / d)),
                "The exponent is turned over: Dh / (Dh - 2).",
            ),
        ],
    )


def settings(s: Session) -> list[tuple]:
    found = []
    for d, base, factor in dims(s):
        slow = s.rng.choice([1.0, 0.5])
        found.append((d, base, factor, s.rng.choice([512, 2048]), slow, 32.0))
    found.append((32, 10_000.0, 4.0, 64, 1.0, 8.0))
    return found


def altered(turn=None, swap=False, hard=False, keep=False, divide=True):
    def wrong(d, base, factor, length, slow, fast):
        import torch

        result = []
        for speed in plain(d, base).tolist():
            turns = (turn or (lambda n, w: n * w / math.tau))(length, speed)
            share = (turns - slow) / (fast - slow)
            if hard:
                share = float(turns >= fast)
            share = share if keep else min(max(share, 0.0), 1.0)
            if swap:
                share = 1 - share
            low = speed / factor if divide else 0.0
            result.append(share * speed + (1 - share) * low)
        return torch.tensor(result, dtype=torch.float64)

    return wrong


@ex6.check("YaRN: fast pairs kept, slow ones slowed", points=6)
def yarn(s: Session):
    s.matches(
        "yarn",
        true_yarn,
        settings(s),
        rtol=1e-9,
        checked="yarn(head_dim, base, factor, original_length, slow, fast)",
        look="For each pair: its turns within the original length are "
        "r = length * speed / (2 pi); its share is (r - slow) / (fast - "
        "slow), cut to 0 to 1; the new speed is share * speed + (1 - share) "
        "* speed / factor.",
        mistakes=[
            Mistake(
                altered(turn=lambda n, w: n * w),
                "You count radians. A turn has 2 pi of them.",
            ),
            Mistake(
                altered(swap=True),
                "The shares are turned round: a pair that turns *fast* tells "
                "neighbours apart and keeps its speed.",
            ),
            Mistake(
                altered(hard=True),
                "There is no ramp: between slow and fast both speeds are "
                "mixed.",
            ),
            Mistake(
                altered(keep=True),
                "The share must be cut to 0 to 1: outside of the ramp it "
                "speeds pairs up, or turns them backwards.",
            ),
            Mistake(
                lambda d, b, f, n, s, x: true_interpolated(d, b, f),
                "All pairs are slowed: that is interpolation.",
            ),
            Mistake(
                altered(divide=False),
                "Slow pairs stand still. They turn at speed / factor.",
            ),
        ],
    )
