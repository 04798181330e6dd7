"""Detection of tuned pipelines that are tested on the data that chose them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from featser.evaluation.folds import Fold
from featser.pipeline import Specification
from featser.pipeline.tuning_record import short_digest
from featser.table import Table


@dataclass(frozen=True)
class TuningLeak:
    """Tested utterances that were used to choose a pipeline.

    Attributes
    ----------
    specification : Specification
    n_utterances : int
        tested utterances whose speaker or recording was used
    n_tested : int
        all tested utterances
    speakers : tuple of str
        speakers of these utterances
    """

    specification: Specification
    n_utterances: int
    n_tested: int
    speakers: tuple[str, ...]

    def __str__(self) -> str:
        return f"tuned pipeline: {self._numbers} were used to choose its parameters"

    @property
    def refusal(self) -> str:
        """Message for users."""
        model, tuned = self.specification.model, self.specification.tuned
        n_trials = tuned.n_trials if tuned else 0
        return (
            f"Pipeline {self.specification.name} was tuned on {self._numbers}, so its score would be too high. Tune "
            f"inside the folds, for example with --model {model} --tune {n_trials}, give a table of other speakers, or "
            "pass --allow-leak, which stamps the run LEAKY."
        )

    @property
    def _numbers(self) -> str:
        n_speakers = len(self.speakers)
        names = f"{n_speakers} speaker{'s' * (n_speakers != 1)}, e.g. {self.speakers[0]}"
        return f"{self.n_utterances} of the {self.n_tested} tested utterances ({names})"


def data_digests(manifest: pd.DataFrame) -> tuple[list[bytes], list[bytes | None]]:
    """Return digests by which the data of a search is recognised in another table.

    Parameters
    ----------
    manifest : DataFrame
        with ``speaker``, and ``sha256`` if the files are known

    Returns
    -------
    speakers : list of bytes
        digest of each utterance's speaker
    recordings : list of bytes or None
        digest of each utterance's file, which recognises it under other names and labels; None if it is not known
    """
    speakers = [short_digest(str(each)) for each in manifest["speaker"]]
    files = manifest["sha256"] if "sha256" in manifest else [None] * len(manifest)
    return speakers, [short_digest(each) if isinstance(each, str) else None for each in files]


def find_tuning_leak(folds: Sequence[Fold], table: Table, specification: Specification) -> TuningLeak | None:
    """Find tested utterances whose speaker or recording was used to choose a tuned pipeline.

    Parameters
    ----------
    folds : sequence of Fold
    table : Table
    specification : Specification

    Returns
    -------
    TuningLeak or None
        None for a pipeline that was not tuned, or tuned on other speakers
    """
    if specification.tuned is None:
        return None
    tested = np.unique(np.concatenate([fold.test for fold in folds]))
    speakers, recordings = data_digests(table.manifest)
    known = [
        row
        for row in tested
        if speakers[row] in specification.tuned.speakers or recordings[row] in specification.tuned.recordings
    ]
    if not known:
        return None
    names = tuple(sorted(table.manifest["speaker"].iloc[known].astype(str).unique()))
    return TuningLeak(specification, len(known), len(tested), names)
