"""Storage of finished trials, so that an interrupted search can continue."""

import json
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.errors import InputError, UsageError
from featser.pipeline import Specification
from featser.table import Table

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

STUDIES = Path("reports/studies")
"""Default folder of journals."""

_FIRST_BYTES = b'{"op_code":'
"""First bytes of every journal."""

_LOCK_SECONDS = 5
"""Age after which a lock is ignored: its process has died, since writing a trial takes milliseconds."""


def default_journal(table: Table, specification: Specification) -> Path:
    """Return the journal that the command line uses: one for each corpus, feature set and pipeline.

    Parameters
    ----------
    table : Table
    specification : Specification

    Returns
    -------
    Path
        a file in ``reports/studies/``; all other settings are part of the names of the studies in it
    """
    return STUDIES / f"{table.corpus}-{table.feature_set.name}-{specification.name}.journal"


def open_storage(where: str) -> "BaseStorage":
    """Open a journal file, which is created if it does not exist, or a database.

    Parameters
    ----------
    where : str
        file, or URL for Optuna such as ``sqlite:///trials.db``

    Returns
    -------
    optuna.storages.BaseStorage

    Raises
    ------
    UsageError
        a file or URL that cannot be opened
    InputError
        a file that is not a journal
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
            f"Cannot open the storage {where} ({reason}). Give a file, or a URL such as sqlite:///trials.db."
        ) from error


def study_name(features: NDArray[np.float64], manifest: pd.DataFrame, settings: str) -> str:
    """Return the name of a search: a digest of all that its trials depend on.

    Parameters
    ----------
    features : NDArray [shape=(n_utterances, n_features)]
    manifest : DataFrame
        same rows
    settings : str
        all settings of the search

    Returns
    -------
    str
    """
    digest = blake2b(settings.encode(), digest_size=8)
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
                _remove_partial_line(path)
            finally:
                lock.release()
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    except OSError as error:
        raise UsageError(
            f"Cannot write trials to {path} ({error.strerror}). Give another file with --storage."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a journal of trials. Give another file with --storage.") from error


def _remove_partial_line(path: Path) -> None:
    """Remove an incomplete last line, which a killed process left; it would damage the next line.

    A file that is not a journal, or has a line that is not JSON, is not changed.
    """
    content = path.read_bytes()
    if not _FIRST_BYTES.startswith(content[: len(_FIRST_BYTES)]):
        raise ValueError("not a journal")
    whole = content.rfind(b"\n") + 1
    for line in content[:whole].splitlines():
        json.loads(line)
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
