"""Checks of stage 1, tokenization: exercises 1.1 to 1.10."""

from scratchgrade.checks.tokenization import (
    encoding,
    metrics,
    special_tokens,
    splitting,
    streaming,
    training,
    unigram,
    utf8,
    wordpiece,
    words,
)

__all__ = [
    "encoding",
    "metrics",
    "special_tokens",
    "splitting",
    "streaming",
    "training",
    "unigram",
    "utf8",
    "wordpiece",
    "words",
]
