"""Executors that computing rows is shared out to: processes, threads or a Dask cluster."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from featser.errors import InputError, MissingExtraError, UnknownNameError, UsageError

BACKENDS = ("loky", "threading", "dask")
"""Processes of this machine, threads of this process, a Dask cluster."""

_WATCH_SECONDS = 1.0


@dataclass(frozen=True)
class Backend:
    """Where rows are computed.

    Attributes
    ----------
    name : str
        one of `BACKENDS`
    jobs : int or None
        processes or threads; None, 0 and -1 mean one per core. A cluster has its own number of workers.
    scheduler : str
        address of a Dask scheduler such as ``tcp://10.0.0.1:8786``; empty for a cluster started on this machine
    start_seconds : float
        expected time of the remaining work from which processes or threads are started; those take about a second
    """

    name: str = "loky"
    jobs: int | None = None
    scheduler: str = ""
    start_seconds: float = 2.0

    def __post_init__(self) -> None:
        if self.name not in BACKENDS:
            raise UnknownNameError("backend", self.name, BACKENDS)
        if self.scheduler and self.name != "dask":
            raise UsageError(f"--scheduler goes with --backend dask, not {self.name}. Leave one of them out.")

    @property
    def n_workers(self) -> int:
        """Processes or threads."""
        from joblib import cpu_count

        return self.jobs if self.jobs and self.jobs > 0 else int(cpu_count())


@contextmanager
def executor_of(backend: Backend) -> Iterator[tuple[Executor, int]]:
    """Start an executor; its workers are stopped afterwards.

    Parameters
    ----------
    backend : Backend
        where to compute

    Yields
    ------
    executor : concurrent.futures.Executor
    n_workers : int
        tasks that it works on at once

    Raises
    ------
    InputError
        a worker was killed, or the cluster cannot be reached
    MissingExtraError
        Dask is not installed
    """
    start = {"loky": _processes, "threading": _threads, "dask": _cluster}[backend.name]
    with start(backend) as (executor, n_workers):
        try:
            yield executor, n_workers
        except BrokenExecutor as error:
            raise InputError(
                "A worker process was killed, perhaps because memory ran out. Run it again with fewer --jobs; "
                "the rows computed so far are kept."
            ) from error


@contextmanager
def _processes(backend: Backend) -> Iterator[tuple[Executor, int]]:
    from joblib.externals.loky import ProcessPoolExecutor

    n_workers = backend.n_workers
    executor = ProcessPoolExecutor(n_workers, initializer=_start_worker, initargs=(os.getpid(),))
    try:
        yield executor, n_workers
    finally:
        executor.shutdown(kill_workers=True)


@contextmanager
def _threads(backend: Backend) -> Iterator[tuple[Executor, int]]:
    with ThreadPoolExecutor(backend.n_workers) as executor:
        try:
            yield executor, backend.n_workers
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _cluster(backend: Backend) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client, LocalCluster
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise MissingExtraError("--backend dask", "dask") from error
    if not backend.scheduler:
        with (
            LocalCluster(n_workers=backend.n_workers, threads_per_worker=1, dashboard_address=None) as cluster,
            _cluster(Backend("dask", scheduler=cluster.scheduler_address)) as started,
        ):
            yield started
        return
    try:
        client = Client(backend.scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(
            f"No Dask scheduler answers at {backend.scheduler}. Start one with 'dask scheduler', and workers with "
            "'dask worker ADDRESS', or leave --scheduler out."
        ) from error
    with client:
        try:
            yield client.get_executor(pure=False), sum(client.ncores().values())
        except KilledWorker as error:
            raise InputError(f"Workers of the cluster were killed several times over one task: {error}.") from error


def _start_worker(parent: int) -> None:
    """Ignore Ctrl-C, which the parent handles, and stop when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    """Exit when the parent dies; a killed parent cannot stop its workers."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
