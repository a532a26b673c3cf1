"""The session: what a check is given to ask, to compare and to say.

A check is a function of a `Session`. It calls the student's code through it,
compares what came back with an independent oracle, and says in three parts
what is wrong: what was checked, what came out, what to look at. Its methods
stand, by their purpose, in

    calls.py    questions: call, drive, repeat, gradient, module, count ...
    values.py   equal, close, true, raises, agrees, keeps, holds, over
    tensors.py  inputs of odd shapes, matches, state dicts, trajectories
    chances.py  what is drawn at random
    trials.py   tests that students write, growth
"""

from dataclasses import dataclass

from scratchgrade.checks.chances import ChanceChecks
from scratchgrade.checks.tensors import TensorChecks
from scratchgrade.checks.trials import TrialChecks


@dataclass
class Session(TensorChecks, ChanceChecks, TrialChecks):
    """What a check is given: questions, seeded randomness, comparisons."""
