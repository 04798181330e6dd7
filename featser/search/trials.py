"""The trials of a search: sampling, pruning and storage."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from featser.models import default_parameters
from featser.models.limits import Range
from featser.models.spaces import Space
from featser.pipeline import Specification, select_features
from featser.search.choices import first_trial, pipeline_of_trial, resolve_space
from featser.search.objective import Objective, pooled_uar
from featser.search.storage import study_name
from featser.versions import __version__, library_versions

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_STARTUP_TRIALS = 10
"""Number of random trials before the sampler uses the results of earlier ones."""
_FULL_TRIALS = 5
"""Number of trials on all inner folds before the first fold may end a trial."""
_KEPT_PERCENT = 25.0
"""A trial continues after its first fold if that is among the best quarter of the first folds so far."""
_NUMBER = "number"
"""Attribute of a stored trial: its number in the search, from 0."""


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials of one search.

    Each trial depends only on the trials before it, so an interrupted search continues as if it had not stopped.

    Attributes
    ----------
    objective : Objective
    space : dict
        search space
    name : str
        digest of all values that the trials depend on
    study : optuna.Study
        trials in memory
    stored : optuna.Study or None
        study to which finished trials are written
    """

    objective: Objective
    space: Space
    name: str
    study: "optuna.Study"
    stored: "optuna.Study | None"

    @property
    def finished(self) -> "list[optuna.trial.FrozenTrial]":
        """Finished trials, those that ended after the first inner fold among them."""
        return [each for each in self.study.get_trials(deepcopy=False) if each.state.is_finished()]

    @property
    def n_finished(self) -> int:
        """Number of finished trials."""
        return len(self.finished)

    @property
    def n_pruned(self) -> int:
        """Number of trials that ended after the first inner fold."""
        return sum(each.state.name == "PRUNED" for each in self.finished)

    @property
    def best(self) -> tuple[Specification, float]:
        """Best pipeline so far, and its UAR in its trial."""
        return self.pipeline(self.study.best_trial.params), float(self.study.best_value)

    def pipeline(self, values: Mapping[str, Any]) -> Specification:
        """Return the pipeline of a trial.

        Parameters
        ----------
        values : mapping
            value of each dimension of the space

        Returns
        -------
        Specification
        """
        return pipeline_of_trial(self.objective.specification, values, self.objective.feature_set)

    def run_one(self) -> None:
        """Sample a trial, run it and store it; an interrupted trial is not stored."""
        import optuna

        self.study.sampler = _sampler(self.objective.search.seed, self.n_finished)
        trial = self.study.ask(_distributions(self.space))
        trial.set_user_attr(_NUMBER, trial.number)
        pipeline = self.pipeline(trial.params)
        same = self._same(pipeline)
        if same is not None:
            trial.report(same.intermediate_values[0], 0)
            complete = same.state is optuna.trial.TrialState.COMPLETE
            self.study.tell(trial, same.value if complete else None, state=same.state)
        else:
            value = self._uar(pipeline, trial)
            pruned = optuna.trial.TrialState.PRUNED
            self.study.tell(trial, value, state=None if value is not None else pruned)
        if self.stored is not None:
            self.stored.add_trial(self.study.trials[-1])

    def _uar(self, pipeline: Specification, trial: "optuna.Trial") -> float | None:
        """UAR pooled over the inner folds; None if the pruner ends the trial after the first of them."""
        objective = self.objective
        drafted, folds = objective.drafted(pipeline), objective.folds
        first = objective.predictions(drafted, folds[:1], 1)
        trial.report(pooled_uar(first), 0)
        if trial.should_prune():
            return None
        rest = [objective.predictions(drafted, folds[1:], objective.search.jobs)] if folds[1:] else []
        return pooled_uar(pd.concat([first, *rest]))

    def _same(self, pipeline: Specification) -> "optuna.trial.FrozenTrial | None":
        """Return the finished trial of an equal pipeline, which has the same result, or None."""
        return next((each for each in self.finished if self.pipeline(each.params) == pipeline), None)


def open_trials(objective: Objective) -> Trials:
    """Read the finished trials of a search from its storage, at most as many as the search has.

    The first trial of a new search is the pipeline with which it starts.

    Parameters
    ----------
    objective : Objective

    Returns
    -------
    Trials
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = resolve_space(objective.specification, objective.feature_set)
    name = study_name(objective.features, objective.manifest, _description(objective, space))
    study = optuna.create_study(direction="maximize", pruner=_pruner())
    stored = None
    if objective.search.storage is not None:
        stored = optuna.create_study(
            storage=objective.search.storage, study_name=name, direction="maximize", load_if_exists=True
        )
        study.add_trials(_continued(stored, objective.search.n_trials))
    if not study.trials:
        start = objective.specification
        study.enqueue_trial(first_trial(start, space, default_parameters(start.model)))
    return Trials(objective, space, name, study, stored)


def _continued(stored: "optuna.Study", n_trials: int) -> "list[optuna.trial.FrozenTrial]":
    """Return one finished trial of each number, from 0 up to the first missing number.

    Two processes that run the same search at once write equal trials with the same number.
    """
    finished = [each for each in stored.get_trials(deepcopy=False) if each.state.is_finished()]
    by_number = {each.user_attrs.get(_NUMBER): each for each in finished}
    return [by_number[number] for number in takewhile(by_number.__contains__, range(n_trials))]


def _description(objective: Objective, space: Space) -> str:
    """JSON of all settings that a trial depends on."""
    start = objective.specification
    parts = {
        "model": start.model,
        "parameters": dict(start.parameters),
        "columns": select_features(start, objective.feature_set),
        "exclude": start.exclude,
        "space": {name: asdict(each) for name, each in space.items()},
        "seed": objective.search.seed,
        "folds": [fold.name for fold in objective.folds],
        "rules": [_STARTUP_TRIALS, _FULL_TRIALS, _KEPT_PERCENT],
        "versions": {"featser": __version__, **library_versions()},
    }
    return json.dumps(parts, sort_keys=True)


def _sampler(seed: int, number: int) -> "optuna.samplers.BaseSampler":
    """Return the sampler of one trial; its seed depends on the number of the trial only."""
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
