"""Which model to use for one clip, some clips and many clips of a voice, and what to expect on another corpus."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from featser.evaluation import Run
from featser.evaluation.protocols import CORPORA_APART, TEXTS_APART
from featser.reporting.elsewhere import Elsewhere, elsewhere
from featser.reporting.groups import Group

KNOWN = {"none": "one clip", "enrolment": "some clips", "speaker": "many clips"}
"""Kind of normalisation -> what is known of the voice."""

_USUAL = {"published": 0, "leave-one-speaker-out": 1}
_SOME = 5
"""Number of clips for which the row of some clips is shown, or the nearest one that was measured."""


@dataclass(frozen=True)
class Answer:
    """The best model of a corpus for a number of clips of a voice.

    Attributes
    ----------
    known : str
        what is known of the voice
    run : Run
        the best run
    group : Group
        its comparison
    uar, low, high : float
        score of ``run``, or the point of its enrolment curve
    n_clips : int
        number of clips of an enrolment curve; 0 where the score is that of the run
    """

    known: str
    run: Run
    group: Group
    uar: float
    low: float | None
    high: float | None
    n_clips: int = 0


@dataclass(frozen=True)
class CorpusAnswer:
    """Everything that the box at the top says of one corpus.

    Attributes
    ----------
    corpus : str
    rows : tuple of Answer
        one clip, some clips, many clips; those that were measured
    missing : tuple of str
        normalisations without a run, as ``fit`` takes them
    elsewhere : tuple of Elsewhere
        scores on other corpora of models trained on this one
    """

    corpus: str
    rows: tuple[Answer, ...]
    missing: tuple[str, ...]
    elsewhere: tuple[Elsewhere, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of the rows, each once."""
        return tuple({row.run.run: row.run for row in self.rows}.values())

    @property
    def synthetic(self) -> bool:
        """Whether some of the voices are synthetic."""
        return self.rows[0].group.synthetic


def answers(groups: Sequence[Group], runs: Sequence[Run]) -> list[CorpusAnswer]:
    """Find the best model of each corpus for one clip, some clips and many clips of a voice.

    Parameters
    ----------
    groups : sequence of Group
        all comparisons of the report
    runs : sequence of Run
        all runs of the report

    Returns
    -------
    list of CorpusAnswer
        in the order of ``groups``; corpora with leaky runs only are left out
    """
    main = main_groups(groups)
    return [_answer(corpus, kinds, runs) for corpus, kinds in main.items()]


def main_groups(groups: Sequence[Group]) -> dict[str, dict[str, Group]]:
    """Choose one comparison for each corpus and kind of normalisation.

    Of several, the one with the most emotions, then the published folds or leave-one-speaker-out, then the most runs
    and the most utterances.

    Parameters
    ----------
    groups : sequence of Group
        all comparisons of the report

    Returns
    -------
    dict
        corpus -> kind of normalisation, as in `KNOWN` -> comparison
    """
    found: dict[str, dict[str, Group]] = {}
    for group in groups:
        kind = group.normalise.partition(":")[0]
        if group.leaky or group.protocol in (*TEXTS_APART, *CORPORA_APART) or kind not in KNOWN:
            continue
        kinds = found.setdefault(group.corpus, {})
        if kind not in kinds or _preference(group) < _preference(kinds[kind]):
            kinds[kind] = group
    return found


def _preference(group: Group) -> tuple[float, ...]:
    number = re.search(r":(\d+)$", group.normalise)
    return (
        -len(group.runs[0].classes),
        _USUAL.get(group.protocol, len(_USUAL)),
        abs(int(number[1]) - _SOME) if number else 0,
        -len(group.runs),
        -group.runs[0].n_utterances,
    )


def _answer(corpus: str, kinds: dict[str, Group], runs: Sequence[Run]) -> CorpusAnswer:
    rows = [row for kind in KNOWN if (row := _row(kind, kinds)) is not None]
    missing = [f"{kind}:{_SOME}" if kind == "enrolment" else kind for kind in KNOWN if _row(kind, kinds) is None]
    return CorpusAnswer(corpus, tuple(rows), tuple(missing), tuple(elsewhere(corpus, runs)))


def _row(kind: str, kinds: dict[str, Group]) -> Answer | None:
    """The best run of a kind of normalisation; for some clips also the best point of an enrolment curve."""
    found = []
    if kind in kinds:
        run = kinds[kind].runs[0]
        number = run.normalise.partition(":")[2]
        known = f"{number} clips" if number else KNOWN[kind]
        found.append(Answer(known, run, kinds[kind], run.uar, run.uar_low, run.uar_high))
    if kind == "enrolment" and "speaker" in kinds:
        found += [_point(run, kinds["speaker"]) for run in kinds["speaker"].runs if run.enrolment]
    return max(found, key=lambda row: row.uar, default=None)


def _point(run: Run, group: Group) -> Answer:
    size = min(map(int, run.enrolment), key=lambda each: (abs(each - _SOME), each))
    point = run.enrolment[str(size)]
    return Answer(f"{size} clips", run, group, point["uar"], point["uar_low"], point["uar_high"], size)
