"""Commands that look at this machine: doctor."""

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from scratchgrade.cli.common import ANY_BOX, BoxKind, app, out, say


@app.command()
def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="For a program to read.")
    ] = False,
    box: BoxKind = ANY_BOX,
) -> None:
    """Try every wall of the box that student code runs in.

    From inside a box, a probe tries what each wall must stop. `grade` does
    the same before it starts. Ends with exit code 3 if a wall does not hold,
    or if there is no box, and says what mends it.
    """
    from scratchgrade import doctor as looking

    finding = looking.examine(box=box.value)
    if as_json:
        print(json.dumps(finding.as_dict(), indent=1))
    else:
        _tell(finding)
    if not finding.healthy:
        raise typer.Exit(3)


def _tell(finding) -> None:
    from scratchgrade.doctor import mend_of

    for name, version in finding.versions.items():
        say(f"{name:<12} {escape(version)}")
    if finding.missing:
        say(f"\n[red]There is no box:[/red] {escape(finding.missing)}")
        say(escape(f"{finding.why}\nTo mend it: {finding.mend}"))
        return
    table = Table("wall", "the probe tries", "holds", "could, and the mend")
    for result in finding.results:
        told = f"{result.could}. {mend_of(result)}" if result.could else ""
        table.add_row(
            result.wall,
            result.name,
            "yes" if result.holds else "[red]no[/red]",
            escape(told),
        )
    out.print(table)
    n_failed = sum(not r.holds for r in finding.results)
    if n_failed:
        say(f"[red]{n_failed} probes got through.[/red] Nothing is graded.")
    else:
        say(f"All {len(finding.results)} probes were stopped.")
