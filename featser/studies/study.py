"""Result of a study: one question about a corpus and a pipeline, answered by a table and a picture."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

FORMAT = 1
PICTURES = ("bars", "curve", "scatter", "matrix")


@dataclass(frozen=True)
class Drawing:
    """How the picture of a study is drawn from its table.

    Attributes
    ----------
    kind : str
        ``bars``: one bar per row; ``curve``: a line over a number, one for each series; ``scatter``: one dot per row
        over a number; ``matrix``: a heat map. Intervals are drawn where the table has ``<y>_low`` and ``<y>_high``
    x : str
        column across: a name for ``bars`` and ``matrix`` (columns), a number for ``curve`` and ``scatter``
    y : str
        column of the values, by default the UAR
    series : str
        column of the lines of a curve, of the labels of a scatter, or of the rows of a matrix; empty for none
    reference : float or None
        value that is drawn as a dashed line, usually chance
    title_x : str
        title of the axis across; by default the title of the column
    log_x : bool
        logarithmic axis across, for positive numbers
    """

    kind: str
    x: str
    y: str = "uar"
    series: str = ""
    reference: float | None = None
    title_x: str = ""
    log_x: bool = False


@dataclass(frozen=True, eq=False)
class Study:
    """Result of a study.

    Attributes
    ----------
    name : str
        key in `featser.studies.STUDIES`
    title, question : str
        heading, and one sentence
    corpora : tuple of str
        tested corpora
    table : DataFrame
        one row per point. Where they apply: ``uar``, ``uar_low`` and ``uar_high`` (its 95 % interval over speakers;
        NaN where there is none), ``n_utterances`` and ``n_speakers`` that were tested
    drawing : Drawing
        the picture
    about : mapping
        settings: ``model``, ``features``, ``protocol``, ``normalise``, ``seed``, ``versions``, ``code``, ``command``,
        and whatever else the points have in common
    remarks : tuple of str
        sentences on what the table shows, and how to read it
    """

    name: str
    title: str
    question: str
    corpora: tuple[str, ...]
    table: pd.DataFrame
    drawing: Drawing
    about: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; missing numbers are None.

        Returns
        -------
        dict
        """
        whole = self.table.astype(object).where(self.table.notna(), None)
        rows = [[_plain(value) for value in row] for row in whole.to_numpy()]
        return {
            "format": FORMAT,
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "corpora": list(self.corpora),
            "columns": list(self.table.columns),
            "rows": rows,
            "drawing": asdict(self.drawing),
            "about": dict(self.about),
            "remarks": list(self.remarks),
        }


def study_from(values: Mapping[str, Any]) -> Study:
    """Return the study of plain values; the inverse of `Study.to_dict`.

    Parameters
    ----------
    values : mapping
        as `Study.to_dict` returns them

    Returns
    -------
    Study

    Raises
    ------
    KeyError, TypeError, ValueError
        something is missing, of another kind, or from another version
    """
    if values["format"] != FORMAT:
        raise ValueError(f"format {values['format']} instead of {FORMAT}")
    table = pd.DataFrame([list(row) for row in values["rows"]], columns=list(map(str, values["columns"])))
    drawing = Drawing(**values["drawing"])
    needed = {drawing.x, drawing.y} | ({drawing.series} if drawing.series else set())
    if drawing.kind not in PICTURES or not needed <= set(table.columns):
        raise ValueError(f"no picture of kind '{drawing.kind}' can be drawn from {', '.join(sorted(needed))}")
    name, title, question = (str(values[each]) for each in ("name", "title", "question"))
    corpora, remarks = (tuple(map(str, values[each])) for each in ("corpora", "remarks"))
    return Study(name, title, question, corpora, table, drawing, dict(values["about"]), remarks)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
