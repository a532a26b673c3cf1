"""Whatever comes in, intake and the reply parser refuse it or read it."""

import pytest
from fixtures.fuzzing import KINDS, fuzz

from scratchgrade import intake

CASES, PARTS = 100_000, 10


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", KINDS)
def test_no_unexpected_exception(kind, part):
    n_cases = CASES // PARTS // len(KINDS)
    accepted = fuzz(kind, part * n_cases, n_cases)
    # Cases that are all refused at the door would test the door alone.
    assert 0.05 * n_cases < accepted < 0.95 * n_cases


def test_an_unexpected_exception_is_noticed(monkeypatch):
    def careless(cell, *rest):
        raise KeyError("source")

    monkeypatch.setattr(intake, "_parse_cell", careless)
    with pytest.raises(AssertionError, match=r"raised KeyError.*again by"):
        fuzz("notebook", 0, 50)
