"""What the report says in words; every output says it in the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from featser.evaluation import LEAKY, NORMALISATIONS, PROTOCOLS, Run, short_speaker
from featser.reporting.columns import ALIKE_MEANING, DETAILS, P_MEANING, RANKING
from featser.reporting.groups import Apart, Group
from featser.reporting.shortcuts import premium_words
from featser.reporting.verdicts import verdicts

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


@dataclass(frozen=True)
class Note:
    """A sentence about a group; ``kind`` is lead, verdict, leaky, alarm or tables."""

    kind: str
    text: str


def meanings() -> list[tuple[str, str]]:
    """Heading and meaning of every column that needs one."""
    columns = [(column.title, column.meaning) for column in (*RANKING, *DETAILS)]
    return [("alike", ALIKE_MEANING), ("p", P_MEANING), *columns]


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
    meaning = "" if group.leaky else _meaning(NORMALISATIONS, re.sub(r":\d+$", ":K", group.normalise))
    meaning = re.sub(r"\bK\b", group.normalise.split(":")[-1], meaning)
    return f"Normalisation {group.normalise}: {meaning}." if meaning else f"Normalisation {group.normalise}."


def protocol_words(protocol: str) -> str:
    """What a protocol means."""
    number = re.match(r"\d+(?=-fold)", protocol)
    meaning = _meaning(PROTOCOLS, re.sub(r"^\d+-fold", "K-fold", protocol))
    meaning = meaning.replace("K folds", f"{number[0]} folds") if number else meaning
    return f"Protocol {protocol}: {meaning}." if meaning else f"Protocol {protocol}."


def row_name(run: Run, apart: Apart) -> str:
    """Pipeline with what tells it apart from others of the same name."""
    words = ", ".join(apart[run.run])
    return f"{run.pipeline} ({words})" if words else run.pipeline


def full_name(run: Run, apart: Apart) -> str:
    """Pipeline and features."""
    return f"{row_name(run, apart)} on {run.features}"


def notes(group: Group, groups: Sequence[Group], apart: Apart) -> list[Note]:
    """What a reader must know before believing a table: leaks and what they pretend, alarms, how clear the lead is."""
    same = [each for each in groups if each.leaky == group.leaky]
    twins = [each for each in same if (headline(each), size_words(each)) == (headline(group), size_words(group))]
    found = [Note("tables", TWIN_MEANING)] if len(twins) > 1 else []
    if group.leaky:
        honest = [run for each in groups if not each.leaky for run in each.runs]
        premiums = [premium_words(run, honest, apart) for run in group.runs]
        return [Note("alarm", leaky_meaning(group)), *found, *(Note("leaky", text) for text in premiums if text)]
    found += [Note("alarm", _alarm_words(run, apart)) for run in group.runs if alarming(run)]
    sentences = verdicts(group, apart)
    return found + [Note("verdict" if number else "lead", text) for number, text in enumerate(sentences)]


def leaky_meaning(group: Group) -> str:
    """Why no score of a leaky group can be believed."""
    if group.protocol in LEAKY:
        return LEAKY_MEANING
    return f"{STAMP}: these runs were allowed to see what a new voice could not show them. No ranks."


def alarming(run: Run) -> bool:
    """Whether a score across speakers is too good to be believed at once."""
    n_emotions, limit = ALARMS.get(run.corpus, (0, 1.0))
    return not run.leaky and len(run.classes) == n_emotions and run.uar > limit


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


def _meaning(meanings: Mapping[str, str], name: str) -> str:
    """What a registry says of a name, without the example of how to write it."""
    return re.sub(r", for example \S+?(?=: |$)", "", meanings.get(name, ""))


def _alarm_words(run: Run, apart: Apart) -> str:
    return f"{full_name(run, apart)}: UAR {run.uar:.3f} is {ALARM}."


def _speakers(count: int) -> str:
    return _count(count, "speaker") if count else "speakers unknown"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
