"""The notebook that nbgrader shows, marks and turns into feedback.

It is the release, filled with the student's text and with what grading gave;
nothing else of the submission is in it. A graded cell ends in a number, its
points, which is how nbgrader reads partial credit. That number is always
there: nbgrader gives full marks to a graded cell without output.
"""

import json
from typing import Any

from scratchgrade.grade import Assignment
from scratchgrade.record import ExerciseRecord, Record


def graded_notebook(assignment: Assignment, record: Record) -> dict[str, Any]:
    """The release with a student's code and what came of it, as JSON."""
    notebook = json.loads(assignment.release)
    outputs = {o.cell: o for o in record.outputs}
    exercises = {e.cell: e for e in record.exercises}
    answers = {m.cell: m.answer for m in record.manual if m.answer}
    sources = {s.name: s.source for s in record.steps if s.role == "solution"}
    cells = []
    if record.refused:
        cells.append(_cell("markdown", "refused", _refusal(record)))
    own = _own_cells(record)
    cells += [_with_output(c, outputs) for c in own.pop("", [])]
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        cell["source"] = answers.get(
            name, sources.get(name, "".join(cell["source"]))
        )
        if name in exercises:
            exercise = exercises[name]
            cell["outputs"] = [_stream(summary(exercise)), _points(exercise)]
        elif cell["cell_type"] == "code":
            cell = _with_output(cell, outputs, name)
        cells.append(cell)
        cells += [_with_output(c, outputs) for c in own.pop(name, [])]
    return {**notebook, "cells": cells}


def summary(exercise: ExerciseRecord) -> str:
    """An exercise's result as plain text."""
    lines = [
        f"Exercise {exercise.id}: {exercise.verdict}, "
        f"{exercise.points:g} of {exercise.max_points:g} points"
    ]
    for check in exercise.checks:
        lines.append(
            f"  {check.verdict}: {check.name} "
            f"({check.points:g}/{check.max_points:g})"
        )
        if check.came_out:
            lines += [f"    came out: {check.came_out}"]
            lines += [f"    look at:  {check.look}"]
    return "\n".join(lines)


def _own_cells(record: Record) -> dict[str, list[dict]]:
    """The student's own cells, by the cell that they follow."""
    found: dict[str, list[dict]] = {}
    after = ""
    for step in record.steps:
        if step.role == "extra":
            cell = _cell("code", step.name, step.source)
            found.setdefault(after, []).append(cell)
        else:
            after = step.name
    return found


def _cell(kind: str, name: str, source: str) -> dict:
    cell = {
        "cell_type": kind,
        "id": name,
        "metadata": {},
        "source": source,
    }
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def _with_output(cell: dict, outputs: dict, name: str = "") -> dict:
    output = outputs.get(name or cell["id"])
    if output:
        text = output.output + ("\n" + output.error if output.error else "")
        cell["outputs"] = [_stream(text)]
    return cell


def _stream(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _points(exercise: ExerciseRecord) -> dict:
    return {
        "output_type": "execute_result",
        "execution_count": None,
        "data": {"text/plain": repr(float(exercise.points))},
        "metadata": {},
    }


def _refusal(record: Record) -> str:
    return (
        "**This submission could not be graded.**\n\n"
        f"    {record.refused}\n\nBelow is the release, untouched."
    )
