"""The child processes that answer requests: each answers one at a time, and is replaced when it dies or hangs."""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

from joblib.externals.loky import ProcessPoolExecutor

from featser.app.answering import Question, Reply, answer, fault, start_child
from featser.errors import InputError

MAX_WORKERS = 4
"""Child processes; each holds the models and libraries, about 350 MB."""

KILLED, TIMED_OUT = 500, 504
"""HTTP status of requests whose child process was killed, and of those that took too long."""


class Workers:
    """Child processes with loaded models.

    Every child has an executor of its own, so that a child that dies or hangs fails its own request only.

    Parameters
    ----------
    models : sequence of (str, Path)
        name and file of each model
    plugins : sequence of str
        Python files that register descriptors
    timeout : float
        seconds that a request may take

    Raises
    ------
    InputError
        a model cannot be loaded
    """

    def __init__(self, models: Sequence[tuple[str, Path]], plugins: Sequence[str] = (), timeout: float = 120.0):
        self.timeout = timeout
        self._models = [(name, str(path)) for name, path in models]
        self._plugins = tuple(plugins)
        self._executors = [self._started() for _ in range(min(MAX_WORKERS, os.cpu_count() or 1))]
        self._free: asyncio.Queue[ProcessPoolExecutor] = asyncio.Queue()
        try:
            for each, message in [(each, each.submit(fault)) for each in self._executors]:
                if text := message.result():
                    raise InputError(text)
                self._free.put_nowait(each)
        except BaseException:
            self.close()
            raise

    async def ask(self, question: Question) -> Reply:
        """Answer a request in the next free child process.

        Parameters
        ----------
        question : Question

        Returns
        -------
        Reply
            that of `featser.app.answering.answer`; 500 if the child was killed, 504 if it took too long
        """
        executor = await self._free.get()
        try:
            asked = asyncio.wrap_future(executor.submit(answer, question))
            asked.add_done_callback(_retrieve)
            return await asyncio.wait_for(asyncio.shield(asked), self.timeout)  # loky cannot cancel what runs
        except TimeoutError:
            executor = await asyncio.to_thread(self._replace, executor)
            return Reply(
                TIMED_OUT, {"error": f"The recording took more than {self.timeout:.0f} s. Send a shorter one."}
            )
        except (BrokenExecutor, MemoryError):
            executor = await asyncio.to_thread(self._replace, executor)
            reason = "The process that read the recording was stopped, perhaps because it needed too much memory"
            return Reply(KILLED, {"error": f"{reason}. Send a shorter one, or convert it to .wav."})
        finally:
            self._free.put_nowait(executor)

    def close(self) -> None:
        """Stop all child processes."""
        for each in self._executors:
            each.shutdown(wait=False, kill_workers=True)

    def _started(self) -> ProcessPoolExecutor:
        arguments = (os.getpid(), self._models, self._plugins)
        return ProcessPoolExecutor(1, initializer=start_child, initargs=arguments)

    def _replace(self, executor: ProcessPoolExecutor) -> ProcessPoolExecutor:
        """Kill a child and start another one, which has loaded its models on return."""
        executor.shutdown(wait=False, kill_workers=True)
        self._executors[self._executors.index(executor)] = new = self._started()
        new.submit(fault).result()
        return new


def _retrieve(asked: "asyncio.Future[Reply]") -> None:
    """Retrieve the error of a request that was given up, so that it is not logged."""
    if not asked.cancelled():
        asked.exception()
