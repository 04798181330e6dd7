"""Where finished trials are kept, so that a search goes on where it was interrupted."""

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.errors import InputError, UsageError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

STUDIES = Path("reports/studies")
"""Default folder of the journals."""

_FIRST_BYTES = b'{"op_code":'
"""How every journal begins."""

_LOCK_SECONDS = 5
"""A lock this old was left by a process that is gone; a trial is written in milliseconds."""


def open_storage(where: str) -> "BaseStorage":
    """Open a journal file, made where there is none, or any storage whose URL Optuna knows.

    Raises
    ------
    UsageError
        a URL that cannot be opened
    InputError
        a file that is no journal
    """
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    if "://" not in where:
        return _open_journal(Path(where))
    try:
        return optuna.storages.get_storage(where)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, ImportError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"No storage at {where} ({reason}). Give a file, or a URL such as sqlite:///trials.db."
        ) from error


def study_name(features: NDArray[np.float64], manifest: pd.DataFrame, question: str) -> str:
    """Name of a search by all that its trials depend on: utterances, features, labels, and what is searched how."""
    digest = blake2b(question.encode(), digest_size=8)
    digest.update(np.ascontiguousarray(features).view(np.uint8).data)
    labels = manifest[["utterance", "emotion", "speaker"]].astype(str)
    digest.update(pd.util.hash_pandas_object(labels, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _open_journal(path: Path) -> "BaseStorage":
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    lock = JournalFileSymlinkLock(str(path), grace_period=_LOCK_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            lock.acquire()
            try:
                _forget_half_a_line(path)
            finally:
                lock.release()
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    except OSError as error:
        raise UsageError(
            f"Cannot write trials to {path} ({error.strerror}). Give another file with --storage."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no journal of trials. Give another file with --storage.") from error


def _forget_half_a_line(path: Path) -> None:
    """Cut off what a killed process began to write; the line would spoil those that follow it.

    Only of a journal: whatever else the user named by mistake stays as it is.
    """
    content = path.read_bytes()
    if not _FIRST_BYTES.startswith(content[: len(_FIRST_BYTES)]):
        raise ValueError("no journal")
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
