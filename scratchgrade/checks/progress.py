"""`progress.json`: what a student's checks gave, for the book's progress box.

`check` writes it beside the notebook, when a person works there; the box at
the end of each page of the book loads it. The file says, for each assignment
of which a check was run, the points and the possible points of every
exercise; an exercise that was not run has 0 points:

    {"format": "scratchlm-exercises", "version": 1,
     "assignments": {"01-tokenization": {"1.1": [9, 9], "1.2": [0, 9], ...}}}

The best result stays, so an experiment after passing takes nothing away. The
file holds no time and no name, and the same results give the same bytes. No
grade depends on it.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from scratchgrade.checks.results import CheckResult
from scratchgrade.files import write_atomically

NAME = "progress.json"
FORMAT = {"format": "scratchlm-exercises", "version": 1}

# set by Jupyter's server for the kernels it starts, not by nbclient or nbval
SERVED = "JPY_SESSION_NAME"


def at_work() -> bool:
    """Whether a person works in this notebook, in JupyterLab or VS Code."""
    main = vars(sys.modules["__main__"])
    return SERVED in os.environ or "__vsc_ipynb_file__" in main


def read(path: Path) -> dict[str, dict[str, list[int]]]:
    """The assignments in a file; none if it is absent or no such file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("format") != FORMAT["format"]:
        return {}
    assignments = found.get("assignments")
    return assignments if _sound(assignments) else {}


def _sound(assignments) -> bool:
    """Whether these are pairs of points by exercise by assignment."""
    if not isinstance(assignments, dict):
        return False
    if not all(isinstance(pairs, dict) for pairs in assignments.values()):
        return False
    return all(
        isinstance(pair, list) and [type(n) for n in pair] == [int, int]
        for pairs in assignments.values()
        for pair in pairs.values()
    )


def note(
    assignment: str,
    points: dict[str, int],
    id: str,
    results: Sequence[CheckResult],
    folder: Path | str = ".",
) -> Path:
    """Put the results of exercise `id` into the folder's `progress.json`.

    Args:
        assignment: such as "01-tokenization".
        points: the possible points of each exercise of the assignment.
        results: what the checks of `id` gave.
        folder: where the notebook stands.

    Returns:
        The file. It is replaced whole or not at all.

    Raises:
        OSError: if the folder cannot be written.
    """
    path = Path(folder) / NAME
    assignments = read(path)
    before = assignments.get(assignment, {})
    noted = {
        known: [min(before.get(known, [0])[0], most), most]
        for known, most in points.items()
    }
    got = sum(result.points for result in results)
    noted[id] = [max(got, noted[id][0]), points[id]]
    assignments[assignment] = noted
    text = json.dumps(
        {**FORMAT, "assignments": dict(sorted(assignments.items()))}, indent=1
    )
    write_atomically(path, f"{text}\n".encode())
    return path
