"""Names of comparisons and runs that occur once on the page, and the anchors of runs."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from featser.evaluation import Run
from featser.reporting.groups import Apart, Group
from featser.reporting.words import headline


@dataclass(frozen=True)
class Names:
    """Names that no two comparisons and no two runs of a report share.

    Attributes
    ----------
    groups : dict
        name of a run -> name of its comparison
    runs : dict
        name of a run -> pipeline with its distinctions, features and comparison
    """

    groups: dict[str, str]
    runs: dict[str, str]

    def group(self, group: Group) -> str:
        """Name of a comparison."""
        return self.groups[group.runs[0].run]

    def run(self, run: Run) -> str:
        """Name of a run."""
        return self.runs[run.run]


def unique_names(groups: Sequence[Group], apart: Apart) -> Names:
    """Name comparisons by corpus, protocol and normalisation, and by their sizes where these are equal.

    Parameters
    ----------
    groups : sequence of Group
        all comparisons of the report
    apart : dict
        as `featser.reporting.groups.distinctions` returns it

    Returns
    -------
    Names
    """
    times = Counter(headline(group) for group in groups)
    of_runs: dict[str, str] = {}
    seen = Counter[str]()
    for group in groups:
        name = headline(group) + (", LEAKY" if group.leaky else "")
        if times[headline(group)] > 1:
            first = group.runs[0]
            name += f", {first.n_utterances:,} utterances, {len(first.classes)} emotions"
        seen[name] += 1
        name += f" ({seen[name]})" if seen[name] > 1 else ""
        of_runs |= {run.run: name for run in group.runs}
    runs = {
        run.run: f"{' '.join([run.pipeline, ', '.join(apart[run.run])]).rstrip()} on {run.features}, {of_runs[run.run]}"
        for group in groups
        for run in group.runs
    }
    return Names(of_runs, runs)


def anchors(runs: Sequence[Run]) -> dict[str, str]:
    """Give each run an anchor made of its name, which stays the same when other runs are added.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    dict of str to str
        name of a run -> its ``id`` on the page
    """
    found: dict[str, str] = {}
    for name in sorted(run.run for run in runs):
        anchor = f"run-{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}"
        found[name] = anchor if anchor not in found.values() else f"{anchor}-{len(found)}"
    return found
