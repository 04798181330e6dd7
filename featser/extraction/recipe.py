"""What a row of features depends on besides the recording: feature set, cleaning, code and libraries."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from featser.audio import step_identity
from featser.features import FeatureSet
from featser.versions import NUMERIC_LIBRARIES


@dataclass(frozen=True)
class Recipe:
    """How a recording becomes a row.

    Attributes
    ----------
    feature_set : FeatureSet
        features to compute
    clean : tuple of str
        cleaning steps, and the change of a copy such as ``speed-0.95``, applied to the signal in this order
    """

    feature_set: FeatureSet
    clean: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """Digest of `text`, 32 hexadecimal digits; rows of equal keys are interchangeable."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:32]

    @cached_property
    def text(self) -> str:
        """The recipe as JSON: feature set without its name, cleaning, digest of the code, versions of libraries."""
        chosen = {name: value for name, value in self.feature_set.to_dict().items() if name not in ("name", "title")}
        parts = {"feature set": chosen, "cleaning": [step_identity(each) for each in self.clean]} | code_and_libraries()
        return json.dumps(parts, sort_keys=True)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields only: a worker does not need the key."""
        return {"feature_set": self.feature_set, "clean": self.clean}


def code_and_libraries() -> dict[str, Any]:
    """Return the digest of the code that computes rows, and the versions of the libraries that it calls."""
    return {"code": code_digest(), "libraries": {name: version(name) for name in NUMERIC_LIBRARIES}}


@cache
def code_digest(package: Path = Path(__file__).parents[1]) -> str:
    """Return the SHA-256 of the source of ``audio`` and ``features``, in hex.

    Parameters
    ----------
    package : Path
        folder of the package
    """
    digest = hashlib.sha256()
    for folder in ("audio", "features"):
        for source in sorted((package / folder).rglob("*.py")):
            digest.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()
