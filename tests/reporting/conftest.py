from collections.abc import Callable

import made_runs
import pytest

from featser.evaluation import Run
from featser.models import default_parameters


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """A run of three emotions; arguments replace its fields."""
    return made_runs.make_run


@pytest.fixture
def several(make_run) -> list[Run]:
    """Two corpora, two normalisations, a leaky split, two feature sets, and two settings of one pipeline."""
    return [
        make_run(),
        make_run(parameters=default_parameters("svm") | {"C": 321.0}, uar=0.7001),
        make_run(pipeline="xgb", model="xgb", parameters={"n_trees": 300}, uar=0.7302, features="wide"),
        make_run(normalise="speaker", uar=0.8555),
        make_run(normalise="speaker", uar=0.8001, pipeline="logreg", model="logreg", parameters={}),
        make_run(protocol="random", leaky=True, uar=0.9321),
        make_run(protocol="random", leaky=True, uar=0.9432, pipeline="logreg", model="logreg", parameters={}),
        make_run(corpus="ravdess", protocol="published", uar=0.4987),
        make_run(corpus="synthetic-emodb", n_speakers=2, uar=0.9876, uar_low=None, uar_high=None),
    ]


@pytest.fixture
def crowd(make_run) -> list[Run]:
    """Ten speakers; a and b are equally good, c is a little lower for all speakers, and d much."""

    def of(name: str, right: list[int], **changes: object) -> Run:
        counts = {f"emodb/{number:02}": [each, each, each] for number, each in enumerate(right)}
        n = sum(right)
        return make_run(
            pipeline=name,
            model=name,
            parameters={},
            n_speakers=10,
            n_utterances=300,
            uar=n / 100,
            confusion=[[n, 100 - n, 0], [0, n, 100 - n], [100 - n, 0, n]],
            right_by_speaker=counts,
            spoken_by_speaker={speaker: [10, 10, 10] for speaker in counts},
            uar_by_speaker={speaker: each[0] / 10 for speaker, each in counts.items()},
            **changes,
        )

    return [
        of("a", [8, 8, 8, 8, 8, 8, 8, 8, 8, 9], seconds={"fit": 100.0, "predict": 1.0}),
        of("b", [9, 7, 9, 7, 8, 8, 8, 8, 8, 8], seconds={"fit": 40.0, "predict": 1.0}),
        of("c", [7, 7, 7, 7, 7, 7, 7, 7, 7, 8], seconds={"fit": 4.0, "predict": 1.0}),
        of("d", [4, 3, 4, 4, 3, 4, 4, 4, 4, 4], seconds={"fit": 1000.0, "predict": 1.0}),
    ]


@pytest.fixture
def leaks(make_run) -> list[Run]:
    """One pipeline, honest, with three leaks, and on new sentences."""
    selected = default_parameters("svm") | {"n_selected": 300}
    return [
        make_run(uar=0.7),
        make_run(uar=0.68, parameters=selected),
        make_run(uar=0.9, protocol="random", leaky=True, leaks=["random split: 9 of 128 by the same speaker"]),
        make_run(uar=0.72, leaky=True, leaks=["scale before split: over all utterances"]),
        make_run(uar=0.8, leaky=True, parameters=selected, leaks=["select before split: by all labels"]),
        make_run(uar=0.6, protocol="speaker-and-text"),
    ]
