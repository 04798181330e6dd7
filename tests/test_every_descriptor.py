"""What every low-level descriptor promises; a new one is tested here without a new test."""

import doctest
import inspect
from collections.abc import Callable

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, Signal
from featser.features import DESCRIPTORS, FeatureSet, Frames, Framing, compute_features
from featser.features.registry import LowLevelDescriptor

SIGNALS = (
    *("tone", "noise", "silence", "constant", "square", "click", "20 ms", "one sample", "quiet", "loud"),
    "half silent",
)
FRAMINGS = {
    "usual": Framing(),
    "odd": Framing(window_seconds=0.0213, hop_seconds=0.0071, long_window_seconds=0.0501),
    "gaps": Framing(window_seconds=0.005, hop_seconds=0.02, long_window_seconds=0.005),
    "wide": Framing(window_seconds=1.0, hop_seconds=0.5, long_window_seconds=1.0),
}


@pytest.fixture(params=DESCRIPTORS.values(), ids=DESCRIPTORS.keys())
def descriptor(request: pytest.FixtureRequest) -> LowLevelDescriptor:
    return request.param


@pytest.fixture(params=SIGNALS)
def signal(request: pytest.FixtureRequest, signals: dict[str, Signal]) -> Signal:
    return signals[request.param]


@pytest.fixture
def tracks(descriptor: LowLevelDescriptor) -> Callable[..., np.ndarray]:
    """Compute the descriptor of a signal."""

    def compute(signal: Signal, framing: Framing = FRAMINGS["usual"]) -> np.ndarray:
        return descriptor.compute(Frames(signal, framing))

    return compute


def arrays_of(frames: Frames) -> dict[str, bytes]:
    """Everything that is kept in a `Frames`, by name."""
    return {name: value.tobytes() for name, value in vars(frames).items() if isinstance(value, np.ndarray)}


def test_no_signal_is_left_out(signals):
    assert set(SIGNALS) == set(signals)


def test_has_a_value_per_dimension_and_frame(descriptor, tracks, signal):
    n_frames = 1 + len(signal) // Framing().hop
    expected = (n_frames,) if descriptor.n_dims == 1 else (descriptor.n_dims, n_frames)
    assert tracks(signal).shape == expected


def test_is_single_precision(tracks, signal):
    assert tracks(signal).dtype == np.float32


def test_is_never_infinite(tracks, signal):
    assert not np.isinf(tracks(signal)).any()


def test_is_deterministic(tracks, signal):
    assert tracks(signal).tobytes() == tracks(signal.copy()).tobytes()


def test_does_not_change_what_it_reads(descriptor, signals):
    frames = Frames(signals["noise"].copy())
    descriptor.compute(frames)  # makes the spectra that it needs
    before = arrays_of(frames)
    descriptor.compute(frames)
    assert arrays_of(frames) == before
    assert np.array_equal(frames.signal, signals["noise"])


def test_does_not_depend_on_what_was_computed_before(descriptor, signals):
    alone = descriptor.compute(Frames(signals["noise"]))
    frames = Frames(signals["noise"])
    for other in DESCRIPTORS.values():
        other.compute(frames)
    assert descriptor.compute(frames).tobytes() == alone.tobytes()


def test_reads_a_signal_that_nobody_may_write_to(tracks, signals):
    locked = signals["noise"].copy()
    locked.setflags(write=False)
    assert tracks(locked).tobytes() == tracks(signals["noise"]).tobytes()


def test_tells_a_tone_from_noise(tracks, signals):
    assert not np.array_equal(tracks(signals["tone"]), tracks(signals["noise"]), equal_nan=True)


@pytest.mark.parametrize("name", FRAMINGS)
def test_follows_the_framing(descriptor, tracks, signals, name):
    framing = FRAMINGS[name]
    found = np.atleast_2d(tracks(signals["noise"], framing))
    assert found.shape == (descriptor.n_dims, 1 + SAMPLE_RATE // framing.hop)
    assert not np.isinf(found).any()


def test_one_minute_of_noisy_voice_survives(descriptor):
    """Pulses 120 times a second and noise, so that what only a voice has is defined too."""
    minute = np.random.default_rng(0).normal(0, 0.001, 60 * SAMPLE_RATE).astype(np.float32)
    minute[:: SAMPLE_RATE // 120] += 0.5
    statistics = ("mean", "std", "min", "max")
    row = compute_features(minute, FeatureSet("minute", "", (descriptor.name,), statistics))
    assert row.shape == (descriptor.n_dims * len(statistics),)
    assert not np.isinf(row).any()
    assert not np.isnan(row).all()


def test_is_registered_under_its_own_name(descriptor):
    assert DESCRIPTORS[descriptor.name] is descriptor
    assert descriptor.compute.__name__ == descriptor.name


def test_name_can_be_part_of_a_column(descriptor):
    assert descriptor.name.isascii()
    assert descriptor.name.isidentifier()
    assert descriptor.name == descriptor.name.lower()
    assert "__" not in descriptor.name
    assert not descriptor.name.endswith(("_d1", "_d2"))


def test_dimensions_have_names_of_their_own(descriptor):
    names = descriptor.dimension_names()
    assert len(set(names)) == len(names) == descriptor.n_dims
    assert all(name.startswith(descriptor.name) for name in names)


@pytest.mark.parametrize("field", ["family", "unit", "summary", "source", "parameters"])
def test_says_what_it_is(descriptor, field):
    assert getattr(descriptor, field).strip()


def test_summary_is_one_sentence(descriptor):
    assert descriptor.summary.endswith(".")
    assert ". " not in descriptor.summary
    assert descriptor.summary[0].isupper()


def test_documents_what_it_returns(descriptor):
    assert "Returns\n-------\n" in inspect.cleandoc(descriptor.compute.__doc__)


def test_source_is_a_publication_with_its_year(descriptor):
    assert any(word.strip(".,").isdigit() and len(word.strip(".,")) == 4 for word in descriptor.source.split())


def test_shows_an_example_with_its_result(descriptor):
    examples = doctest.DocTestFinder().find(descriptor.compute, descriptor.name)[0].examples
    assert any(example.want for example in examples)
