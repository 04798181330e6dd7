"""Windows over the speech of a stream."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.corpora import find_audio_files
from featser.errors import UsageError
from featser.timeline.windows import Layout, Speech, Window, cut_windows, layout_of

STEP = SAMPLE_RATE // 100
LAYOUT = Layout(200, 50)


def pieces(signal: Signal, *lengths: int) -> Iterator[Signal]:
    """The signal in blocks of these lengths, over and over."""
    at = 0
    while at < len(signal):
        for length in lengths:
            yield signal[at : at + length]
            at += length


def cut(signal: Signal, *lengths: int, layout: Layout = LAYOUT) -> tuple[list[Window], list[Speech]]:
    found = list(cut_windows(pieces(signal, *(lengths or (len(signal),))), layout))
    return [each for each in found if isinstance(each, Window)], [each for each in found if isinstance(each, Speech)]


def test_windows_are_parts_of_the_recording_within_its_speech(talk: Signal) -> None:
    windows, speech = cut(talk)
    assert len(windows) > len(speech) > 3
    for each in windows:
        stretch = speech[each.speech]
        assert stretch.start <= each.start < each.end <= stretch.end
        assert each.end - each.start == min(LAYOUT.window, stretch.end - stretch.start)
        assert np.array_equal(each.signal, talk[each.start * STEP : each.end * STEP])


def test_windows_follow_each_other_by_the_hop_up_to_the_end_of_the_speech(talk: Signal) -> None:
    windows, speech = cut(talk)
    for number, stretch in enumerate(speech):
        mine = [each for each in windows if each.speech == number]
        assert mine[0].start == stretch.start
        assert stretch.end - mine[-1].end < LAYOUT.hop / 2
        steps = np.diff([each.start for each in mine])
        assert (steps[:-1] == LAYOUT.hop).all()
        assert (steps <= 1.5 * LAYOUT.hop).all()


@pytest.mark.parametrize("lengths", [(800,), (1, 159, 7000), (160_000,), (333,)])
def test_the_lengths_of_the_blocks_do_not_matter(talk: Signal, lengths: tuple[int, ...]) -> None:
    some = talk[: 12 * SAMPLE_RATE]
    (windows, speech), (others, other_speech) = cut(some), cut(some, *lengths)
    assert speech == other_speech
    assert [(each.start, each.end, each.speech) for each in windows] == [
        (each.start, each.end, each.speech) for each in others
    ]
    assert all(np.array_equal(a.signal, b.signal) for a, b in zip(windows, others, strict=True))


def test_a_window_is_given_as_soon_as_it_has_been_heard(talk: Signal) -> None:
    """40 ms after its last sample; at the end of speech, the hangover tells that it has ended."""
    n_given = 0

    def counted() -> Iterator[Signal]:
        nonlocal n_given
        for block in pieces(talk, 160):
            n_given += len(block)
            yield block

    for each in cut_windows(counted(), LAYOUT):
        if isinstance(each, Window) and n_given < len(talk):
            assert n_given - each.end * STEP <= 0.07 * SAMPLE_RATE


def test_speech_is_found_where_it_is(voices, talk: Signal) -> None:
    _, speech = cut(talk)
    loud = np.abs(talk[: len(talk) // STEP * STEP]).reshape(-1, STEP).max(axis=1) > 0.05
    inside = np.zeros(len(loud), bool)
    for each in speech:
        inside[each.start : each.end] = True
    assert loud[inside].sum() > 0.98 * loud.sum()
    assert not inside[:80].any()


@pytest.mark.parametrize("level", [0.0, 0.001, 0.1])
def test_silence_and_noise_have_no_windows(level: float) -> None:
    noise = np.random.default_rng(1).normal(0, level, 20 * SAMPLE_RATE).astype(np.float32)
    assert cut(noise, 10_000) == ([], [])


def test_an_empty_stream_has_no_windows() -> None:
    assert list(cut_windows([], LAYOUT)) == []
    assert list(cut_windows([np.zeros(0, np.float32)], LAYOUT)) == []


@pytest.mark.parametrize(
    ("window", "hop", "words"),
    [
        (0.4, 0.1, "A window of 0.4 s"),
        (61, 1, "A window of 61 s"),
        (3, 0.05, "A hop of 0.05 s"),
        (3, 4, "A hop of 4 s"),
    ],
)
def test_a_layout_out_of_range_is_refused(window: float, hop: float, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        layout_of(window, hop)
    with pytest.raises(UsageError):
        layout_of(float("nan"), 1)


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.parametrize("name", ["emodb", "ravdess", "emovo"])
def test_the_speech_of_real_recordings_is_found(corpora_root: Path, name: str) -> None:
    """Nearly all energy of recorded utterances lies in stretches of speech."""
    inside = []
    for file in find_audio_files(corpora_root / name)[::20]:
        signal = read_signal(file)
        _, speech = cut(signal)
        energy = np.square(signal.astype(np.float64))
        inside.append(sum(energy[each.start * STEP : each.end * STEP].sum() for each in speech) / energy.sum())
    assert np.mean(inside) > 0.98
    assert np.mean(np.array(inside) > 0.5) > 0.95


@pytest.mark.corpora
@pytest.mark.slow
def test_most_real_noise_is_no_speech(corpora_root: Path) -> None:
    found = [cut(read_signal(file))[1] for file in find_audio_files(corpora_root / "noise")]
    assert np.mean([bool(speech) for speech in found]) < 0.3
