"""What the report says in words; every output says it in the same."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from scipy.stats import binomtest

from featser.evaluation import NORMALISATIONS, PROTOCOLS, Run, short_speaker
from featser.report.groups import Apart, Group

UAR_DEFINITION = (
    "UAR: mean recall over the emotions that occur in the truth, pooled over all out-of-fold predictions; "
    "95 % interval by bootstrap over speakers."
)
NEVER_ACROSS = (
    "Runs are ranked only against runs of the same corpus, protocol and normalisation; "
    "scores of different comparisons do not measure the same thing."
)
STAMP = "LEAKY"
LEAKY_MEANING = f"{STAMP}: speakers are on both sides of the split, so no score here holds for a new voice. No ranks."
ALARM = "higher than any honest handcrafted figure known: look for a leak first"
TWIN_MEANING = "Other utterances or speakers than in the comparison of the same name."
SYNTHETIC_MEANING = "synthetic voices: says nothing about people"

ALARMS = {
    "crema-d": (6, 0.75),
    "emodb": (7, 0.90),
    "ravdess": (8, 0.75),
    "savee": (7, 0.75),
    "tess": (7, 0.80),
}
"""Corpus -> number of its emotions, and the UAR across speakers above which to suspect a leak; fewer emotions are an
easier task, for which no such figure is known."""

_CLEAR = 0.05


@dataclass(frozen=True)
class Column:
    """One figure of a run: heading, what it means, and how it is written."""

    title: str
    meaning: str
    value: Callable[[Run], str]


@dataclass(frozen=True)
class Note:
    """A sentence about a group; ``kind`` is lead, leaky, alarm or tables."""

    kind: str
    text: str


def interval_words(run: Run) -> str:
    """95 % interval of the UAR, or why there is none."""
    if run.uar_low is None or run.uar_high is None:
        return f"no interval ({_speakers(run.n_speakers)})"
    return f"[{run.uar_low:.3f}, {run.uar_high:.3f}]"


def duration_words(seconds: float) -> str:
    """Seconds with one decimal where it matters."""
    return f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"


UAR = Column("UAR", "", lambda run: f"{run.uar:.3f}")
INTERVAL = Column("95 % interval", "", interval_words)
OTHER_SCORES = (
    Column("WAR", "share of utterances that are right, also called accuracy", lambda run: f"{run.war:.3f}"),
    Column("macro-F1", "mean F1 over the emotions that occur in the truth", lambda run: f"{run.macro_f1:.3f}"),
    Column(
        "log-loss",
        "mean negative log probability of the true emotion, in nats; lower is better",
        lambda run: f"{run.log_loss:.3f}",
    ),
    Column(
        "ECE",
        "expected calibration error: mean gap between confidence and hit rate over 15 bins; lower is better",
        lambda run: f"{run.ece:.3f}",
    ),
    Column(
        "fit s",
        "seconds of training, summed over folds",
        lambda run: duration_words(run.seconds.get("fit", 0.0)),
    ),
)
LEAD_MEANING = "two-sided sign test over speakers; p above 0.05 is called no clear lead"


def headline(group: Group) -> str:
    """What a group is, in a line: corpus, protocol, normalisation."""
    return f"{group.corpus}, {group.protocol}, normalisation {group.normalise}"


def size_words(group: Group) -> str:
    """How much was tested on whom, in plain words, with the chance level."""
    run = group.runs[0]
    emotions = _count(len(run.classes), "emotion")
    folds = _count(run.n_folds, "fold")
    parts = [_count(run.n_utterances, "utterance"), _speakers(run.n_speakers), emotions, f"{group.protocol} ({folds})"]
    return f"{', '.join(parts)}; chance {group.chance:.3f}"


def normalisation_words(group: Group) -> str:
    """What the normalisation of a group means; where the split leaks, its promise does not hold and is left out."""
    meaning = "" if group.leaky else NORMALISATIONS.get(group.normalise.split(":")[0], "")
    return f"Normalisation {group.normalise}: {meaning}." if meaning else f"Normalisation {group.normalise}."


def protocol_words(protocol: str) -> str:
    """What a protocol means."""
    number = re.match(r"\d+(?=-fold)", protocol)
    meaning = PROTOCOLS.get(re.sub(r"^\d+-fold", "K-fold", protocol), "").split(", for example")[0]
    meaning = meaning.replace("K folds", f"{number[0]} folds") if number else meaning
    return f"Protocol {protocol}: {meaning}." if meaning else f"Protocol {protocol}."


def row_name(run: Run, apart: Apart) -> str:
    """Pipeline with what tells it apart from others of the same name."""
    words = ", ".join(apart[run.run])
    return f"{run.pipeline} ({words})" if words else run.pipeline


def notes(group: Group, groups: Sequence[Group], apart: Apart) -> list[Note]:
    """What a reader must know before believing a table: leaks and what they pretend, alarms, how clear the lead is."""
    twins = [each for each in groups if (headline(each), size_words(each)) == (headline(group), size_words(group))]
    found = [Note("tables", TWIN_MEANING)] if len(twins) > 1 else []
    if group.leaky:
        honest = [run for each in groups if not each.leaky for run in each.runs]
        premiums = [premium_words(run, honest, apart) for run in group.runs]
        return [Note("alarm", LEAKY_MEANING), *found, *(Note("leaky", text) for text in premiums if text)]
    found += [Note("alarm", _alarm_words(run, apart)) for run in group.runs if alarming(run)]
    if len(group.runs) > 1:
        found.append(Note("lead", lead_words(group.runs[0], group.runs[1], apart)))
    return found


def alarming(run: Run) -> bool:
    """Whether a score across speakers is too good to be believed at once."""
    n_emotions, limit = ALARMS.get(run.corpus, (0, 1.0))
    return not run.leaky and len(run.classes) == n_emotions and run.uar > limit


def lead_words(first: Run, second: Run, apart: Apart) -> str:
    """By how much the best leads, and for how many speakers.

    Speakers are compared in pairs, so the lead is judged without the spread over speakers that both runs share.
    """
    shared = sorted(first.uar_by_speaker.keys() & second.uar_by_speaker.keys())
    gaps = [first.uar_by_speaker[each] - second.uar_by_speaker[each] for each in shared]
    better, worse = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
    lead = f"{_full_name(first, apart)} leads {_full_name(second, apart)} by {first.uar - second.uar:.3f} UAR"
    if not gaps:
        return f"{lead}."
    chance = binomtest(better, better + worse).pvalue if better + worse else 1.0
    verdict = ": no clear lead" if chance > _CLEAR else ""
    counts = f"better for {better} and worse for {worse} of {_speakers(len(gaps))}"
    return f"{lead}, {counts} (sign test p = {chance:.2g}){verdict}."


def premium_words(run: Run, honest: Sequence[Run], apart: Apart) -> str:
    """How much a leaking split adds to what the same pipeline scores on speakers that it never heard; may be empty."""
    same = sorted((each for each in honest if _alike(each, run)), key=lambda each: each.protocol)
    if not same:
        return ""
    fair = same[0]
    return (
        f"{_full_name(run, apart)} pretends {run.uar:.3f} here; on speakers it never heard ({fair.protocol}) it scores "
        f"{fair.uar:.3f}. The leak adds {run.uar - fair.uar:.3f}."
    )


def speaker_words(run: Run) -> str:
    """Best and worst speaker of a run."""
    if not run.uar_by_speaker:
        return "The speakers are not known."
    by_score = sorted(run.uar_by_speaker.items(), key=lambda item: (item[1], item[0]))
    (worst, low), (best, high) = by_score[0], by_score[-1]
    return f"Worst {speaker_name(run, worst)} ({low:.2f}), best {speaker_name(run, best)} ({high:.2f})."


def speaker_name(run: Run, speaker: str) -> str:
    """A speaker's id, without the corpus where there is only one."""
    return speaker if "+" in run.corpus else short_speaker(speaker)


