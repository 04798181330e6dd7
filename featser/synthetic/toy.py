"""The toy corpora of ``data/toy``: synthetic speech in two naming schemes, under 1 MB in total."""

from pathlib import Path

from featser.synthetic.corpus import Recording, write_utterances
from featser.synthetic.naming import find_scheme

TOY_COMMAND = "python -m featser.synthetic data/toy"

TOY_EMODB_SEED, TOY_RAVDESS_SEED = 1, 2
"""Different seeds, so that the corpora have no speaker in common."""

TOY_EMODB = Recording(suffix=".flac", n_syllables=4, bits=10)
TOY_RAVDESS = Recording(suffix=".flac", n_syllables=3, bits=10)

README = """\
# Toy corpora of synthetic speech

**Every sound here is synthetic.** No human voice was recorded or copied. A source-filter synthesiser makes meaningless
syllables from glottal pulses and noise. The file names follow real corpora, so that featser can read them; nothing else
is taken from those corpora. Scores on these files do not apply to human speech.

| folder | file names | speakers | emotions | utterances | seed |
|---|---|---|---|---|---|
{rows}

`{command}` writes these files, with the same audio every time.
Format: 16 kHz, mono, FLAC, {bits} significant bits of 16, so that the files are small.
Licence: Apache-2.0, like featser.
"""


def write_toy(folder: Path) -> list[Path]:
    """Write both toy corpora and their README.

    Parameters
    ----------
    folder : Path
        target folder

    Returns
    -------
    list of Path
        recordings and README, sorted
    """
    plans = {
        "emodb": (6, ("anger", "boredom", "happiness", "neutral", "sadness"), 4, TOY_EMODB_SEED, TOY_EMODB),
        "ravdess": (4, ("anger", "calm", "fear", "happiness"), 2, TOY_RAVDESS_SEED, TOY_RAVDESS),
    }
    written, rows = [], []
    for name, (n_speakers, emotions, n_per_emotion, seed, recording) in plans.items():
        utterances = find_scheme(name).utterances(n_speakers, emotions, n_per_emotion)
        paths = write_utterances(folder / name, name, utterances, seed, recording)
        example = paths[0].relative_to(folder / name).as_posix()
        rows.append(f"| `{name}/` | `{example}` | {n_speakers} | {', '.join(emotions)} | {len(paths)} | {seed} |")
        written += paths
    readme = folder / "README.md"
    text = README.format(rows="\n".join(rows), command=TOY_COMMAND, bits=TOY_EMODB.bits)
    readme.write_text(text, encoding="utf-8", newline="\n")
    return sorted([*written, readme])
