"""The toy corpora of ``data/toy``: a small synthetic sample in two naming schemes, under 1 MB in all."""

from pathlib import Path

from featser.synthetic.corpus import Recording, record
from featser.synthetic.naming import find_scheme

TOY_COMMAND = "python -m featser.synthetic data/toy"

TOY_EMODB_SEED, TOY_RAVDESS_SEED = 1, 2
"""Two seeds, so that the two corpora share no speaker."""

TOY_EMODB = Recording(suffix=".flac", n_syllables=4, bits=10)
TOY_RAVDESS = Recording(suffix=".flac", n_syllables=3, bits=10)

README = """\
# Toy corpora: synthetic voices, not people

**Every sound here is synthetic.** No human voice was recorded or copied: a program makes pulses and noise
and shapes them into syllables without meaning. The names follow real corpora so that featser's readers can
read them; nothing else is taken from those corpora, and a score on these files says nothing about people.

| folder | names like | speakers | emotions | utterances | seed |
|---|---|---|---|---|---|
{rows}

Made by `{command}`, which writes the same sound every time.
16 kHz, mono, FLAC; {bits} of 16 bits are used so that the files stay small.
Licence: Apache-2.0, as the rest of featser.
"""


def write_toy(folder: Path) -> list[Path]:
    """Write both toy corpora and their README into a folder.

    Returns
    -------
    list of Path
        every file written, sorted

    """
    plans = {
        "emodb": (6, ("anger", "boredom", "happiness", "neutral", "sadness"), 4, TOY_EMODB_SEED, TOY_EMODB),
        "ravdess": (4, ("anger", "calm", "fear", "happiness"), 2, TOY_RAVDESS_SEED, TOY_RAVDESS),
    }
    written, rows = [], []
    for name, (n_speakers, emotions, n_per_emotion, seed, recording) in plans.items():
        utterances = find_scheme(name).utterances(n_speakers, emotions, n_per_emotion)
        paths = record(folder / name, name, utterances, seed, recording)
        example = paths[0].relative_to(folder / name).as_posix()
        rows.append(f"| `{name}/` | `{example}` | {n_speakers} | {', '.join(emotions)} | {len(paths)} | {seed} |")
        written += paths
    readme = folder / "README.md"
    text = README.format(rows="\n".join(rows), command=TOY_COMMAND, bits=TOY_EMODB.bits)
    readme.write_text(text, encoding="utf-8", newline="\n")
    return sorted([*written, readme])
