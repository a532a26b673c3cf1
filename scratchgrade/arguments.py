"""What an order is carried out with: its arguments, its seed, its dtype.

A file of the box, like orders.py, which uses it.
"""

import contextlib
import functools
import random
import sys
from typing import Any

MAKE = "*make"


@contextlib.contextmanager
def conditions(order: dict):
    """The order's seed and dtype; afterwards all is as it was."""
    with contextlib.ExitStack() as after:
        if order.get("tensors"):
            import torch

            after.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(dtype_of(order))
        if "seed" in order:
            _keep_generators(after)
        seed(order)
        yield


def _keep_generators(after: contextlib.ExitStack) -> None:
    """Give back at the end what a notebook's own numbers come from."""
    after.callback(random.setstate, random.getstate())
    if numpy := sys.modules.get("numpy"):
        bits = numpy.random.get_bit_generator()
        after.callback(numpy.random.set_bit_generator, bits)
        numpy.random.set_bit_generator(_bits())
    if torch := sys.modules.get("torch"):
        generator = torch.default_generator
        after.callback(generator.set_state, generator.get_state())


def seed(order: dict) -> None:
    """Start all random numbers where the order says, if it says so."""
    if "seed" not in order:
        return
    random.seed(order["seed"])
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(order["seed"])
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(order["seed"])


@functools.cache
def _bits():
    """Random bits that take the place of numpy's own meanwhile."""
    import numpy

    return numpy.random.MT19937(0)


def dtype_of(order: dict):
    """The torch dtype that an order asks for."""
    import torch

    return getattr(torch, order.get("dtype", "float64"))


def as_tensors(value: Any) -> Any:
    """The same value with a torch tensor for each numpy array."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_tensors, value))
    if isinstance(value, dict):
        return {key: as_tensors(x) for key, x in value.items()}
    numpy = sys.modules.get("numpy")
    if numpy and isinstance(value, numpy.ndarray):
        import torch

        return torch.from_numpy(value)
    return value


def make(value: Any, namespace: dict[str, Any]) -> Any:
    """The thing that a dict with the key "*make" describes.

    "source" runs a text of ours and takes `name` from it; "answer" is another
    of the student's things, `name`. Both are called with `args` and `kwargs`
    if there are `args`. "generator" is a generator of random numbers of the
    library `name` (random, numpy or torch) with `seed`.
    """
    if not (isinstance(value, dict) and MAKE in value):
        return value
    kind, name = value[MAKE], value["name"]
    if kind == "generator":
        return _generator(name, value["seed"])
    if kind == "source":
        namespace = {"__name__": "made"}
        exec(value["source"], namespace)
    made = namespace[name]
    if value.get("args") is None:
        return made
    return made(*value["args"], **value.get("kwargs", {}))


def _generator(library: str, seed: int) -> Any:
    if library == "random":
        return random.Random(seed)
    if library == "numpy":
        import numpy

        return numpy.random.default_rng(seed)
    import torch

    return torch.Generator().manual_seed(seed)


def fresh(value: Any) -> Any:
    """A copy that shares no memory; generators go on as they are."""
    for kind in (list, tuple):
        if isinstance(value, kind):
            return kind(map(fresh, value))
    if isinstance(value, dict):
        return {key: fresh(x) for key, x in value.items()}
    if hasattr(value, "detach"):  # a tensor
        return value.detach().clone()
    return value.copy() if hasattr(value, "shape") else value
