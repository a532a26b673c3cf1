"""Comparing arrays, and saying in a line where two of them part.

numpy is imported by whoever holds an array, so that checks of plain Python
stay light. Whatever comes from a student is a numpy array by then; an oracle
of ours may give a torch tensor.
"""

import sys
from typing import Any

# How far right answers may be apart, as a share of the largest number that
# is expected. Twice the worst that calibration may find.
RTOL = {"float64": 1e-9, "float32": 1e-5, "float16": 1e-2}
ATOL = {"float64": 1e-12, "float32": 1e-7, "float16": 1e-4}


def is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def plain(value: Any) -> Any:
    """A numpy array for a torch tensor of ours; anything else as it is."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return value.detach().numpy()
    return value


def of_shape(array: Any) -> str:
    """An array in words: never its numbers."""
    return f"an array of {array.dtype} and shape {array.shape}"


def apart(
    got: Any, want: Any, rtol: float | None = None, atol: float | None = None
) -> tuple[str, float]:
    """Where two arrays part, or "", and the share of the tolerance used.

    Shape, dtype and finiteness come first, each with its own message. Floats
    may differ by `atol` plus `rtol` times the largest finite number that is
    expected; by default as much as suits the dtype. Other dtypes are exact.
    Where `want` is infinite or NaN, `got` must be the same.
    """
    import numpy

    text = _other_kind(got, want)
    if text or not numpy.issubdtype(want.dtype, numpy.floating):
        return text or unequal(got, want), 0.0
    finite = numpy.isfinite(want)
    if text := _not_finite(got, want, finite):
        return text, 0.0
    name = want.dtype.name
    rtol = RTOL[name] if rtol is None else rtol
    atol = ATOL[name] if atol is None else atol
    wide, right = got.astype("float64"), want.astype("float64")
    wide, right = numpy.where(finite, wide, 0), numpy.where(finite, right, 0)
    largest = numpy.abs(right).max(initial=0.0)
    shares = numpy.abs(wide - right) / (atol + rtol * largest)
    ratio = float(shares.max(initial=0.0))
    if ratio <= 1:
        return "", ratio
    place = numpy.unravel_index(shares.argmax(), shares.shape)
    pair = _two(float(wide[place]), float(right[place]))
    n = numpy.count_nonzero(shares > 1)
    return f"{_count(n, want)}; {_most(place, want)} {pair}", ratio


def unequal(got: Any, want: Any) -> str:
    """Where two arrays are not exactly equal, or ""; NaN equals NaN."""
    import numpy

    if text := _other_kind(got, want):
        return text
    nan = (got != got) & (want != want)
    places = numpy.argwhere((got != want) & ~nan)
    if not len(places):
        return ""
    place = tuple(places[0])
    pair = f"{got[place]}, expected {want[place]}"
    if numpy.issubdtype(want.dtype, numpy.floating):
        pair = _two(got[place], want[place])
    where = f"the first, at {_place(place)}, is" if want.ndim else "it is"
    return f"{_count(len(places), want)}; {where} {pair}"


def _other_kind(got: Any, want: Any) -> str:
    if got.shape != want.shape:
        return f"shape {got.shape}, expected {want.shape}"
    if got.dtype != want.dtype:
        return f"dtype {got.dtype}, expected {want.dtype}"
    return ""


def _not_finite(got: Any, want: Any, finite: Any) -> str:
    """What is infinite or NaN in `got` and should not be, or the reverse."""
    import numpy

    wrong = numpy.where(
        finite,
        ~numpy.isfinite(got),
        ~((got == want) | (numpy.isnan(got) & numpy.isnan(want))),
    )
    if not wrong.any():
        return ""
    place = tuple(numpy.argwhere(wrong)[0])
    kind = "NaN" if numpy.isnan(got).any() else "infinite"
    if not finite[place]:
        kind = "not infinite or NaN as expected"
    n = numpy.count_nonzero(wrong)
    pair = f"{got[place]:.5g}, expected {want[place]:.5g}"
    if not want.ndim:
        return pair
    verb = "is" if n == 1 else "are"
    numbers = f"{n} of {want.size} numbers {verb} {kind}"
    return f"{numbers}; the first, at {_place(place)}, is {pair}"


def _count(n: int, want: Any) -> str:
    verb = "differs" if n == 1 else "differ"
    return f"{n} of {want.size} numbers {verb}"


def _most(place: tuple, want: Any) -> str:
    return f"the most, at {_place(place)}:" if want.ndim else "it is"


def _place(place: tuple) -> str:
    return f"({', '.join(str(int(i)) for i in place)})"


def _two(got: float, want: float) -> str:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in (5, 9, 17):
        texts = f"{got:.{digits}g}", f"{want:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return f"{texts[0]}, expected {texts[1]}"
