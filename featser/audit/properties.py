"""Properties of recordings as a table, for models that learn from nothing else."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featser.audit.measuring import measure

if TYPE_CHECKING:
    import pandas as pd


def recording_properties(folders: Iterable[str | Path], corpus: str = "auto") -> "pd.DataFrame":
    """Measure how utterances were recorded.

    Parameters
    ----------
    folders : iterable of str or Path
        folders of recordings
    corpus : str
        as for `featser.corpora.read_corpus`

    Returns
    -------
    DataFrame
        one row per utterance that can be read: ``utterance``, ``sample_rate`` and ``bandwidth_hz`` in Hz,
        ``pause_spectrum_db``, ``n_channels``, ``offset`` (full scale is 1) and ``padding_s``, as
        `featser.audit.Measured` has them
    """
    import pandas as pd

    from featser.corpora import read_corpus

    manifests = [read_corpus(Path(folder), corpus) for folder in folders]
    files = {each.utterance: manifest.file(each) for manifest in manifests for each in manifest.utterances}
    with ThreadPoolExecutor() as threads:
        measured = dict(zip(files, threads.map(measure, files.values()), strict=True))
    rows = [
        {
            "utterance": utterance,
            "sample_rate": float(each.rate),
            "bandwidth_hz": each.bandwidth,
            "pause_spectrum_db": each.pause_spectrum,
            "n_channels": float(each.n_channels),
            "offset": each.offset,
            "padding_s": each.padding,
        }
        for utterance, each in measured.items()
        if not each.reason
    ]
    return pd.DataFrame(rows).replace([np.inf, -np.inf], np.nan)
