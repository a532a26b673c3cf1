"""How a check reaches code: the student's by name, ours as it is.

Every question is an order (orders.py), plain data that is carried out in the
box, in a student's notebook, or here when the code is a function or class of
ours. So a reference answers the very question that the student is asked.
"""

import inspect
import random
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, Protocol

from scratchgrade.arguments import MAKE
from scratchgrade.checks.compare import brief
from scratchgrade.checks.results import CheckStopped, Diagnosis
from scratchgrade.orders import perform
from scratchgrade.protocol import StudentError, pack, unpack

__all__ = ["Caller", "Calls", "LocalCaller"]

AT_ONCE = 8  # cases that one order carries


class Caller(Protocol):
    """Carries out orders somewhere and brings plain values back."""

    def perform(self, name: str, order: Any) -> Any: ...


class LocalCaller:
    """Student code in this very process: the notebook's way."""

    def __init__(self, namespace: dict[str, Any]):
        self.namespace = namespace

    def perform(self, name: str, order: Any) -> Any:
        return unpack(*perform(self.namespace, name, pack(order)))


class OurError(RuntimeError):
    """Code of the course raised: an oracle, or a known mistake."""

    def __init__(self, thing: Callable, error: StudentError):
        super().__init__(f"{thing.__name__} of ours raised {error}")
        self.kind = error.kind


class Gradient(NamedTuple):
    """A function's output, and its gradients for a given cotangent."""

    output: Any
    gradients: list | None


class Ran(NamedTuple):
    """What a module gave: gradients by parameter, and of its inputs."""

    output: Any
    gradients: dict | None = None
    input_gradients: list | None = None


class State(NamedTuple):
    """A new module: shapes of its state, sizes of what trains, values."""

    shapes: dict
    trainable: dict
    values: dict


class Counts(NamedTuple):
    """What was counted during a call; see `counting.count`."""

    result: Any
    calls: dict
    lines: int
    functions: dict = {}  # noqa: RUF012 (never changed)
    operations: dict = {}  # noqa: RUF012
    largest: int = 0
    allocated: int = 0


# --- arguments that are no plain data --------------------------------------


def generator(library: str, seed: int) -> dict:
    """An argument: a generator of random numbers of random, numpy or torch."""
    return {MAKE: "generator", "name": library, "seed": seed}


def source(code: str | Callable, name: str = "", *args, **kwargs) -> dict:
    """An argument: what `name` is after this source was run in the box.

    `code` is a text, or a function or class of ours that needs nothing from
    around it: its imports stand inside. With further arguments it is called
    with them, as to build a module.
    """
    if not isinstance(code, str):
        name = name or code.__name__
        code = textwrap.dedent(inspect.getsource(code))
    return _made("source", name, args, kwargs) | {"source": code}


def answer(name: str, *args: Any, **kwargs: Any) -> dict:
    """An argument: another thing of the student's, called if arguments are
    given."""
    return _made("answer", name, args, kwargs)


def _made(kind: str, name: str, args: tuple, kwargs: dict) -> dict:
    called = {"args": args, "kwargs": kwargs} if args or kwargs else {}
    return {MAKE: kind, "name": name, **called}


# --- asking ----------------------------------------------------------------