def confusion_words(run: Run, limit: int = 3) -> str:
    """The largest confusions by share of the true emotion."""
    found = []
    for truth, row in zip(run.classes, run.confusion, strict=True):
        for said, count in zip(run.classes, row, strict=True):
            if said != truth and count:
                found.append((-count / sum(row), truth, said, count, sum(row)))
    worst = sorted(found)[:limit]
    words = [f"{truth} taken for {said} {-share:.0%} ({count} of {n})" for share, truth, said, count, n in worst]
    return f"Most confused: {'; '.join(words)}." if words else "No confusions."


def version_lines(runs: Sequence[Run]) -> list[str]:
    """Python and libraries that the runs were made with, one line per combination."""
    lines = sorted(", ".join(f"{name} {version}" for name, version in run.versions.items()) for run in runs)
    return [f"{line} ({_count(len(list(same)), 'run')})" for line, same in groupby(lines)]


def _alarm_words(run: Run, apart: Apart) -> str:
    return f"{_full_name(run, apart)}: UAR {run.uar:.3f} is {ALARM}."


def _full_name(run: Run, apart: Apart) -> str:
    return f"{row_name(run, apart)} on {run.features}"


def _alike(one: Run, other: Run) -> bool:
    names = ("corpus", "pipeline", "model", "parameters", "features", "n_features", "clean", "normalise", "seed")
    same = all(getattr(one, name) == getattr(other, name) for name in names)
    return same and one.n_utterances == other.n_utterances and one.classes == other.classes


def _speakers(count: int) -> str:
    return _count(count, "speaker") if count else "speakers unknown"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
