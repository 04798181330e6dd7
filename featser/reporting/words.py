"""Sentences that all forms of the report share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from featser.corpora import CORPORA
from featser.corpora.corpus import BestKnown
from featser.evaluation import LEAKY, NORMALISATIONS, PROTOCOLS, Run, outdated, short_speaker
from featser.evaluation.protocols import CORPORA_APART
from featser.reporting.groups import Apart, Group
from featser.reporting.measures import DETAILS, LOWER_FOR_MEANING, P_MEANING, RANKING, TO_BEST_MEANING
from featser.reporting.pairs import premium_words
from featser.reporting.verdicts import verdicts

TITLE = "Speech emotion recognition on voices the models never heard"
UAR_DEFINITION = (
    "UAR (unweighted average recall): the mean of the recalls of all emotions, over predictions by models that never "
    "heard the speaker. Its 95% interval is a bootstrap over speakers."
)
NEVER_ACROSS = (
    "Runs are ranked within one corpus, protocol and normalisation only; scores of different comparisons measure "
    "different things."
)
STAMP = "LEAKY"
LEAKY_MEANING = (
    f"{STAMP}: speakers are on both sides of the split, so these scores do not hold for new speakers. No ranks."
)
ALLOWED_MEANING = (
    f"{STAMP}: training used information about the tested utterances, so these scores do not hold for new speakers. "
    "No ranks."
)
TWIN_MEANING = "This comparison has other utterances, speakers or labels than the one of the same name."
SYNTHETIC_MEANING = "Synthetic voices: these scores say nothing about human speech."

_ANOTHER_CORPUS = {
    "none": "no adaptation to the tested corpus: the score applies to a single clip of another corpus, with other "
    "speakers, other recordings and often another language",
    "speaker": "features are z-scored over all unlabelled clips of each speaker: transductive, the score applies where "
    "another corpus has many clips of each speaker",
}
"""Descriptions in place of those in `NORMALISATIONS`, where the tested corpus is not among those of training."""


@dataclass(frozen=True)
class Note:
    """A sentence about a group; ``kind`` is lead, verdict, leaky, alarm or tables."""

    kind: str
    text: str


def meanings() -> list[tuple[str, str]]:
    """Heading and meaning of every column that needs one."""
    columns = [(column.title, column.meaning) for column in (*RANKING, *DETAILS)]
    return [("to best", TO_BEST_MEANING), ("lower for", LOWER_FOR_MEANING), ("p", P_MEANING), *columns]


def headline(group: Group) -> str:
    """Corpus, protocol and normalisation of a group."""
    return f"{group.corpus}, {group.protocol}, normalisation {group.normalise}"


def size_words(group: Group) -> str:
    """Number of tested utterances, speakers and emotions, protocol and chance level of a group."""
    run = group.runs[0]
    emotions = _count(len(run.classes), "emotion")
    folds = _count(run.n_folds, "fold")
    parts = [_count(run.n_utterances, "utterance"), _speakers(run.n_speakers), emotions, f"{group.protocol} ({folds})"]
    return f"{', '.join(parts)}; chance {group.chance:.3f}"


def normalisation_words(group: Group) -> str:
    """Meaning of the normalisation of a group; left out for leaky groups, where it does not hold."""
    known = {**NORMALISATIONS, **_ANOTHER_CORPUS} if group.protocol in CORPORA_APART else NORMALISATIONS
    meaning = "" if group.leaky else _meaning(known, re.sub(r":\d+$", ":K", group.normalise))
    meaning = re.sub(r"\bK\b", group.normalise.split(":")[-1], meaning)
    return f"Normalisation {group.normalise}: {meaning}." if meaning else f"Normalisation {group.normalise}."


def protocol_words(group: Group) -> str:
    """Meaning of the protocol of a group; across corpora, which corpora were trained and tested on."""
    protocol = group.protocol
    number = re.match(r"\d+(?=-fold)", protocol)
    meaning = _meaning(PROTOCOLS, re.sub(r"^\d+-fold", "K-fold", protocol))
    meaning = meaning.replace("K folds", f"{number[0]} folds") if number else meaning
    words = f"Protocol {protocol}: {meaning}." if meaning else f"Protocol {protocol}."
    if protocol not in CORPORA_APART:
        return words
    corpora = group.corpus.split("+")
    pairs = [f"{each} by models trained on {'+'.join(other for other in corpora if other != each)}" for each in corpora]
    return f"{words} Tested: {'; '.join(pairs)}."


def row_name(run: Run, apart: Apart) -> str:
    """Pipeline with its distinctions."""
    words = ", ".join(apart[run.run])
    return f"{run.pipeline} ({words})" if words else run.pipeline


def full_name(run: Run, apart: Apart) -> str:
    """Pipeline with its distinctions and features."""
    return f"{row_name(run, apart)} on {run.features}"


def notes(group: Group, groups: Sequence[Group], apart: Apart) -> list[Note]:
    """Write what a reader must know about a table: leaks, alarms, and how clear the lead is.

    Parameters
    ----------
    group : Group
        the comparison of the table
    groups : sequence of Group
        all comparisons of the report
    apart : dict
        as `featser.reporting.groups.distinctions` returns it

    Returns
    -------
    list of Note
        alarms first
    """
    runs = [run for each in groups for run in each.runs]
    same = [each for each in groups if each.leaky == group.leaky]
    alike = [each for each in same if (headline(each), size_words(each)) == (headline(group), size_words(group))]
    found = [Note("tables", TWIN_MEANING)] if len(alike) > 1 else []
    if group.leaky:
        words = [premium_words(run, runs, apart) for run in group.runs]
        return [Note("alarm", leaky_meaning(group)), *found, *(Note("leaky", text) for text in words if text)]
    found += [Note("alarm", text) for text in [alarm_words(group, apart)] if text]
    sentences = verdicts(group, apart)
    return found + [Note("verdict" if number else "lead", text) for number, text in enumerate(sentences)]


def leaky_meaning(group: Group) -> str:
    """Why the scores of a leaky group do not hold."""
    return LEAKY_MEANING if group.protocol in LEAKY else ALLOWED_MEANING


def alarm_words(group: Group, apart: Apart) -> str:
    """Warn of scores above the highest published one; empty where there are none, or where none is known.

    Corpora declare the highest published score (`featser.corpora.corpus.BestKnown`). Fewer emotions than it was
    measured on are an easier task and raise no alarm.
    """
    corpus = CORPORA.get(group.corpus)
    known = corpus.best_known if corpus else None
    if known is None or group.leaky or len(group.runs[0].classes) != known.n_emotions:
        return ""
    above = [run for run in group.runs if run.uar > known.uar]
    if not above:
        return ""
    more = f" and {_count(len(above) - 1, 'more run')}" if len(above) > 1 else ""
    verb = "are" if more else "is"
    return (
        f"{full_name(above[0], apart)} ({above[0].uar:.3f}){more} {verb} above {known.uar:.2f}, {_published(known)}. "
        f"{_checked(above)}"
    )


def _published(known: BestKnown) -> str:
    return f"the highest published UAR of handcrafted features on these {known.n_emotions} emotions ({known.source})"


def _checked(runs: Sequence[Run]) -> str:
    """Say which leak checks honest runs passed."""
    if not all(run.checks for run in runs):
        return "Which leak checks were made was not recorded; fit again, or look for a leak."
    passed = [name for name in runs[0].checks if all(name in run.checks for run in runs)]
    return f"The leak checks found nothing: {', '.join(passed)}. Look for other leaks before believing it."


def speaker_words(run: Run) -> str:
    """Name the speakers with the lowest and the highest UAR."""
    if not run.uar_by_speaker:
        return "The speakers are unknown."
    by_score = sorted(run.uar_by_speaker.items(), key=lambda item: (item[1], item[0]))
    (worst, low), (best, high) = by_score[0], by_score[-1]
    return f"Lowest {speaker_name(run, worst)} ({low:.2f}), highest {speaker_name(run, best)} ({high:.2f})."


def speaker_name(run: Run, speaker: str) -> str:
    """Speaker id, without the corpus where there is only one."""
    return speaker if "+" in run.corpus else short_speaker(speaker)


def confusion_words(run: Run, limit: int = 3) -> str:
    """Name the largest confusions, as shares of the true emotion."""
    found = []
    for truth, row in zip(run.classes, run.confusion, strict=True):
        for predicted, count in zip(run.classes, row, strict=True):
            if predicted != truth and count:
                found.append((-count / sum(row), truth, predicted, count, sum(row)))
    worst = sorted(found)[:limit]
    words = [f"{truth} as {other} {-share:.0%} ({count} of {n})" for share, truth, other, count, n in worst]
    return f"Largest confusions: {'; '.join(words)}." if words else "No confusions."


def outdated_words(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """Find runs that were made by other code or libraries than those installed.

    Parameters
    ----------
    runs : sequence of Run
        all runs of the report

    Returns
    -------
    list of (str, list of str)
        a sentence for each combination of differences, and the names of its runs; no names where all runs are meant
    """
    found = [(", ".join(differences), run.run) for run in runs if (differences := outdated(run.code, run.versions))]
    groups = [(what, [name for _, name in same]) for what, same in groupby(sorted(found), key=lambda each: each[0])]
    return [
        (
            f"Made with other code or libraries than those installed: {len(names)} of {_count(len(runs), 'run')} "
            f"({what}). Fit again before comparing.",
            names if len(names) < len(runs) else [],
        )
        for what, names in groups
    ]


def chosen_rows(run: Run) -> list[tuple[str, str, str, str]]:
    """List what tuning chose: tested fold, inner UAR, parameters, and patterns of the features that were left out."""
    rows = []
    for each in run.tuning.get("chosen", []):
        inner = each.get("inner_uar")
        parameters = ", ".join(f"{name}={_value(value)}" for name, value in each["parameters"].items())
        without = ", ".join(each["exclude"])
        rows.append((each["fold"], "-" if inner is None else f"{inner:.3f}", parameters or "defaults", without or "-"))
    return rows


def version_lines(runs: Sequence[Run]) -> list[str]:
    """Versions of Python and libraries, one line per combination, with the number of runs."""
    lines = sorted(", ".join(f"{name} {version}" for name, version in run.versions.items()) for run in runs)
    return [f"{line} ({_count(len(list(same)), 'run')})" for line, same in groupby(lines)]


def _meaning(meanings: Mapping[str, str], name: str) -> str:
    """Meaning of a name in a registry, without the example of how to write it."""
    return re.sub(r", for example \S+?(?=: |$)", "", meanings.get(name, ""))


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _speakers(count: int) -> str:
    return _count(count, "speaker") if count else "speakers unknown"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
