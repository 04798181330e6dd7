"""Model files from strangers: whatever they hold, one line and no crash."""

import copy
import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from outcomes import Outcome, one_line

from featser.bundle import Model, load_model, read_card, write_model
from featser.bundle import file as bundle_file
from featser.errors import InputError
from featser.evaluation import prepare
from featser.models import build_model
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import fit

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def model(table: Table) -> Model:
    return fit(table, specification_for("logreg"), protocol="2-fold-by-speaker").model


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    write_model(model, tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


@pytest.fixture(scope="module")
def trained(table: Table) -> Callable[[str], Any]:
    """A small trained classifier by its name, anew for each that asks."""
    features = prepare(table.features, table.manifest, "none")
    emotions = table.manifest["emotion"].to_numpy(dtype=str)
    few = {each: {"n_trees": 2} for each in ("random-forest", "extra-trees", "hist-gb", "xgb")}
    known: dict[str, bytes] = {}

    def build(name: str) -> Any:
        if name not in known:
            parameters = few.get(name, {"calibration": "none"})
            known[name] = pickle.dumps(build_model(name, parameters, 0).fit(features, emotions))
        return pickle.loads(known[name])

    return build


def with_parts(model: Model, path: Path, **parts: Any) -> Path:
    """A file of a changed model, under a card that vouches for it."""
    changed = object.__new__(Model)
    vars(changed).update(vars(model) | parts)
    body = pickle.dumps(changed, protocol=5)
    card = json.dumps(model.card() | {"sha256": hashlib.sha256(body).hexdigest()}).encode()
    path.write_bytes(body + card + bundle_file._LENGTH.pack(len(card)) + bundle_file._MAGIC)
    return path


class Bare:
    """Pickles as an empty array of any size."""

    def __init__(self, size: int):
        self.size = size

    def __reduce__(self) -> tuple:
        return np._core.multiarray._reconstruct, (np.ndarray, (self.size,), b"b")


def test_what_is_not_changed_is_read(model: Model, tmp_path: Path) -> None:
    assert load_model(with_parts(model, tmp_path / "m.joblib")).features == model.features


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"classifiers": None}, "its classifiers are of another kind"),
        ({"classifiers": {}}, "it lacks a classifier"),
        ({"classifiers": {"none": 3}}, "it has no emotions|its classifier 'none' is none"),
        ({"scores": {"none": {}}}, "it has no score"),
        ({"features": (1, 2)}, "its features have no names"),
        ({"training": {}}, "it does not say what it was trained on"),
        ({"more": 1}, "it lacks a part"),
        ({"clean": Bare(2**45)}, "Unable to allocate|MemoryError"),
    ],
)
def test_a_model_without_its_parts_is_refused(model: Model, tmp_path: Path, parts: dict, message: str) -> None:
    with pytest.raises(InputError, match=rf"is not a model that featser wrote \(.*({message}).*\). It was not loaded"):
        load_model(with_parts(model, tmp_path / "m.joblib", **parts))


@pytest.mark.parametrize(
    "change",
    [
        {"versions": []},
        {"versions": {"featser": 3}},
        {"plugins": 3},
        {"plugins": [3]},
    ],
)
def test_a_card_that_makes_no_sense_is_refused(run_featser: Run, saved: Path, change: dict[str, Any]) -> None:
    body, card = bundle_file._read(saved)
    text = json.dumps(card | change).encode()
    saved.write_bytes(body + text + bundle_file._LENGTH.pack(len(text)) + bundle_file._MAGIC)
    outcome = run_featser("predict", saved, saved.parent)
    assert outcome.exit_code == 3
    assert one_line(outcome).endswith("is damaged: its card cannot be read. Copy it again, or fit again.")


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b"\xff"])
def test_a_card_of_brackets_is_refused(saved: Path, text: bytes) -> None:
    saved.write_bytes(b"x" + text + bundle_file._LENGTH.pack(len(text)) + bundle_file._MAGIC)
    with pytest.raises(InputError, match="is damaged: its card cannot be read"):
        read_card(saved)


def test_of_a_huge_file_only_the_end_is_looked_at(tmp_path: Path) -> None:
    """As when model and recording are swapped; this one has more bytes than any machine has memory."""
    with (tmp_path / "huge.wav").open("wb") as file:
        file.truncate(2**43)
    with pytest.raises(InputError, match=r"is not a featser model. Give a file that 'featser fit' wrote"):
        load_model(tmp_path / "huge.wav")


def inside(whole: Any, kind: str) -> Any:
    """A part of a classifier whose class has that name: the trained one, which comes after what it was made from."""
    waiting = [whole]
    while waiting:
        part = waiting.pop(0)
        if type(part).__name__ == kind:
            return part
        waiting += part if isinstance(part, list | tuple) else reversed(getattr(part, "__dict__", {}).values())
    raise AssertionError(kind)


