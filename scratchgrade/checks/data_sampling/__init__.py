"""Checks of stage 2, data sampling: exercises 2.1 to 2.10."""

from scratchgrade.checks.data_sampling import (
    batches,
    cleaning,
    duplicates,
    loading,
    mixing,
    packing,
    poisoning,
    scoring,
    splitting,
    windows,
)

__all__ = [
    "batches",
    "cleaning",
    "duplicates",
    "loading",
    "mixing",
    "packing",
    "poisoning",
    "scoring",
    "splitting",
    "windows",
]
