"""Commands that grade: grade, regrade."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from scratchgrade.checks.kit import CourseError
from scratchgrade.cli.common import (
    ANY_BOX,
    HERE,
    BoxKind,
    Kind,
    Name,
    Reporter,
    Root,
    app,
    count,
    held,
    out,
    say,
    tell_verdicts,
)
from scratchgrade.course import Course
from scratchgrade.grade import Assignment
from scratchgrade.record import Record
from scratchgrade.sandbox import BUBBLEWRAP, NONE, Limits

if TYPE_CHECKING:
    from scratchgrade.regrade import Change

DEFAULTS = Limits()

Workers = Annotated[
    int, typer.Option(min=1, help="Submissions graded at a time.")
]
CallSeconds = Annotated[
    float, typer.Option(min=0.1, help="Time for one call by a check.")
]
CellSeconds = Annotated[
    float, typer.Option(min=0.1, help="Time for one cell.")
]
Wait = Annotated[
    bool,
    typer.Option("--wait", help="Wait for another run that holds the course."),
]
Unsafe = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-sandbox",
        help="Run student code without the box, as a process of yours that "
        "may do whatever you may. Every record and page says so.",
    ),
]


Scheduler = Annotated[
    str | None,
    typer.Option(
        help="A Dask scheduler, such as tcp://login1:8786, whose workers "
        "grade instead of this machine; see instructor/clusters.md.",
        show_default="this machine",
    ),
]


def the_box(unsafe: bool, box: Kind, scheduler: str | None) -> str:
    """The kind of box to grade in; says so when it is not the usual one.

    Raises:
        CourseError: if a box is asked for, and none.
        NoBox: if there is none to choose from.
    """
    if not unsafe:
        if scheduler is not None and box is Kind.AUTO:  # it is elsewhere
            return BUBBLEWRAP
        from scratchgrade.choice import choose

        kind, why = choose(box.value)
        if why:
            say(
                "[yellow]No box by bubblewrap here[/yellow] "
                f"({escape(why)}): grading in containers."
            )
        return kind
    if box is not Kind.AUTO:
        raise CourseError(
            f"--box {box.value} and --unsafe-no-sandbox exclude each other"
        )
    say(
        "[red]No sandbox:[/red] student code runs as your own user. It can "
        "read and delete your files and use the network. Grade only the work "
        "of people whom you would let use your account."
    )
    return NONE


@contextlib.contextmanager
def graders(
    work: Assignment,
    limits: Limits,
    workers: int,
    scheduler: str | None,
    backend: str,
) -> Iterator[tuple[int, Callable[[int], Executor]]]:
    """How many submissions at a time, and what makes their executor.

    Raises:
        CourseError: if a cluster is asked for and cannot be had.
        NoBox: if a wall of the box does not stand, here or on a worker.
    """
    from scratchgrade import probes, run

    if scheduler is None:
        if backend != NONE:
            probes.require(probes.run(box=backend))
        yield workers, run.process_pool
        return
    try:
        from scratchgrade.cluster import Cluster
    except ModuleNotFoundError as missing:
        raise CourseError(
            f"{missing.name} is not installed: pip install "
            "'scratchlm[cluster]', here and on every worker"
        ) from None
    with Cluster(scheduler, work, limits, backend) as cluster:
        yield cluster.at_once, cluster.executor


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C ends the command with a word, and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        say("Stopped. What is graded is kept; the same command goes on.")
        raise typer.Exit(130) from None


@app.command()
def grade(
    assignment: Name,
    course: Root = HERE,
    workers: Workers = 2,
    call_seconds: CallSeconds = DEFAULTS.call_seconds,
    cell_seconds: CellSeconds = DEFAULTS.cell_seconds,
    scheduler: Scheduler = None,
    wait: Wait = False,
    box: BoxKind = ANY_BOX,
    unsafe_no_sandbox: Unsafe = False,
) -> None:
    """Grade what was handed in, as far as it is not graded yet.

    What `collect` received counts, by the rules of `policy`; of students
    without a receipt grading/submitted/<student>/<assignment>/ does, as in
    nbgrader, and it counts as on time. What was graded before is not graded
    again, so a run that was stopped goes on where it was; `regrade` is for
    changed checks. Results go to grading/records and into nbgrader's
    gradebook.
    """
    from scratchgrade import gradebook, handed_in, run

    here = Course.around(course)
    work = here.assignment(assignment)
    _ = work.exercises  # broken checks are told before anything else
    limits = Limits(cell_seconds=cell_seconds, call_seconds=call_seconds)
    backend = the_box(unsafe_no_sandbox, box, scheduler)
    with held(here, wait), stoppable():
        handed = handed_in.look(here, assignment)
        if not handed.submissions and not handed.problems:
            raise CourseError(
                f"nothing was handed in: {here.submitted} holds no folder "
                f"<student>/{assignment}/, and nothing was collected"
            )
        started = time.monotonic()
        with (
            graders(work, limits, workers, scheduler, backend) as plan,
            Reporter(handed.n_attempts) as report,
        ):
            summary = run.grade_class(
                here.store,
                work,
                handed.submissions,
                limits,
                *plan,
                report=report,
                choose=handed.choose,
                backend=backend,
            )
        seconds = time.monotonic() - started
        gradebook.update(here.store, work, summary.records)
    n_attempts = summary.graded + summary.already
    say(
        f"{n_attempts} submission{'' if n_attempts == 1 else 's'}: "
        f"{summary.graded} graded now in {seconds:.1f} s, "
        f"{summary.already} graded before"
    )
    tell_verdicts(summary.records)
    if summary.outdated:
        say(
            f"[yellow]{summary.outdated} were graded with other checks, "
            "versions or limits than the present ones;[/yellow] to see what "
            f"would change: scratchgrade regrade {assignment}"
        )
    for remark in handed.remarks:
        say(f"[dim]{escape(remark)}[/dim]")
    for problem in handed.problems:
        say(f"[yellow]Left out:[/yellow] {escape(problem)}")
    say(f"Next: scratchgrade feedback {assignment}")
    if handed.problems:
        raise typer.Exit(1)


@app.command()
def regrade(
    assignment: Name,
    course: Root = HERE,
    student: Annotated[
        list[str] | None,
        typer.Option(help="Only this student; may be given repeatedly."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before they count.")
    ] = False,
    undo: Annotated[
        bool,
        typer.Option(
            "--undo", help="Let what counted before the last regrade count."
        ),
    ] = False,
    workers: Workers = 2,
    call_seconds: CallSeconds = DEFAULTS.call_seconds,
    cell_seconds: CellSeconds = DEFAULTS.cell_seconds,
    scheduler: Scheduler = None,
    wait: Wait = False,
    box: BoxKind = ANY_BOX,
    unsafe_no_sandbox: Unsafe = False,
) -> None:
    """Grade again what was graded with other checks, versions or limits.

    Shows who would get other points and why, and asks before the new results
    count. The old records are kept in any case, and --undo brings them back.
    """
    from scratchgrade import gradebook, regrade, run

    here = Course.around(course)
    work = here.assignment(assignment)
    with held(here, wait), stoppable():
        if undo:
            back, left = regrade.undo(here.store, assignment)
            gradebook.update(here.store, work, here.store.current(assignment))
            say(f"What counted before counts again: {count(back, 'student')}")
            for name in left:
                say(f"Left alone, graded since then: {name}")
            return
        limits = Limits(cell_seconds=cell_seconds, call_seconds=call_seconds)
        backend = the_box(unsafe_no_sandbox, box, scheduler)
        with graders(work, limits, workers, scheduler, backend) as plan:
            driver = run.Run(here.store, work, limits, *plan, backend)
            old = regrade.outdated(driver, here.store, student or None)
            if not old:
                say("Everything was graded under the present conditions.")
                return
            with Reporter(len(old)) as report:
                changes = regrade.grade_again(driver, here.store, old, report)
        tell_changes(changes)
        if not (yes or confirmed(changes)):
            say("Nothing changed; the same command shows this again at once.")
            return
        regrade.accept(here.store, assignment, changes)
        gradebook.update(here.store, work, here.store.current(assignment))
    say(
        f"They count now. Next: scratchgrade feedback {assignment}; back: "
        f"scratchgrade regrade {assignment} --undo"
    )


def confirmed(changes: "list[Change]") -> bool:
    return typer.confirm(
        f"Shall the {count(changes, 'new result')} count?", default=False
    )


def tell_changes(changes: "list[Change]") -> None:
    """The table of those whose result would be another."""
    differing = [change for change in changes if change.differs]
    same = len(changes) - len(differing)
    if differing:
        table = Table("student", "before", "after", "what changed")
        for change in differing:
            table.add_row(
                change.student,
                points(change.before),
                points(change.after),
                escape("\n".join(change.reasons)),
            )
        out.print(table, soft_wrap=False)
    say(
        f"{len(changes)} graded again: {len(differing)} would change, {same} "
        "would stay as they are"
    )


def points(record: Record) -> str:
    return f"{record.points:g}/{record.max_points:g}"
