"""Checks of functions and modules of arrays: inputs, gradients, training.

Inputs are drawn in float64, in odd shapes; the seed fixes them. A reference
is asked the same question as the student, by the same order.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from scratchgrade.checks.calls import OurError, difference_of_shapes
from scratchgrade.checks.compare import Raised, brief, off, same
from scratchgrade.checks.mistakes import Mistake, advice, recognise
from scratchgrade.checks.results import UNWRITTEN, came_out_of
from scratchgrade.checks.values import ValueChecks
from scratchgrade.protocol import StudentError

STEP = 1e-3  # of finite differences, with numbers of the order of one


def odd_sizes(
    rng: random.Random,
    names: str | Sequence[str],
    ones: str | Sequence[str] = (),
    low: int = 2,
    high: int = 8,
) -> list[dict[str, int]]:
    """Sizes by name for which a swapped axis cannot pass.

    First sizes that all differ; then, for each of `ones`, the same with that
    size one (a batch of one, a sequence of length one).

    Raises:
        ValueError: if there are fewer sizes between the bounds than names.

    >>> odd_sizes(random.Random(0), "TD", ones="T")
    [{'T': 8, 'D': 5}, {'T': 1, 'D': 5}]
    """
    found = []
    for one in (None, *ones):
        sizes = rng.sample(range(low, high + 1), len(names))
        found.append(dict(zip(names, sizes, strict=True)))
        if one is not None:
            found[-1][one] = 1
    return found


class TensorChecks(ValueChecks):
    """Drawn arrays, references with gradients, state dicts, trajectories."""

    @cached_property
    def numbers(self) -> np.random.Generator:
        """The check's own generator of arrays."""
        return np.random.default_rng(self.rng.getrandbits(64))

    def sizes(
        self,
        names: str | Sequence[str],
        ones: str | Sequence[str] = (),
        low: int = 2,
        high: int = 8,
    ) -> list[dict[str, int]]:
        """Odd shapes; see `odd_sizes`."""
        return odd_sizes(self.rng, names, ones, low, high)

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Normal numbers, float64."""
        return scale * self.numbers.standard_normal(shape)

    def weights(self, n_out: int, n_in: int) -> np.ndarray:
        """A matrix that keeps the size of what it is applied to."""
        return self.normal(n_out, n_in, scale=n_in**-0.5)

    # --- references ---

    def matches(
        self,
        name: str,
        reference: Callable,
        cases: Iterable[tuple],
        *,
        ask: Callable[..., Any] | None = None,
        checked: str,
        look: str,
        mistakes: Sequence[Mistake] = (),
        rtol: float | None = None,
        atol: float | None = None,
    ) -> None:
        """Fail unless the student's code answers as `reference`, nearly.

        Args:
            cases: tuples of arguments.
            ask: the question, a function of (who, *arguments) where `who` is
                the student's name, the reference or a mistake's value; a
                plain call by default.
            mistakes: their values are code like the reference. One is
                recognised when it alone explains all the student's answers.
        """
        ask, cases = ask or self.call, list(cases)
        asked = [self._answer(ask, name, case) for case in cases]
        answers = iter(asked)

        def compare(*case: Any) -> None:
            self.comparisons += 1
            (got, error), want = next(answers), ask(reference, *case)
            shown = ", ".join(map(brief, case))
            text, ratio = off(got, want, rtol, atol)
            if error:
                text = came_out_of(error)
            if text:
                self.fail(f"{checked}: {shown}", text, told() or look)
            self.worst = max(self.worst, ratio)

        @cache
        def told() -> str | None:
            return advice(m for m in mistakes if explains(m.value))

        def explains(value: Callable) -> bool:
            return all(
                not off(got, _ours(ask, value, case), rtol, atol)[0]
                for case, (got, _) in zip(cases, asked, strict=True)
            )

        self.over(cases, compare, checked=checked, look=look)

    def _answer(self, ask: Callable, name: str, case: tuple) -> tuple:
        try:
            return ask(name, *case), None
        except StudentError as error:
            if error.kind == UNWRITTEN:
                raise
            return Raised(error.kind), error

    def numerical(
        self,
        thing: str | Callable,
        *args: Any,
        cotangent: np.ndarray,
        wrt: int = 0,
        **kwargs: Any,
    ) -> np.ndarray:
        """The gradient for one argument by finite differences.

        Five points, so the error is of the order STEP**4; all in one order,
        so the argument should be small (some fifty numbers), and away from
        any kink. Compare with `rtol=1e-6`.
        """
        x = args[wrt]
        moved = [
            (*args[:wrt], x + k * STEP * unit, *args[wrt + 1 :])
            for unit in np.eye(x.size).reshape(x.size, *x.shape)
            for k in (-2, -1, 1, 2)
        ]
        values = self.each(thing, moved, **kwargs)
        sums = np.array([_dot(y, cotangent) for y in values])
        slopes = sums.reshape(-1, 4) @ np.array([1, -8, 8, -1]) / (12 * STEP)
        return slopes.reshape(x.shape)

    # --- state dicts and training ---

    def has_state(
        self,
        name: str,
        *args: Any,
        want: dict[str, tuple],
        n_trainable: int | None = None,
        checked: str,
        look: str,
        **kwargs: Any,
    ) -> None:
        """Fail unless a new module has this state dict: names and shapes.

        With `n_trainable`, also that many numbers that training changes.
        """
        self.comparisons += 1
        state = self.state(name, *args, **kwargs)
        if not same(state.shapes, want):
            came_out = difference_of_shapes(state.shapes, want)
            self.fail(checked, came_out, look)
        if n_trainable is not None:
            sizes = state.trainable
            n = sum(sizes.values()) if isinstance(sizes, dict) else None
            if n != n_trainable:
                came_out = f"{brief(n)} numbers are trained"
                self.fail(checked, f"{came_out}, expected {n_trainable}", look)

    def follows(
        self,
        got: Sequence,
        want: Sequence,
        *,
        checked: str,
        look: str,
        rtol: float | None = None,
        atol: float | None = None,
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        """Fail unless two trajectories agree at every step.

        The diagnosis says at which step they part. A mistake's value is the
        trajectory that it leads to.
        """
        self.comparisons += 1
        text, ratio = _parting(got, want, rtol, atol)
        if not text:
            self.worst = max(self.worst, ratio)
            return

        def fits(value: Sequence) -> bool:
            return not _parting(got, value, rtol, atol)[0]

        self.fail(checked, text, recognise(mistakes, fits) or look)


def _ours(ask: Callable, value: Callable, case: tuple) -> Any:
    """What a known mistake answers; to raise is an answer too."""
    try:
        return ask(value, *case)
    except OurError as error:
        return Raised(error.kind)


def _dot(value: Any, cotangent: np.ndarray) -> float:
    array = np.asarray(value)
    if array.dtype != np.float64 or array.shape != cotangent.shape:
        raise StudentError(
            "ValueError",
            f"the result is {brief(value)}, expected an array of float64 and "
            f"shape {cotangent.shape}",
        )
    return float((array * cotangent).sum())


def _parting(got, want, rtol, atol) -> tuple[str, float]:
    if not isinstance(got, (list, tuple)) or len(got) != len(want):
        return f"{brief(got)}, expected {len(want)} steps", 0.0
    worst = 0.0
    for step, (here, there) in enumerate(zip(got, want, strict=True), 1):
        text, ratio = off(here, there, rtol, atol)
        if text:
            return f"they part at step {step} of {len(want)}: {text}", ratio
        worst = max(worst, ratio)
    return "", worst
