"""Checks of stage 0, basics: exercises 0.1 to 0.8."""

from scratchgrade.checks.basics import (
    autograd,
    bigram,
    losses,
    memory,
    network,
    optimizers,
    repair,
    shapes,
)

__all__ = [
    "autograd",
    "bigram",
    "losses",
    "memory",
    "network",
    "optimizers",
    "repair",
    "shapes",
]
