"""Measures of a run as the tables show them: heading, meaning and format."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from featser.evaluation import Difference, Run
from featser.reporting.groups import Group

NOTHING = "-"


class Scored(Protocol):
    """Anything with the bounds of an interval."""

    @property
    def low(self) -> float | None:
        """Lower bound."""

    @property
    def high(self) -> float | None:
        """Upper bound."""


@dataclass(frozen=True)
class Measure:
    """One column of a table.

    Attributes
    ----------
    title : str
        heading
    meaning : str
        definition, as part of a sentence
    value : callable
        gives the text of a run's cell
    """

    title: str
    meaning: str
    value: Callable[[Run], str]


def interval_words(run: Run) -> str:
    """95% interval of the UAR, or why there is none."""
    if run.uar_low is None or run.uar_high is None:
        speakers = f"{run.n_speakers} speaker{'s' * (run.n_speakers != 1)}" if run.n_speakers else "speakers unknown"
        return f"no interval ({speakers})"
    return f"[{run.uar_low:.3f}, {run.uar_high:.3f}]"


def interval_of(score: Scored) -> str:
    """95% interval of anything that has a UAR; a dash where it has none."""
    return bounds_words(score.low, score.high)


def bounds_words(low: float | None, high: float | None) -> str:
    """Interval by its bounds; a dash without them."""
    return NOTHING if low is None or high is None else f"[{low:.3f}, {high:.3f}]"


def milliseconds(run: Run) -> str:
    """Milliseconds to classify one utterance from its features."""
    return f"{1000 * run.seconds.get('predict', 0.0) / max(run.n_utterances, 1):.2f}"


def difference_words(difference: Difference) -> str:
    """Difference of two UARs with its 95% interval, where it has one.

    >>> difference_words(Difference(-0.0104, -0.02, 0.001, n_lower=7, n_higher=3, n_speakers=10, p=0.3))
    '-0.010 [-0.020, +0.001]'
    """
    if difference.low is None or difference.high is None:
        return f"{difference.uar:+.3f}"
    return f"{difference.uar:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"


def duration_words(seconds: float) -> str:
    """Seconds, with one decimal below ten.

    >>> duration_words(6.41), duration_words(1234.5)
    ('6.4', '1,234')
    """
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
    """Write a p-value as tables do.

    >>> p_words(0.0312), p_words(0.0002)
    ('0.03', '<0.001')
    """
    return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.01 else f"{value:.2f}"


UAR = Measure("UAR", "", lambda run: f"{run.uar:.3f}")
INTERVAL = Measure("95% interval", "", interval_words)
LOG_LOSS = Measure(
    "log-loss",
    "mean negative log probability of the true emotion, in nats; lower is better",
    lambda run: f"{run.log_loss:.3f}",
)
ECE = Measure(
    "ECE",
    "expected calibration error: mean gap between confidence and hit rate over 15 bins; lower is better",
    lambda run: f"{run.ece:.3f}",
)
WAR = Measure("WAR", "share of correct utterances, also called accuracy", lambda run: f"{run.war:.3f}")
MACRO_PRECISION = Measure(
    "macro-P",
    "mean precision over the emotions that occur in the truth; their mean recall is the UAR",
    lambda run: f"{run.macro_precision:.3f}",
)
MACRO_F1 = Measure("macro-F1", "mean F1 over the emotions that occur in the truth", lambda run: f"{run.macro_f1:.3f}")
FIT = Measure(
    "fit s",
    "seconds of training, summed over folds, searches included; compare them within one machine only, and expect other "
    "work on it to lengthen them",
    lambda run: duration_words(run.seconds.get("fit", 0.0)),
)
SIZE = Measure("size", "size of the trained model", lambda run: size_in_words(run.model_bytes))

RANKING = (WAR, MACRO_F1)
"""Columns of the ranking, after the UAR and the comparison with the best run."""

DETAILS = (
    MACRO_PRECISION,
    LOG_LOSS,
    Measure(
        "Brier",
        "mean squared distance of the probabilities from the truth, 0 to 2; lower is better",
        lambda run: f"{run.brier:.3f}",
    ),
    ECE,
    Measure(
        "surest half",
        "share of correct utterances among the half with the highest confidence",
        lambda run: f"{1 - _error_at(run, 0.5):.3f}" if run.risk_coverage else NOTHING,
    ),
    Measure(
        "set size",
        "mean number of emotions in prediction sets that aim to contain the true emotion for 90% of utterances",
        lambda run: f"{run.conformal['mean_size']:.2f}" if run.conformal else NOTHING,
    ),
    Measure(
        "covered",
        "share of these prediction sets that contain the true emotion, on speakers that did not set the threshold",
        lambda run: f"{run.conformal['coverage']:.3f}" if run.conformal else NOTHING,
    ),
    Measure(
        "ms",
        "milliseconds to classify one utterance from its features, with the same caveat as for fit s",
        milliseconds,
    ),
    FIT,
    SIZE,
    Measure("columns", "number of features that the pipeline uses", lambda run: f"{run.n_features:,}"),
)
"""Columns of the second table: precision, probabilities and cost."""

TO_BEST_MEANING = (
    "UAR minus the UAR of the best run, with the 95% interval of this difference: speakers are drawn with replacement "
    "2000 times, the same draws for both runs"
)
LOWER_FOR_MEANING = "number of speakers whose own UAR is lower than in the best run"
P_MEANING = (
    "probability of such a difference to the best run if both were equally good, from flipping the sign of each "
    "speaker's share in the difference at random; corrected for the number of comparisons with the best run (step-down "
    "of Westfall and Young). Up to 0.05 a run is called clearly lower. The best run was chosen by the same scores: of "
    "many equally good runs, some will be called clearly lower"
)


def comparison_measures(group: Group) -> tuple[Measure, ...]:
    """Columns that compare each run of a group with the best; none where nothing can be compared."""
    if not group.to_best:
        return ()
    found = dict(zip((run.run for run in group.runs[1:]), group.to_best, strict=True))

    def cell(words: Callable[[Difference], str]) -> Callable[[Run], str]:
        return lambda run: words(found[run.run]) if run.run in found else NOTHING

    columns = (
        Measure("to best", TO_BEST_MEANING, cell(difference_words)),
        Measure("lower for", LOWER_FOR_MEANING, cell(lambda each: f"{each.n_lower} of {each.n_speakers}")),
    )
    p_value = Measure("p", P_MEANING, cell(lambda each: p_words(each.p)))
    return (*columns, p_value) if group.comparable else columns


def _error_at(run: Run, share: float) -> float:
    return next(error for at, error in run.risk_coverage if at >= share - 1e-9)
