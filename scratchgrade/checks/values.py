"""Comparisons of whatever comes back: plain values, numbers, arrays."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from scratchgrade.arguments import MAKE
from scratchgrade.checks.calls import Calls
from scratchgrade.checks.compare import (
    Raised,
    brief,
    difference,
    off,
    same,
    size_of,
)
from scratchgrade.checks.mistakes import (
    Mistake,
    advice,
    explaining,
    outcome,
    recognise,
    revealing,
)
from scratchgrade.checks.results import (
    UNWRITTEN,
    CheckStopped,
    Diagnosis,
    came_out_of,
    merge,
)
from scratchgrade.protocol import StudentError

TENSORS_KEPT = (
    "Your code changes what its caller still needs. Write `x = x - y` in "
    "place of `x -= y`, and `masked_fill` in place of `masked_fill_`: what "
    "ends in _ works in place. Before `x[i] = y` take `x = x.clone()`."
)
LISTS_KEPT = (
    "Your code changes what its caller still needs. Make a list of your own, "
    "with `[*x, y]`, `sorted(x)` or `[f(y) for y in x]`, in place of "
    "`x.append(y)`, `x.sort()` and `x[i] = y`."
)


class ValueChecks(Calls):
    """Equal, close, raised; alone, or for many inputs with one diagnosis."""

    def equal(
        self,
        got: Any,
        want: Any,
        *,
        checked: str,
        look: str,
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        """Fail unless `got` equals `want` exactly; lists equal tuples.

        When they differ, the first of `mistakes` whose value equals `got`
        gives the advice; otherwise `look` does.
        """
        self.comparisons += 1
        if same(got, want):
            return
        look = recognise(mistakes, lambda value: same(got, value)) or look
        self.fail(checked, difference(got, want), look)

    def close(
        self,
        got: Any,
        want: Any,
        *,
        checked: str,
        look: str,
        rtol: float | None = None,
        atol: float | None = None,
        mistakes: Iterable[Mistake] = (),
    ) -> None:
        """Fail unless `got` is within tolerance of `want`.

        `want` is a number, an array or a tensor, or a list, tuple or dict of
        these; see `compare.off` for the tolerances.
        """
        self.comparisons += 1
        text, ratio = off(got, want, rtol, atol)
        if not text:
            self.worst = max(self.worst, ratio)
            return

        def fits(value: Any) -> bool:
            return not off(got, value, rtol, atol)[0]

        self.fail(checked, text, recognise(mistakes, fits) or look)

    def true(
        self, fact: bool, *, checked: str, came_out: str, look: str
    ) -> None:
        """Fail unless `fact` holds: for properties.

        Anything but a truth value does not hold: a fact may come out of a
        comparison with a reply that a stranger wrote.
        """
        self.comparisons += 1
        if not isinstance(fact, (bool, np.bool_)) or not fact:
            self.fail(checked, came_out, look)

    def raises(
        self,
        kind: str,
        name: str,
        *args: Any,
        checked: str,
        look: str,
        says: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        """Fail unless calling `name` raises an error of the class `kind`.

        Each of `says` must stand in its text.
        """
        self.comparisons += 1
        try:
            got = self.call(name, *args, **kwargs)
        except StudentError as error:
            if error.kind != kind:
                self.fail(
                    checked, f"{error} was raised, expected {kind}", look
                )
            if missing := [t for t in says if t not in error.message]:
                came_out = f"{error}: the text lacks {missing[0]!r}"
                self.fail(checked, came_out, look)
            return
        self.fail(checked, f"{brief(got)} was returned, expected {kind}", look)

    # --- many inputs, one diagnosis ---

    def over(
        self,
        cases: Iterable[tuple],
        run: Callable[..., None],
        *,
        checked: str,
        look: str,
    ) -> None:
        """Run `run` on each case; one diagnosis for all that fail.

        It tells how many differ and shows the smallest. `checked` and `look`
        are for a case on which the student's code raises.
        """
        found, n = [], 0
        for case in cases:
            n += 1
            try:
                run(*case)
            except CheckStopped as stopped:
                found.append((size_of(case), stopped.diagnosis))
            except StudentError as error:
                if error.kind == UNWRITTEN:
                    raise
                diagnosis = Diagnosis(
                    checked, came_out_of(error), look, self.read
                )
                found.append((size_of(case), diagnosis))
        if found:
            raise CheckStopped(merge(found, n))

    def holds(
        self,
        fact: Callable[..., str],
        cases: Iterable[tuple],
        *,
        checked: str,
        look: str,
    ) -> None:
        """Fail unless a property holds for each case.

        `fact` is called with a case's values, asks what it needs to, and
        returns "" or, in words, how the property is broken.
        """

        def run(*case: Any) -> None:
            said = fact(*case)
            shown = ", ".join(map(brief, case))
            self.true(
                not said,
                checked=f"{checked}: {shown}",
                came_out=said,
                look=look,
            )

        self.over(cases, run, checked=checked, look=look)

    def agrees(
        self,
        name: str,
        oracle: Callable,
        *,
        given: Iterable[tuple] = (),
        draw: Callable[[random.Random], tuple] | None = None,
        checked: str,
        look: str,
        mistakes: Sequence[Mistake] = (),
    ) -> None:
        """Fail unless the student's function answers exactly as `oracle`.

        Both are called on each of `given`, tuples of arguments, and on
        tuples that `draw` makes until each of the mistakes has erred on one.
        Where the student errs, a mistake is recognised when it explains all
        of the student's answers, right and wrong, and no other does: inputs
        that tell those apart which still do are drawn and asked. An answer
        may also be to raise: the kind of error is compared, not its text.
        """
        if draw:
            wrong = [mistake.value for mistake in mistakes]
            cases = revealing(self.rng, draw, oracle, wrong, list(given))
        else:
            cases = [(args, outcome(oracle, args)) for args in given]
        answers = self._outcomes(name, [args for args, _ in cases])
        self.comparisons += len(cases)
        found = []
        for (args, want), (got, error) in zip(cases, answers, strict=True):
            if not same(got, want):
                shown = ", ".join(map(brief, args))
                came_out = came_out_of(error) if error else None
                diagnosis = Diagnosis(
                    f"{checked}, {name}({shown})",
                    came_out or difference(got, want),
                    look,
                    self.read,
                )
                found.append((size_of(args), diagnosis))
        if not found:
            return
        made = explaining(
            mistakes,
            [(c[0], a[0]) for c, a in zip(cases, answers, strict=True)],
            ask=lambda args: self._outcomes(name, [args])[0][0],
            draw=(lambda: draw(self.rng)) if draw else None,
        )
        merged = merge(found, len(cases))
        self.fail(merged.checked, merged.came_out, advice(made) or look)

    def _outcomes(self, name: str, cases: list[tuple]) -> list[tuple]:
        """What each call gave, `Raised` if it raised; and the error."""
        found = []
        for value, error in self.answers(name, cases):
            if error and error.kind == UNWRITTEN:
                raise error
            found.append((Raised(error.kind) if error else value, error))
        return found

    def unchanged(
        self, name: str, *args: Any, oracle: Callable, look: str
    ) -> None:
        """Fail if a call of the student's function changes an argument.

        The answer has to be right as well, or doing nothing would pass.
        """
        self.agrees(
            name,
            oracle,
            given=[args],
            checked="the answer, before the arguments are looked at",
            look="This check waits for a right answer: mend the others first.",
        )
        self.keeps(name, *args, look=look)

    def keeps(
        self, name: str, *args: Any, look: str = "", **kwargs: Any
    ) -> None:
        """Fail if a call of the student's function changes an argument.

        Its answers have to be right as well, or doing nothing would pass:
        compare them first. What is made in the box, as a model, is left out.
        """
        places = [
            i
            for i, value in enumerate(args)
            if not (isinstance(value, dict) and MAKE in value)
        ]
        ((_, after),) = self.iterate(
            name, *args, steps=[()], watch=tuple(places), **kwargs
        )
        for i, now in zip(places, after, strict=True):
            in_lists = isinstance(args[i], list) or not self.tensors
            self.equal(
                now,
                args[i],
                checked=f"argument {i + 1} of {name} after the call",
                look=look or (LISTS_KEPT if in_lists else TENSORS_KEPT),
            )
