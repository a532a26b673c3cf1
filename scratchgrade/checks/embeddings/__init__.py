"""Checks of stage 3, embeddings: exercises 3.1 to 3.9."""

from scratchgrade.checks.embeddings import (
    alibi,
    layouts,
    learned,
    lookup,
    ordering,
    rotary,
    sines,
    stretching,
    tying,
)

__all__ = [
    "alibi",
    "layouts",
    "learned",
    "lookup",
    "ordering",
    "rotary",
    "sines",
    "stretching",
    "tying",
]
