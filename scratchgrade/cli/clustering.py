"""Commands for more than one machine: workers."""

import contextlib
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from scratchgrade.checks.kit import CourseError
from scratchgrade.cli.common import HERE, Name, Root, app, count, out, say
from scratchgrade.course import Course
from scratchgrade.limits import Limits


@app.command()
def workers(
    assignment: Name,
    scheduler: Annotated[
        str,
        typer.Option(help="A Dask scheduler, such as tcp://login1:8786."),
    ],
    course: Root = HERE,
) -> None:
    """Ask each worker of a cluster whether it can grade an assignment.

    A worker can when its versions of checks, Python and libraries are those
    of this machine, and the box for student code starts there. `grade
    --scheduler` asks the same first. Ends with exit code 1 if one cannot.
    """
    try:
        from scratchgrade import cluster, cluster_worker
    except ModuleNotFoundError as missing:
        raise CourseError(
            f"{missing.name} is not installed: pip install "
            "'scratchlm[cluster]', here and on every worker"
        ) from None
    work = Course.around(course).assignment(assignment)
    here = cluster_worker.conditions(work, Limits())
    with contextlib.closing(cluster.connect(scheduler)) as client:
        found = cluster.ask_workers(
            client, cluster_worker.conditions, work, Limits()
        )
        boxes = cluster.ask_workers(client, cluster_worker.try_box, Limits())
    if not found:
        raise CourseError(f"the scheduler at {scheduler} has no workers yet")
    table = Table("worker", "machine", "versions", "box")
    for address, there in found.items():
        told = cluster_worker.refusal(here, there)
        table.add_row(
            escape(address),
            escape(there["machine"]),
            escape(told) or "[green]as here[/green]",
            escape(boxes[address]) or "[green]starts[/green]",
        )
    out.print(table, soft_wrap=False)
    bad = [
        address
        for address, there in found.items()
        if cluster_worker.refusal(here, there) or boxes[address]
    ]
    say(f"{count(found, 'worker')}, {len(bad)} of which cannot grade")
    if bad:
        raise typer.Exit(1)
