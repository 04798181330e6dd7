"""Computed points of studies as files, so that an interrupted or repeated study computes none of them twice."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import getfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from featser.atomic import atomic_write
from featser.evaluation.environment import code_digests, source_digest
from featser.versions import library_versions


@dataclass(frozen=True)
class Points:
    """Folder of computed points, one Parquet file each, named by a digest of everything that the point depends on.

    Attributes
    ----------
    folder : Path or None
        the folder; made where it is missing. None keeps no points
    """

    folder: Path | None = None

    def frame(self, key: Mapping[str, Any], compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a point: read where it was computed before, else computed and written.

        Parameters
        ----------
        key : mapping
            plain values for JSON that the point depends on, such as digests of tables (`frame_digest`), the
            specification and the seed; versions of libraries and of featser's code, which includes the module of
            ``compute``, are added here
        compute : callable
            function without parameters that returns the point, for example out-of-fold predictions

        Returns
        -------
        DataFrame
        """
        if self.folder is None:
            return compute()
        path = self.folder / f"{_digest([dict(key), code_digests(), _code_of(compute), library_versions()])}.parquet"
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError):  # missing or damaged; files are written whole
            pass
        point = compute()
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            point.to_parquet(temporary, compression="zstd", index=False)
        return point


def frame_digest(frame: pd.DataFrame) -> str:
    """Digest the columns and values of a table.

    Parameters
    ----------
    frame : DataFrame
        numbers of one type, or any mixture of texts, numbers and missing values

    Returns
    -------
    str
        32 hexadecimal characters
    """
    digest = hashlib.sha256(json.dumps([str(each) for each in frame.columns]).encode())
    values = frame.to_numpy()
    if values.dtype == object:
        digest.update(json.dumps(frame.astype(object).where(frame.notna(), None).to_numpy().tolist()).encode())
    else:
        digest.update(f"{values.dtype} {values.shape}".encode() + np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:32]


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _code_of(compute: Callable[[], pd.DataFrame]) -> str:
    """Digest of the module that computes a point."""
    return _module_digest(Path(getfile(compute)))


@cache
def _module_digest(path: Path) -> str:
    return source_digest([path])
