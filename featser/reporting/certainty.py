"""Sentences about the probabilities of a run: calibration, abstention and prediction sets."""

from featser.evaluation import Run
from featser.evaluation.protocols import CORPORA_APART

_TOLERANCE = 0.03
"""Gap between two shares up to which they are called equal."""

_HALF = 0.5


def sureness_words(run: Run) -> list[str]:
    """Say what abstention and prediction sets achieve.

    Parameters
    ----------
    run : Run
        the run

    Returns
    -------
    list of str
        up to two texts
    """
    return [words for words in (abstention_words(run), conformal_words(run) if run.conformal else "") if words]


def calibration_words(run: Run) -> str:
    """Compare mean confidence with accuracy; empty without probabilities."""
    if not run.reliability:
        return ""
    n = sum(each["n"] for each in run.reliability)
    confidence = sum(each["confidence"] * each["n"] for each in run.reliability) / n
    if abs(confidence - run.war) < _TOLERANCE:
        verdict = "Well calibrated on average"
    else:
        verdict = "Overconfident" if confidence > run.war else "Underconfident"
    return (
        f"{verdict}: mean confidence {confidence:.1%}, correct {run.war:.1%}. ECE {run.ece:.3f}, "
        f"Brier score {run.brier:.3f}."
    )


def abstention_words(run: Run) -> str:
    """Say how the accuracy rises when only the surest half is answered; empty without probabilities."""
    half = [error for share, error in run.risk_coverage if abs(share - _HALF) < 1e-9]
    if not half:
        return ""
    words = f"Correct: {1 - half[0]:.1%} of the half with the highest confidence, {run.war:.1%} of all utterances"
    return f"{words}. The confidence says little." if 1 - half[0] < run.war + _TOLERANCE else f"{words}."


def conformal_words(run: Run) -> str:
    """Describe the prediction sets, their measured coverage, and the likely cause where it misses the target."""
    sets = run.conformal
    if not sets:
        return "No prediction sets: their threshold needs at least two speakers besides those of each tested fold."
    low, high = min(sets["coverage_by_speaker"].values()), max(sets["coverage_by_speaker"].values())
    words = (
        f"Prediction sets of {sets['mean_size']:.2f} emotions on average contain the true emotion for "
        f"{sets['coverage']:.1%} of the utterances (target {sets['level']:.0%}; by speaker {low:.0%} to {high:.0%}); "
        f"{sets['single']:.1%} of the sets have one emotion."
    )
    return f"{words} {_miss_words(run)}".rstrip()


def _miss_words(run: Run) -> str:
    """Cause of a coverage off its target; empty where it is close."""
    gap = run.conformal["coverage"] - run.conformal["level"]
    if abs(gap) <= _TOLERANCE:
        return ""
    side = "below" if gap < 0 else "above"
    if run.protocol in CORPORA_APART:
        return (
            f"The coverage is {side} the target because the threshold comes from other corpora, whose language, acting "
            "and recordings differ from those of the tested one. More speakers of these corpora would not help."
        )
    return (
        f"The coverage is {side} the target because the threshold comes from other speakers, and the confidence of the "
        f"model varies from speaker to speaker. With {run.n_speakers} speakers such a gap can also be chance."
    )
