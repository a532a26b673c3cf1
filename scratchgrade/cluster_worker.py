"""What runs on a worker of a cluster, and what makes it fit to grade.

A record is a function of submission, checks, versions and limits; a worker
where one of them is another would write a record under a wrong name. So the
driver's conditions come with every piece of work, and it is refused where
they are not met.
"""

import functools
import platform
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scratchgrade import probes
from scratchgrade.checks.kit import CourseError
from scratchgrade.grade import Assignment, environment
from scratchgrade.limits import Limits, NoBox
from scratchgrade.record import Record
from scratchgrade.sandbox import BUBBLEWRAP, NONE, Box

# --- what all must agree on ------------------------------------------------


def conditions(
    assignment: Assignment, limits: Limits, backend: str = BUBBLEWRAP
) -> dict[str, str]:
    """The machine's name, and what decides a result on it."""
    found = environment(limits, backend)
    return {
        "machine": platform.node(),
        "checks": assignment.version,
        "code": _loaded_code(assignment),
        **{name: str(v) for name, v in found.pop("packages").items()},
        **{name: str(value) for name, value in found.items()},
    }


_loaded: dict[str, str] = {}


def _loaded_code(assignment: Assignment) -> str:
    """A hash of our code as it was when this process first read it.

    Files that change under a worker that keeps running change its version,
    and not what it has loaded.
    """
    files = replace(assignment, release=b"").version
    return _loaded.setdefault(assignment.module, files)


def refusal(here: dict[str, str], there: dict[str, str]) -> str:
    """Why a worker may not grade: both values of all that differs, or ""."""
    differing = [
        f"{name} is {there.get(name, 'unknown')} there, "
        f"{here.get(name, 'unknown')} here"
        for name in sorted(here.keys() | there.keys())
        if name != "machine" and here.get(name) != there.get(name)
    ]
    if not differing:
        return ""
    return (
        f"the worker on {there['machine']} would grade otherwise than "
        f"{here['machine']}: {'; '.join(differing)}. Install the same "
        "versions on both, start the worker again and give the same command "
        "again; what is graded is kept"
    )


# --- on a worker -----------------------------------------------------------

_one_at_a_time = threading.Lock()  # whatever --nthreads the worker was given


def grade_here(
    agreed: dict[str, str],
    about: tuple[Limits, str],
    work: Callable[..., Record],
    *arguments: Any,
) -> str:
    """Do a driver's work on this worker; the record as JSON text.

    A worker may have joined after the others were asked, so each piece of
    work comes with what was agreed on.

    Raises:
        CourseError: if the versions here are not those agreed on.
        NoBox: if the box cannot be had here.
    """
    arguments = [
        _known(a) if isinstance(a, Assignment) else a for a in arguments
    ]
    for assignment in (a for a in arguments if isinstance(a, Assignment)):
        if told := refusal(agreed, _conditions(assignment, *about)):
            raise CourseError(told)
    try:
        with _one_at_a_time:
            return work(*arguments).to_json()
    except NoBox as missing:
        raise no_box_on(platform.node(), str(missing)) from None


@functools.lru_cache(maxsize=8)
def _known(assignment: Assignment) -> Assignment:
    """The equal assignment that came first, with what it has parsed."""
    return assignment


_conditions = functools.lru_cache(maxsize=8)(conditions)


def try_box(limits: Limits, backend: str = BUBBLEWRAP) -> str:
    """Try the walls, and one cell in a box; "" or what went wrong."""
    try:
        if backend != NONE:
            probes.require(probes.run(box=backend))
        with Box(limits, backend) as box:
            run = box.run_cell("trial", "print(6 * 7)")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if run.output.strip() == "42":
        return ""
    return ": ".join(run.error or ("no output",))


def no_box_on(machine: str, why: str) -> NoBox:
    return NoBox(
        f"the worker on {machine}",
        why,
        "run `scratchgrade doctor` on that machine, mend what it names, and "
        "start the worker again",
    )
