"""A pytest plugin by which nbval forgives float noise.

A fresh number close to the stored one counts as equal. Words, counts, shapes
and integers still have to match exactly. In a drawing, places within half a
pixel are the same place; a plot's id is made from its content and is no
difference of its own.

nbval compares text to the letter, and the last digits of a float differ
between processors. This wraps the comparison of one cell, an internal of
nbval, so requirements.txt pins nbval and tests/test_nbval.py tests the wrap.
"""

import re

from nbval import plugin

FLOAT = re.compile(
    r"(?<![\w.#])[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?"
)
RTOL, ATOL = 1e-3, 1e-6
# What stands in a drawing's attributes that say where something is.
PLACES = re.compile(
    r'(?<= )(?:d|[xy][12]?|c[xy]|width|height|points|transform)="[^"]*"'
)
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
PIXELS = 0.5
# Ids that are made from what is drawn: of a plot, its clips, and a figure.
PLOT = re.compile(
    r"\b(?:plot-[0-9a-f]{8}(?:-[a-z][0-9a-f]{10})?|fig[0-9a-f]{8})\b"
)


def snap(fresh, stored):
    """`fresh` with each float replaced by its close neighbour in `stored`."""
    if not (isinstance(fresh, str) and isinstance(stored, str)):
        return fresh
    if fresh == stored:
        return fresh
    if "<svg" in stored:
        fresh = _matched(fresh, stored, PLOT, lambda new, old: old)
        fresh = _matched(fresh, stored, PLACES, _placed)
    return _matched(fresh, stored, FLOAT, _near)


def _matched(fresh, stored, pattern, choose):
    """Replace each match by what `choose` makes of it and its counterpart."""
    wanted = pattern.findall(stored)
    if len(wanted) != len(pattern.findall(fresh)):
        return fresh
    counterparts = iter(wanted)
    return pattern.sub(
        lambda match: choose(match[0], next(counterparts)), fresh
    )


def _near(new, old, rtol=RTOL, atol=ATOL):
    a, b = float(new), float(old)
    return old if abs(a - b) <= atol + rtol * abs(b) else new


def _placed(new, old):
    """The old attribute if all its numbers are within half a pixel."""
    moved = _matched(new, old, NUMBER, lambda a, b: _near(a, b, 0, PIXELS))
    return old if moved == old else new


compare_exactly = plugin.IPyNbCell.compare_outputs


def compare_outputs(self, test, ref, skip_compare=None):
    for fresh, stored in zip(test, ref, strict=False):
        if "text" in fresh and "text" in stored:
            fresh["text"] = snap(fresh["text"], stored["text"])
        new, old = fresh.get("data", {}), stored.get("data", {})
        for kind in new.keys() & old.keys():
            if kind.startswith("text/"):
                new[kind] = snap(new[kind], old[kind])
    return compare_exactly(self, test, ref, skip_compare)


plugin.IPyNbCell.compare_outputs = compare_outputs
