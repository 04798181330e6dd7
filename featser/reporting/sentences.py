"""Sentences of the answer box, of the panels of runs and of the methods paragraph."""

from collections.abc import Sequence

from featser.corpora import CORPORA
from featser.evaluation import Run
from featser.explain import WORDS, phrase
from featser.models import MODELS
from featser.reporting.answer import Answer
from featser.reporting.commands import parameter_rows
from featser.reporting.elsewhere import Elsewhere
from featser.reporting.groups import Apart, Group
from featser.reporting.measures import bounds_words, interval_of
from featser.reporting.words import row_name, speaker_name

_WAYS = {
    "none": "one clip of a voice",
    "speaker": "many clips of a voice",
}


def instead(group: Group, apart: Apart) -> str:
    """Name the fastest run among those that are not clearly lower than the best; empty where there is none."""
    level = [run for run, alike in zip(group.runs[1:], group.level[1:], strict=True) if alike]
    if not level:
        return "-"
    quickest = min(level, key=lambda run: (run.seconds.get("fit", 0.0), run.run)) if group.one_machine else level[0]
    others = f", {len(level) - 1} more" if len(level) > 1 else ""
    return f"{row_name(quickest, apart)} on {quickest.features} ({quickest.uar:.3f}){others}: not clearly lower"


def missing(normalise: str) -> str:
    """Say that no run has a normalisation."""
    known = _WAYS.get(normalise, f"{normalise.partition(':')[2]} clips of a voice")
    return f"For {known} there is no run. Measure it:"


def elsewhere(found: Elsewhere) -> str:
    """State a score on another corpus."""
    run, score = found.run, found.score
    known = "one clip" if run.normalise == "none" else _WAYS.get(run.normalise, run.normalise)
    interval = f" {interval_of(score)}" if score.low is not None else ""
    return (
        f"On another corpus, expect about {score.uar:.2f} for {known}: measured {score.uar:.3f}{interval} on "
        f"{found.tested} ({score.n_speakers} speakers, {score.n_classes} emotions; chance "
        f"{1 / score.n_classes:.3f}) by {run.pipeline} on {run.features}, trained on {found.trained}.{_adapted(found)}"
    )


def _adapted(found: Elsewhere) -> str:
    """Score after adapting to the recordings of the other corpus; empty where it was not measured."""
    point = found.run.adapted.get("by_corpus", {}).get(found.tested)
    if point is None:
        return ""
    interval = bounds_words(point["uar_low"], point["uar_high"])
    return f" Adapted to all recordings of {found.tested} without labels: {point['uar']:.3f} {interval}."


def costs(rows: Sequence[Answer]) -> str:
    """Say what the milliseconds and the choice of the best run leave out."""
    run, n_runs = rows[0].run, max(len(row.group.runs) for row in rows)
    extract = run.seconds.get("extract")
    computing = (
        f"computing these takes {1000 * extract:.1f} ms per second of sound"
        if extract is not None
        else f"how long computing these takes was not recorded: featser features --set {run.features} measures it"
    )
    where = f" (on {run.machine})" if run.machine else ""
    words = f"Milliseconds are those of classifying one clip from its features; {computing}{where}."
    if n_runs > 1:
        words += f" The best of up to {n_runs} runs was chosen by these same scores: expect slightly less."
    return words


def every_speaker(run: Run) -> str:
    """UAR of each speaker, the lowest first."""
    scores = sorted(run.uar_by_speaker.items(), key=lambda item: (item[1], item[0]))
    return ", ".join(f"{speaker_name(run, speaker)} {score:.2f}" for speaker, score in scores)


def guard(run: Run) -> str:
    """State what the guard of a trained model rejects; its figures are those of the run."""
    found = run.guard
    words = (
        f"The model gives no answer to {found['false_alarms']:.1%} of the utterances of unseen speakers "
        f"(p below {found['level']:g})"
    )
    caught = found.get("caught", {})
    all_of = [kind for kind, share in caught.items() if share == 1]
    others = [f"{share:.0%} of {kind}" for kind, share in caught.items() if share != 1]
    parts = ([f"all synthetic {', '.join(all_of)}"] if all_of else []) + others
    if found.get("reversed") is not None:
        parts.append(f"{found['reversed']:.0%} of reversed speech")
    return f"{words}, and to {', '.join(parts)}." if parts else f"{words}."


def sounds(run: Run) -> list[tuple[str, str]]:
    """Describe each emotion of a run by acoustic words; empty where they were not measured."""
    of = {word.name: word for word in WORDS}
    return [
        (emotion, ", ".join(phrase(of[name], gap, unit) for name, (gap, unit) in words.items()).replace(" %", "%"))
        for emotion, words in run.words.items()
        if emotion in run.classes
    ]


def made_with(run: Run) -> str:
    """State versions, digests of the code and the machine of a run."""
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    code = ", ".join(f"{part} {digest}" for part, digest in run.code.items()) or "not recorded"
    return (
        f"Run {run.run}. Versions: {versions}. Digests of the code: {code}. Machine: {run.machine or 'not recorded'}."
    )


def methods(run: Run) -> str:
    """Write a paragraph for the methods section of a paper.

    Parameters
    ----------
    run : Run

    Returns
    -------
    str
        corpus, features, model, protocol, normalisation, scores and versions
    """
    corpora = [CORPORA[name] for name in run.corpus.split("+") if name in CORPORA]
    cited = f" ({'; '.join(each.citation for each in corpora)})" if corpora else ""
    title = MODELS[run.model].title if run.model in MODELS else run.title
    changed = [f"{name} = {value}" for name, value, origin in parameter_rows(run) if origin == "set"]
    parameters = (
        f" ({', '.join(changed)}; all others at the defaults of featser)" if changed else " with default settings"
    )
    version = run.versions.get("featser", "")
    return (
        f"Emotions were classified on {run.corpus}{cited}: {run.n_utterances:,} utterances, {run.n_speakers} speakers, "
        f"{len(run.classes)} emotions ({', '.join(run.classes)}). From each utterance {run.n_features:,} acoustic "
        f"features (set {run.features}) were computed with featser{f' {version}' if version else ''}. The classifier "
        f"was {run.model}: {title[:1].lower()}{title[1:]}{parameters}. {_protocol(run)} The unweighted average recall "
        f"over all out-of-fold predictions was {run.uar:.3f}{_interval(run)}, the accuracy {run.war:.3f}."
    )


def _interval(run: Run) -> str:
    if run.uar_low is None or run.uar_high is None:
        return ""
    return f" (95% interval {run.uar_low:.3f} to {run.uar_high:.3f}, bootstrap over speakers)"


def _protocol(run: Run) -> str:
    tuned = (
        f" Parameters were tuned by {run.tuning['n_trials']} trials on inner folds by speaker."
        if run.tuning.get("n_trials")
        else ""
    )
    ways = {
        "none": "Features were not adapted to the tested speaker.",
        "speaker": "Features were standardised over all unlabelled utterances of each speaker.",
    }
    number = run.normalise.partition(":")[2]
    normalised = ways.get(
        run.normalise, f"Features were standardised by {number} unlabelled utterances of the tested speaker."
    )
    apart = "" if run.leaky else ", with no speaker in both training and test"
    return f"It was evaluated by {run.protocol} cross-validation ({run.n_folds} folds){apart}. {normalised}{tuned}"
