"""The score of one model by what it is tested on, from a random split to another corpus, as a table and a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

from markupsafe import Markup

from featser.evaluation import Run
from featser.evaluation.pairing import differing_settings
from featser.evaluation.premium import RANDOM
from featser.evaluation.protocols import CORPORA_APART, LEAKY, TEXTS_APART
from featser.reporting.answer import main_groups
from featser.reporting.commands import corpus_command, fit_command, noise_command
from featser.reporting.elsewhere import tested_on
from featser.reporting.groups import Group
from featser.reporting.svg import label, mark, picture, upright
from featser.studies import Study
from featser.studies.noise import CLEAN

_WIDTH, _STEP, _LEFT, _RIGHT = 340, 40, 10, 330
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_CHANCE = "chance"
_DECIBELS = 10.0
"""Signal-to-noise ratio of the rung of noise, or the nearest one that was measured."""


@dataclass(frozen=True)
class Rung:
    """One score of the ladder.

    Attributes
    ----------
    name : str
        what is tested
    uar, low, high : float or None
        score with its interval; None where no run has it
    run : Run or None
        the run that it comes from
    command : str
        measures it, where no run has
    leaky : bool
    """

    name: str
    uar: float | None = None
    low: float | None = None
    high: float | None = None
    run: Run | None = None
    command: str = ""
    leaky: bool = False


@dataclass(frozen=True)
class Ladder:
    """Scores of one model on one corpus.

    Attributes
    ----------
    corpus : str
    run : Run
        the model on a clip of a new voice
    rungs : tuple of Rung
        from the easiest test to chance
    """

    corpus: str
    run: Run
    rungs: tuple[Rung, ...]


def ladders(groups: Sequence[Group], runs: Sequence[Run], studies: Sequence[Study] = ()) -> list[Ladder]:
    """Build one ladder for each corpus.

    Parameters
    ----------
    groups : sequence of Group
        all comparisons of the report
    runs : sequence of Run
        all runs of the report
    studies : sequence of Study, optional
        among which one of noise may be

    Returns
    -------
    list of Ladder
        of the model with the most rungs, then with the highest UAR; corpora without a run on new voices are left out
    """
    found = []
    for corpus, kinds in main_groups(groups).items():
        candidates = [run for run in kinds["none"].runs if not run.added] if "none" in kinds else []
        built = [Ladder(corpus, run, tuple(_rungs(run, runs, studies))) for run in candidates]
        found += [max(built, key=lambda each: (_n_measured(each), each.run.uar))] if built else []
    return found


def ladder_picture(ladder: Ladder) -> Markup:
    """Draw each rung as a dot on its interval, from 0 to 1, with a line at chance."""
    bottom = _STEP * len(ladder.rungs)
    chance = ladder.rungs[-1].uar or 0.0
    marks = [upright("grid", _x(at), 0, bottom) for at in _TICKS]
    marks.append(upright("chance", _x(chance), 0, bottom))
    for number, rung in enumerate(ladder.rungs):
        marks += _drawn(rung, number * _STEP)
    marks += [label(_x(at), bottom + 14, f"{at:g}", "tick middle") for at in _TICKS]
    measured = ", ".join(f"{rung.name} {rung.uar:.3f}" for rung in ladder.rungs if rung.uar is not None)
    return picture(_WIDTH, bottom + 18, f"UAR of {ladder.run.pipeline} on {ladder.corpus}: {measured}", marks)


def _drawn(rung: Rung, top: float) -> list[Markup]:
    line = top + 27
    if rung.uar is None:
        return [label(_x(0) + 4, top + 15, f"{rung.name}: not measured", "tick halo")]
    marks = [label(_x(0) + 4, top + 15, rung.name, "halo")]
    if rung.low is not None and rung.high is not None:
        bar = '<rect class="range" x="{}" y="{}" width="{}" height="6" rx="3"/>'
        marks.append(mark(bar, _x(rung.low), line - 3, _x(rung.high) - _x(rung.low)))
    kind = "inflated" if rung.leaky else "at-chance" if rung.name == _CHANCE else "dot"
    marks.append(mark('<circle class="{}" cx="{}" cy="{}" r="4"/>', kind, _x(rung.uar), line))
    return [*marks, label(_RIGHT, top + 15, f"{rung.uar:.3f}", "value end halo")]


def _rungs(run: Run, runs: Sequence[Run], studies: Sequence[Study]) -> list[Rung]:
    """All rungs of a run on new voices."""
    return [
        _of(f"{RANDOM} (LEAKY)", _find(run, runs, _is_random), fit_command(run, protocol="random"), leaky=True),
        _of("many clips of a new voice", _find(run, runs, _normalised(run, "speaker")), _fit(run, "speaker")),
        _few(run, runs),
        _of("one clip of a new voice", run),
        _of("a new sentence too", _find(run, runs, _is_new_text), fit_command(run, protocol=TEXTS_APART[0])),
        _across(run, runs),
        _with_noise(run, studies),
        Rung(_CHANCE, uar=1 / len(run.classes)),
    ]


def _of(name: str, run: Run | None, command: str = "", *, leaky: bool = False) -> Rung:
    if run is None:
        return Rung(name, command=command, leaky=leaky)
    return Rung(name, run.uar, run.uar_low, run.uar_high, run, leaky=leaky)


def _few(run: Run, runs: Sequence[Run]) -> Rung:
    """Score five clips of a new voice: a run, else the enrolment curve of the run on many clips."""
    enrolled = _find(run, runs, _normalised(run, "enrolment:5"))
    many = _find(run, runs, _normalised(run, "speaker"))
    name = "five clips of a new voice"
    if enrolled is None and many is not None and "5" in many.enrolment:
        point = many.enrolment["5"]
        return Rung(name, point["uar"], point["uar_low"], point["uar_high"], many)
    return _of(name, enrolled, _fit(run, "enrolment:5"))


def _across(run: Run, runs: Sequence[Run]) -> Rung:
    """The tested corpus by models that were trained on other corpora."""
    found = _find(run, runs, lambda each: _crosses(each) and run.corpus in each.corpus.split("+"))
    score = tested_on(found, run.corpus) if found else None
    if score is None:
        return Rung("another corpus", command=corpus_command(run))
    name = f"another corpus (trained on {score.trained})"
    return Rung(name, score.score.uar, score.score.low, score.score.high, score.run)


def _with_noise(run: Run, studies: Sequence[Study]) -> Rung:
    """Score a clip of a new voice with noise, as a study of the same pipeline without copies measured it."""
    settings = {name: getattr(run, name) for name in _SETTINGS} | {"model": run.pipeline}
    for study in studies:
        alike = study.corpora == tuple(run.corpus.split("+")) and not (run.copies or run.added or run.tuning)
        if study.name == "noise" and alike and all(study.about.get(name) == each for name, each in settings.items()):
            rows = study.table[(study.table["training"] == CLEAN) & study.table["ratio_db"].notna()]
            if len(rows):
                row = rows.iloc[int((rows["ratio_db"] - _DECIBELS).abs().to_numpy().argmin())]
                low, high = (None if isnan(row[name]) else float(row[name]) for name in ("uar_low", "uar_high"))
                return Rung(f"with noise at {row['ratio_db']:g} dB", float(row["uar"]), low, high)
    return Rung("with noise", command=noise_command(run))


_SETTINGS = ("parameters", "features", "n_features", "clean", "protocol", "normalise", "seed")
"""Settings that a study of noise shares with a run of the same pipeline."""


def _find(run: Run, runs: Sequence[Run], fits: Callable[[Run], bool]) -> Run | None:
    """The run of the same pipeline, parameters and features that fits."""
    varied = {"protocol", "normalise", "leaks"}
    alike = [
        each
        for each in runs
        if fits(each)
        and differing_settings(run, each) <= (varied | {"corpus", "utterances", "labels"} if _crosses(each) else varied)
    ]
    return min(alike, key=lambda each: each.run, default=None)


def _crosses(run: Run) -> bool:
    return run.protocol in CORPORA_APART and run.normalise == "none" and not run.leaky


def _normalised(run: Run, normalise: str) -> Callable[[Run], bool]:
    return lambda each: each.normalise == normalise and each.protocol == run.protocol and not each.leaky


def _is_random(run: Run) -> bool:
    return run.protocol in LEAKY and run.normalise == "none"


def _is_new_text(run: Run) -> bool:
    return run.protocol in TEXTS_APART and not run.leaky and run.normalise == "none"


def _fit(run: Run, normalise: str) -> str:
    return fit_command(run, normalise=normalise)


def _n_measured(ladder: Ladder) -> int:
    return sum(rung.uar is not None for rung in ladder.rungs)


def _x(score: float) -> float:
    return _LEFT + score * (_RIGHT - _LEFT)
