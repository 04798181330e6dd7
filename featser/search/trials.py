"""The trials of one search, one after another, each depending only on those before it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from featser.models import default_parameters
from featser.models.spaces import Range, Space
from featser.pipeline import Specification, select_features
from featser.search.choices import pipeline_of_trial, resolve_space, start_of
from featser.search.storage import study_name
from featser.search.task import Task, pooled_uar
from featser.versions import __version__, library_versions

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_STARTUP_TRIALS = 10
"""Trials at random before the sampler believes what it has seen."""
_FULL_TRIALS = 5
"""Trials on all inner folds before the first fold alone may end one."""
_KEPT_PERCENT = 25.0
"""A trial goes on where its first fold is among the best quarter of those that went on before."""
_NUMBER = "number"
"""Attribute of a stored trial: how many trials of its search came before it."""


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials of one search: those that storage holds, and those to come.

    Attributes
    ----------
    name : str
        digest of all that the trials depend on
    study : optuna.Study
        in memory
    stored : optuna.Study, optional
        where finished trials are written
    """

    task: Task
    space: Space
    name: str
    study: "optuna.Study"
    stored: "optuna.Study | None"

    @property
    def finished(self) -> "list[optuna.trial.FrozenTrial]":
        """Trials that ended, after one inner fold or all."""
        return [each for each in self.study.get_trials(deepcopy=False) if each.state.is_finished()]

    @property
    def n_finished(self) -> int:
        """How many trials ended."""
        return len(self.finished)

    @property
    def n_pruned(self) -> int:
        """How many of them ended after the first inner fold."""
        return sum(each.state.name == "PRUNED" for each in self.finished)

    @property
    def best(self) -> tuple[Specification, float]:
        """Best pipeline so far and its score in trials."""
        return self.pipeline(self.study.best_trial.params), float(self.study.best_value)

    def pipeline(self, values: Mapping[str, Any]) -> Specification:
        """Return the pipeline that a trial's choices stand for."""
        return pipeline_of_trial(self.task.specification, values, self.task.feature_set)

    def run_one(self) -> None:
        """Ask for a trial, run it, and keep it when it has ended: an interrupted one leaves no trace."""
        import optuna

        self.study.sampler = _sampler(self.task.search.seed, self.n_finished)
        trial = self.study.ask(_distributions(self.space))
        trial.set_user_attr(_NUMBER, trial.number)
        pipeline = self.pipeline(trial.params)
        before = self._before(pipeline)
        if before is not None:
            trial.report(before.intermediate_values[0], 0)
            ended = before.state is optuna.trial.TrialState.COMPLETE
            self.study.tell(trial, before.value if ended else None, state=before.state)
        else:
            value = self._objective(pipeline, trial)
            pruned = optuna.trial.TrialState.PRUNED
            self.study.tell(trial, value, state=None if value is not None else pruned)
        if self.stored is not None:
            self.stored.add_trial(self.study.trials[-1])

    def _objective(self, pipeline: Specification, trial: "optuna.Trial") -> float | None:
        """UAR pooled over the inner folds; None where the first of them promises too little."""
        task = self.task
        drafted = task.drafted(pipeline)
        first = task.predictions(drafted, task.folds[:1], 1)
        trial.report(pooled_uar(first), 0)
        if trial.should_prune():
            return None
        rest = [task.predictions(drafted, task.folds[1:], task.search.jobs)] if task.folds[1:] else []
        return pooled_uar(pd.concat([first, *rest]))

    def _before(self, pipeline: Specification) -> "optuna.trial.FrozenTrial | None":
        """Return the finished trial of the same pipeline, if there is one: it would end alike."""
        return next((each for each in self.finished if self.pipeline(each.params) == pipeline), None)


def open_trials(task: Task) -> Trials:
    """Take over the finished trials that storage holds, as many as are asked for, so that history changes no result.

    Where there are none, the pipeline as it stands comes first.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = resolve_space(task.specification, task.feature_set)
    name = study_name(task.features, task.manifest, _question(task, space))
    study = optuna.create_study(direction="maximize", pruner=_pruner())
    stored = None
    if task.search.storage is not None:
        stored = optuna.create_study(
            storage=task.search.storage, study_name=name, direction="maximize", load_if_exists=True
        )
        study.add_trials(_taken_over(stored, task.search.n_trials))
    if not study.trials:
        study.enqueue_trial(start_of(task.specification, space, default_parameters(task.specification.model)))
    return Trials(task, space, name, study, stored)


def _taken_over(stored: "optuna.Study", n_trials: int) -> "list[optuna.trial.FrozenTrial]":
    """Return one finished trial of each number, from 0 on and without a gap.

    Two processes that search the same at once both write a trial of the same number, and it is the same trial.
    """
    finished = [each for each in stored.get_trials(deepcopy=False) if each.state.is_finished()]
    by_number = {each.user_attrs.get(_NUMBER): each for each in finished}
    return [by_number[number] for number in takewhile(by_number.__contains__, range(n_trials))]


def _question(task: Task, space: Space) -> str:
    """Write down what is searched how, with all that could change a trial."""
    asked = task.specification
    parts = {
        "model": asked.model,
        "parameters": dict(asked.parameters),
        "columns": select_features(asked, task.feature_set),
        "exclude": asked.exclude,
        "space": {name: asdict(each) for name, each in space.items()},
        "seed": task.search.seed,
        "folds": [fold.name for fold in task.folds],
        "rules": [_STARTUP_TRIALS, _FULL_TRIALS, _KEPT_PERCENT],
        "versions": {"featser": __version__, **library_versions()},
    }
    return json.dumps(parts, sort_keys=True)


def _sampler(seed: int, number: int) -> "optuna.samplers.BaseSampler":
    """Return a sampler for one trial, so that a search that goes on asks what it would have asked anyway."""
    import optuna

    own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own, n_startup_trials=_STARTUP_TRIALS, constant_liar=False)


def _pruner() -> "optuna.pruners.BasePruner":
    import optuna

    return optuna.pruners.PercentilePruner(_KEPT_PERCENT, n_startup_trials=_FULL_TRIALS, n_min_trials=3)


def _distributions(space: Space) -> "dict[str, BaseDistribution]":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name, each in space.items():
        if not isinstance(each, Range):
            found[name] = CategoricalDistribution(each.values)
        elif each.whole:
            found[name] = IntDistribution(int(each.low), int(each.high), log=each.log)
        else:
            found[name] = FloatDistribution(each.low, each.high, log=each.log)
    return found
