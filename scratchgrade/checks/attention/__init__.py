"""Checks of stage 4, attention: exercises 4.1 to 4.10."""

from scratchgrade.checks.attention import (
    caches,
    dropping,
    groups,
    heads,
    leaks,
    masks,
    padding,
    scores,
    tiles,
    windows,
)

__all__ = [
    "caches",
    "dropping",
    "groups",
    "heads",
    "leaks",
    "masks",
    "padding",
    "scores",
    "tiles",
    "windows",
]
