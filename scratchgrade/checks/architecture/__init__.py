"""Checks of stage 5, architecture: exercises 5.1 to 5.11."""

from scratchgrade.checks.architecture import (
    activations,
    beams,
    blocks,
    choosing,
    counts,
    flops,
    gpt,
    greedy,
    modern,
    norms,
    starts,
)

__all__ = [
    "activations",
    "beams",
    "blocks",
    "choosing",
    "counts",
    "flops",
    "gpt",
    "greedy",
    "modern",
    "norms",
    "starts",
]
