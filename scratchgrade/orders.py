"""Orders: what checks ask of student code, as plain data.

An order is a dict. `do` names an entry of `ORDERS`, at the end of this file;
each says which fields it reads. All of them may have:

    args, kwargs   what the student's function or class is called with
    seed           of random, numpy and torch while the order is carried out
    tensors        arrays arrive as torch tensors; torch's default dtype is
                   `dtype` meanwhile ("float64" unless given)

An argument that is no plain data is described by a dict with the key "*make"
and made where the order is carried out: see `arguments.make`.

This file runs where the student's code is: in the box, beside protocol.py, or
in a notebook. Whatever it returns may be forged there, so it decides nothing.
torch is imported only for orders that need it.
"""

import copy
import sys
from typing import Any

if __package__:
    from scratchgrade.arguments import (
        as_tensors,
        conditions,
        dtype_of,
        fresh,
        make,
        seed,
    )
    from scratchgrade.counting import count
    from scratchgrade.protocol import (
        NotPlainData,
        StudentError,
        pack,
        student_error,
        unpack,
    )
else:  # in the box, where only the files beside this one are known
    from arguments import as_tensors, conditions, dtype_of, fresh, make, seed
    from counting import count
    from protocol import (
        NotPlainData,
        StudentError,
        pack,
        student_error,
        unpack,
    )


def perform(
    namespace: dict[str, Any], name: str, request: tuple[bytes, bytes]
) -> tuple[bytes, bytes]:
    """Carry out a packed order with the student's `name`; pack its result.

    Raises:
        StudentError: for whatever the student's code raised.
        KeyboardInterrupt, SystemExit: pass through.
    """
    order = {"args": (), "kwargs": {}, **unpack(*request)}
    carry_out = ORDERS[order["do"]]
    try:
        with conditions(order):
            if order.get("tensors"):
                order = as_tensors(order)
            order["args"] = [make(x, namespace) for x in order["args"]]
            order["kwargs"] = {
                key: make(x, namespace) for key, x in order["kwargs"].items()
            }
            return pack(carry_out(namespace[name], order))
    except (KeyboardInterrupt, SystemExit):
        raise
    except NotPlainData as error:
        raise StudentError("TypeError", str(error)) from None
    except BaseException as error:
        raise student_error(error) from None


# --- calls -----------------------------------------------------------------


def call(thing: Any, order: dict) -> Any:
    """The result of calling a function, or building a class, once."""
    return thing(*order["args"], **order["kwargs"])


def lend(thing: Any, order: dict) -> Any:
    """Call the first argument, code of ours, with the thing and the rest."""
    borrower, *others = order["args"]
    return borrower(thing, *others, **order["kwargs"])


def drive(thing: Any, order: dict) -> list[Any]:
    """Build a class; call the methods in `calls`, pairs of (method, args)."""
    built = call(thing, order)
    return [
        getattr(built, method)(*arguments)
        for method, arguments in order["calls"]
    ]


def drives(thing: Any, order: dict) -> list[list]:
    """What `drive` gives for each of `cases`, lists of calls: built anew."""
    found = []
    for calls in order["cases"]:
        seed(order)
        own = {key: copy.deepcopy(order[key]) for key in ("args", "kwargs")}
        found.append(drive(thing, {**own, "calls": calls}))
    return found


def each(thing: Any, order: dict) -> list[Any]:
    """The results of calling a function on each of `cases`, all arguments."""
    return [thing(*case, **order["kwargs"]) for case in order["cases"]]


def answers(thing: Any, order: dict) -> list[list]:
    """What calls on each of `cases` gave, each by itself: none stops others.

    [True, result], or [False, kind, message, line] where the call raised or
    gave what the protocol does not carry.
    """
    return [_answer(thing, order, case) for case in order["cases"]]


def _answer(thing: Any, order: dict, case: list) -> list:
    seed(order)
    try:
        result = thing(*case, **order["kwargs"])
        if type(result) not in (str, int, bool, type(None)):
            pack(result)  # alone, so that it is known whose fault it is
        return [True, result]
    except (KeyboardInterrupt, SystemExit):
        raise
    except NotPlainData as error:
        return [False, "TypeError", str(error), ""]
    except BaseException as error:
        told = student_error(error)
        return [False, told.kind, told.message, told.line]


def repeat(thing: Any, order: dict) -> Any:
    """The results of `times` equal calls; one array if they are tensors."""
    results = [
        thing(*fresh(order["args"]), **fresh(order["kwargs"]))
        for _ in range(order["times"])
    ]
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    for library, kind in ((torch, "Tensor"), (numpy, "ndarray")):
        if library and all(
            isinstance(x, getattr(library, kind))
            and x.shape == results[0].shape
            for x in results
        ):
            return library.stack(results)
    return results


def iterate(thing: Any, order: dict) -> list[Any]:
    """Call a function with the arguments and each of `steps`, one by one.

    Each entry is [result, the arguments in `watch` as they are by then]. With
    `carry` the result takes the place of the first argument.
    """
    args, seen = order["args"], []
    for step in order["steps"]:
        result = thing(*args, *step, **order["kwargs"])
        if order.get("carry"):
            args[0] = result
        seen.append([fresh(result), [_state(args[i]) for i in order["watch"]]])
    return seen


