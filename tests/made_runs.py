"""Made-up runs for tests."""

from dataclasses import replace

from featser.evaluation import Run
from featser.evaluation.environment import code_digests
from featser.models import default_parameters
from featser.versions import library_versions

CONFUSION = [[40, 5, 3], [6, 40, 2], [12, 0, 20]]
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
    n_utterances=128,
    n_speakers=4,
    n_folds=4,
    classes=CLASSES,
    uar=0.7639,
    uar_low=0.7012,
    uar_high=0.8123,
    war=0.7812,
    macro_f1=0.7711,
    recall={"anger": 0.8333, "fear": 0.8333, "sadness": 0.625},
    log_loss=0.6543,
    ece=0.0876,
    confusion=CONFUSION,
    uar_by_speaker={"emodb/03": 0.61, "emodb/08": 0.72, "emodb/09": 0.74, "emodb/10": 0.91},
    seconds={"fit": 1.234, "predict": 0.1},
    versions=library_versions(),
    code=code_digests(),
    machine="2 cores, some processor",
    utterances="0123456789abcdef",
    columns="fedcba9876543210",
    checks=["identical audio", "take", "speaker"],
    macro_precision=0.7802,
    macro_recall=0.7639,
    precision={"anger": 0.7143, "fear": 0.86, "sadness": 0.7917},
    brier=0.3456,
    aurc=0.1234,
    reliability=[{"confidence": 0.55, "hit_rate": 0.6, "n": 50}, {"confidence": 0.9, "hit_rate": 0.9, "n": 80}],
    risk_coverage=[[0.25, 0.05], [0.5, 0.1], [1.0, 0.2154]],
    right_by_speaker={f"emodb/{speaker}": [10, 10, 5] for speaker in ("03", "08", "09", "10")},
    spoken_by_speaker={f"emodb/{speaker}": [12, 12, 8] for speaker in ("03", "08", "09", "10")},
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
    """A run of three emotions; ``changes`` replace its fields."""
    run = replace(SVM, **changes)
    if "run" in changes:
        return run
    parts = (run.corpus, run.features, run.pipeline, run.protocol, run.normalise, f"{hash_of(run):08x}")
    return replace(run, run="-".join(parts))


def hash_of(run: Run) -> int:
    """Number from a run, equal in every process."""
    return sum(place * ord(letter) for place, letter in enumerate(repr(run), start=1)) % 2**32
