"""Write a folder of made calls, as a telephone system and a secretary would leave them, for docs/call-centre.md.

``python examples/call_centre.py anrufe`` writes synthetic voices as MP3, Opus, M4A, WAV with 8 kHz and in stereo, a
meeting of 20 minutes with the times of its speakers, and a table of labels with German columns. It needs the extra
``media``.
"""

import csv
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from featser.synthetic.corpus import Recording, synthesise
from featser.synthetic.naming import Utterance

MOODS = {"anger": "wütend", "happiness": "fröhlich", "neutral": "sachlich"}
CALLERS = ("Jörg", "Käthe", "Zoë", "Günther", "Änne", "Björn")
RATE, MEETING_SECONDS = 16_000, 1200

ROWS = list[dict[str, str]]
Samples = np.ndarray[Any, np.dtype[np.float32]]


def voice(speaker: int, emotion: str, sentence: int, take: int) -> Samples:
    """One sentence of a synthetic voice."""
    return synthesise(Utterance(speaker, emotion, sentence, take), 7, Recording(RATE, ".wav"))


def write_m4a(path: Path, samples: Samples) -> None:
    """Write AAC as a telephone records it."""
    with av.open(str(path), "w", format="ipod") as file:
        stream: Any = file.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for given in (frame, None):
            for packet in stream.encode(given):
                file.mux(packet)


def write_call(folder: Path, caller: int, name: str, samples: Samples) -> str:
    """Write a call in the format of its caller's telephone; return the name of the file."""
    suffix = (".mp3", ".opus", ".m4a", ".wav", ".WAV", ".flac")[caller]
    path = folder / f"{name}{suffix}"
    if suffix == ".opus":
        soundfile.write(path, samples, RATE, format="OGG", subtype="OPUS")
    elif suffix == ".m4a":
        write_m4a(path, samples)
    elif suffix == ".wav":
        soundfile.write(path, samples[::2], RATE // 2, subtype="ALAW")
    elif suffix == ".WAV":
        soundfile.write(path, np.stack([samples, 0.5 * samples], axis=1), RATE, format="WAV")
    else:
        soundfile.write(path, samples, RATE)
    return path.name


def write_calls(folder: Path) -> ROWS:
    """Write four calls of each caller and mood; return the rows of the table. Some labels are missing."""
    rows = []
    for caller, name in enumerate(CALLERS):
        for emotion, mood in MOODS.items():
            for number in range(4):
                samples = voice(caller, emotion, number, 1)
                file = write_call(folder, caller, f"Anruf {name} {mood} ({number + 1})", samples)
                labelled = (caller + number) % 5 or emotion != "neutral"
                rows.append({"Datei": file, "Anrufer": name, "Stimmung": mood if labelled else "", "Sprecher": ""})
    return rows


def write_meeting(folder: Path) -> ROWS:
    """Write a meeting of 20 minutes, and when which of two callers speaks."""
    rng = np.random.default_rng(0)
    meeting = (1e-4 * rng.standard_normal(MEETING_SECONDS * RATE)).astype(np.float32)
    lines = []
    for turn in range(24):
        caller, start = turn % 2, 10 + 48 * turn
        samples = voice(caller, "neutral", turn // 2 % 8, 2 + turn // 16)
        meeting[start * RATE : start * RATE + len(samples)] += samples
        times = f"{start} {len(samples) / RATE:.3f}"
        lines.append(f"SPEAKER Besprechung_für_Müller 1 {times} <NA> <NA> {CALLERS[caller]} <NA> <NA>\n")
    soundfile.write(folder / "Besprechung für Müller.opus", meeting, RATE, format="OGG", subtype="OPUS")
    (folder / "Besprechung.rttm").write_text("".join(lines), encoding="utf-8")
    return [{"Datei": "Besprechung für Müller.opus", "Stimmung": MOODS["neutral"], "Sprecher": "Besprechung.rttm"}]


def main(folder: Path) -> None:
    """Write recordings, table and translation of the labels."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [*write_calls(folder), *write_meeting(folder)]
    with (folder / "Anrufe.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, ["Datei", "Anrufer", "Stimmung", "Sprecher"], delimiter=";")
        table.writeheader()
        table.writerows(rows)
    lines = [f"{mood};{emotion}\n" for emotion, mood in MOODS.items()]
    (folder / "Stimmungen.csv").write_text("".join(["label;emotion\n", *lines]), encoding="utf-8-sig")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "anrufe"))
