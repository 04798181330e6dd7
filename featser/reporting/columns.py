"""Figures of a run as the tables show them: heading, meaning, and how each is written."""

from collections.abc import Callable
from dataclasses import dataclass

from featser.evaluation import Run
from featser.reporting.groups import Group

NOTHING = "-"


@dataclass(frozen=True)
class Column:
    """One figure of a run: heading, what it means, and how it is written."""

    title: str
    meaning: str
    value: Callable[[Run], str]


def interval_words(run: Run) -> str:
    """95 % interval of the UAR, or why there is none."""
    if run.uar_low is None or run.uar_high is None:
        who = f"{run.n_speakers} speaker{'s' * (run.n_speakers != 1)}" if run.n_speakers else "speakers unknown"
        return f"no interval ({who})"
    return f"[{run.uar_low:.3f}, {run.uar_high:.3f}]"


def duration_words(seconds: float) -> str:
    """Seconds with one decimal where it matters."""
    return f"{seconds:.1f}" if seconds < 10 else f"{seconds:,.0f}"


def size_in_words(n_bytes: int | None) -> str:
    """Size of a trained model.

    >>> size_in_words(4_321_000)
    '4.3 MB'
    """
    if n_bytes is None:
        return NOTHING
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"


def p_words(value: float) -> str:
    """Write a p value as tables do.

    >>> p_words(0.0312), p_words(0.0002)
    ('0.03', '<0.001')
    """
    return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.01 else f"{value:.2f}"


UAR = Column("UAR", "", lambda run: f"{run.uar:.3f}")
INTERVAL = Column("95 % interval", "", interval_words)
LOG_LOSS = Column(
    "log-loss",
    "mean negative log probability of the true emotion, in nats; lower is better",
    lambda run: f"{run.log_loss:.3f}",
)
ECE = Column(
    "ECE",
    "expected calibration error: mean gap between confidence and hit rate over 15 bins; lower is better",
    lambda run: f"{run.ece:.3f}",
)
WAR = Column("WAR", "share of utterances that are right, also called accuracy", lambda run: f"{run.war:.3f}")
MACRO_PRECISION = Column(
    "macro-P",
    "mean precision over the emotions that occur in the truth; their mean recall is the UAR",
    lambda run: f"{run.macro_precision:.3f}",
)
MACRO_F1 = Column("macro-F1", "mean F1 over the emotions that occur in the truth", lambda run: f"{run.macro_f1:.3f}")
FIT = Column(
    "fit s",
    "seconds of training, summed over folds; searches for parameters count",
    lambda run: duration_words(run.seconds.get("fit", 0.0)),
)
SIZE = Column("size", "of the trained model", lambda run: size_in_words(run.model_bytes))

RANKING = (WAR, MACRO_F1, FIT, SIZE)
"""What stands beside the UAR."""

DETAILS = (
    MACRO_PRECISION,
    LOG_LOSS,
    Column(
        "Brier",
        "mean squared distance of the probabilities from the truth, 0 to 2; lower is better",
        lambda run: f"{run.brier:.3f}",
    ),
    ECE,
    Column(
        "surest half",
        "share that is right among the half of the utterances that the model is surest of",
        lambda run: f"{1 - _error_at(run, 0.5):.3f}" if run.risk_coverage else NOTHING,
    ),
    Column(
        "set size",
        "mean number of emotions in the sets that shall hold the true one for 90 % of utterances of new speakers",
        lambda run: f"{run.conformal['mean_size']:.2f}" if run.conformal else NOTHING,
    ),
    Column(
        "covered",
        "share of those sets that do hold it",
        lambda run: f"{run.conformal['coverage']:.3f}" if run.conformal else NOTHING,
    ),
    Column(
        "ms",
        "milliseconds to decide on one utterance, its features at hand",
        lambda run: f"{1000 * run.seconds.get('predict', 0.0) / max(run.n_utterances, 1):.2f}",
    ),
    Column("columns", "features to compute from each recording", lambda run: f"{run.n_features:,}"),
)
"""Precision, what the probabilities are worth, and what an answer costs."""


def verdict_columns(group: Group) -> tuple[Column, ...]:
    """Columns that say which runs of a group cannot be told apart; none where nothing can be compared."""
    if not group.comparable:
        return ()
    letters = {run.run: letter for run, letter in zip(group.runs, group.letters, strict=True)}
    p_values = {run.run: p_words(p) for run, p in zip(group.runs, group.against_best, strict=True)}
    return (
        Column("alike", ALIKE_MEANING, lambda run: letters[run.run]),
        Column("p", P_MEANING, lambda run: NOTHING if run == group.best else p_values[run.run]),
    )


ALIKE_MEANING = "a run cannot be told apart from the first run of its letter"
P_MEANING = (
    "chance of a difference to the first run that is at least so large if both were equally good: signs of the "
    "speakers' parts are tossed, for all pairs of the table at once (Holm's step-down as Westfall and Young do it); "
    "up to 0.05 runs are told apart"
)


def _error_at(run: Run, share: float) -> float:
    return next(error for at, error in run.risk_coverage if at >= share - 1e-9)
