"""Comparing plain values, and saying in a line where two of them part."""

import reprlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Raised:
    """The outcome of a call that ended in an error of this kind."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} raised"


def same(a: Any, b: Any) -> bool:
    """Equality of plain values in which True is not 1 and lists are tuples."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and bool(a == b)


def near(a: Any, b: float, rtol: float, atol: float) -> bool:
    """Whether `a` is a number within tolerance of `b`; NaN and True never."""
    if not isinstance(a, (int, float)) or isinstance(a, bool):
        return False
    try:
        return a == b or abs(a - b) <= atol + rtol * abs(b)
    except OverflowError:  # an integer beyond every float
        return False


_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 6
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


def brief(value: Any) -> str:
    """A value in at most a line: never a whole list."""
    return _SHORT.repr(value)


def difference(got: Any, want: Any) -> str:
    """Say where two values part, in a line or two: never a whole list."""
    if isinstance(want, Raised):
        return f"{brief(got)} was returned, expected {want}"
    if isinstance(got, (list, tuple)) and isinstance(want, (list, tuple)):
        return _first_difference(got, want)
    if isinstance(got, dict) and isinstance(want, dict):
        return _difference_of_dicts(got, want)
    if type(got) is not type(want):
        return f"{_with_type(got)}, expected {_with_type(want)}"
    if isinstance(got, (str, bytes)) and max(len(got), len(want)) > 60:
        return _difference_of_texts(got, want)
    return f"{brief(got)}, expected {brief(want)}"


def _with_type(value: Any) -> str:
    if value is None:
        return "None"
    return f"{brief(value)} of type {type(value).__name__}"


def _first_difference(got, want) -> str:
    sizes = f", {len(want)} expected" if len(got) != len(want) else ""
    for i, (g, w) in enumerate(zip(got, want, strict=False)):
        if not same(g, w):
            sizes = f" ({len(got)} items{sizes})" if sizes else ""
            if max(len(brief(g)), len(brief(w))) < 40 and type(g) is type(w):
                return f"item {i} is {brief(g)}, expected {brief(w)}{sizes}"
            return f"item {i}: {difference(g, w)}{sizes}"
    n, m = len(got), len(want)
    return f"the length is {n}, expected {m}: " + (
        f"item {n}, {brief(want[n])}, is missing"
        if n < m
        else f"item {m}, {brief(got[m])}, is too much"
    )


def _difference_of_dicts(got: dict, want: dict) -> str:
    for key in want:
        if key not in got:
            return f"the key {brief(key)} is missing"
        if not same(got[key], want[key]):
            found = difference(got[key], want[key])
            return f"under the key {brief(key)}: {found}"
    extra = next(key for key in got if key not in want)
    return f"the key {brief(extra)} is too much"


def _difference_of_texts(got, want) -> str:
    pairs = zip(got, want, strict=False)
    i = next(
        (i for i, (g, w) in enumerate(pairs) if g != w),
        min(len(got), len(want)),
    )
    near = slice(max(0, i - 15), i + 15)
    return (
        f"at position {i} {got[near]!r}, expected {want[near]!r} "
        f"(length {len(got)}, expected {len(want)})"
    )
