"""Timelines of recordings."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, Signal
from featser.bundle import Model
from featser.bundle.prediction import SET_LEVEL, predict
from featser.errors import InputError, UnknownNameError, UnreadableAudioError, UsageError
from featser.timeline import Timeline, answers, timeline, timelines

Store = Callable[..., Path]


def parts(talk: Signal, found: Timeline) -> list[Signal]:
    """The windows, cut out of the recording."""
    return [talk[round(each.start_s * SAMPLE_RATE) : round(each.end_s * SAMPLE_RATE)] for each in found.windows]


def shares(found: Timeline) -> np.ndarray:
    return np.array([[each.probabilities[name] for name in found.emotions] for each in found.windows])


def test_each_window_has_the_probabilities_that_it_has_alone(model: Model, talk: Signal, stored: Store) -> None:
    found = timeline(model, stored("talk.wav", talk, subtype="PCM_16"), 2, 0.5, abstain=0)
    assert len(found.windows) > 10
    alone = np.concatenate([model.predict_proba([each]) for each in parts(talk, found)])
    np.testing.assert_allclose(shares(found), alone, rtol=0, atol=1e-12)
    assert [each.emotion for each in found.windows] == list(model.classes_[alone.argmax(axis=1)])
    assert all("inductive" in each.flags for each in found.windows)
    assert (found.normalise, found.duration_s) == ("none", len(talk) / SAMPLE_RATE)


def test_an_array_has_the_timeline_of_its_file(model: Model, talk: Signal, stored: Store) -> None:
    path = stored("talk.wav", talk, subtype="PCM_16")
    of_file = timeline(model, path)
    for array in (talk, (talk, SAMPLE_RATE), ((talk * 32768).astype(np.int16), SAMPLE_RATE)):
        of_array = timeline(model, array)
        assert replace(of_array, path=str(path), windows=()) == replace(of_file, windows=())
        assert np.array_equal(shares(of_array), shares(of_file))


def test_enrolled_recordings_adapt_every_window(
    enrolment_model: Model, talk: Signal, stored: Store, voices: Path
) -> None:
    enrolled = sorted(voices.rglob("03*.wav"))[:4]
    found = timeline(enrolment_model, stored("talk.wav", talk, subtype="PCM_16"), enrolled=enrolled)
    alone = [enrolment_model.predict_proba([each], enrolled=enrolled)[0] for each in parts(talk, found)]
    np.testing.assert_allclose(shares(found), alone, rtol=0, atol=1e-12)
    assert not any({"inductive", "own-windows"} & set(each.flags) for each in found.windows)
    assert found.normalise == "enrolment:3"
    with pytest.raises(InputError, match="too few"):
        timeline(enrolment_model, talk, enrolled=enrolled[:2])


def test_one_speaker_is_enrolled_by_the_windows_of_the_recording(model: Model, talk: Signal) -> None:
    found = timeline(model, talk, 2, 0.5, speakers="one")
    own = parts(talk, found)
    alone = [model.predict_proba([each], enrolled=own)[0] for each in own]
    np.testing.assert_allclose(shares(found), alone, rtol=0, atol=1e-12)
    assert all("own-windows" in each.flags for each in found.windows)
    assert found.normalise == f"enrolment:{len(own)}"
    assert not np.allclose(shares(found), shares(timeline(model, talk, 2, 0.5)))


def test_some_of_many_windows_are_enrolled(model: Model, talk: Signal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "OWN_WINDOWS", 7)
    found = timeline(model, talk, 2, 0.5, speakers="one")
    own = parts(talk, found)[:: -(-len(found.windows) // 7)]
    assert 3 <= len(own) <= 7
    together = model.predict_proba(parts(talk, found), enrolled=own)
    np.testing.assert_allclose(shares(found), together, rtol=0, atol=1e-12)


def test_two_windows_are_too_few_to_adapt_to(model: Model, talk: Signal) -> None:
    found = timeline(model, talk[: 4 * SAMPLE_RATE], speakers="one")
    assert 0 < len(found.windows) < 3
    assert found.normalise == "none"
    assert all("inductive" in each.flags for each in found.windows)


def test_a_recording_without_speech_has_no_windows(model: Model) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * SAMPLE_RATE).astype(np.float32)
    found = timeline(model, noise, speakers="one")
    assert (found.windows, found.segments, found.speech, found.duration_s) == ((), (), (), 5.0)


def test_the_segments_cover_the_speech_without_overlap(model: Model, talk: Signal) -> None:
    found = timeline(model, talk, 1, 0.5, abstain=0)
    covered = [(each.start_s, each.end_s) for each in found.segments]
    assert all(start < end for start, end in covered)
    assert all(before[1] <= after[0] for before, after in pairwise(covered))
    assert sum(end - start for start, end in covered) == pytest.approx(sum(end - start for start, end in found.speech))
    assert len(found.segments) > len(found.speech)


def test_windows_have_the_answers_and_flags_of_predict(
    model: Model, talk: Signal, stored: Store, tmp_path: Path
) -> None:
    """For each window as a file of its own; ``other-conditions`` depends on what else is there."""
    found = timeline(model, talk)
    files = [stored(f"{at}.wav", part, subtype="FLOAT") for at, part in enumerate(parts(talk, found))]
    for window, alone in zip(found.windows, predict(model, files, jobs=1).results, strict=True):
        assert (window.emotion, window.p_value) == (alone.emotion, pytest.approx(alone.p_value))
        assert set(window.flags) ^ set(alone.flags) <= {"other-conditions"}


def test_windows_that_are_unlike_the_training_get_no_answer_and_no_segment(model: Model, talk: Signal) -> None:
    some, none, every = (timeline(model, talk, abstain=level) for level in (0.03, 1.1, 0))
    assert all(each.emotion is None and not each.set for each in none.windows)
    assert (none.segments, len(none.speech)) == ((), len(every.speech))
    assert all(each.answered for each in every.windows)
    covered = [sum(each.end_s - each.start_s for each in found.segments) for found in (none, some, every)]
    assert covered == sorted(covered)
    assert np.array_equal(shares(none), shares(every))


def test_unusual_windows_are_flagged_while_they_are_most_of_those_so_far(model: Model, talk: Signal) -> None:
    found = timeline(model, talk, 2, 0.5)
    strange = np.cumsum([each.p_value < SET_LEVEL for each in found.windows])
    expected = [at >= 3 and count > at / 2 for at, count in enumerate(strange, 1)]
    assert ["other-conditions" in each.flags for each in found.windows] == expected


def test_progress_counts_the_seconds(model: Model, talk: Signal) -> None:
    told: list[tuple[int, int]] = []
    timeline(model, talk, progress=lambda *each: told.append(each))
    assert told[-1] == (round(len(talk) / SAMPLE_RATE),) * 2


def test_mistakes_are_refused(model: Model, stored: Store, placed: Callable[..., Path], talk: Signal) -> None:
    with pytest.raises(UnknownNameError, match="'two'"):
        timeline(model, talk, speakers="two")
    with pytest.raises(UsageError, match="A hop of 5 s"):
        timeline(model, talk, hop=5)
    with pytest.raises(InputError, match="1 enrolled recordings are too few"):
        timeline(model, talk, enrolled=[stored(samples=talk[: 2 * SAMPLE_RATE])])
    with pytest.raises(UnreadableAudioError, match="text, not audio"):
        timeline(model, placed(b"no audio"))
    with pytest.raises(UnreadableAudioError, match="cannot be opened"):
        timeline(model, "nowhere.wav")


def test_recordings_in_parallel_have_the_timelines_that_they_have_alone(
    model: Model, talk: Signal, stored: Store, placed: Callable[..., Path]
) -> None:
    paths = [stored(f"{at}.wav", talk[at * SAMPLE_RATE :][: 5 * SAMPLE_RATE], subtype="PCM_16") for at in range(3)]
    bad = placed(b"no audio", "bad.wav")
    told: list[tuple[int, int]] = []
    found, rejected = timelines(model, [paths[0], bad, *paths[1:]], jobs=1, progress=lambda *each: told.append(each))
    assert found == [timeline(model, path) for path in paths]
    assert [(each.path, each.reason) for each in rejected] == [(str(bad), "text, not audio")]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.slow
def test_worker_processes_give_the_same(model: Model, talk: Signal, stored: Store) -> None:
    paths = [stored(f"{at}.wav", talk[at * SAMPLE_RATE :][: 5 * SAMPLE_RATE], subtype="PCM_16") for at in range(5)]
    assert timelines(model, paths, jobs=2) == timelines(model, paths, jobs=1)
