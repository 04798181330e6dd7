"""Networks on frames: their input, early stopping, and determinism."""

import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from outcomes import Outcome, one_line

from featser.errors import InputError, MissingExtraError, UsageError
from featser.evaluation import fixed, make_folds, predict_folds, prepare
from featser.models import SEQUENCE_MODELS, build_model, default_parameters, find_model
from featser.models.sequence import extra
from featser.models.sequence.classifier import N_NETWORKS
from featser.models.sequence.clips import Clips, augmented, measure, standardise, tracks_of
from featser.models.sequence.settings import TrainingSettings
from featser.pipeline import shaped, specification_for
from featser.table import Table
from featser.training import fit

needs_torch = pytest.mark.skipif(extra.find_spec("torch") is None, reason="featser[cnn] is not installed")


def clips_of(*lengths: int, n_tracks: int = 3, n_frames: int = 40) -> Clips:
    """Clips of ones."""
    values = np.zeros((len(lengths), n_tracks, n_frames), np.float32)
    for row, length in enumerate(lengths):
        values[row, :, :length] = 1
    return Clips(values, np.array(lengths, dtype=np.int64))


@pytest.fixture(scope="module")
def frames(log_mel_table: Table) -> np.ndarray:
    return prepare(log_mel_table.features, log_mel_table.manifest, "none")


@pytest.fixture(scope="module")
def emotions(log_mel_table: Table) -> np.ndarray:
    return log_mel_table.manifest["emotion"].to_numpy(dtype=str)


@pytest.fixture(scope="module")
def speakers(log_mel_table: Table) -> np.ndarray:
    return log_mel_table.manifest["speaker"].to_numpy(dtype=str)


def test_tracks_are_standardised_over_their_defined_frames_and_clips_end_with_the_last_of_these() -> None:
    tracks = np.array([[[1.0, 3.0, np.nan, np.nan], [5.0, 5.0, 5.0, np.nan]], [[1.0, 3.0, np.nan, 3.0], [5.0] * 4]])
    by = measure(tracks)
    np.testing.assert_allclose(by.means, [2.2, 5.0])
    np.testing.assert_allclose(by.scales, [np.std([1, 3, 1, 3, 3]), 1.0])
    clips = standardise(tracks, by)
    assert clips.lengths.tolist() == [3, 4]
    np.testing.assert_allclose(
        clips.values[1, 0], [-1.2 / by.scales[0], 0.8 / by.scales[0], 0, 0.8 / by.scales[0]], 1e-6
    )
    assert (clips.values[0, :, 3] == 0).all()


def test_a_clip_without_a_defined_frame_is_one_frame_of_nothing() -> None:
    tracks = np.full((1, 2, 5), np.nan)
    clips = standardise(tracks, measure(tracks))
    assert clips.lengths.tolist() == [1]
    assert (clips.values == 0).all()


def test_columns_that_are_no_such_tracks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"10 columns cannot be divided into 3 tracks\. Set n_tracks"):
        tracks_of(np.zeros((2, 10)), 3)


def test_no_variation_leaves_clips_as_they_are() -> None:
    clips = clips_of(40, 7)
    same = augmented(clips, 0.0, np.random.default_rng(0))
    np.testing.assert_array_equal(same.values, clips.values)
    np.testing.assert_array_equal(same.lengths, clips.lengths)


def test_variation_changes_level_place_and_extent_but_leaves_silence_after_the_end() -> None:
    clips = clips_of(*[30] * 200, n_tracks=26)
    rng = np.random.default_rng(0)
    other = augmented(clips, 1.0, rng)
    assert (clips.values[:, :, :30] == 1).all()
    levels = other.values.max(axis=(1, 2))
    assert 0.15 < levels.std() < 0.25
    assert other.lengths.min() == 22
    assert other.lengths.max() == 38
    for values, length in zip(other.values, other.lengths, strict=True):
        assert (values[:, length:] == 0).all()
        assert 0 <= (values[:, :length] == 0).mean() < 0.9
    assert (other.values[:, :, 10:20] == 0).any()


@needs_torch
@pytest.mark.parametrize("architecture", SEQUENCE_MODELS)
def test_a_clip_gets_the_same_scores_alone_and_among_longer_ones(architecture: str) -> None:
    import torch

    from featser.models.sequence import networks, training

    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 11, 50)).astype(np.float32)
    for row, length in enumerate((50, 17, 1)):
        values[row, :, length:] = 0
    together = Clips(values, np.array([50, 17, 1]))
    empty = networks.build(architecture, networks.Shape(11, 50, 4), 0.5)
    network = networks.initialise(empty, torch.Generator().manual_seed(0))
    scores = training.scores_of(network, together)
    assert scores.shape == (3, 4)
    for row in range(3):
        alone = training.scores_of(network, together.take(np.array([row])))
        np.testing.assert_allclose(alone[0], scores[row], rtol=0, atol=1e-12)


