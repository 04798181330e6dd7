"""Model files with foreign or damaged contents: an error of one line, and no crash."""

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import with_card, with_pickle
from outcomes import Outcome, one_line
from sklearn.tree._tree import Tree

from featser.bundle import Model, load_model, read_card, write_model
from featser.bundle.file import file_content
from featser.errors import InputError
from featser.evaluation import prepare
from featser.models import BalancedXGB, build_model
from featser.models.kernel import GaussianKernel
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
            parameters = few.get(name, {})
            known[name] = pickle.dumps(build_model(name, parameters, 0).fit(features, emotions))
        return pickle.loads(known[name])

    return build


def with_parts(model: Model, path: Path, **parts: Any) -> Path:
    """A file of a changed model whose card has the right checksum."""
    changed = object.__new__(Model)
    vars(changed).update(vars(model) | parts)
    return with_pickle(path, pickle.dumps(changed, protocol=5), model.card())


class Called:
    """Pickles as the call of a class or function with arguments."""

    def __init__(self, *call: Any):
        self.call = call

    def __reduce__(self) -> tuple:
        return self.call


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
        ({"classifiers": None}, "classifiers has the wrong type"),
        ({"classifiers": {}}, "a classifier or its score is missing"),
        ({"classifiers": {"none": 3}}, "the classifier 'none' has the wrong type"),
        ({"scores": {"none": {}}}, "the score 'none' is incomplete"),
        ({"features": (1, 2)}, "features are not names"),
        ({"training": {}}, "the description of the training data is incomplete"),
        ({"more": 1}, "a field is missing or unknown"),
        ({"clean": Called(GaussianKernel, (3.0,))}, "it calls an unknown function"),
        ({"clean": Called(np._core.numeric._frombuffer, (b"", np.dtype("f8"), (2**40,), "C"))}, "of another size"),
        ({"clean": Called(np.dtype, ("O",))}, "it contains the type O"),
        ({"clean": Called(Tree, (3, np.array([2]), 2**20))}, "a damaged tree"),
        ({"scores": {"none": {"uar": 0.5, 3: 4}}}, "a dict with other keys than texts"),
        ({"training": {"corpus": "\x1b[31m", "n_utterances": 3}}, "its description contains the text '.x1b"),
        ({"specification": [[[[[[[[[0] * 9] * 9] * 9] * 9] * 9] * 9] * 9] * 9]}, "specification has the wrong type"),
        ({"specification": {"a": [[[[[[[[0] * 9] * 9] * 9] * 9] * 9] * 9] * 9]}}, "its description is too long"),
        ({"clean": Bare(2**45)}, "a damaged array"),
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
        {"training": {"corpus": "\x1b[31m"}},
    ],
)
def test_a_card_that_makes_no_sense_is_refused(run_featser: Run, saved: Path, change: dict[str, Any]) -> None:
    with_card(saved, **change)
    outcome = run_featser("predict", saved, saved.parent)
    assert outcome.exit_code == 3
    assert one_line(outcome).endswith("is damaged: its card cannot be read. Copy it again, or fit again.")


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[]", b"\xff"])
def test_a_card_that_is_not_json_is_refused(saved: Path, text: bytes) -> None:
    saved.write_bytes(file_content(b"x", text))
    with pytest.raises(InputError, match="is damaged: its card cannot be read"):
        read_card(saved)


