"""From the instructors' notebook to the students' one.

nbgrader clears the solutions; this module makes the result the same to the
byte each time, and looks for anything of an answer that is left in it.
"""

import itertools
import json
import logging
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from scratchgrade.checks.kit import CourseError
from scratchgrade.course import CONFIG, Course

REGION = re.compile(
    r"^[^\n]*BEGIN SOLUTION[^\n]*\n(.*?)^[^\n]*END SOLUTION", re.S | re.M
)


def make_release(course: Course, name: str) -> Path:
    """Write exercises/<name>/ from solutions/<name>/; returns the notebook.

    Raises:
        CourseError: if there is no such notebook, nbgrader fails, or the
            result would show an answer. Nothing is written then.
    """
    source = course.source(name)
    if not source.exists():
        there = sorted(p.parent.name for p in source.parent.parent.glob("*/*"))
        raise CourseError(
            f"{source.relative_to(course.root)} does not exist; there are: "
            f"{', '.join(dict.fromkeys(there)) or 'no assignments'}"
        )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / name
        _generate(course, name, Path(folder))
        for path in sorted(made.rglob("*.ipynb")):
            path.write_text(_normal(path.read_text("utf-8")), "utf-8")
        leaks = find_leaks(source.parent, made)
        if leaks:
            raise CourseError(
                f"the release of {name} would show answers:\n"
                + "\n".join(f"  {leak}" for leak in leaks)
            )
        target = course.release(name).parent
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target, copy_function=shutil.copyfile)
    return course.release(name)


def _generate(course: Course, name: str, folder: Path) -> None:
    """Run nbgrader's generate_assignment into another folder."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader(CONFIG, str(course.root)).load_config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.release_directory = str(folder)
    config.CourseDirectory.assignment_id = name
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    said: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())
    log = logging.getLogger("scratchgrade.release")
    log.handlers, log.propagate = [handler], False
    converter = GenerateAssignment(
        coursedir=CourseDirectory(config=config), config=config
    )
    converter.log = log
    try:
        converter.start()
    except (NbGraderException, SystemExit) as error:
        why = "\n".join(said[:3] or [str(error)])
        raise CourseError(f"nbgrader cannot make the release: {why}") from None


def _normal(text: str) -> str:
    """The notebook without anything that changes by itself."""
    notebook = json.loads(text)
    notebook["metadata"] = {
        "kernelspec": notebook["metadata"].get("kernelspec", {}),
        "language_info": {"name": "python"},
    }
    for cell in notebook["cells"]:
        kept = ("nbgrader", "tags")
        metadata = cell["metadata"]
        cell["metadata"] = {k: metadata[k] for k in kept if k in metadata}
    return json.dumps(
        notebook, indent=1, ensure_ascii=False, sort_keys=True
    ) + ("\n")


# --- looking for leaks -----------------------------------------------------


def find_leaks(source: Path, release: Path) -> list[str]:
    """What of the answers in `source` can be seen in `release`.

    An answer leaks when two of its lines, one after the other, stand
    somewhere in the release; a single line may, in a statement's example.
    """
    leaks = [
        f"{path.relative_to(release)}: the bank is no part of a release"
        for path in sorted(release.rglob("bank"))
    ]
    released, stubs = {}, set()
    for path in sorted(release.rglob("*.ipynb")):
        for label, cell in _cells(path).items():
            released[f"{path.name}, {label}"] = pairs_of_lines(cell["source"])
            if "BEGIN SOLUTION" in cell["source"]:
                leaks.append(f"{path.name}, {label}: a solution not cleared")
            if cell.get("outputs"):
                leaks.append(f"{path.name}, {label}: outputs not cleared")
            if _is_solution(cell):
                stubs |= pairs_of_lines(cell["source"])
    secrets = {
        f"the answer of {label}": set().union(
            *map(pairs_of_lines, _answers(cell))
        )
        for path in sorted(source.rglob("*.ipynb"))
        for label, cell in _cells(path).items()
        if _is_solution(cell)
    }
    # What the bank repeats of signatures and docstrings is no secret.
    secrets |= {
        f"the bank's {path.name}": pairs_of_lines(path.read_text("utf-8"))
        - stubs
        for path in sorted(source.glob("bank/*.py"))
    }
    for what, secret in secrets.items():
        for where, pairs in released.items():
            for first, second in sorted(secret & pairs)[:1]:
                leaks.append(f"{where} shows {what}: {first} / {second}")
    return leaks


def _cells(path: Path) -> dict[str, dict[str, Any]]:
    """The cells of a notebook by grade_id or number."""
    found = {}
    for i, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
        cell["source"] = "".join(cell["source"])
        label = cell["metadata"].get("nbgrader", {}).get("grade_id")
        found[label or f"cell {i + 1}"] = cell
    return found


def _is_solution(cell: dict[str, Any]) -> bool:
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def _answers(cell: dict[str, Any]) -> list[str]:
    """The parts of a solution cell that students must not see."""
    return REGION.findall(cell["source"]) or [cell["source"]]


def pairs_of_lines(text: str) -> set[tuple[str, str]]:
    """Lines of substance, two by two; comments and blanks are none."""
    lines = (line.strip() for line in text.splitlines())
    lines = [line for line in lines if line and not line.startswith("#")]
    return {
        (first, second)
        for first, second in itertools.pairwise(lines)
        if len(first) + len(second) >= 20
    }