def _state(thing: Any) -> Any:
    """What there is to compare of an argument: a module's state, a copy."""
    if hasattr(thing, "state_dict"):
        return fresh(dict(thing.state_dict()))
    return fresh(thing)


# --- gradients and modules -------------------------------------------------


def gradient(thing: Any, order: dict) -> dict:
    """A function's output, and its gradients for the given `cotangent`.

    `wrt` holds the positions of the arguments; all floating ones by default.
    There are no gradients if the output has not the cotangent's shape.
    """
    args = order["args"]
    places = order.get("wrt")
    if places is None:
        places = [i for i, x in enumerate(args) if _is_floating(x)]
    inputs = [args[i].requires_grad_() for i in places]
    output = call(thing, order)
    found = _gradients(output, inputs, order["cotangent"])
    return {"output": output, "gradients": found}


def _is_floating(x: Any) -> bool:
    import torch

    return isinstance(x, torch.Tensor) and x.is_floating_point()


def _gradients(output: Any, inputs: list, cotangent: Any) -> list | None:
    """Gradients of sum(output * cotangent); 0 where it does not depend."""
    import torch

    many = isinstance(output, (list, tuple))
    outputs = list(output) if many else [output]
    given = list(cotangent) if many else [cotangent]
    if len(outputs) != len(given) or not all(
        isinstance(x, torch.Tensor) and x.shape == g.shape
        for x, g in zip(outputs, given, strict=True)
    ):
        return None
    if not any(x.requires_grad for x in outputs):
        raise RuntimeError(
            "the result has no gradient: on the way from the inputs to it "
            "stands .detach(), .item(), .numpy(), torch.tensor(...) or "
            "torch.no_grad()"
        )
    pairs = [
        (x, g.to(x.dtype))
        for x, g in zip(outputs, given, strict=True)
        if x.requires_grad
    ]
    found = torch.autograd.grad(
        [x for x, _ in pairs],
        inputs,
        [g for _, g in pairs],
        materialize_grads=True,
    )
    return list(found)


def module(thing: Any, order: dict) -> dict:
    """Build a module, load `state` strictly, run it on `inputs`.

    `method` is called instead of the module itself if it is given; with
    `calls`, pairs of (method, inputs), these are called in order and the
    output is the list of their results. `train` sets the mode. The seed is
    set again before the run, so that dropout does not depend on what the
    constructor drew. With a `cotangent`, also gradients, by parameter and of
    the floating inputs. A state that does not fit comes back as `shapes`.
    """
    built = _module(call(thing, order)).to(dtype_of(order))
    state = order.get("state")
    if state is not None:
        shapes = {k: tuple(x.shape) for k, x in built.state_dict().items()}
        if shapes != {k: tuple(x.shape) for k, x in state.items()}:
            return {"shapes": shapes}
        built.load_state_dict(state, strict=True)
    built.train(order["train"])
    inputs, calls = order["inputs"], order.get("calls")
    run = getattr(built, order["method"]) if order.get("method") else built
    seed(order)
    if calls:
        return {"output": [getattr(built, m)(*given) for m, given in calls]}
    if order.get("cotangent") is None:
        return {"output": run(*inputs)}
    floating = [x.requires_grad_() for x in inputs if _is_floating(x)]
    named = {k: p for k, p in built.named_parameters() if p.requires_grad}
    output = run(*inputs)
    wanted = [*named.values(), *floating]
    found = _gradients(output, wanted, order["cotangent"])
    if found is None:
        return {"output": output}
    n = len(named)
    return {
        "output": output,
        "gradients": dict(zip(named, found[:n], strict=True)),
        "input_gradients": found[n:],
    }


def _module(built: Any):
    import torch

    if not isinstance(built, torch.nn.Module):
        raise TypeError(
            f"{type(built).__name__} is no torch.nn.Module: derive the class "
            "from it"
        )
    return built


def state(thing: Any, order: dict) -> dict:
    """A new module's state dict: shapes, values if `values`, trainable sizes.

    A parameter with two names has one entry in `trainable`.
    """
    built = _module(call(thing, order))
    found = built.state_dict()
    return {
        "shapes": {k: tuple(x.shape) for k, x in found.items()},
        "trainable": {
            k: p.numel()
            for k, p in built.named_parameters()
            if p.requires_grad
        },
        "values": dict(found) if order.get("values") else {},
    }


def optimise(thing: Any, order: dict) -> list[Any]:
    """Build an optimiser for `weights`; give it `gradients` step by step.

    Its class is called with the list of parameters first. Returns the
    weights after each step.
    """
    import torch

    weights = [torch.nn.Parameter(w) for w in order["weights"]]
    optimiser = thing(weights, *order["args"], **order["kwargs"])
    seen = []
    for gradients in order["gradients"]:
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = None if gradient is None else gradient.clone()
        optimiser.step()
        seen.append(fresh(weights))
    return seen


ORDERS = {
    function.__name__: function
    for function in (
        *(call, lend, drive, drives, each, answers, repeat, iterate),
        *(gradient, module, state, optimise, count),
    )
}