def node(name: str, value: int) -> Callable[[Any], None]:
    """Change the root of a decision tree."""

    def change(classifier: Any) -> None:
        tree = inside(classifier, "Tree")
        state = copy.deepcopy(tree.__getstate__())
        state["nodes"][name][0] = value
        tree.__setstate__(state)

    return change


def leaf(name: str, value: int) -> Callable[[Any], None]:
    """Change the root of a tree on histograms."""

    def change(classifier: Any) -> None:
        inside(classifier, "TreePredictor").nodes[name][0] = value

    return change


def attribute(kind: str, name: str, value: Callable[[Any], Any]) -> Callable[[Any], None]:
    def change(classifier: Any) -> None:
        part = inside(classifier, kind)
        setattr(part, name, value(getattr(part, name, None)))

    return change


def booster(name: str, value: int) -> Callable[[Any], None]:
    """Change the root of a boosted tree."""

    def change(classifier: Any) -> None:
        document = json.loads(classifier.booster_.save_raw("json"))
        document["learner"]["gradient_booster"]["model"]["trees"][0][name][0] = value
        classifier.booster_.load_model(bytearray(json.dumps(document).encode()))

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("random-forest", node("left_child", 2**40), "a tree that leads outside of itself"),
        ("random-forest", node("right_child", -7), "a tree that leads outside of itself"),
        ("random-forest", node("left_child", 0), "a tree that leads outside of itself"),
        ("extra-trees", node("feature", 2**40), "a tree that asks for a feature that there is not"),
        ("extra-trees", node("feature", -3), "a tree that asks for a feature that there is not"),
        (
            "random-forest",
            attribute("RandomForestClassifier", "n_features_in_", lambda n: n + 1),
            "trees on other feat",
        ),
        ("random-forest", attribute("RandomForestClassifier", "estimators_", lambda trees: [*trees, 3]), "no forest"),
        ("random-forest", attribute("RandomForestClassifier", "_validate_X_predict", lambda _: 3), "it hides Random"),
        ("hist-gb", leaf("left", 2**31), "a tree that leads outside of itself"),
        ("hist-gb", leaf("feature_idx", 2**40), "a tree that asks for a feature that there is not"),
        ("hist-gb", leaf("is_categorical", 1), "a tree without nodes"),
        ("hist-gb", attribute("Histograms", "_in_fit", lambda _: True), "it lets features by unchecked"),
        ("xgb", booster("left_children", 10**6), "a tree that leads outside of itself"),
        ("xgb", booster("right_children", 0), "a tree that leads outside of itself"),
        ("xgb", booster("split_indices", 10**6), "a tree that asks for a feature that there is not"),
        ("svm", attribute("PairwiseSVC", "support_", lambda places: places + 10**6), "vectors that there are not"),
        ("svm", attribute("PairwiseSVC", "_n_support", lambda sizes: sizes * 1000), "vectors of no class"),
        ("svm", attribute("PairwiseSVC", "_dual_coef_", lambda weights: weights[:1].copy()), "vectors without weights"),
        ("svm", attribute("PairwiseSVC", "_intercept_", lambda values: values[:1]), "pairs without thresholds"),
        ("svm", attribute("PairwiseSVC", "_probA", lambda _: np.ones(1)), "another machine"),
        ("svm", attribute("PairwiseSVC", "kernel", lambda _: "rbf"), "another kernel"),
        ("knn", attribute("NearestUtterances", "metric", lambda _: "euclidean"), "neighbours by another measure"),
        ("logreg", attribute("Rotated", "mean_", lambda mean: mean.astype(object)), "it holds an array of object"),
        ("logreg", attribute("Rotated", "more", lambda _: np.ndarray), "it holds code"),
    ],
)
def test_what_points_outside_is_refused(
    model: Model,
    trained: Callable[[str], Any],
    tmp_path: Path,
    name: str,
    change: Callable[[Any], None],
    message: str,
) -> None:
    classifier = trained(name)
    whole = Model(**{**vars(model), "classifiers": {"none": classifier}})
    write_model(whole, tmp_path / "sound.joblib")
    load_model(tmp_path / "sound.joblib")
    change(classifier)
    write_model(whole, tmp_path / "m.joblib")
    with pytest.raises(InputError, match=rf"m.joblib is not a model that featser wrote \({message}"):
        load_model(tmp_path / "m.joblib")


def test_a_tree_without_its_keeper_is_refused(model: Model, trained: Callable[[str], Any], tmp_path: Path) -> None:
    classifier = trained("logreg")
    inside(classifier, "Rotated").more = [inside(trained("random-forest"), "Tree")]
    write_model(Model(**{**vars(model), "classifiers": {"none": classifier}}), tmp_path / "m.joblib")
    with pytest.raises(InputError, match=r"\(a Tree is out of place\)"):
        load_model(tmp_path / "m.joblib")
