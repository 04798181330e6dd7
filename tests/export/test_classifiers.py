"""Classifiers as ONNX graphs: the runtime gives the probabilities of every tabular model."""

from typing import Any

import numpy as np
import pytest

from featser.errors import InputError
from featser.export.classifiers import probabilities
from featser.export.graph import Graph
from featser.models import MODELS, SEQUENCE_MODELS, OnColumns, build_model

pytest.importorskip("onnx", reason="featser[export] is not installed")
runtime = pytest.importorskip("onnxruntime", reason="featser[export] is not installed")

TREES = {"n_trees": 6}
FAST: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("random-forest", "extra-trees", "xgb"), TREES),
    "hist-gb": {**TREES, "n_selected": 20},
    "mlp": {"n_epochs": 3, "n_components": 20},
}
TABULAR = [name for name in MODELS if name not in SEQUENCE_MODELS]
CLASSES = np.array(["anger", "fear", "neutral"])


def made(n_classes: int, n_rows: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Features in single precision with undefined values, and emotions."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, n_classes, n_rows)
    features = rng.normal(size=(n_rows, 30))
    features[:, :3] += 2 * np.eye(3)[codes]
    features[rng.random(features.shape) < 0.02] = np.nan
    features[:, 29] = np.nan
    return features.astype(np.float32).astype(np.float64), CLASSES[codes]


def run(classifier: Any, features: np.ndarray) -> np.ndarray:
    """Probabilities by ONNX."""
    graph = Graph()
    output = probabilities(graph, "features", classifier)
    content = graph.model(output, features.shape[1], len(classifier.classes_), {})
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["probabilities"], {"features": features})[0]


def compare(classifier: Any, features: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    rows = np.concatenate([features, features + 0.3 * rng.normal(size=features.shape)])
    np.testing.assert_allclose(run(classifier, rows), classifier.predict_proba(rows), atol=1e-6)


@pytest.mark.parametrize("n_classes", [3, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", TABULAR)
def test_it_gives_the_probabilities_of_the_model(name: str, n_classes: int) -> None:
    features, emotions = made(n_classes)
    compare(build_model(name, FAST.get(name, {}), 0).fit(features, emotions), features)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lda", {"calibration": "none", "scaling": "standard"}),
        ("logreg", {"selection": "univariate", "n_selected": 5}),
        ("random-forest", {**TREES, "calibration": "temperature"}),
        ("xgb", {**TREES, "calibration": "temperature", "selection": "univariate", "n_selected": 8}),
        ("mlp", {"n_epochs": 2, "calibration": "none"}),
    ],
)
def test_the_steps_around_it_are_exported_too(name: str, parameters: dict[str, Any]) -> None:
    for n_classes in (2, 3):
        features, emotions = made(n_classes)
        compare(build_model(name, parameters, 0).fit(features, emotions), features)


def test_step_functions_are_exported() -> None:
    features, emotions = made(3, 1200)
    fitted = build_model("lda", {"calibration": "isotonic"}, 0).fit(features, emotions)
    assert fitted.steps_ is not None
    compare(fitted, features)


def test_columns_of_a_search_are_exported() -> None:
    features, emotions = made(3)
    columns = np.arange(0, 30, 2)
    compare(OnColumns(columns, build_model("lda", {}, 0).fit(features[:, columns], emotions)), features)


def test_neighbours_at_distance_zero_vote_alone() -> None:
    features, emotions = made(3)
    fitted = build_model("knn", {"calibration": "none", "scaling": "none", "n_neighbours": 4}, 0)
    fitted.fit(np.nan_to_num(features), emotions)
    found = run(fitted, np.nan_to_num(features))
    np.testing.assert_allclose(found, fitted.predict_proba(np.nan_to_num(features)), atol=1e-6)
    assert (found.max(axis=1) > 1 - 1e-6).all()


def test_ranks_are_refused() -> None:
    features, emotions = made(3)
    fitted = build_model("lda", {"scaling": "rank"}, 0).fit(features, emotions)
    with pytest.raises(InputError, match=r"A model with scaling = 'rank' cannot be exported to ONNX. Export to skops"):
        probabilities(Graph(), "features", fitted)
