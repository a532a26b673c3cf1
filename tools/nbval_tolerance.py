"""A pytest plugin by which nbval forgives float noise.

A fresh number close to the stored one counts as equal. Words, counts, shapes
and integers still have to match exactly.

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


def snap(fresh, stored):
    """`fresh` with each float replaced by its close neighbour in `stored`."""
    if not (isinstance(fresh, str) and isinstance(stored, str)):
        return fresh
    wanted = FLOAT.findall(stored)
    if fresh == stored or len(wanted) != len(FLOAT.findall(fresh)):
        return fresh
    neighbours = iter(wanted)

    def closest(match):
        neighbour = next(neighbours)
        a, b = float(match[0]), float(neighbour)
        return neighbour if abs(a - b) <= ATOL + RTOL * abs(b) else match[0]

    return FLOAT.sub(closest, fresh)


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
