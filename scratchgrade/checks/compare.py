"""Comparing plain values, and saying in a line where two of them part."""

import reprlib
from dataclasses import dataclass
from typing import Any

from scratchgrade.checks.arrays import (
    apart,
    is_array,
    of_shape,
    plain,
    unequal,
)


@dataclass(frozen=True)
class Raised:
    """The outcome of a call that ended in an error of this kind."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} raised"


# Equal types and `==` are all there is to compare. No float: in a list, `==`
# takes one NaN for equal to itself.
_EXACT = {str, int, bool, bytes, type(None)}


def same(a: Any, b: Any) -> bool:
    """Equality of plain values in which True is not 1 and lists are tuples."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        if len(a) != len(b):
            return False
        kinds = list(map(type, b))
        if _EXACT.issuperset(kinds):
            return list(map(type, a)) == kinds and list(a) == list(b)
        return all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if is_array(a) and is_array(b):
        return not unequal(a, b)
    return type(a) is type(b) and bool(a == b)


def near(a: Any, b: float, rtol: float, atol: float) -> bool:
    """Whether `a` is a number within tolerance of `b`; NaN and True never."""
    if not isinstance(a, (int, float)) or isinstance(a, bool):
        return False
    try:
        return a == b or abs(a - b) <= atol + rtol * abs(b)
    except OverflowError:  # an integer beyond every float
        return False


def off(
    got: Any,
    want: Any,
    rtol: float | None = None,
    atol: float | None = None,
) -> tuple[str, float]:
    """Where `got` leaves `want`, or "", and the share of the tolerance used.

    Numbers and arrays are compared with a tolerance (of an array, see
    `arrays.apart`), lists, tuples and dicts of them item by item, everything
    else exactly. `want` may hold torch tensors.
    """
    want = plain(want)
    number = isinstance(want, (int, float)) and not isinstance(want, bool)
    if is_array(got) and got.ndim == 0 and number:
        got = got.item()
    if (
        is_array(want)
        and want.ndim == 0
        and type(got) is want.item().__class__
    ):
        want = want.item()
    if is_array(got) and is_array(want):
        return apart(got, want, rtol, atol)
    if number:
        return _off_number(got, want, rtol, atol)
    if isinstance(want, dict) and isinstance(got, dict):
        return _off_in_dict(got, want, rtol, atol)
    many = (list, tuple)
    if isinstance(want, many) and isinstance(got, many):
        return _off_in_list(got, want, rtol, atol)
    return ("" if same(got, want) else difference(got, want)), 0.0


def _off_number(got, want, rtol, atol) -> tuple[str, float]:
    rtol = 1e-9 if rtol is None else rtol
    atol = 1e-12 if atol is None else atol
    if type(got) is type(want) is int:
        rtol = atol = 0
    if not near(got, want, rtol, atol):
        if is_array(got):
            return f"{of_shape(got)}, expected the number {brief(want)}", 0.0
        return f"{brief(got)}, expected {brief(want)}", 0.0
    return "", abs(got - want) / (
        atol + rtol * abs(want)
    ) if got != want else 0


def _off_in_dict(got, want, rtol, atol) -> tuple[str, float]:
    if got.keys() != want.keys():
        return _difference_of_keys(got, want), 0.0
    return _first_off(
        ((str(key), got[key], want[key]) for key in want), rtol, atol
    )


def _off_in_list(got, want, rtol, atol) -> tuple[str, float]:
    if len(got) != len(want):
        return f"{len(got)} items, expected {len(want)}", 0.0
    names = getattr(want, "_fields", None) or [
        f"item {i}" for i in range(len(want))
    ]
    return _first_off(zip(names, got, want, strict=True), rtol, atol)


def _first_off(named, rtol, atol) -> tuple[str, float]:
    worst = 0.0
    for name, got, want in named:
        text, ratio = off(got, want, rtol, atol)
        if text:
            return f"{name}: {text}", ratio
        worst = max(worst, ratio)
    return "", worst


class _Short(reprlib.Repr):
    """Names an array by its shape."""

    def repr_ndarray(self, array, level) -> str:
        return f"array{array.shape}"


_SHORT = _Short()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 6
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 3


def brief(value: Any) -> str:
    """A value in at most a line: never a whole list."""
    return _SHORT.repr(value)


def size_of(value: Any) -> int:
    """How large a value is, to find the smallest input that goes wrong."""
    if is_array(value):
        return value.size
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, dict):
        return sum(1 + size_of(x) for x in value.values())
    if isinstance(value, (list, tuple, set)):
        return sum(1 + size_of(x) for x in value)
    return 1


def difference(got: Any, want: Any) -> str:
    """Say where two values part, in a line or two: never a whole list."""
    if isinstance(want, Raised):
        return f"{brief(got)} was returned, expected {want}"
    if isinstance(got, (list, tuple)) and isinstance(want, (list, tuple)):
        return _first_difference(got, want)
    if isinstance(got, dict) and isinstance(want, dict):
        return _difference_of_dicts(got, want)
    if is_array(got) and is_array(want):
        return unequal(got, want)
    if type(got) is not type(want):
        return f"{_with_type(got)}, expected {_with_type(want)}"
    if isinstance(got, (str, bytes)) and max(len(got), len(want)) > 60:
        return _difference_of_texts(got, want)
    return f"{brief(got)}, expected {brief(want)}"


def _with_type(value: Any) -> str:
    if value is None:
        return "None"
    if is_array(value):
        return of_shape(value)
    return f"{brief(value)} of type {type(value).__name__}"


def _first_difference(got, want) -> str:
    sizes = f", {len(want)} expected" if len(got) != len(want) else ""
    for i, (g, w) in enumerate(zip(got, want, strict=False)):
        if not same(g, w):
            sizes = f" ({len(got)} items{sizes})" if sizes else ""
            shown, wanted = brief(g), brief(w)
            short = shown != wanted and max(len(shown), len(wanted)) < 40
            if short and type(g) is type(w):
                return f"item {i} is {shown}, expected {wanted}{sizes}"
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
            return _difference_of_keys(got, want)
        if not same(got[key], want[key]):
            found = difference(got[key], want[key])
            return f"under the key {brief(key)}: {found}"
    return _difference_of_keys(got, want)


def _difference_of_keys(got: dict, want: dict) -> str:
    for key in want:
        if key not in got:
            return f"the key {brief(key)} is missing"
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
