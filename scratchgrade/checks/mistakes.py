"""Known mistakes: recognised in an answer, told apart by their inputs."""

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


def outcome(function: Callable, args: tuple) -> Any:
    """What a function of ours returns, or `Raised`; `args` stay the same."""
    try:
        return function(*copy.deepcopy(args))
    except Exception as error:
        return Raised(type(error).__name__)


def telling(
    rng: random.Random,
    draw: Callable[[random.Random], tuple],
    functions: Sequence[Callable],
    known: Sequence[tuple] = (),
    tries: int = 1000,
) -> list[tuple]:
    """Draw inputs that tell each two of the functions apart; at least one.

    A draw is kept if it separates functions that answered alike on all that
    was kept before, and on the inputs in `known`.

    Raises:
        RuntimeError: if two cannot be told apart: a bug of the course.
    """
    alike, kept = [list(functions)], []
    for args in known:
        alike = _split(alike, args)
    for _ in range(tries):
        args = draw(rng)
        finer = _split(alike, args)
        if len(finer) > len(alike) or not kept:
            alike, kept = finer, [*kept, args]
        if len(alike) == len(functions):
            return kept
    twins = next(group for group in alike if len(group) > 1)
    raise RuntimeError(
        f"{tries} draws do not tell {len(twins)} functions apart: "
        + ", ".join(getattr(f, "__name__", repr(f)) for f in twins)
    )


def _split(groups: list[list[Callable]], args: tuple) -> list[list[Callable]]:
    """Split each group by what its functions answer."""
    finer = []
    for group in groups:
        answers: list[tuple[Any, list[Callable]]] = []
        for function in group if len(group) > 1 else ():
            value = outcome(function, args)
            for other, members in answers:
                if same(value, other):
                    members.append(function)
                    break
            else:
                answers.append((value, [function]))
        finer += [members for _, members in answers] or [group]
    return finer
