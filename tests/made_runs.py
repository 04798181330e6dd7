"""Runs, made up for tests."""

from dataclasses import replace

from featser.evaluation import Run
from featser.models import default_parameters

CONFUSION = [[40, 7, 3], [5, 43, 2], [11, 0, 19]]
CLASSES = ["anger", "fear", "sadness"]

SVM = Run(
    run="emodb-classic-svm-loso-none-00000000",
    pipeline="svm",
    title="Support vector machine",
    model="svm",
    parameters=default_parameters("svm"),
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
    macro_precision=0.7802,
    macro_recall=0.7645,
    precision={"anger": 0.7143, "fear": 0.86, "sadness": 0.7917},
    brier=0.3456,
    aurc=0.1234,
    reliability=[{"confidence": 0.55, "hit_rate": 0.6, "n": 50}, {"confidence": 0.9, "hit_rate": 0.9, "n": 80}],
    risk_coverage=[[0.25, 0.05], [0.5, 0.1], [1.0, 0.2154]],
    right_by_speaker={f"emodb/{speaker}": [10, 11, 5] for speaker in ("03", "08", "09", "10")},
    conformal={
        "level": 0.9,
        "threshold": 0.7,
        "coverage": 0.8923,
        "coverage_by_speaker": {"emodb/03": 0.81, "emodb/08": 0.9, "emodb/09": 0.92, "emodb/10": 0.95},
        "mean_size": 1.4615,
        "single": 0.6154,
    },
    model_bytes=123_456,
)


def make_run(**changes: object) -> Run:
    """A run of three emotions; what is given replaces what it has."""
    run = replace(SVM, **changes)
    if "run" in changes:
        return run
    parts = (run.corpus, run.features, run.pipeline, run.protocol, run.normalise, f"{hash_of(run):08x}")
    return replace(run, run="-".join(parts))


def hash_of(run: Run) -> int:
    """The same in every process, unlike `hash`."""
    return sum(place * ord(letter) for place, letter in enumerate(repr(run), start=1)) % 2**32
