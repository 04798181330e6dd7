"""What the probabilities of a run are worth, in words."""

from featser.evaluation import Run

_OFF = 0.03
"""Sets that miss their level by more than this get an explanation."""

_HALF = 0.5


def sureness_words(run: Run) -> list[str]:
    """What the confidence of a run is worth, in a few sentences."""
    return [words for words in (abstention_words(run), conformal_words(run) if run.conformal else "") if words]


def calibration_words(run: Run) -> str:
    """Whether the confidence can be taken at its word."""
    if not run.reliability:
        return ""
    n = sum(each["n"] for each in run.reliability)
    sure, right = (sum(each[name] * each["n"] for each in run.reliability) / n for name in ("confidence", "hit_rate"))
    if abs(sure - right) < _OFF:
        verdict = "On the whole as sure as it is right"
    else:
        verdict = "Too sure of itself" if sure > right else "Right more often than it says"
    return (
        f"{verdict}: mean confidence {sure:.0%}, right in {right:.0%}. ECE {run.ece:.3f}, Brier score {run.brier:.3f}."
    )


def abstention_words(run: Run) -> str:
    """What answering only where the model is sure would bring."""
    half = [error for share, error in run.risk_coverage if abs(share - _HALF) < 1e-9]
    if not half:
        return ""
    words = f"Answering the surest half it is right in {1 - half[0]:.0%}, answering everything in {run.war:.0%}"
    return f"{words}: how sure it is says little." if 1 - half[0] < run.war + _OFF else f"{words}."


def conformal_words(run: Run) -> str:
    """Measured coverage of the prediction sets, over speakers they do not know, and why it is off where it is."""
    sets = run.conformal
    if not sets:
        return "No prediction sets: they need speakers beside those that are tested, three at least in all."
    low, high = min(sets["coverage_by_speaker"].values()), max(sets["coverage_by_speaker"].values())
    words = (
        f"Sets of {sets['mean_size']:.1f} emotions on average hold the true one for {sets['coverage']:.1%} of "
        f"utterances of new speakers ({sets['level']:.0%} wanted; by speaker {low:.0%} to {high:.0%}); "
        f"{sets['single']:.0%} of them hold just one."
    )
    return f"{words} {_why_off(run)}".rstrip()


def _why_off(run: Run) -> str:
    gap = run.conformal["coverage"] - run.conformal["level"]
    if abs(gap) <= _OFF:
        return ""
    side = "fewer" if gap < 0 else "more"
    return (
        f"That is {side} than wanted: what is enough for the other speakers is not for those tested, and with "
        f"{run.n_speakers} speakers one cannot know by how much. More speakers would bring it closer."
    )
