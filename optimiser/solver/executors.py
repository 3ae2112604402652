"""Executors of independent tasks: here, on all cores, or on a Dask cluster, with equal answers."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from geodata.faults import Fault, InputError

type Work = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
"""Applies a function to every task; answers come in the order of the tasks, as they are ready."""


def _in_turn(function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
    return map(function, tasks)


@contextmanager
def workers(scheduler: str | None = None, processes: int | None = None) -> Iterator[Work]:
    """Give the means to work on tasks: `scheduler` is a Dask address, else `processes` (all cores).

    Raises InputError where a scheduler is named and Dask is not installed.
    """
    count = processes or os.cpu_count() or 1
    if scheduler is not None:
        with cluster(scheduler) as client:
            yield lambda function, tasks: _on_cluster(client, function, tasks)
    elif count == 1:
        yield _in_turn
    else:
        with own_processes(count) as pool:
            try:
                yield pool.map
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def own_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Give processes of this machine that leave Ctrl-C to who starts them, and end when that one ends."""
    # a fresh process each: a fork would take over the threads of the solver
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, begin) as pool:
        yield pool


def begin() -> None:
    """Begin as a process that works for another: deaf to Ctrl-C, and gone when the other is gone.

    Who was aborted or killed would otherwise leave it at work, for hours where no time was set.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asks = multiprocessing.parent_process()
    if asks is not None:
        threading.Thread(target=_end_with, args=(asks,), daemon=True).start()


def _end_with(asks: Any) -> None:
    asks.join()
    os._exit(1)


@contextmanager
def cluster(scheduler: str) -> Iterator[Any]:
    """Give a client of a Dask cluster.

    A worker that is lost is no matter, as another does its task. Where a task has lost several, or the
    scheduler itself is lost, what is done here ends in BrokenExecutor, as it does without Dask.

    Raises
    ------
    InputError
        Where Dask is not installed.
    """
    try:
        from distributed import CancelledError, Client, KilledWorker
        from distributed.comm import CommClosedError
    except ImportError as error:
        remedy = "Install it: pip install 'spreidplan[cluster]'."
        raise InputError([Fault("--scheduler", "no Dask", "the package distributed", remedy)]) from error
    with Client(scheduler) as client:
        try:
            yield client
        except (KilledWorker, CommClosedError, CancelledError) as error:
            raise BrokenExecutor(str(error)) from error


def _on_cluster(client: Any, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
    # a task with the same input would otherwise be answered from memory, also where a time limit ended it
    for future in client.map(function, tasks, pure=False):
        yield future.result()
