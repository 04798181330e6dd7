"""Scores of one pipeline together with the predictions behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from featser.evaluation.records import write_run
from featser.evaluation.runs import Run


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result:
    """Score of one pipeline on unseen speakers, with the predictions that it was computed from.

    Attributes
    ----------
    run : Run
        all scores, and the settings that they were measured with
    predictions : DataFrame
        out-of-fold predictions, one row per tested utterance: ``utterance``, ``corpus``, ``speaker``, ``fold``,
        ``truth``, ``predicted``, and the probability of each emotion in a column ``p_<emotion>``
    left_out : dict
        number of utterances per emotion that the protocol cannot use, because some corpus lacks the emotion
    """

    run: Run
    predictions: pd.DataFrame
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def uar(self) -> float:
        """Unweighted average recall over all out-of-fold predictions, 0 to 1."""
        return self.run.uar

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of `uar` over speakers; None for fewer than three speakers."""
        low, high = self.run.uar_low, self.run.uar_high
        return None if low is None or high is None else (low, high)

    @property
    def results(self) -> "tuple[Result, ...]":
        """All results of the same call, this one last."""
        return (self,)

    def save_run(self, folder: str | Path) -> Path:
        """Write scores and predictions as a run for `featser.report`.

        Parameters
        ----------
        folder : str or Path
            folder of runs, for example ``reports/runs``

        Returns
        -------
        Path
            folder of this run, with ``run.json`` and ``predictions.parquet``
        """
        return write_run(self.run, self.predictions, Path(folder))

    def __repr__(self) -> str:
        """Show what was scored, how, and the UAR with its interval."""
        run = self.run
        what = f"{run.corpus}, {run.pipeline} on {run.features}, {run.protocol}, normalise {run.normalise}"
        interval = f" [{self.interval[0]:.3f}, {self.interval[1]:.3f}]" if self.interval else ""
        return f"<{type(self).__name__}: {what}: UAR {run.uar:.3f}{interval}{', LEAKY' if run.leaky else ''}>"