@needs_torch
def test_restored_weights_are_those_that_were_saved() -> None:
    import torch

    from featser.models.sequence import networks, training

    shape = networks.Shape(8, 24, 3)
    network = networks.initialise(networks.build("cnn", shape, 0.1), torch.Generator().manual_seed(1))
    again = networks.restore(networks.build("cnn", shape, 0.1), networks.weights_of(network))
    clips = Clips(np.random.default_rng(0).normal(size=(2, 8, 24)).astype(np.float32), np.array([24, 24]))
    np.testing.assert_array_equal(training.scores_of(again, clips), training.scores_of(network, clips))


@needs_torch
def test_a_training_draws_no_random_number_of_anyone_else_and_leaves_the_threads_as_they_were(
    frames: np.ndarray, emotions: np.ndarray
) -> None:
    import torch

    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the stream that must not be touched
    random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate(), torch.get_num_threads()  # noqa: NPY002
    build_model("lstm", {"n_epochs": 1}, seed=0).fit(frames[:40], emotions[:40])
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()
    assert before[3] == torch.get_num_threads()


@pytest.mark.slow
@needs_torch
def test_folds_side_by_side_give_the_same_bytes_as_one_after_another(log_mel_table: Table) -> None:
    features = prepare(log_mel_table.features, log_mel_table.manifest, "none")
    folds = make_folds("3-fold-by-speaker", log_mel_table.manifest, 0)
    specification = replace(specification_for("gru"), parameters={"n_epochs": 1})
    alone, beside = (
        predict_folds(fixed(specification, 0), features, log_mel_table.manifest, folds, jobs=jobs).predictions
        for jobs in (1, 3)
    )
    np.testing.assert_array_equal(alone.filter(like="p_").to_numpy(), beside.filter(like="p_").to_numpy())