@dataclass
class Calls:
    """Asks code of the student's, by its name, or ours.

    Attributes:
        rng: a `random.Random`, seeded for this check and this student.
        comparisons: how many comparisons were made; none is our own bug.
        tensors: whether arrays reach the code as torch tensors.
        seed: of everything random in the code that is asked.
        worst: the largest share of a tolerance that was used up so far.
    """

    caller: Caller
    rng: random.Random
    comparisons: int = 0
    read: str = ""
    tensors: bool = False
    seed: int = 0
    worst: float = 0.0

    def perform(self, thing: str | Callable, do: str, **fields: Any) -> Any:
        """Carry out an order; `thing` is a student's name, or code of ours."""
        order = {"do": do, "seed": self.seed, **fields}
        if self.tensors:
            order["tensors"] = True
        if isinstance(thing, str):
            return self.caller.perform(thing, order)
        try:
            return LocalCaller({"ours": thing}).perform("ours", order)
        except StudentError as error:
            raise OurError(thing, error) from None

    def call(self, thing: str | Callable, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function; returns a plain copy of its result."""
        return self.perform(thing, "call", args=args, kwargs=kwargs)

    def lend(
        self,
        thing: str | Callable,
        borrower: Callable,
        /,
        *args: Any,
        items: int | None = None,
    ) -> Any:
        """What code of ours returns that uses the student's, in the box.

        For what needs both in one process: a student's class in a library's
        loader, a function's effect on global state. `borrower` is called with
        the student's thing, then `args`; it is sent as `source`, and students
        can read it. With `items`, only a list of so many things passes.
        """
        args = (source(borrower), *args)
        reply = self.perform(thing, "lend", args=args, kwargs={})
        return reply if items is None else _items(reply, items)

    def drive(
        self, thing: str | Callable, args: tuple, calls, **kwargs: Any
    ) -> list[Any]:
        """Build a class, call its methods in order, list the results.

        `calls` are pairs (method, arguments).
        """
        calls = list(calls)
        reply = self.perform(
            thing, "drive", args=args, kwargs=kwargs, calls=calls
        )
        return _items(reply, len(calls))

    def drives(
        self, thing: str | Callable, args: tuple, cases: Sequence, **kwargs
    ) -> list[list]:
        """What `drive` gives for each of `cases`, lists of calls.

        Each builds the class anew, with a copy of the arguments. A few go in
        one order, as in `answers`.
        """
        found = []
        for i in range(0, len(cases), AT_ONCE):
            some = [list(calls) for calls in cases[i : i + AT_ONCE]]
            reply = self.perform(
                thing, "drives", args=args, kwargs=kwargs, cases=some
            )
            found += [
                _items(one, len(calls))
                for one, calls in zip(
                    _items(reply, len(some)), some, strict=True
                )
            ]
        return found

    def each(
        self, thing: str | Callable, cases: list[tuple], **kwargs: Any
    ) -> list[Any]:
        """The results of calling a function on each case, by one order."""
        reply = self.perform(thing, "each", cases=list(cases), kwargs=kwargs)
        return _items(reply, len(cases))

    def answers(
        self, thing: str | Callable, cases: list[tuple], **kwargs: Any
    ) -> list[tuple[Any, StudentError | None]]:
        """Result and error of a call on each case: one of the two is None.

        A few cases go in one order, which spares most of the time of small
        calls; the time limit is that of one call.
        """
        found = []
        for i in range(0, len(cases), AT_ONCE):
            some = list(cases[i : i + AT_ONCE])
            reply = self.perform(thing, "answers", cases=some, kwargs=kwargs)
            found += [_result_of(entry) for entry in _items(reply, len(some))]
        return found

    def every(self, thing: str | Callable, cases: list[tuple]) -> list[Any]:
        """The result of a call on each case, asked for as in `answers`.

        Raises:
            StudentError: the first, if a call raised.
        """
        found = self.answers(thing, cases)
        for _, error in found:
            if error:
                raise error
        return [result for result, _ in found]

    def repeat(
        self,
        thing: str | Callable,
        /,
        *args: Any,
        times: int,
        seed: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """The results of `times` equal calls; an array if they are arrays."""
        return self.perform(
            thing,
            "repeat",
            args=args,
            kwargs=kwargs,
            times=times,
            seed=self.seed if seed is None else seed,
        )

    def iterate(
        self,
        thing: str | Callable,
        /,
        *args: Any,
        steps: list[tuple],
        carry: bool = False,
        watch: tuple[int, ...] = (),
        **kwargs: Any,
    ) -> list[Any]:
        """Call a function with `args` and each of `steps` in turn.

        Each entry is [result, the arguments in `watch` as they are by then];
        of a module, its state dict. With `carry` the result takes the place
        of the first argument.
        """
        reply = self.perform(
            thing,
            "iterate",
            args=args,
            kwargs=kwargs,
            steps=list(steps),
            carry=carry,
            watch=list(watch),
        )
        pairs = [_items(pair, 2) for pair in _items(reply, len(steps))]
        return [[result, _items(seen, len(watch))] for result, seen in pairs]

    def optimise(
        self,
        thing: str | Callable,
        /,
        *args: Any,
        weights: list,
        gradients: list[list],
        **kwargs: Any,
    ) -> list[Any]:
        """Give an optimiser gradients step by step: the weights after each.

        Its class is called with the list of parameters, then `args`.
        """
        reply = self.perform(
            thing,
            "optimise",
            args=args,
            kwargs=kwargs,
            weights=weights,
            gradients=gradients,
        )
        return _items(reply, len(gradients))

    def gradient(
        self,
        thing: str | Callable,
        /,
        *args: Any,
        cotangent: Any,
        wrt: list[int] | None = None,
        **kwargs: Any,
    ) -> Gradient:
        """A function's output, and its gradients for a given cotangent.

        By autograd, for all floating arguments or those at the places `wrt`.
        There are none if the output has another shape than the cotangent, so
        compare the output first.
        """
        reply = self.perform(
            thing,
            "gradient",
            args=args,
            kwargs=kwargs,
            cotangent=cotangent,
            wrt=wrt,
        )
        return Gradient(*_parts(reply, "output", "gradients"))

    def module(
        self,
        thing: str | Callable,
        /,
        *args: Any,
        inputs: tuple = (),
        calls: Sequence[tuple[str, tuple]] = (),
        state: dict[str, Any] | None = None,
        train: bool = False,
        cotangent: Any = None,
        method: str = "",
        dtype: str = "float64",
        **kwargs: Any,
    ) -> Ran:
        """Build a module, load a state strictly, run it on inputs.

        The check fails at once if the state does not fit. With a cotangent,
        gradients are given by parameter, and of the floating inputs. With
        `calls`, pairs (method, inputs), the output is the list of results;
        the module itself is called "__call__".
        """
        reply = self.perform(
            thing,
            "module",
            args=args,
            kwargs=kwargs,
            inputs=list(inputs),
            calls=list(calls),
            state=state,
            train=train,
            cotangent=cotangent,
            method=method,
            dtype=dtype,
        )
        if isinstance(reply, dict) and "shapes" in reply:
            self.fail_state(thing, reply["shapes"], shapes_in(state or {}))
        if isinstance(reply, dict) and "gradients" in reply:
            names = ("output", "gradients", "input_gradients")
            return Ran(*_parts(reply, *names))
        (output,) = _parts(reply, "output")
        return Ran(_items(output, len(calls)) if calls else output)

    def state(
        self,
        thing: str | Callable,
        /,
        *args: Any,
        values: bool = False,
        **kwargs: Any,
    ) -> State:
        """The state dict of a new module; its numbers only if `values`."""
        reply = self.perform(
            thing, "state", args=args, kwargs=kwargs, values=values
        )
        return State(*_parts(reply, "shapes", "trainable", "values"))

    def count(
        self, thing: str | Callable, /, *args: Any, **kwargs: Any
    ) -> Counts:
        """Call a function and count what it does; see `counting.count`.

        The box counts, and in the box a student could lie. So a count may
        lower a score, or forbid one that a comparison would give, but it may
        never be all that a point is given for.
        """
        reply = self.perform(thing, "count", args=args, kwargs=kwargs)
        names = Counts._fields if self.tensors else Counts._fields[:3]
        counts = Counts(*_parts(reply, *names))
        tables = (counts.calls, counts.functions, counts.operations)
        numbers = [counts.lines, counts.largest, counts.allocated]
        for table in tables:
            numbers += table.values() if isinstance(table, dict) else [None]
        if not all(type(n) is int for n in numbers):
            raise StudentError("TypeError", "no counts came back")
        return counts

    # --- stopping ---

    def fail(self, checked: str, came_out: str, look: str) -> NoReturn:
        """End the check with a diagnosis."""
        raise CheckStopped(Diagnosis(checked, came_out, look, self.read))

    def fail_state(
        self, thing: str | Callable, got: Any, want: dict[str, tuple]
    ) -> NoReturn:
        """End the check: a state dict has other names or shapes."""
        self.fail(
            f"the state dict of {thing}",
            difference_of_shapes(got, want),
            "The names and shapes of the parameters, as the statement gives "
            "them: what you assign to `self` decides the names.",
        )


def _result_of(entry: Any) -> tuple[Any, StudentError | None]:
    """An entry of a reply to `answers`, which a stranger may have written."""
    if isinstance(entry, (list, tuple)):
        if len(entry) == 2 and entry[0] is True:
            return entry[1], None
        if len(entry) == 4 and entry[0] is False:
            return None, StudentError(*(str(text)[:300] for text in entry[1:]))
    raise StudentError("TypeError", "no answer of the expected form")


def _items(reply: Any, n: int) -> list[Any]:
    """The items of a reply, which a stranger may have written."""
    if not isinstance(reply, (list, tuple)) or len(reply) != n:
        raise StudentError("TypeError", f"not a list of {n} answers came back")
    return list(reply)


def _parts(reply: Any, *names: str) -> list[Any]:
    """Parts of a reply, which a stranger may have written."""
    if not isinstance(reply, dict) or not reply.keys() >= set(names):
        raise StudentError("TypeError", "no answer of the expected form")
    return [reply[name] for name in names]


def shapes_in(state: dict[str, Any]) -> dict[str, tuple]:
    return {name: tuple(array.shape) for name, array in state.items()}


def difference_of_shapes(got: Any, want: dict[str, tuple]) -> str:
    """Where names and shapes of two states part: three places at most."""
    if not isinstance(got, dict):
        return "no state dict came back"
    found = [
        f"{name} has the shape {brief(got[name])}, expected {shape}"
        if name in got
        else f"{name} of shape {shape} is missing"
        for name, shape in want.items()
        if got.get(name) != shape
    ]
    found += [f"{name!s:.60} is too much" for name in got if name not in want]
    more = f"; {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more
