"""The rankings as LaTeX tables."""

from collections.abc import Sequence

from featser.evaluation import Run
from featser.reporting.groups import Apart, Group, comparison, distinctions
from featser.reporting.measures import difference_words, interval_words
from featser.reporting.names import unique_names
from featser.reporting.words import STAMP, row_name

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}
_HEAD = (
    "% Rankings of featser, one table for each comparison. Needs \\usepackage{booktabs}.",
    "% UAR: unweighted average recall, in brackets its 95\\% interval (bootstrap over speakers).",
)


def latex_tables(runs: Sequence[Run]) -> str:
    """Write the ranking of each comparison as a LaTeX table.

    Parameters
    ----------
    runs : sequence of Run
        in any order; the text does not depend on it

    Returns
    -------
    str
        tables for the package ``booktabs``
    """
    groups, apart = comparison(runs), distinctions(runs)
    names = unique_names(groups, apart)
    return "\n\n".join(["\n".join(_HEAD), *(_table(group, apart, names.group(group)) for group in groups)]) + "\n"


def escaped(words: str) -> str:
    r"""Escape the characters that have a meaning in LaTeX.

    >>> print(escaped("C_1 & 50%"))
    C\_1 \& 50\%
    """
    return "".join(_SPECIAL.get(each, each) if each.isprintable() else " " for each in words)


def _table(group: Group, apart: Apart, name: str) -> str:
    titles = ["pipeline", "features", "UAR", "95\\% interval", "to best", "WAR", "macro-F1"]
    differences = ["-", *map(difference_words, group.to_best)] if group.to_best else ["-"] * len(group.runs)
    rows = [
        [
            *map(escaped, (row_name(run, apart), run.features)),
            *(f"{run.uar:.3f}", interval_words(run), difference, f"{run.war:.3f}", f"{run.macro_f1:.3f}"),
        ]
        for run, difference in zip(group.runs, differences, strict=True)
    ]
    stamp = f" {STAMP}: not for new speakers." if group.leaky else ""
    return "\n".join(
        [
            "\\begin{table}",
            f"\\caption{{{escaped(name)}.{stamp}}}",
            "\\begin{tabular}{llrlrrr}",
            "\\toprule",
            *(f"{' & '.join(row)} \\\\" for row in [titles]),
            "\\midrule",
            *(f"{' & '.join(row)} \\\\" for row in rows),
            "\\bottomrule",
            "\\end{tabular}",
            "\\end{table}",
        ]
    )
