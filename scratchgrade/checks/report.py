"""The results of an exercise as text, the same in a notebook and elsewhere."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scratchgrade.checks.results import CheckResult

if TYPE_CHECKING:
    from scratchgrade.checks.kit import Exercise


def report(ex: "Exercise", results: Sequence[CheckResult]) -> str:
    """The results of one exercise as plain text, about 79 columns wide."""
    width = max(len(r.name) for r in results)
    lines, said = [f"Exercise {ex.id}  {ex.title}"], None
    for r in results:
        lines.append(
            f"  {r.verdict:<8} {r.name:<{width}}  {r.points}/{r.max_points}"
        )
        if not r.diagnosis:
            continue
        if (says := (r.diagnosis.came_out, r.diagnosis.look)) == said:
            lines.append("      as above")
            continue
        said = says
        for line in str(r.diagnosis).splitlines():
            lines += _wrap(" " * 6 + line, indent=" " * 16)
    got = sum(r.points for r in results)
    return "\n".join([*lines, f"  {got} of {ex.points} points"])


# Where a line may be broken: not where a space may belong to a token shown.
_BREAK = re.compile(r"(?<=[\w,.;:)\]}`]) (?! )")


def _wrap(line: str, indent: str, width: int = 79) -> list[str]:
    """Break a line as textwrap does, but keep the spaces in quoted text."""
    first, *rest = _BREAK.split(line)
    lines = [first]
    for word in rest:
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append(indent + word)
        else:
            lines[-1] += " " + word
    return lines
