"""The record of the search that chose a pipeline, with digests of the data that the search used."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any

from featser.errors import UnknownNameError, UsageError

_DIGEST_BYTES = 6
"""The probability that two of 50,000 recordings have the same digest is below 1e-5."""


@dataclass(frozen=True)
class TuningRecord:
    """The search that chose a pipeline; section ``[tuned]`` of a pipeline file.

    Attributes
    ----------
    corpus : str
        corpus of the table that was searched on
    n_trials : int
        finished trials
    uar : float
        UAR of the pipeline on the inner folds; optimistic, because it chose the pipeline
    protocol : str
        protocol of the inner folds
    normalise : str
        normalisation of the features
    speakers : frozenset of bytes
        digest of each speaker
    recordings : frozenset of bytes
        digest of each recording's file; empty if the files are not known
    leaks : tuple of str
        leaks of the inner folds; empty for an honest search
    """

    corpus: str
    n_trials: int
    uar: float
    protocol: str
    normalise: str
    speakers: frozenset[bytes]
    recordings: frozenset[bytes]
    leaks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the values of section ``[tuned]``; digests are joined and written in base 64.

        Returns
        -------
        dict
        """
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        joined = {name: b64encode(b"".join(sorted(values[name]))).decode() for name in ("speakers", "recordings")}
        return {**values, "leaks": list(self.leaks), **joined}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str) -> "TuningRecord":
        """Read the values of section ``[tuned]``.

        Parameters
        ----------
        values : mapping
        where : str
            file and section, for messages

        Returns
        -------
        TuningRecord

        Raises
        ------
        UnknownNameError
            an unknown key
        UsageError
            a missing key, or a value of the wrong type
        """
        known = {each.name: each for each in fields(cls)}
        for key in values:
            if key not in known:
                raise UnknownNameError("key", key, known, where)
        kinds = {"n_trials": int, "uar": float, "leaks": list}
        for name in known:
            if not isinstance(values.get(name), kinds.get(name, str)):
                raise UsageError(f"{where}: '{name}' is missing or of the wrong type. Tune again: featser tune TABLE.")
        digests = {name: _split(values[name], f"{where}: '{name}'") for name in ("speakers", "recordings")}
        return cls(**{**values, "leaks": tuple(map(str, values["leaks"])), **digests})


def short_digest(text: str) -> bytes:
    """Return a digest of 6 bytes.

    Parameters
    ----------
    text : str

    Returns
    -------
    bytes
    """
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()


def _split(text: str, where: str) -> frozenset[bytes]:
    try:
        joined = b64decode(text, validate=True)
    except binascii.Error as error:
        raise UsageError(f"{where} is not base 64 ({error}). Tune again: featser tune TABLE.") from error
    return frozenset(joined[at : at + _DIGEST_BYTES] for at in range(0, len(joined), _DIGEST_BYTES))