def test_only_the_end_of_a_huge_file_is_read(tmp_path: Path) -> None:
    """A recording in place of a model; this file is larger than any memory."""
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("random-forest", node("left_child", 2**40), "a tree refers to a node outside its array"),
        ("random-forest", node("right_child", -7), "a tree refers to a node outside its array"),
        ("random-forest", node("left_child", 0), "a tree refers to a node outside its array"),
        ("extra-trees", node("feature", 2**40), "a tree refers to a feature that does not exist"),
        ("extra-trees", node("feature", -3), "a tree refers to a feature that does not exist"),
        (
            "random-forest",
            attribute("RandomForestClassifier", "n_features_in_", lambda n: n + 1),
            "trees of a forest differ in features",
        ),
        (
            "random-forest",
            attribute("RandomForestClassifier", "estimators_", lambda trees: [*trees, 3]),
            "a forest contains something else than trees",
        ),
        (
            "random-forest",
            attribute("RandomForestClassifier", "_validate_X_predict", lambda _: 3),
            "it replaces RandomForestClassifier",
        ),
        ("hist-gb", leaf("left", 2**31), "a tree refers to a node outside its array"),
        ("hist-gb", leaf("feature_idx", 2**40), "a tree refers to a feature that does not exist"),
        ("hist-gb", leaf("is_categorical", 1), "a tree has no numeric nodes"),
        ("hist-gb", attribute("Histograms", "_in_fit", lambda _: True), "boosted trees skip input validation"),
        ("xgb", booster("left_children", 10**6), "a tree refers to a node outside its array"),
        ("xgb", booster("right_children", 0), "a tree refers to a node outside its array"),
        ("xgb", booster("split_indices", 10**6), "a tree refers to a feature that does not exist"),
        (
            "svm",
            attribute("SVC", "support_", lambda places: places + 10**6),
            "an SVM refers to a support vector that does not exist",
        ),
        (
            "svm",
            attribute("SVC", "_n_support", lambda sizes: sizes * 1000),
            "an SVM has support vectors without a class",
        ),
        (
            "svm",
            attribute("SVC", "_dual_coef_", lambda weights: weights[:1].copy()),
            "an SVM has support vectors without weights",
        ),
        ("svm", attribute("SVC", "_intercept_", lambda values: values[:1]), "an SVM has pairs without intercepts"),
        ("svm", attribute("SVC", "_probA", lambda _: np.ones(1)), "an SVM is of an unknown kind"),
        ("svm", attribute("SVC", "kernel", lambda _: "rbf"), "an SVM's kernel is unknown"),
        (
            "knn",
            attribute("KNeighborsClassifier", "metric", lambda _: "euclidean"),
            "neighbours are searched by an unknown method",
        ),
        ("logreg", attribute("Rotated", "mean_", lambda mean: mean.astype(object)), "it contains the type O8"),
        ("logreg", attribute("Rotated", "more", lambda _: np.ndarray), "it contains code"),
    ],
)
def test_an_index_out_of_bounds_is_refused(
    model: Model,
    trained: Callable[[str], Any],
    tmp_path: Path,
    name: str,
    change: Callable[[Any], None],
    message: str,
) -> None:
    classifier = trained(name)
    whole = replace(model, classifiers={"none": classifier})
    write_model(whole, tmp_path / "sound.joblib")
    load_model(tmp_path / "sound.joblib")
    change(classifier)
    with_parts(model, tmp_path / "m.joblib", classifiers={"none": classifier})
    with pytest.raises(InputError, match=rf"m.joblib is not a model that featser wrote \({message}"):
        load_model(tmp_path / "m.joblib")


def test_a_tree_outside_an_estimator_that_validates_input_is_refused(
    model: Model, trained: Callable[[str], Any], tmp_path: Path
) -> None:
    classifier = trained("logreg")
    inside(classifier, "Rotated").more = [inside(trained("random-forest"), "Tree")]
    with_parts(model, tmp_path / "m.joblib", classifiers={"none": classifier})
    with pytest.raises(InputError, match=r"\(a Tree is inside a Rotated\)"):
        load_model(tmp_path / "m.joblib")


def test_a_class_is_not_changed(model: Model, tmp_path: Path) -> None:
    """A pickle that sets an attribute of a class itself, which would outlive the refused model."""
    body = b"\x80\x05\x8c\x15featser.models.kernel\x8c\x0eGaussianKernel\x93}\x8c\x05gamma\x8c\x01xsb."
    with_pickle(tmp_path / "m.joblib", body, model.card())
    with pytest.raises(InputError, match="it changes an unknown object"):
        load_model(tmp_path / "m.joblib")
    assert GaussianKernel.gamma == 1.0


@pytest.mark.parametrize(
    "body",
    [b"\x80\x05Nr\xff\xff\xff\x7f.", b"\x80\x05\x96\x00\x00\x00\x00\x10\x00\x00\x00.", b"cposix\nsystem\n."],
)
def test_instructions_that_request_memory_are_refused(model: Model, tmp_path: Path, body: bytes) -> None:
    """A place 2**31 in the memo, 64 GB of bytes, and an instruction of another protocol."""
    with_pickle(tmp_path / "m.joblib", body, model.card())
    with pytest.raises(InputError, match=r"unknown instruction|ends too early"):
        load_model(tmp_path / "m.joblib")


@pytest.mark.parametrize(
    ("name", "value"),
    [("right_children", 1), ("split_conditions", np.nan), ("sizes", 10**6), ("sum_hessian", np.inf)],
)
def test_boosted_trees_are_checked_before_xgboost_reads_them(
    model: Model, trained: Callable[[str], Any], tmp_path: Path, name: str, value: float
) -> None:
    state = trained("xgb").__getstate__()
    state["booster_"][name][0] = value
    with pytest.raises(ValueError, match=r"a tree|of a tree|a booster"):
        BalancedXGB().__setstate__(state)


def test_probabilities_that_are_undefined_are_no_answer(model: Model) -> None:
    changed = copy.deepcopy(model.classifiers["none"])
    inside(changed, "LogisticRegression").coef_[:] = 1e308
    with np.errstate(all="ignore"), pytest.raises(InputError, match="The model gives no probabilities"):
        replace(model, classifiers={"none": changed}).answer(model.golden["none"])
