"""What each cleaning step does to the score, on clean and on noisy recordings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from featser.audio import CLEANERS, find_cleaner
from featser.errors import MissingExtraError
from featser.studies.changed import Recordings, gains, predictions_on
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study
from featser.table import Table

RATIO = 10.0
"""Signal-to-noise ratio in dB of the noisy recordings."""


def cleaning(
    inputs: Inputs,
    *,
    recordings: Recordings,
    folder: Path,
    ratio: float = RATIO,
    steps: Sequence[str] = tuple(CLEANERS),
) -> Study:
    """Train and test a pipeline after each cleaning step; the tested recordings are clean, or contain noise.

    Parameters
    ----------
    inputs : Inputs
        table of the recordings as the corpus needs them, pipeline and protocol
    recordings : Recordings
        where they are recorded
    folder : Path
        recordings of noise
    ratio : float
        signal-to-noise ratio in dB of the noisy recordings
    steps : sequence of str
        cleaning steps; those that the table has anyway, and those whose library is not installed, are left out

    Returns
    -------
    Study
        one row for no step and for each, on clean and on noisy recordings; ``gain`` is the difference
        to no step, paired over speakers

    Raises
    ------
    UnknownNameError
        no such step
    """
    usable, missing = _usable(steps, inputs)
    change = f"noise-{ratio:g}:{folder}"
    found: dict[str, list[pd.DataFrame]] = {"clean": [], "noisy": []}
    for step in inputs.tracked(["", *usable]):
        clean = [*inputs.table.clean, *([step] if step else [])]
        trained = _cleaned(recordings, inputs.table, clean) if step else inputs.table
        cleaned = replace(inputs, table=trained)
        found["clean"].append(cleaned.predictions())
        found["noisy"].append(predictions_on(cleaned, recordings.changed(trained, [change, *clean])))
    parts = []
    for tested, predictions in found.items():
        rows = [{"step": step, "tested": tested} for step in ("none", *usable)]
        scores = pd.DataFrame([scored(each, inputs.seed) for each in predictions])
        gained = pd.DataFrame([{"gain": 0.0}, *gains(inputs, predictions[0], predictions[1:])])
        parts.append(pd.concat([pd.DataFrame(rows), scores, gained], axis=1))
    table = pd.concat(parts, ignore_index=True)
    return Study(
        name="cleaning",
        title="Cleaning steps",
        question="What does each cleaning step do to the score, on clean and on noisy recordings?",
        corpora=tuple(inputs.table.corpus.split("+")),
        table=table,
        drawing=Drawing("matrix", "tested", series="step", reference=inputs.chance),
        about=inputs.about(noise_ratio_db=ratio),
        remarks=tuple(_remarks(table, ratio, missing)),
    )


def _cleaned(recordings: Recordings, table: Table, clean: Sequence[str]) -> Table:
    """Cleaned recordings under the names of the originals, which they replace."""
    changed = recordings.changed(table, clean)
    return replace(
        changed, manifest=changed.manifest.assign(utterance=changed.manifest["derived_from"], derived_from=None)
    )


def _usable(steps: Sequence[str], inputs: Inputs) -> tuple[list[str], list[str]]:
    """Steps that can be studied, and those whose library is missing."""
    usable, missing = [], []
    for step in steps:
        try:
            find_cleaner(step)
        except MissingExtraError:
            missing.append(step)
        else:
            usable += [] if step in inputs.table.clean else [step]
    return usable, missing


def _remarks(table: pd.DataFrame, ratio: float, missing: Sequence[str]) -> Iterator[str]:
    for tested, part in table[table["step"] != "none"].groupby("tested", sort=False):
        ordered = part.sort_values("gain", kind="stable")
        worst, best = ordered.iloc[0], ordered.iloc[-1]
        ends = " and ".join(f"{each['step']} changes the score by {each['gain']:+.3f}" for each in (best, worst))
        yield f"Tested on {tested} recordings, {ends}."
    yield (
        f"Noisy recordings contain noise at {ratio:g} dB, which is added before the step. Models are trained on clean "
        "recordings after the same step."
    )
    if missing:
        yield f"Left out: {', '.join(missing)}. Install them: pip install 'featser[clean]'."
