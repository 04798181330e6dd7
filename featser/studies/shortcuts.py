"""How far properties of a recording get that say little about the voice: duration, loudness, silence, bandwidth."""

from collections.abc import Iterator

import pandas as pd

from featser.pipeline import specification_for
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study

MODEL = "hist-gb"
"""Small model of the shortcuts: boosted trees find thresholds in a few columns, whatever their scale."""

SHORTCUTS = {
    "duration": ("duration_s",),
    "loudness": ("rms__mean", "rms__max", "rms__p99", "log_energy__mean", "loudness__mean", "loudness__p99"),
    "silence": (
        *("rhythm__active_share", "rhythm__pauses_per_s", "rhythm__pause_mean_s", "rms__min", "rms__p01"),
        "padding_s",
    ),
    "bandwidth": (
        *("spectral_rolloff_3__p50", "spectral_rolloff_3__p99", "spectral_rolloff__max"),
        *("bandwidth_hz", "pause_spectrum_db"),
    ),
    "file": ("sample_rate", "n_channels", "offset"),
}
"""Shortcut -> columns of the manifest, of the features or of ``measured`` that stand for it, where they are there."""


def shortcuts(inputs: Inputs, *, measured: pd.DataFrame | None = None) -> Study:
    """Score small models on shortcuts alone, together, and the pipeline on all of its features.

    Parameters
    ----------
    inputs : Inputs
        table, pipeline and protocol
    measured : DataFrame, optional
        ``utterance``, and properties of the recordings as columns, for example of `featser.audit.recording_properties`

    Returns
    -------
    Study
        one row per shortcut, for all of them, and for the pipeline
    """
    small = specification_for(MODEL)
    rows = []
    for name, columns in inputs.tracked([*_columns(inputs, measured), ("", inputs.features)]):
        predictions = inputs.predictions(columns, small) if name else inputs.predictions()
        model = MODEL if name else inputs.specification.name
        what = name or f"all features of {inputs.table.feature_set.name}"
        rows.append(
            {"shortcut": what, "model": model, "n_columns": columns.shape[1], **scored(predictions, inputs.seed)}
        )
    table = pd.DataFrame(rows)
    return Study(
        name="shortcuts",
        title="Shortcuts",
        question="How far do duration, loudness, silence and bandwidth alone get?",
        corpora=tuple(inputs.table.corpus.split("+")),
        table=table,
        drawing=Drawing("bars", "shortcut", reference=inputs.chance),
        about=inputs.about(measured=measured is not None),
        remarks=tuple(_remarks(table, inputs)),
    )


def _columns(inputs: Inputs, measured: pd.DataFrame | None) -> list[tuple[str, pd.DataFrame]]:
    """Columns of each shortcut that the table has, and of all together."""
    wanted = [each for columns in SHORTCUTS.values() for each in columns]
    manifest = inputs.table.manifest
    parts = [manifest, inputs.table.features]
    if measured is not None:
        parts.append(manifest[["utterance"]].merge(measured, on="utterance", how="left").set_index(manifest.index))
    there = pd.concat([part[[each for each in wanted if each in part]] for part in parts], axis=1).astype("float32")
    there = there.dropna(axis=1, how="all")
    found = {name: [each for each in columns if each in there] for name, columns in SHORTCUTS.items()}
    found = {name: columns for name, columns in found.items() if columns}
    if len(found) > 1:
        found["all together"] = [each for columns in found.values() for each in columns]
    return [(name, there[columns]) for name, columns in found.items()]


def _remarks(table: pd.DataFrame, inputs: Inputs) -> Iterator[str]:
    best = table.iloc[:-1].sort_values("uar", kind="stable").iloc[-1] if len(table) > 1 else None
    whole = table.iloc[-1]
    yield f"Chance is {inputs.chance:.3f}: a guess among {inputs.about()['n_classes']} emotions."
    if best is not None:
        share = (best["uar"] - inputs.chance) / max(whole["uar"] - inputs.chance, 1e-9)
        yield (
            f"The best of the shortcuts ({best['shortcut']}) reaches {best['uar']:.3f}, {share:.0%} of the way "
            f"from chance to {whole['uar']:.3f}, the score of all features."
        )
    missing = [name for name in SHORTCUTS if name not in set(table["shortcut"])]
    if missing:
        yield f"Not studied for want of columns: {', '.join(missing)}. Wide features and --recordings have more."
    yield (
        "Loudness and silence belong to the voice, too. They are shortcuts where the distance to the microphone, "
        "the gain or the cutting differs between emotions."
    )
