"""An assignment of the size of stage 4, to measure grading with.

One exercise, ten checks: causal attention by PyTorch, its output and its
gradients, on shapes that all differ, against PyTorch's own fused attention.
"""

import json

from torch.nn import functional as F

from scratchgrade.checks import kit
from scratchgrade.grade import Assignment

NAME, STAGE = "98-attention", "98"
N_CHECKS = 10
ANSWER = '''\
def attend(queries, keys, values):
    """Causal attention over (B, H, T, Dh)."""
    n_tokens, head_dim = queries.shape[-2:]
    scores = queries @ keys.transpose(-2, -1) / head_dim**0.5
    later = torch.ones(n_tokens, n_tokens, dtype=torch.bool).triu(1)
    weights = torch.softmax(scores.masked_fill(later, -torch.inf), dim=-1)
    return weights @ values
'''
SETUP = "import torch\nfrom scratchgrade.checks import check"
CHECK = 'check("98.1", attend)'

ATTENTION = kit.Exercise(
    "98.1", "Causal attention", ("attend",), "Chapter 4", tensors=True
)


def fused(queries, keys, values):
    """PyTorch's own."""
    return F.scaled_dot_product_attention(
        queries, keys, values, is_causal=True
    )


def with_gradients(s: kit.Session) -> None:
    def ask(who, *args):
        *inputs, cotangent = args
        found = s.gradient(who, *inputs, cotangent=cotangent)
        return [found.output, *found.gradients]

    shapes = [
        [size[letter] for letter in "BHTD"]
        for size in s.sizes("BHTD", ones="BT", high=12)
    ]
    s.matches(
        "attend",
        fused,
        [tuple(s.normal(*shape) for _ in range(4)) for shape in shapes],
        ask=ask,
        checked="output and gradients",
        look="the scale of the scores, the mask, the order of the axes",
    )


for number in range(N_CHECKS):
    ATTENTION.check(f"causal attention, inputs {number + 1}", 1)(
        with_gradients
    )
kit.STAGES[STAGE] = (NAME, __name__)


def notebook(setup: str, answer: str) -> dict:
    """The assignment with an answer; the release has a stub there."""
    cells = [
        _cell("setup", setup, locked=True),
        _cell("answer-98-1", answer, solution=True),
        _cell("check-98-1", CHECK, grade=True, locked=True, points=N_CHECKS),
    ]
    kernel = {"display_name": "Python 3", "language": "python"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel | {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(name: str, source: str, **nbgrader) -> dict:
    roles = dict.fromkeys(("grade", "locked", "solution", "task"), False)
    marks = {"grade_id": name, "schema_version": 3, **roles, **nbgrader}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {"nbgrader": marks},
        "outputs": [],
        "source": source,
    }


def assignment() -> Assignment:
    """What students were given."""
    release = notebook(SETUP, "raise NotImplementedError")
    return Assignment(NAME, json.dumps(release).encode(), STAGE, __name__)
