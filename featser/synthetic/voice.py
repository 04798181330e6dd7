"""Source-filter speech synthesis of syllables.

`Voice` describes the speaker and `Style` the emotion. `speak` filters glottal pulses and aspiration noise (`source`) by
time-varying formants (`tract`), with the rhythm of the syllables. No recordings are used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featser.errors import UsageError, listed
from featser.synthetic import source, tract
from featser.synthetic.tract import FloatArray

REFERENCE_DBFS = -27.0
"""Root mean square level of speech at 0 dB loudness of voice and style."""

ROOM_DBFS = -76.0
"""Root mean square level of the background noise."""

PEAK_LIMIT = 0.98
"""Largest peak of a signal; louder signals are scaled down, so that none is clipped."""


@dataclass(frozen=True)
class Voice:
    """Voice of a synthetic speaker.

    Attributes
    ----------
    f0_hz : float
        mean fundamental frequency in Hz, 60 to 400
    tract_cm : float
        length of the vocal tract in cm, 12 to 20; formants scale with its inverse
    range_semitones : float
        spread of F0 within an utterance
    syllables_per_second : float
        speech rate
    loudness_db : float
        level relative to `REFERENCE_DBFS`
    tilt_db : float
        slope in dB per octave that is added to the spectrum above 500 Hz
    breathiness_db : float
        power of the aspiration noise relative to the pulses, before the tract
    jitter : float
        standard deviation of the cycle length relative to its mean, 0 to 0.05
    """

    f0_hz: float = 120.0
    tract_cm: float = tract.ADULT_MALE_TRACT_CM
    range_semitones: float = 2.0
    syllables_per_second: float = 4.5
    loudness_db: float = 0.0
    tilt_db: float = 0.0
    breathiness_db: float = -26.0
    jitter: float = 0.01


@dataclass(frozen=True)
class Style:
    """Changes of a voice by an emotion: dB and semitones are added, factors multiply; the default is neutral."""

    pitch_semitones: float = 0.0
    range_factor: float = 1.0
    loudness_db: float = 0.0
    rate_factor: float = 1.0
    tilt_db: float = 0.0
    breathiness_db: float = 0.0
    jitter_factor: float = 1.0


@dataclass(frozen=True)
class Onset:
    """Consonant at the onset of a syllable.

    Attributes
    ----------
    voicing : float
        amplitude of the pulses relative to a vowel
    noise : float
        amplitude of the noise relative to a vowel
    noise_share : float
        share of the consonant, at its end, that has noise: nearly all of a fricative, the burst of a stop
    """

    voicing: float
    noise: float
    noise_share: float


ONSETS = {
    "s": Onset(voicing=0.0, noise=0.25, noise_share=0.9),
    "t": Onset(voicing=0.0, noise=0.5, noise_share=0.25),
    "d": Onset(voicing=0.12, noise=0.2, noise_share=0.25),
    "m": Onset(voicing=0.3, noise=0.0, noise_share=0.5),
}

ONSET_SHARE = 0.35
"""Share of a syllable that its consonant takes."""

FRICATION_HZ = 5000.0
"""Centre of the frication noise in a tract of 17.5 cm."""


@dataclass(frozen=True)
class Rhythm:
    """Timing and stress of the syllables.

    Attributes
    ----------
    starts : np.ndarray [shape=(n_syllables,)]
        seconds from the start of the signal
    lengths : np.ndarray [shape=(n_syllables,)]
        seconds
    stress : np.ndarray [shape=(n_syllables,)]
        amplitude of each vowel, around 1
    seconds : float
        length of the signal, including silence before and after
    """

    starts: FloatArray
    lengths: FloatArray
    stress: FloatArray
    seconds: float


def speak(
    voice: Voice, style: Style, sentence: str, rng: np.random.Generator, sample_rate: int = 16000
) -> NDArray[np.float32]:
    """Synthesise a sentence.

    Parameters
    ----------
    voice : Voice
        voice of the speaker
    style : Style
        style of the emotion
    sentence : str
        syllables separated by blanks, each a consonant of `ONSETS` and a vowel of `tract.VOWELS`
    rng : np.random.Generator
        generator of rhythm, melody and noise; the same state gives the same signal
    sample_rate : int
        Hz, at least 8000

    Returns
    -------
    np.ndarray [shape=(n_samples,), float32]
        in [-1, 1], with about 0.1 s of background noise before and after

    Raises
    ------
    UsageError
        a syllable that cannot be synthesised

    Examples
    --------
    >>> signal = speak(Voice(), Style(), "sa ti mu", np.random.default_rng(0))
    >>> signal.dtype.name, bool(abs(signal).max() < 1)
    ('float32', True)
    """
    syllables = syllables_of(sentence)
    rhythm = draw_rhythm(len(syllables), voice.syllables_per_second * style.rate_factor, rng)
    times = np.arange(round(rhythm.seconds * sample_rate)) / sample_rate
    f0 = melody(times, rhythm, voice, style, rng)
    jitter = voice.jitter * style.jitter_factor
    phase = source.glottal_phase(f0, jitter, rng, sample_rate)
    pulses = source.voicing(phase, source.SHIMMER_PER_JITTER * jitter, rng)
    breath = source.aspiration(phase, rng) * decibels(voice.breathiness_db + style.breathiness_db)
    grid, frequencies = tract.block_grid(len(times), sample_rate)
    vowels = tract.resonances(frequencies, articulation(grid, syllables, rhythm, voice), tract.BANDWIDTHS)
    amplitude = voicing_level(times, syllables, rhythm)
    tilt = tract.tilt(frequencies, voice.tilt_db + style.tilt_db)
    speech = tract.filtered(pulses * amplitude, vowels * tilt, sample_rate)
    speech += tract.filtered(breath * amplitude, vowels, sample_rate)
    frication = rng.standard_normal(len(times)) * noise_level(times, syllables, rhythm)
    centre = FRICATION_HZ * tract.ADULT_MALE_TRACT_CM / voice.tract_cm
    speech += tract.filtered(frication, tract.band(frequencies, centre, 1200.0), sample_rate)
    background = rng.standard_normal(len(times)) * decibels(ROOM_DBFS)
    return mix(speech, REFERENCE_DBFS + voice.loudness_db + style.loudness_db, background)


def syllables_of(sentence: str) -> list[str]:
    """Split a sentence into syllables.

    Parameters
    ----------
    sentence : str
        syllables separated by blanks

    Returns
    -------
    list of str

    Raises
    ------
    UsageError
        no syllable, or one that cannot be synthesised

    Examples
    --------
    >>> syllables_of("sa ti")
    ['sa', 'ti']
    """
    syllables = sentence.split()
    known = {consonant + vowel for consonant in ONSETS for vowel in tract.VOWELS}
    unknown = [syllable for syllable in syllables if syllable not in known]
    if unknown or not syllables:
        raise UsageError(
            f"The synthetic voice cannot say '{listed(unknown)}'. Write syllables separated by blanks, "
            f"each one of {', '.join(ONSETS)} and one of {', '.join(tract.VOWELS)}."
        )
    return syllables


def draw_rhythm(n_syllables: int, syllables_per_second: float, rng: np.random.Generator) -> Rhythm:
    """Draw the timing and stress of syllables; the last one is longer."""
    before, after = 0.06 + 0.05 * rng.random(2)
    lengths = np.exp(0.12 * rng.standard_normal(n_syllables)) / syllables_per_second
    lengths[-1] *= 1.3
    starts = before + np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    stress = np.exp(0.2 * rng.standard_normal(n_syllables))
    return Rhythm(starts, lengths, stress, float(before + lengths.sum() + after))


def melody(times: FloatArray, rhythm: Rhythm, voice: Voice, style: Style, rng: np.random.Generator) -> FloatArray:
    """F0 in Hz at given times: a falling line, an accent on every second syllable, and random variation."""
    n_syllables = len(rhythm.starts)
    fall = np.linspace(0.8, -0.8, n_syllables)
    accents = np.where(np.arange(n_syllables) % 2 == 0, 0.5, -0.5)
    targets = fall + accents + 0.5 * rng.standard_normal(n_syllables)
    contour = np.interp(times, rhythm.starts + 0.65 * rhythm.lengths, targets)
    semitones = style.pitch_semitones + voice.range_semitones * style.range_factor * contour
    return np.asarray(voice.f0_hz * 2 ** (semitones / 12))


def articulation(times: FloatArray, syllables: list[str], rhythm: Rhythm, voice: Voice) -> FloatArray:
    """Formants in Hz at given times, interpolated linearly between vowels, shape ``(n_times, 8)``."""
    vowels = np.array([tract.formants(syllable[-1], voice.tract_cm) for syllable in syllables])
    held = np.stack([rhythm.starts + ONSET_SHARE * rhythm.lengths, rhythm.starts + 0.85 * rhythm.lengths])
    return np.stack([np.interp(times, held.T.ravel(), np.repeat(track, 2)) for track in vowels.T], axis=1)


def voicing_level(times: FloatArray, syllables: list[str], rhythm: Rhythm) -> FloatArray:
    """Amplitude of the pulses at given times: low in consonants, high in vowels, decreasing towards their end."""
    onsets = np.array([ONSETS[syllable[0]].voicing for syllable in syllables])
    levels = np.stack([onsets, onsets, np.ones_like(onsets), 0.75 * np.ones_like(onsets)]) * rhythm.stress
    parts = np.array([[0.06], [ONSET_SHARE - 0.06], [ONSET_SHARE + 0.1], [0.9]])
    points = rhythm.starts + parts * rhythm.lengths
    edges = np.array([rhythm.starts[0], rhythm.starts[-1] + rhythm.lengths[-1]])
    where = np.concatenate([edges[:1], points.T.ravel(), edges[1:]])
    return np.asarray(np.interp(times, where, np.concatenate([[0.0], levels.T.ravel(), [0.0]])))


def noise_level(times: FloatArray, syllables: list[str], rhythm: Rhythm) -> FloatArray:
    """Amplitude of the frication noise at given times."""
    onsets = [ONSETS[syllable[0]] for syllable in syllables]
    shares = np.array([onset.noise_share for onset in onsets])
    peaks = np.array([onset.noise for onset in onsets])
    ends = rhythm.starts + ONSET_SHARE * rhythm.lengths
    begins = ends - ONSET_SHARE * rhythm.lengths * shares
    inner = 0.3 * (ends - begins)
    where = np.stack([begins, begins + inner, ends - inner, ends])
    levels = np.stack([np.zeros_like(peaks), peaks, peaks, np.zeros_like(peaks)])
    return np.asarray(np.interp(times, where.T.ravel(), levels.T.ravel()))


def mix(speech: FloatArray, level_dbfs: float, background: FloatArray) -> NDArray[np.float32]:
    """Scale speech to a root mean square level, add background noise, and limit the peak to `PEAK_LIMIT`."""
    signal = source.unit_power(speech) * decibels(level_dbfs) + background
    return (signal * min(1.0, PEAK_LIMIT / float(np.abs(signal).max()))).astype(np.float32)


def decibels(level: float) -> float:
    """Convert a level in dB to a factor of the amplitude."""
    return float(10 ** (level / 20))
