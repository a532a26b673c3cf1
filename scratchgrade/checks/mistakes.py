"""Known mistakes: revealed by inputs, recognised in answers."""

import copy
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from scratchgrade.checks.compare import Raised, same


class Mistake(NamedTuple):
    """A known wrong answer: the value it gives, and what to tell its author.

    For `Session.agrees` the value is a wrong function: it takes what the
    student's function takes. Elsewhere it is the wrong value itself, or a
    function without arguments that is called only when the student's answer
    is already known to be wrong.
    """

    value: Any
    look: str


def recognise(mistakes: Iterable[Mistake], fits: Callable) -> str | None:
    """The advice of the first mistake whose value fits."""
    for mistake in mistakes:
        value = mistake.value() if callable(mistake.value) else mistake.value
        if fits(value):
            return mistake.look
    return None


def advice(mistakes: Iterable[Mistake]) -> str | None:
    """What to tell who made these mistakes, if it is one thing."""
    looks = {mistake.look for mistake in mistakes}
    return looks.pop() if len(looks) == 1 else None


_FIXED = {str, int, float, bool, bytes, type(None)}


def _copy(value: Any) -> Any:
    """A deep copy; most arguments are flat, which `deepcopy` does not know."""
    kind = type(value)
    if kind in _FIXED:
        return value
    if kind is list or kind is tuple or kind is set:
        if _FIXED.issuperset(map(type, value)):
            return value if kind is tuple else value.copy()
        if kind is not set:
            return kind([_copy(x) for x in value])
    elif kind is dict and _FIXED.issuperset(map(type, value)):
        return {key: _copy(x) for key, x in value.items()}
    return copy.deepcopy(value)


def outcome(function: Callable, args: tuple) -> Any:
    """What a function of ours returns, or `Raised`; `args` stay the same."""
    try:
        return function(*map(_copy, args))
    except Exception as error:
        return Raised(type(error).__name__)


def revealing(
    rng: random.Random,
    draw: Callable[[random.Random], tuple],
    oracle: Callable,
    wrong: Sequence[Callable],
    known: Sequence[tuple] = (),
    least: int = 3,
    tries: int = 1000,
) -> list[tuple[tuple, Any]]:
    """Inputs on which each wrong function errs at least once.

    Args:
        known: inputs to begin with.
        least: how many there are at least, with `known`.

    Returns:
        Each input, `known` first, with what the oracle answers. A draw that
        catches none that was not caught before is kept only to reach `least`.

    Raises:
        RuntimeError: if one errs on no draw: a bug of the course.
    """
    unseen, kept = list(wrong), []
    for n in range(len(known) + tries):
        args = known[n] if n < len(known) else draw(rng)
        want = outcome(oracle, args)
        fooled = [f for f in unseen if same(outcome(f, args), want)]
        caught = len(fooled) < len(unseen)
        if n < len(known) or caught or len(kept) < least:
            unseen, kept = fooled, [*kept, (args, want)]
        if n + 1 >= len(known) and not unseen and len(kept) >= least:
            return kept
    raise RuntimeError(
        f"{tries} draws do not reveal {len(unseen)} wrong functions: "
        + ", ".join(getattr(f, "__name__", repr(f)) for f in unseen)
    )


def explaining(
    mistakes: Sequence[Mistake],
    answers: Sequence[tuple[tuple, Any]],
    ask: Callable[[tuple], Any],
    draw: Callable[[], tuple] | None = None,
    tries: int = 300,
) -> list[Mistake]:
    """The mistakes that explain all of a student's answers.

    Args:
        answers: inputs, each with what the student's function gave.
        ask: gives the student's answer to one more input.
        draw: makes inputs; where mistakes with different advice explain all
            answers so far, inputs that tell them apart are asked.
    """

    def fits(mistake: Mistake, args: tuple, answer: Any) -> bool:
        return same(answer, outcome(mistake.value, args))

    left = [m for m in mistakes if all(fits(m, *a) for a in answers)]
    for _ in range(tries if draw else 0):
        if len({m.look for m in left}) < 2:
            break
        args = draw()
        first, *others = (outcome(m.value, args) for m in left)
        if not all(same(first, other) for other in others):
            answer = ask(args)
            left = [m for m in left if fits(m, args, answer)]
    return left
