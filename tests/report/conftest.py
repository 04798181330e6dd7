from collections.abc import Callable
from dataclasses import replace

import pytest

from featser.evaluation import Run

CONFUSION = [[40, 7, 3], [5, 43, 2], [11, 0, 19]]
CLASSES = ["anger", "fear", "sadness"]

SVM = Run(
    run="emodb-classic-svm-loso-none-00000000",
    pipeline="svm",
    title="Support vector machine",
    model="svm",
    parameters={"C": 10.0, "gamma": 1.0},
    features="classic",
    n_features=891,
    clean=[],
    corpus="emodb",
    protocol="leave-one-speaker-out",
    normalise="none",
    leaky=False,
    seed=0,
    n_utterances=130,
    n_speakers=4,
    n_folds=4,
    classes=CLASSES,
    uar=0.7645,
    uar_low=0.7012,
    uar_high=0.8123,
    war=0.7846,
    macro_f1=0.7711,
    recall={"anger": 0.8, "fear": 0.86, "sadness": 0.6333},
    log_loss=0.6543,
    ece=0.0876,
    confusion=CONFUSION,
    uar_by_speaker={"emodb/03": 0.61, "emodb/08": 0.72, "emodb/09": 0.74, "emodb/10": 0.91},
    seconds={"fit": 1.234, "predict": 0.1},
    versions={"python": "3.11.7", "numpy": "2.4.6"},
)


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """A run of three emotions; what is given replaces what it has."""

    def make(**changes: object) -> Run:
        run = replace(SVM, **changes)
        if "run" in changes:
            return run
        parts = (run.corpus, run.features, run.pipeline, run.protocol, run.normalise, f"{hash_of(run):08x}")
        return replace(run, run="-".join(parts))

    return make


@pytest.fixture
def several(make_run) -> list[Run]:
    """Two corpora, two normalisations, a leaking split, two feature sets, and two settings of one pipeline."""
    return [
        make_run(),
        make_run(parameters={"C": 1.0, "gamma": 1.0}, uar=0.7001),
        make_run(pipeline="xgb", model="xgb", parameters={"n_trees": 300}, uar=0.7302, features="wide"),
        make_run(normalise="speaker", uar=0.8555),
        make_run(normalise="speaker", uar=0.8001, pipeline="logreg", model="logreg", parameters={}),
        make_run(protocol="random", leaky=True, uar=0.9321),
        make_run(protocol="random", leaky=True, uar=0.9432, pipeline="logreg", model="logreg", parameters={}),
        make_run(corpus="ravdess", protocol="published", uar=0.4987),
        make_run(corpus="synthetic-emodb", n_speakers=2, uar=0.9876, uar_low=None, uar_high=None),
    ]


def hash_of(run: Run) -> int:
    """The same in every process, unlike `hash`."""
    return sum(place * ord(letter) for place, letter in enumerate(repr(run), start=1)) % 2**32
