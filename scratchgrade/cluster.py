"""Grading on more than one machine: a Dask cluster as an executor.

    with Cluster("tcp://login1:8786", assignment, limits) as cluster:
        run.grade_class(
            ...,
            workers=cluster.at_once,
            make_executor=cluster.executor,
        )

Driver, scheduler and workers trust each other: Dask's messages are pickles,
and the course key travels in them. So the scheduler is for one's own machines
alone, and across a network that others share it speaks TLS (an address
that begins with tls://; Dask's own configuration names the certificates).
What a student wrote stays where it always is, in the worker's box, and a
record comes back as the JSON text that the store keeps.

What Dask does itself: hand a task on when its worker dies, and hold tasks
until a worker is there. What is added here: every worker has the driver's
versions or grades nothing; a task that died with several workers is tried
once more, alone; a cluster that is gone ends the run instead of hanging it.
"""

import contextlib
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from distributed import Client

from scratchgrade.checks.kit import CourseError
from scratchgrade.cluster_executor import ClusterExecutor
from scratchgrade.cluster_worker import (
    conditions,
    no_box_on,
    refusal,
    try_box,
)
from scratchgrade.grade import Assignment
from scratchgrade.limits import Limits
from scratchgrade.sandbox import BUBBLEWRAP

LEAST_AT_ONCE = 32  # so that a cluster that grows on demand sees a queue


class Cluster:
    """A Dask cluster that grades one assignment under certain limits.

    Attributes:
        at_once: the number of workers to name to `run.grade_class`.
        patience: seconds to wait while there is no worker at all.

    Raises:
        CourseError: if nobody answers, no worker comes, or one of them is
            not what this machine is.
        NoBox: if a worker cannot have the box.
    """

    def __init__(
        self,
        address: str,
        assignment: Assignment,
        limits: Limits,
        backend: str = BUBBLEWRAP,
        patience: float = 300,
    ):
        self.address, self.patience = address, patience
        self.assignment, self.limits = assignment, limits
        self.backend = backend
        self.agreed = conditions(assignment, limits, backend)
        self.client = connect(address)
        try:
            self._admit_workers()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.client.close()

    def executor(self, workers: int = 0) -> Executor:
        """What `run.grade_class` makes its executors with.

        The number of workers is the cluster's own affair.
        """
        return ClusterExecutor(self)

    def _admit_workers(self) -> None:
        """Refuse a cluster in which any worker would grade otherwise."""
        with contextlib.suppress(TimeoutError):
            self.client.wait_for_workers(1, timeout=self.patience)
        about = self.limits, self.backend
        found = ask_workers(self.client, conditions, self.assignment, *about)
        if not found:
            raise CourseError(self.no_workers())
        refusals = [refusal(self.agreed, there) for there in found.values()]
        if told := "\n".join(filter(None, refusals)):
            raise CourseError(told)
        for worker, told in ask_workers(self.client, try_box, *about).items():
            if told:
                raise no_box_on(found[worker]["machine"], told)
        self.at_once = max(LEAST_AT_ONCE, len(found))

    def no_workers(self) -> str:
        return (
            f"the scheduler at {self.address} has had no worker for "
            f"{self.patience:g} s: start some with `dask worker "
            f"{self.address} --nthreads 1`. What is graded is kept; the same "
            "command goes on"
        )


def connect(address: str, seconds: float = 10) -> Client:
    """A client of the scheduler at an address such as tcp://login1:8786.

    Raises:
        CourseError: if nobody answers there.
    """
    try:
        return Client(address, timeout=seconds, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise CourseError(
            f"no Dask scheduler answers at {address} ({error}): start one "
            "with `dask scheduler`, and give the address that it prints"
        ) from None


def ask_workers(
    client: Client, function: Callable, *arguments: Any
) -> dict[str, Any]:
    """Call a function once on every worker; its answers by address.

    Raises:
        CourseError: if a worker cannot; the message names it and says why.
    """
    answers = client.run(function, *arguments, on_error="return")
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, BaseException):
            raise CourseError(
                f"the worker {worker} cannot take part: "
                f"{type(answer).__name__}: {answer}. Install there what is "
                "installed here, and start it again"
            )
    return dict(sorted(answers.items()))
