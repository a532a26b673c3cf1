"""Submissions to a Dask cluster and records back, whatever is lost between."""

import functools
import threading
import time
from collections import deque
from concurrent import futures
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distributed import KilledWorker

from scratchgrade.checks.kit import CourseError
from scratchgrade.cluster_worker import grade_here
from scratchgrade.record import Record

if TYPE_CHECKING:
    from scratchgrade.cluster import Cluster


@dataclass(eq=False)
class _Task:
    """A piece of work; `remote` is Dask's future while it is under way."""

    future: Future
    work: tuple
    suspect: bool = False
    remote: Any = None


class ClusterExecutor(Executor):
    """Gives `run.grade_class`'s work to a cluster.

    The result of a piece of work is its record, or None when it was lost
    with its workers, and lost again when it was tried alone: what is handed
    out beside something deadly dies with it, so only what dies alone is to
    blame. (Dask's own `Client.get_executor` cannot be shut down with work
    left, and waits for ever when the cluster is gone.)
    """

    def __init__(self, cluster: "Cluster"):
        self.cluster = cluster
        self._lock = threading.RLock()
        self._open: set[_Task] = set()  # all that is not decided
        self._waiting: deque[_Task] = deque()
        self._suspects: deque[_Task] = deque()  # lost once already
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, work, /, *arguments, **named) -> Future:
        if self._ended.is_set():
            raise RuntimeError("this executor was shut down")
        work = functools.partial(work, **named) if named else work
        task = _Task(Future(), (work, *arguments))
        with self._lock:
            self._open.add(task)
            self._waiting.append(task)
            self._send_next()
        return task.future

    def shutdown(self, wait=True, *, cancel_futures=False) -> None:
        """Let go of the cluster; what is cancelled is not waited for."""
        if wait and not cancel_futures:
            futures.wait([task.future for task in list(self._open)])
        self._ended.set()
        with self._lock:
            left, self._open = self._open, set()
        for task in left:
            if task.remote:
                task.remote.cancel()
            task.future.cancel()

    def _send_next(self) -> None:
        """Send all that waits, or one suspect when nothing is under way."""
        under_way = [task for task in self._open if task.remote]
        if any(task.suspect for task in under_way):
            return
        if not self._waiting and not under_way and self._suspects:
            self._waiting.append(self._suspects.popleft())
        while self._waiting:
            self._send(self._waiting.popleft())

    def _send(self, task: _Task) -> None:
        task.remote = self.cluster.client.submit(
            grade_here,
            self.cluster.agreed,
            (self.cluster.limits, self.cluster.backend),
            *task.work,
            pure=False,
        )
        self.cluster.client.loop.add_callback(self._await, task, task.remote)

    async def _await(self, task: _Task, remote) -> None:
        """Wait for Dask's answer to a task.

        In the client's own loop, because the single thread that Dask has for
        callbacks would wait there with all others for an answer that was
        lost with its worker.
        """
        try:
            record = Record.from_json(await remote.result())
        except KilledWorker:
            if task.suspect:
                self._decide(task)
            else:
                self._suspect(task)
        except CancelledError:
            self._decide(task, error=CourseError(self._gone()))
        except Exception as error:
            self._decide(task, error=error)
        else:
            self._decide(task, record)

    def _suspect(self, task: _Task) -> None:
        with self._lock:
            task.suspect, task.remote = True, None
            self._suspects.append(task)
            self._send_next()

    def _decide(self, task: _Task, record=None, error=None) -> None:
        with self._lock:
            if task not in self._open:
                return
            self._open.discard(task)
            self._send_next()
        if error is None:
            task.future.set_result(record)
        else:
            task.future.set_exception(error)

    def _watch(self) -> None:
        """End the run when the cluster has been without workers too long."""
        patience, seen = self.cluster.patience, time.monotonic()
        while not self._ended.wait(min(1, patience / 4)):
            reason = self.cluster.no_workers()
            try:
                if not self._open or self.cluster.client.nthreads():
                    seen = time.monotonic()
            except Exception:  # the scheduler does not answer
                reason = self._gone()
            if time.monotonic() - seen > patience:
                for task in list(self._open):
                    self._decide(task, error=CourseError(reason))

    def _gone(self) -> str:
        return (
            f"the scheduler at {self.cluster.address} is gone. What is "
            "graded is kept; start it again, and the same command goes on"
        )
