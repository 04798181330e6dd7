"""Read ARFF, the format of Weka, which openSMILE writes: numeric, text and nominal attributes, dense rows."""

import csv
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_ATTRIBUTE = re.compile(r"""@attribute\s+('(?:[^'\\]|\\.)*'|"[^"]*"|\S+)\s+(.+)""", re.IGNORECASE)
_NUMBERS = ("numeric", "real", "integer")


def read_arff(text: str) -> "tuple[str, pd.DataFrame]":
    r"""Read the text of an ARFF file.

    Parameters
    ----------
    text : str
        the whole file

    Returns
    -------
    relation : str
        name of the relation
    table : DataFrame
        numeric attributes as numbers, NaN for ``?``; the others as text

    Raises
    ------
    ValueError
        it is not ARFF; the message says where

    References
    ----------
    Witten, Frank, Hall and Pal, Data Mining, 4th edition, 2017, sec. 2.4 (attribute-relation file format).

    Examples
    --------
    >>> read_arff("@relation r\n@attribute name string\n@attribute f0 numeric\n@data\n'a.wav',1.5")[1].to_numpy()
    array([['a.wav', 1.5]], dtype=object)
    """
    import pandas as pd

    relation, names, kinds = "", [], []
    lines = enumerate(text.splitlines(), 1)
    for number, line in lines:
        word = line.strip()
        if word.lower().startswith("@relation"):
            relation = word[len("@relation") :].strip()
        elif word.lower().startswith("@attribute"):
            found = _ATTRIBUTE.fullmatch(word)
            if found is None:
                raise ValueError(f"line {number} is no attribute: {word[:60]}")
            names.append(found[1].strip("'\""))
            kinds.append(found[2].strip().lower())
        elif word.lower().startswith("@data"):
            break
    if not names:
        raise ValueError("it has no attributes")
    rows = _data(lines, len(names))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return relation, pd.concat([_column(*each) for each in zip(names, kinds, columns, strict=True)], axis=1)


def _data(lines: "enumerate[str]", n_columns: int) -> list[list[str]]:
    rows = []
    for number, line in lines:
        word = line.strip()
        if not word or word.startswith("%"):
            continue
        if word.startswith("{"):
            raise ValueError(f"line {number} is a sparse row; only dense rows are read")
        row = next(csv.reader([word], quotechar='"' if word.startswith('"') else "'", skipinitialspace=True))
        if len(row) != n_columns:
            raise ValueError(f"line {number} has {len(row)} values for {n_columns} attributes")
        rows.append(row)
    return rows


def _column(name: str, kind: str, cells: tuple[str, ...]) -> "pd.Series":
    import pandas as pd

    if kind not in _NUMBERS:
        return pd.Series(cells, name=name, dtype="object")
    return pd.Series([np.nan if cell.strip() == "?" else float(cell) for cell in cells], name=name, dtype="float64")
