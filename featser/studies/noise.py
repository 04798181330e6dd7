"""How scores fall with noise, bandwidth, codec, level, reverberation and length of the tested recordings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from featser.studies.changed import Recordings, gains, halves, predictions_on
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study

RATIOS = (20.0, 10.0, 5.0, 0.0, -5.0)
"""Signal-to-noise ratios in dB."""

CONDITIONS = ("telephone", "codec-gsm", "codec-mp3", "gain-20", "reverb-0.5", "crop-1")
"""Changes of tested recordings besides noise."""

TRAINED = ("noise-3", "noise-12")
"""Copies of training recordings: noise at two ratios that are not tested."""

CLEAN, COPIES = "clean", "with noise"
"""What a curve is trained on: the recordings, or also copies of them with noise."""


def noise(
    inputs: Inputs,
    *,
    recordings: Recordings,
    folder: Path,
    ratios: Sequence[float] = RATIOS,
    conditions: Sequence[str] = CONDITIONS,
    trained: Sequence[str] = TRAINED,
) -> Study:
    """Test a pipeline on changed recordings, trained with and without copies that contain noise.

    Each fold is trained on its clean training recordings, for the second curve also on copies of them with noise. The
    test recordings are those of the fold, changed. Half of the noise is for training, the other half for testing.

    Parameters
    ----------
    inputs : Inputs
        table of the unchanged recordings, pipeline and protocol
    recordings : Recordings
        where they are recorded
    folder : Path
        recordings of noise
    ratios : sequence of float
        signal-to-noise ratios in dB to test
    conditions : sequence of str
        other changes to test, as for `featser.audio.find_change`
    trained : sequence of str
        changes of the training copies, without the folder of the noise

    Returns
    -------
    Study
        one row for each training and condition; ``ratio_db`` where the condition is noise; ``gain`` of the copies,
        paired over speakers

    Raises
    ------
    UsageError
        no such change, or fewer than two recordings of noise
    """
    with halves(folder) as (for_training, for_testing):
        copies = [f"{each}:{for_training}" for each in trained]
        with_copies = replace(inputs, table=recordings.with_copies(inputs.table, copies))
        noisy = [(f"noise-{ratio:g}:{for_testing}", ratio) for ratio in ratios]
        steps: list[tuple[str, float | None]] = [("", None), *noisy, *((each, None) for each in conditions)]
        rows = []
        for change, ratio in inputs.tracked(steps):
            tested = recordings.changed(inputs.table, [change, *inputs.table.clean]) if change else None
            predictions = [
                trainer.predictions() if tested is None else predictions_on(trainer, tested)
                for trainer in (inputs, with_copies)
            ]
            common = {"condition": change.partition(":")[0] or "unchanged", "ratio_db": ratio}
            rows.append({"training": CLEAN} | common | scored(predictions[0], inputs.seed))
            gained = gains(inputs, predictions[0], predictions[1:])[0]
            rows.append({"training": COPIES} | common | scored(predictions[1], inputs.seed) | gained)
    table = pd.DataFrame(rows).drop(columns="p", errors="ignore").astype({"ratio_db": "float64"})
    return Study(
        name="noise",
        title="Noise and other conditions",
        question="How does the score fall with noise and other conditions?",
        corpora=tuple(inputs.table.corpus.split("+")),
        table=table,
        drawing=Drawing(
            "curve", "ratio_db", series="training", reference=inputs.chance, title_x="signal-to-noise ratio in dB"
        ),
        about=inputs.about(training_copies=list(trained)),
        remarks=tuple(_remarks(table)),
    )


def _remarks(table: pd.DataFrame) -> Iterator[str]:
    scores = table.set_index(["training", "condition"])["uar"]
    for name in (CLEAN, COPIES):
        of = table[table["training"] == name].dropna(subset="ratio_db")
        words = ", ".join(f"{row.uar:.3f} at {row.ratio_db:g} dB" for row in of.itertuples())
        yield f"Trained {name}: {scores[name, 'unchanged']:.3f} unchanged; {words or 'no noise tested'}."
    gained = (scores[COPIES] - scores[CLEAN]).sort_values(kind="stable")
    low, high = (f"{gained.iloc[at]:+.3f} ({gained.index[at]})" for at in (0, -1))
    yield f"Copies with noise in training change the score by {low} to {high}."
    yield "The ratio is that of the mean powers of the whole recording and of the noise."
