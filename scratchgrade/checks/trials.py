"""Tests that students write, run on good and bad code; how work grows."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scratchgrade.checks.results import UNWRITTEN
from scratchgrade.checks.values import ValueChecks
from scratchgrade.protocol import StudentError


class Version(NamedTuple):
    """An implementation that a student's test is tried on.

    Attributes:
        label: what it does, in a few words, as the diagnosis names it.
        made: the implementation, by `calls.source`.
        look: what its author should think of when the test misjudges it.
    """

    label: str
    made: dict
    look: str


class TrialChecks(ValueChecks):
    """Trials of a student's test; growth of work."""

    def notices(
        self,
        name: str,
        *args: Any,
        good: Sequence[Version],
        bad: Sequence[Version],
        checked: str,
        look: str,
    ) -> None:
        """Fail unless the student's test accepts `good` and refuses `bad`.

        The test is called with an implementation (then `args`); it refuses
        by an exception, or by returning False. The order is drawn, so that
        counting the calls helps nobody. The sources are sent into the box and
        anybody can read them: they must not hold the answer of an exercise.
        """
        trials = [(v, True) for v in good] + [(v, False) for v in bad]
        self.rng.shuffle(trials)
        said = {v.label: self._trial(name, v, args) for v, _ in trials}
        self.comparisons += len(trials)
        for version in good:
            if error := said[version.label]:
                came_out = (
                    f"your test refuses right code ({version.label}): {error}"
                )
                self.fail(checked, came_out, version.look or look)
        missed = [v for v in bad if not said[v.label]]
        if missed:
            labels = "; ".join(v.label for v in missed)
            verb = "passes" if len(missed) == 1 else "pass"
            came_out = (
                f"{len(missed)} of {len(bad)} wrong implementations {verb} "
                f"your test: {labels}"
            )
            self.fail(checked, came_out, missed[0].look or look)

    def _trial(self, name: str, version: Version, args: tuple) -> str:
        """How the student's test refuses a version, or ""."""
        try:
            verdict = self.call(name, version.made, *args)
        except StudentError as error:
            if error.kind == UNWRITTEN:
                raise
            return str(error)
        return "it returned False" if verdict is False else ""

    def grows(
        self,
        measure: Callable[[int], int],
        n: int,
        *,
        most: float,
        unit: str,
        checked: str,
        look: str,
    ) -> None:
        """Fail if twice the input takes more than `most` times the work.

        `measure` asks for a count (calls, lines, allocated numbers) at a
        size, by `count`. Counts in place of seconds: the same on every
        machine. They come from the box, so they may only lower a score.
        """
        self.comparisons += 1
        small, large = measure(n), measure(2 * n)
        if large > most * small:
            times = f"{large / small:.1f} times" if small else "more"
            self.fail(
                checked,
                f"{small:,} {unit} for {n}, {large:,} for {2 * n}: {times}, "
                f"at most {most:g} times expected",
                look,
            )
