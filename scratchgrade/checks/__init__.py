"""Checks of the assignments: one module a stage, one kit for all.

In a notebook::

    from scratchgrade.checks import check
    check("1.3", train_bpe)

Grading runs the same checks with a secret seed.
"""

from scratchgrade.checks.kit import (
    Exercise,
    check,
    exercise,
    exercises_of,
)

__all__ = ["Exercise", "check", "exercise", "exercises_of"]
