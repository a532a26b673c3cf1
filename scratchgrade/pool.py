"""The default executor: processes that start clean and end with us."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.connection import Connection

from scratchgrade import bubblewrap, sandbox


class TetheredPool(ProcessPoolExecutor):
    """Worker processes that end, with their boxes, when `cut` or orphaned.

    Each holds the reading end of a pipe of which only this process has the
    other end: when that is closed, or this process is killed at whatever
    moment, every worker sees the end of the pipe.
    """

    def __init__(self, workers: int):
        context = multiprocessing.get_context("spawn")
        self._held, self._tether = context.Pipe(duplex=False)
        super().__init__(
            workers,
            mp_context=context,
            initializer=_start_worker,
            initargs=(self._held,),
        )

    def cut(self) -> None:
        """End the workers now, whatever they are at."""
        self._tether.close()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False):
        super().shutdown(wait, cancel_futures=cancel_futures)
        self._tether.close()
        self._held.close()


def process_pool(workers: int) -> Executor:
    return TetheredPool(workers)


def _start_worker(tether: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides
    threading.Thread(target=_follow, args=(tether,), daemon=True).start()


def _follow(tether: Connection) -> None:
    """End this process, and its boxes, when the driver lets go."""
    tether.poll(None)
    for box in list(sandbox.LIVE):
        box.close()
    bubblewrap.close_idle()
    os._exit(1)
