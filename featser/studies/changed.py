"""Tested recordings that were changed: trained on as before, and tested with noise, in another band, and so on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from featser.audio import pinned_change, short_name
from featser.audio.noise import noise_recordings
from featser.corpora import Manifest, Utterance
from featser.errors import UsageError
from featser.evaluation import CrossValidation, Fold, compare_with, score
from featser.extraction import Backend, extract
from featser.extraction.cache import default_folder
from featser.extraction.recipe import Recipe
from featser.extraction.rows import Segment, read_rows
from featser.studies.inputs import Inputs
from featser.table import Table, select_rows


@dataclass(frozen=True)
class Recordings:
    """Where the utterances of a study are recorded.

    Attributes
    ----------
    manifests : sequence of Manifest
        of all utterances
    jobs : int or None
        worker processes that compute features; one per core by default
    """

    manifests: Sequence[Manifest]
    jobs: int | None = None

    def changed(self, table: Table, steps: Sequence[str]) -> Table:
        """Compute the features of the utterances of a table after other steps; rows come from the cache.

        Parameters
        ----------
        table : Table
            original recordings
        steps : sequence of str
            changes and cleaning steps, as for `featser.audio.find_step`, in order

        Returns
        -------
        Table
            ``<utterance>~<steps>~tested``, derived from the original; without recordings that cannot be used
        """
        sources = {
            each.utterance: _source(manifest, each) for manifest in self.manifests for each in manifest.utterances
        }
        pinned = tuple(map(pinned_change, steps))
        values, rows = read_rows(
            [sources[name] for name in table.manifest["utterance"]],
            Recipe(table.feature_set, pinned),
            cache=default_folder(),
            backend=Backend(jobs=self.jobs),
        )
        usable = select_rows(table, rows.usable)
        suffix = "".join(f"~{short_name(step)}" for step in steps)
        manifest = usable.manifest.assign(
            utterance=usable.manifest["utterance"] + f"{suffix}~tested",
            derived_from=usable.manifest["utterance"],
            duration_s=rows.seconds[rows.usable],
        )
        features = pd.DataFrame(values, columns=list(table.feature_set.feature_names))
        return replace(usable, manifest=manifest, features=features)

    def with_copies(self, table: Table, copies: Sequence[str]) -> Table:
        """Return a table with changed copies of its recordings, to train on."""
        copied = extract(self.manifests, table.feature_set, clean=table.clean, copies=copies, jobs=self.jobs)
        source = copied.manifest["derived_from"].fillna(copied.manifest["utterance"])
        return select_rows(copied, source.isin(table.manifest["utterance"]).to_numpy())


def predictions_on(inputs: Inputs, tested: Table) -> pd.DataFrame:
    """Train on the training part of each fold, and predict changed copies of its test part.

    Parameters
    ----------
    inputs : Inputs
        table, pipeline and protocol
    tested : Table
        from `Recordings.changed`, for utterances of that table

    Returns
    -------
    DataFrame
        predictions as of `Inputs.predictions`
    """
    table, n_rows = inputs.table, len(inputs.table)
    together = replace(
        table,
        manifest=pd.concat([table.manifest, tested.manifest], ignore_index=True),
        features=pd.concat([table.features, tested.features], ignore_index=True),
    )
    names = table.manifest["utterance"].to_numpy()
    source = tested.manifest["derived_from"].to_numpy()
    folds = [
        Fold(fold.name, fold.train, n_rows + np.flatnonzero(np.isin(source, names[fold.test]))) for fold in inputs.folds
    ]
    return replace(inputs, table=together).predictions(folds=folds)


def gains(inputs: Inputs, reference: pd.DataFrame, others: Sequence[pd.DataFrame]) -> list[dict[str, float | None]]:
    """Differences of the UAR to that of reference predictions, paired over speakers.

    Parameters
    ----------
    inputs : Inputs
        table, pipeline and protocol
    reference : DataFrame
        predictions as of `Inputs.predictions`
    others : sequence of DataFrame
        predictions of the same recordings, changed or by other models

    Returns
    -------
    list of dict
        ``gain``, its 95 % interval ``gain_low`` and ``gain_high``, and ``p``, corrected for the number of differences;
        only ``gain`` where the recordings or speakers do not allow a comparison
    """
    setting = (inputs.protocol, inputs.normalise, inputs.seed)
    n_features = inputs.features.shape[1]
    first, *runs = [
        score(CrossValidation(each, 0.0, 0.0), inputs.table, inputs.specification, n_features, setting)
        for each in (reference, *others)
    ]
    found = compare_with(first, runs)
    if found is None:
        return [{"gain": run.uar - first.uar} for run in runs]
    return [{"gain": each.uar, "gain_low": each.low, "gain_high": each.high, "p": each.p} for each in found]


@contextmanager
def halves(folder: Path) -> Iterator[tuple[str, str]]:
    """Divide recordings of noise, so that a model is not tested with the noise that it was trained with.

    Parameters
    ----------
    folder : Path
        recordings of noise

    Yields
    ------
    trained, tested : str
        temporary folders, each with links to every other recording, in an order that depends on their contents

    Raises
    ------
    UsageError
        fewer than two recordings
    """
    recordings = noise_recordings(str(folder))
    if len(recordings) < 2:
        raise UsageError(f"One recording of noise in '{folder}'. Give two or more: half of them are for training.")
    with TemporaryDirectory(prefix="featser-noise-") as temporary:
        parts = [Path(temporary) / name for name in ("trained", "tested")]
        for number, (digest, path) in enumerate(recordings):
            part = parts[number % 2]
            part.mkdir(exist_ok=True)
            (part / f"{digest}{path.suffix}").symlink_to(path.absolute())
        yield str(parts[0]), str(parts[1])


def _source(manifest: Manifest, utterance: Utterance) -> str | Segment:
    file = str(manifest.file(utterance))
    if utterance.start_s is None or utterance.end_s is None:
        return file
    return Segment(file, utterance.start_s, utterance.end_s)
