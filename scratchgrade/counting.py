"""Counts of what a call does: calls, lines, operations, allocated numbers.

In place of seconds, which differ from machine to machine. A file of the box,
like orders.py, which uses it; student code there could change what is counted,
so a count may lower a score but never earn one.
"""

import collections
import contextlib
import functools
import sys
import sysconfig
from typing import Any

# Where code is that students did not write.
STANDARD = sysconfig.get_path("stdlib")
OTHERS = ("site-packages", "scratchgrade", "<frozen", "<string>", "<_")


def count(thing: Any, order: dict) -> dict:
    """A call's result, and what was counted while it ran.

    `calls` of each argument that can be called, by its name; executed `lines`
    of the student's own Python; with tensors also `functions` of torch by
    their full name, `operations` (aten) by theirs, the numbers in the
    `largest` tensor that was allocated and in all of them (`allocated`).
    """
    counts = {"calls": {}, "lines": 0}
    args = [_counted(x, counts["calls"]) for x in order["args"]]
    kwargs = {
        key: _counted(x, counts["calls"]) for key, x in order["kwargs"].items()
    }
    with contextlib.ExitStack() as stack:
        if order.get("tensors"):
            _start_meters(counts, stack)
        tracer = sys.gettrace()
        stack.callback(sys.settrace, tracer)
        sys.settrace(functools.partial(_count_line, counts))
        result = thing(*args, **kwargs)
    return {key: _plain_counts(x) for key, x in counts.items()} | {
        "result": result
    }


def _plain_counts(counted: Any) -> Any:
    return dict(counted) if isinstance(counted, dict) else counted


def _count_line(counts: dict, frame, event, argument):
    file = frame.f_code.co_filename
    if file.startswith(STANDARD) or any(part in file for part in OTHERS):
        return None  # only the student's own lines are counted
    counts["lines"] += event == "line"
    return functools.partial(_count_line, counts)


def _counted(thing: Any, calls: dict) -> Any:
    """The same thing; its calls are counted under its name."""
    if hasattr(thing, "register_forward_pre_hook"):
        name = type(thing).__name__
        calls[name] = 0

        def hook(module, inputs):
            calls[name] += 1

        thing.register_forward_pre_hook(hook)
        return thing
    if not callable(thing):
        return thing
    name = thing.__name__
    calls[name] = 0

    @functools.wraps(thing)
    def counted(*args, **kwargs):
        calls[name] += 1
        return thing(*args, **kwargs)

    return counted


def _start_meters(counts: dict, stack: contextlib.ExitStack) -> None:
    """Count torch's functions and operations until the stack ends."""
    from torch import Tensor
    from torch.overrides import TorchFunctionMode, resolve_name
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    functions, operations = collections.Counter(), collections.Counter()
    counts |= {"functions": functions, "operations": operations}
    counts |= {"largest": 0, "allocated": 0}

    def places(value):
        return {
            x.untyped_storage().data_ptr(): x
            for x in tree_leaves(value)
            if isinstance(x, Tensor)
        }

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            functions[resolve_name(func) or str(func)] += 1
            return func(*args, **(kwargs or {}))

    class Operations(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            operations[func.overloadpacket.__name__] += 1
            given = places((args, kwargs))
            for place, x in places(result).items():
                if place not in given:  # neither a view nor in place
                    size = x.untyped_storage().nbytes() // x.element_size()
                    counts["largest"] = max(counts["largest"], size)
                    counts["allocated"] += size
            return result

    stack.enter_context(Functions())
    stack.enter_context(Operations())
