"""Checks of a whole corpus: counts, missing cells, imbalance, and properties of the recording that tell the emotion."""

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from featser.audit.findings import Collection, Finding, Recording, counted

_IMBALANCE = 2.0
"""Ratio of the largest to the smallest class."""

_MIN_OF_LARGEST = 10
"""Recordings of the largest class, below which counts say little."""

_USED_BAND = 8000.0
"""Hz; features are computed at 16 kHz, so higher frequencies tell nothing."""

_MIN_IN_GROUP = 3


def _labels(collection: Collection) -> Iterator[Finding]:
    if collection.unlabelled:
        yield Finding("no-labels", "warning", collection.corpus, f"No labels were read. {collection.unlabelled}")


def _counts(collection: Collection) -> Iterator[Finding]:
    facts = collection.published
    speakers = {each.speaker for each in collection.recordings if each.speaker}
    if facts is None:
        return
    found = {"recordings": (len(collection.recordings), facts.n_utterances)}
    found["speakers"] = (len(speakers), facts.n_speakers)
    differing = [f"{n:,} of {facts_n:,} {what}" for what, (n, facts_n) in found.items() if facts_n and n != facts_n]
    if differing:
        sentence = f"Other counts than published: {' and '.join(differing)}."
        yield Finding("count", "warning", collection.corpus, sentence)


def _missing_cells(collection: Collection) -> Iterator[Finding]:
    """Emotions that a speaker lacks though most speakers have them."""
    counts = Counter((each.speaker, each.emotion) for each in collection.recordings if each.speaker and each.emotion)
    speakers, emotions = sorted({cell[0] for cell in counts}), sorted({cell[1] for cell in counts})
    usual = [emotion for emotion in emotions if 2 * sum((one, emotion) in counts for one in speakers) > len(speakers)]
    cells = tuple((one, emotion) for one in speakers for emotion in usual if (one, emotion) not in counts)
    if cells:
        shown = ", ".join(f"{speaker} has no {emotion}" for speaker, emotion in cells[:5])
        more = f", and {len(cells) - 5} more" if len(cells) > 5 else ""
        sentence = f"Speakers without an emotion that most speakers have: {shown}{more}."
        yield Finding("missing-cell", "warning", collection.corpus, sentence, cells=cells)


def _imbalance(collection: Collection) -> Iterator[Finding]:
    for name in ("emotion", "speaker"):
        counts = Counter(value for each in collection.recordings if (value := getattr(each, name)))
        if len(counts) < 2:
            continue
        most, least = max(counts, key=lambda key: (counts[key], key)), min(counts, key=lambda key: (counts[key], key))
        if counts[most] >= max(_IMBALANCE * counts[least], _MIN_OF_LARGEST):
            sentence = f"Imbalance by {name}: {counted(counts[most])} of {most}, {counts[least]:,} of {least}."
            yield Finding(f"imbalance-{name}", "note", collection.corpus, sentence)


PROPERTIES: dict[str, tuple[Callable[[Recording], float], Callable[[float], str], float, float, float]] = {
    "sample-rate": (lambda each: each.measured.rate, "{:.0f} Hz".format, 1.15, 0.0, 0.2),
    "bandwidth": (lambda each: min(each.measured.bandwidth, _USED_BAND), "{:.0f} Hz".format, 1.15, 0.0, 0.2),
    "pause-spectrum": (
        lambda each: each.measured.pause_spectrum,
        "{:.1f} dB at 6 to 7.5 kHz relative to 3 to 4.5 kHz".format,
        *(1.0, 4.0, 0.3),
    ),
    "channels": (lambda each: each.measured.n_channels, "{:.1f} channels".format, 1.15, 0.0, 0.2),
    "offset": (lambda each: 1000 * abs(each.measured.offset), "{:.1f} per mille of full scale".format, 1.5, 3.0, 0.2),
    "padding": (lambda each: each.measured.padding, "{:.2f} s of digital silence".format, 1.15, 0.1, 0.2),
}
"""Property -> value of a recording, its text, the least ratio and difference of the means of two groups, and the share
of the variance between groups (omega squared) from which it tells the group."""


def _shortcuts(collection: Collection) -> Iterator[Finding]:
    """Properties of the recording, not of the voice, that differ between emotions (serious) or speakers (warning)."""
    for by, severity in (("emotion", "serious"), ("speaker", "warning")):
        found = {name: ends for name in PROPERTIES if (ends := _differing(collection, by, name))}
        if "bandwidth" in found:
            found.pop("pause-spectrum", None)
        for name, ((low, below), (high, above)) in found.items():
            text = PROPERTIES[name][1]
            sentence = (
                f"The {name.replace('-', ' ')} differs between {by}s: "
                f"{text(below)} for {low}, {text(above)} for {high} (means)."
            )
            cells = tuple((group, "") if by == "speaker" else ("", group) for group in (low, high))
            yield Finding(f"{name}-by-{by}", severity, collection.corpus, sentence, cells=cells)


def _differing(collection: Collection, by: str, name: str) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """Groups with the lowest and the highest mean of a property; None where it does not tell the group."""
    value, _, ratio, difference, explained = PROPERTIES[name]
    groups = {key: [each for each in map(value, those) if np.isfinite(each)] for key, those in collection.groups(by)}
    groups = {key: values for key, values in groups.items() if len(values) >= _MIN_IN_GROUP}
    means = {key: float(np.mean(values)) for key, values in groups.items()}
    if len(means) < 2 or _omega_squared(list(groups.values())) < explained:
        return None
    low, high = min(means, key=lambda key: (means[key], key)), max(means, key=lambda key: (means[key], key))
    if means[high] < ratio * means[low] or means[high] - means[low] < difference:
        return None
    return (low, means[low]), (high, means[high])


def _omega_squared(groups: list[list[float]]) -> float:
    """Share of the variance that groups explain, corrected for chance (Hays 1963); at most 1, about 0 for none."""
    everything = np.concatenate([np.asarray(values, float) for values in groups])
    n, k = len(everything), len(groups)
    total = float(np.square(everything - everything.mean()).sum())
    between = float(sum(len(values) * (np.mean(values) - everything.mean()) ** 2 for values in groups))
    if n <= k or total <= 1e-12:
        return 0.0
    within = (total - between) / (n - k)
    return (between - (k - 1) * within) / (total + within)


CORPUS_CHECKS = (_labels, _counts, _missing_cells, _imbalance, _shortcuts)


def find_imbalance(collection: Collection) -> list[Finding]:
    """Run all checks of a whole corpus.

    Parameters
    ----------
    collection : Collection

    Returns
    -------
    list of Finding
    """
    return [finding for check in CORPUS_CHECKS for finding in check(collection)]
