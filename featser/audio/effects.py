"""Changes of a signal: each is a function of the signal, a value and a random generator."""

import io
from typing import Any

import numpy as np

from featser.audio.signal import SAMPLE_RATE, Signal, resample

Generator = np.random.Generator

CODECS: dict[str, dict[str, Any]] = {
    "mp3": {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.9},
    "opus": {"format": "OGG", "subtype": "OPUS", "compression_level": 0.9},
    "gsm": {"format": "WAV", "subtype": "GSM610", "samplerate": 8000},
    "ulaw": {"format": "WAV", "subtype": "ULAW", "samplerate": 8000},
}
"""Codec -> options of `soundfile.write`: MP3 at 24 kbit/s, Opus, and two codecs of telephones at 8 kHz."""

TELEPHONE_BAND = (300.0, 3400.0)
"""Hz, ITU-T G.712."""

VOCODER_SAMPLES = 1024
"""Window of the phase vocoder, 64 ms: some periods of a low voice, and shorter than any recording that is read."""

TAIL_POWER = 0.5
"""Power of reverberation relative to that of the direct sound: a distance of about one metre in a living room."""


def change_speed(signal: Signal, speed: float, rng: Generator | None = None) -> Signal:  # noqa: ARG001
    """Play a signal faster or slower: pitch, formants and tempo change together, as if another speaker spoke.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
    speed : float
        1.1 plays it 10 % faster
    rng : Generator, optional
        not used

    Returns
    -------
    Signal
        about ``n_samples / speed`` samples
    """
    import soxr

    changed: Signal = soxr.resample(signal, SAMPLE_RATE * speed, SAMPLE_RATE, quality="HQ")
    return changed


def change_gain(signal: Signal, decibels: float, rng: Generator) -> Signal:
    """Multiply a signal by a gain from ``-decibels`` to ``decibels``; the result may exceed full scale."""
    return signal * np.float32(10 ** (rng.uniform(-decibels, decibels) / 20))


def shift_pitch(signal: Signal, semitones: float, rng: Generator) -> Signal:
    """Shift the pitch by up to ``semitones`` at the same tempo; formants move with it (phase vocoder of librosa)."""
    import librosa

    shifted: Signal = librosa.effects.pitch_shift(
        signal, sr=SAMPLE_RATE, n_steps=rng.uniform(-semitones, semitones), res_type="soxr_hq", n_fft=VOCODER_SAMPLES
    )
    return shifted


def stretch(signal: Signal, factor: float, rng: Generator) -> Signal:
    """Change the tempo by a factor from ``1 / factor`` to ``factor`` at the same pitch (phase vocoder of librosa)."""
    import librosa

    rate = float(np.exp(rng.uniform(-np.log(factor), np.log(factor))))
    stretched: Signal = librosa.effects.time_stretch(signal, rate=rate, n_fft=VOCODER_SAMPLES)
    return stretched


def shift_time(signal: Signal, seconds: float, rng: Generator) -> Signal:
    """Move a signal in time by up to ``seconds``; what leaves it at one end comes back at the other."""
    return np.roll(signal, round(rng.uniform(-seconds, seconds) * SAMPLE_RATE))


def crop(signal: Signal, seconds: float, rng: Generator) -> Signal:
    """Keep a part of ``seconds``, the whole signal where it is shorter."""
    n_samples = round(seconds * SAMPLE_RATE)
    start = int(rng.integers(max(1, len(signal) - n_samples + 1)))
    return signal[start : start + n_samples]


def telephone(signal: Signal, _: str, rng: Generator) -> Signal:  # noqa: ARG001
    """Keep the band of a telephone: Butterworth filter of order 8, forward and backward."""
    from scipy.signal import butter, sosfiltfilt

    filters = butter(8, TELEPHONE_BAND, "bandpass", fs=SAMPLE_RATE, output="sos")
    return sosfiltfilt(filters, signal, padlen=min(len(signal) - 1, 800)).astype(np.float32)


def code(signal: Signal, codec: str, rng: Generator) -> Signal:  # noqa: ARG001
    """Encode a signal with a codec in `CODECS`, at the peak of full scale where it is above, and decode it."""
    import soundfile

    options = {"samplerate": SAMPLE_RATE, **CODECS[codec]}
    rate = options.pop("samplerate")
    peak = max(1.0, float(np.abs(signal).max()))
    samples = signal / np.float32(peak) if rate == SAMPLE_RATE else _at(signal / np.float32(peak), rate)
    content = io.BytesIO()
    soundfile.write(content, samples, rate, **options)
    content.seek(0)
    decoded, rate = soundfile.read(content, dtype="float32")
    return _of_length(resample(decoded, rate), len(signal)) * np.float32(peak)


def reverberate(signal: Signal, seconds: float, rng: Generator) -> Signal:
    """Add the reverberation of a room: noise that falls by 60 dB in ``seconds``; level and length are kept."""
    from scipy.signal import fftconvolve

    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    response = rng.standard_normal(len(t)) * 10 ** (-3 * t / seconds)
    response *= np.sqrt(TAIL_POWER / np.square(response).sum())
    response[0] = 1.0
    wet = fftconvolve(signal, response)[: len(signal)]
    return wet * np.sqrt(_power(signal) / max(_power(wet), 1e-30))


def _power(signal: Any) -> float:
    return float(np.mean(np.square(signal, dtype=np.float64)))


def _at(signal: Signal, rate: int) -> Signal:
    import soxr

    resampled: Signal = soxr.resample(signal, SAMPLE_RATE, rate, quality="HQ")
    return np.clip(resampled, -1, 1)


def _of_length(signal: Signal, n_samples: int) -> Signal:
    """Cut a signal, or add zeros to it: codecs work in blocks."""
    return np.pad(signal[:n_samples], (0, max(0, n_samples - len(signal))))