@pytest.mark.slow
@needs_torch
def test_networks_are_stopped_by_speakers_whom_they_did_not_hear(
    frames: np.ndarray, emotions: np.ndarray, speakers: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from featser.models.sequence import training

    seen = []
    codes = np.unique(speakers, return_inverse=True)[1]
    marked = frames.copy()
    marked[:, 0] = codes  # the speaker's number travels as the first frame of the first band

    def spy(network, learnt, held_out, settings, seed):
        voices = [set(np.unique(part.clips.values[:, 0, 0]).round(5)) for part in (learnt, held_out)]
        seen.append((*voices, seed))
        return train(network, learnt, held_out, settings, seed)

    train = training.train
    monkeypatch.setattr(training, "train", spy)
    build_model("gru", {"n_epochs": 1}, seed=0).fit(marked, emotions, groups=speakers)
    assert len(seen) == N_NETWORKS
    for learnt, held_out, _ in seen:
        assert held_out
        assert not learnt & held_out
        assert len(learnt | held_out) == len(set(speakers))
    assert seen[0][1] != seen[1][1]
    assert len({seed for *_, seed in seen}) == N_NETWORKS


@needs_torch
def test_a_network_keeps_its_best_epoch_and_stops_when_it_gets_no_better(monkeypatch: pytest.MonkeyPatch) -> None:
    from featser.models.sequence import networks, training

    losses = iter([3.0, 1.0, *[2.0] * 50])
    kept = []

    def loss(network: object, part: object) -> float:
        kept.append(networks.weights_of(network))
        return next(losses)

    monkeypatch.setattr(training, "_mean_loss", loss)
    rng = np.random.default_rng(0)
    clips = Clips(rng.normal(size=(20, 4, 8)).astype(np.float32), np.full(20, 8))
    part = training.Part(clips, np.arange(20) % 2, 2)
    empty = networks.build("gru", networks.Shape(4, 8, 2), 0.0)
    weights = training.train(empty, part, part.take(np.arange(4)), TrainingSettings(n_epochs=40), 0)
    assert len(kept) == 2 + training._PATIENCE
    for name, values in weights.items():
        np.testing.assert_array_equal(values, kept[1][name])


@needs_torch
def test_only_training_clips_are_augmented(
    frames: np.ndarray, emotions: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from featser.models.sequence import training

    rows = []

    def counted(clips, strength, rng):
        rows.append(len(clips))
        return augmented(clips, strength, rng)

    monkeypatch.setattr(training, "augmented", counted)
    model = build_model("gru", {"n_epochs": 1}, seed=0).fit(frames, emotions)
    assert sum(rows) == N_NETWORKS * len(frames) * 4 // 5
    model.predict_proba(frames)
    assert sum(rows) == N_NETWORKS * len(frames) * 4 // 5


@needs_torch
def test_every_class_counts_the_same_in_the_loss() -> None:
    from featser.models.sequence.training import Part

    balance = Part(clips_of(1, 1, 1, 1), np.array([0, 0, 0, 2]), 3).balance
    np.testing.assert_allclose(balance, [4 / 9, 0, 4 / 3])


@pytest.mark.slow
@needs_torch
def test_emotions_are_learnt_and_shuffled_ones_are_not(
    frames: np.ndarray, emotions: np.ndarray, speakers: np.ndarray
) -> None:
    """Of five emotions 0.2 is chance, and 40 utterances of two speakers stay within 0.15 of it."""
    test = np.isin(speakers, np.unique(speakers)[:2])
    shuffled = np.random.default_rng(0).permutation(emotions[~test])
    shares = []
    for labels in (emotions[~test], shuffled):
        model = build_model("cnn", {"n_epochs": 20}, seed=0).fit(frames[~test], labels, groups=speakers[~test])
        shares.append(float((model.predict(frames[test]) == emotions[test]).mean()))
    assert shares[0] > 0.35
    assert shares[1] < 0.35


@needs_torch
def test_a_table_of_functionals_is_refused_by_name(table: Table) -> None:
    with pytest.raises(InputError) as refusal:
        fit(table, specification_for("cnn"))
    assert str(refusal.value) == (
        "cnn reads sequences, a feature per track and frame such as log_mel_00__t000; these features begin with "
        "mfcc_00__mean. Extract again: featser extract PATH --features log-mel."
    )


@needs_torch
def test_the_number_of_tracks_is_read_from_the_columns() -> None:
    names = [f"mfcc_{band:02d}__t{at:03d}" for band in range(20) for at in range(64)]
    assert shaped(specification_for("lstm"), names).parameters == {"n_tracks": 20}
    with pytest.raises(InputError, match="begin with mfcc_00__t000"):
        shaped(specification_for("lstm"), names[:-1])


def test_a_model_of_functionals_may_read_frames_as_features(log_mel_table: Table) -> None:
    """What a network's memory and convolutions are worth shows beside a model that knows no order."""
    assert shaped(specification_for("svm"), list(log_mel_table.features)) == specification_for("svm")


@needs_torch
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_epochs": 0}, "model cnn: n_epochs = 0 is out of range. Give a whole number from 1 to 1000."),
        ({"learning_rate": 0.0}, "model cnn: learning_rate = 0.0 is out of range. Give a number from 1e-06 to 1."),
        ({"dropout": 1.0}, "model cnn: dropout = 1.0 is out of range. Give a number from 0 to 0.9."),
        ({"augment": -1.0}, "model cnn: augment = -1.0 is out of range. Give a number from 0 to 5."),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        build_model("cnn", parameters, seed=0)
    assert str(refusal.value) == message


@needs_torch
@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_a_search_knows_what_it_may_change(name: str) -> None:
    space = find_model(name).search
    assert set(space) == set(default_parameters(name)) - {"n_tracks"}
    for parameter, values in space.items():
        for value in values if isinstance(values, list) else (values["low"], values["high"]):
            build_model(name, {parameter: value}, seed=0)


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _: None)


def test_without_torch_the_models_are_listed_and_refused_in_one_line(
    without_torch: None, run_featser: Callable[..., Outcome], log_mel_path: Path
) -> None:
    assert "cnn-lstm" in run_featser("models").stdout
    outcome = run_featser("fit", log_mel_path, "--model", "bilstm")
    assert outcome.exit_code == 5
    assert one_line(outcome) == ("The model 'bilstm' needs an optional part. Install it: pip install 'featser[cnn]'.")


@needs_torch
def test_without_torch_a_model_file_is_refused_in_one_line(
    frames: np.ndarray, emotions: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = pickle.dumps(build_model("gru", {"n_epochs": 1}, seed=0).fit(frames[:40], emotions[:40]))
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as refusal:
        pickle.loads(saved)
    assert refusal.value.exit_code == 5
    assert str(refusal.value) == ("The model 'gru' needs an optional part. Install it: pip install 'featser[cnn]'.")


LEAVE_WHILE_TRAINING = """
import sys, threading, time
import numpy as np
from featser.models import build_model
from featser.models.sequence import threads, training

class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(0.5)

def train():
    build_model("gru", {"n_epochs": 1000}, seed=0).fit(np.zeros((40, 26 * 8)), np.array(["a", "b"] * 20))

slow = Slow()
threading.Thread(target=train, daemon=True).start()
while not any(threads._busy.values()):
    time.sleep(0.01)
sys.exit(130)
"""


@pytest.mark.slow
@needs_torch
def test_leaving_in_the_middle_of_a_training_keeps_its_exit_code() -> None:
    """A thread that is still inside PyTorch when the interpreter leaves would end it with a signal."""
    left = subprocess.run([sys.executable, "-c", LEAVE_WHILE_TRAINING], capture_output=True, text=True)
    assert "terminate" not in left.stderr
    assert left.returncode == 130


@pytest.mark.parametrize("n_frames", [1, 3, 8])
def test_clips_shorter_than_the_largest_shift_are_augmented(n_frames: int) -> None:
    rng = np.random.default_rng(0)
    clips = augmented(clips_of(*[n_frames] * 50, n_frames=n_frames), 1.0, rng)
    assert clips.lengths.min() >= 1
    assert clips.lengths.max() <= n_frames
