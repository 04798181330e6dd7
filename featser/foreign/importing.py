"""Put features of other tools onto the utterances of a manifest."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from featser.audio import content_digest
from featser.corpora import AUDIO_SUFFIXES, Rejected, read_corpus, read_manifest
from featser.errors import InputError, listed
from featser.features import Source, column_names
from featser.foreign.reading import Rows, read_foreign
from featser.table import MANIFEST_COLUMNS, Table, read_table

if TYPE_CHECKING:
    import pandas as pd

_SAME_TIME = 0.02
"""Seconds by which the times of a segment may differ from those of the manifest."""

_TABLE = b"PAR1"


@dataclass(frozen=True, eq=False)
class Imported:
    """Outcome of `import_features`.

    Attributes
    ----------
    table : Table
        the utterances that have features
    unmatched : tuple of str
        names of rows that fit no utterance of the manifest, or more than one
    missing : tuple of str
        utterances of the manifest without features
    left_out : tuple of str
        columns that are no numbers
    rejected : tuple of Rejected
        recordings or rows that the manifest could not use
    """

    table: Table
    unmatched: tuple[str, ...]
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    rejected: tuple[Rejected, ...]


def import_features(
    features: str | Path,
    manifest: str | Path,
    *,
    name: str = "",
    tool: str = "",
    version: str = "",
    own_labels: bool = False,
) -> Imported:
    """Make a feature table of features that another tool computed.

    Rows are assigned by the names of the recordings: by the id of the utterance, or by the path as far as both have it,
    at least by the file name without its ending.

    Parameters
    ----------
    features : str or Path
        as of `read_foreign`
    manifest : str or Path
        folder of a corpus, feature table of the same recordings, or table of labels as of
        `featser.corpora.read_manifest`, whose recordings need not be there
    name : str
        name of the feature set, by default that of the file
    tool, version : str
        tool that computed the features, and its version
    own_labels : bool
        keep labels that are no emotions of the vocabulary

    Returns
    -------
    Imported

    Raises
    ------
    UsageError
        a file does not exist or has another format
    InputError
        a file cannot be read, no row fits an utterance, or several rows fit the same one
    """
    rows = read_foreign(features)
    utterances, rejected = _read_manifest(Path(manifest), own_labels)
    places = _matched(rows, utterances)
    matched = np.flatnonzero(places >= 0)
    if not len(matched):
        first = utterances["path"].iloc[0] if len(utterances) else "nothing"
        raise InputError(
            f"No row of '{features}' (e.g. {rows.names[0] if rows.names else 'none'}) names a recording of "
            f"'{manifest}' (e.g. {first}). Give the manifest of the same recordings."
        )
    _check_once(rows, places[matched], matched, utterances)
    chosen = matched[np.argsort(places[matched])]
    names = [f"feature {each}" if each in MANIFEST_COLUMNS else each for each in rows.features.columns]
    values = rows.features.iloc[chosen].set_axis(list(column_names(names)), axis=1).reset_index(drop=True)
    kept = utterances.iloc[places[chosen]].reset_index(drop=True)
    found = Table.from_frame(_joined(kept, values), name or Path(features).stem)
    source = Source(tool or rows.tool or "another tool", version, sha256=(rows.sha256,))
    return Imported(
        replace(found, feature_set=replace(found.feature_set, source=source)),
        tuple(rows.names[at] for at in np.flatnonzero(places < 0)),
        tuple(utterances["utterance"].drop(utterances.index[places[chosen]])),
        tuple(rows.left_out),
        rejected,
    )


def _joined(manifest: "pd.DataFrame", values: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    return pd.concat([manifest, values], axis=1)


def _read_manifest(path: Path, own_labels: bool) -> "tuple[pd.DataFrame, tuple[Rejected, ...]]":
    """Return the utterances with the digests of their recordings where these are there."""
    if path.is_file():
        with path.open("rb") as file:
            is_table = file.read(len(_TABLE)) == _TABLE
        if is_table:
            table = read_table(path).manifest
            originals = table["derived_from"].isna() if "derived_from" in table else slice(None)
            return table[originals].reset_index(drop=True), ()
    read = read_corpus if path.is_dir() else partial(read_manifest, present=False)
    found = read(path, own_labels=own_labels)
    utterances, files = found.table, [found.root / each for each in found.table["path"]]
    utterances["sha256"] = [content_digest(file) if file.is_file() else None for file in files]
    return utterances, found.rejected


def _matched(rows: Rows, utterances: "pd.DataFrame") -> np.ndarray:
    """Number of the utterance of each row; -1 where none fits, or more than one."""
    by_id = {each: at for at, each in enumerate(utterances["utterance"])}
    by_stem: dict[str, list[int]] = defaultdict(list)
    parts = [_parts(each) for each in utterances["path"]]
    for at, each in enumerate(parts):
        by_stem[each[-1]].append(at)
    spans = utterances.reindex(columns=["start_s", "end_s"]).to_numpy(np.float64)
    return np.array(
        [
            by_id[name] if name in by_id else _best(_parts(name), parts, _in_time(by_stem, name, span, spans))
            for name, span in zip(rows.names, rows.times, strict=True)
        ],
        np.int64,
    )


def _in_time(by_stem: Mapping[str, list[int]], name: str, span: np.ndarray, spans: np.ndarray) -> list[int]:
    """Utterances whose file has this name; of segments, those of this time."""
    found = by_stem.get(_parts(name)[-1], [])
    if not any(np.isfinite(spans[at, 0]) for at in found):
        return found
    return [at for at in found if np.all(np.abs(spans[at] - span) < _SAME_TIME)]


def _best(name: Sequence[str], parts: Sequence[Sequence[str]], candidates: Sequence[int]) -> int:
    """The utterance whose path agrees with a name over most of its last parts; -1 without a single best one."""
    depths = {at: _agreement(name, parts[at]) for at in candidates}
    best = [at for at, depth in depths.items() if depth == max(depths.values())]
    return best[0] if len(best) == 1 else -1


def _agreement(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((depth for depth, (first, second) in enumerate(pairs) if first != second), min(len(one), len(other)))


def _parts(path: str) -> tuple[str, ...]:
    r"""Folders and stem of a path of any system.

    >>> _parts("C:\\audio\\a.b.wav"), _parts("03-01-01")
    (('C:', 'audio', 'a.b'), ('03-01-01',))
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts or ("",)
    stem, dot, suffix = parts[-1].rpartition(".")
    return (*parts[:-1], stem if dot and stem and f".{suffix.lower()}" in AUDIO_SUFFIXES else parts[-1])


def _check_once(rows: Rows, places: np.ndarray, matched: np.ndarray, utterances: "pd.DataFrame") -> None:
    counts = np.bincount(places)
    twice = np.flatnonzero(counts > 1)
    if len(twice):
        at = twice[0]
        names = [rows.names[each] for each in matched[places == at]]
        raise InputError(
            f"{len(twice)} utterances have several rows, e.g. {utterances['utterance'].iloc[at]}: {listed(names, 3)}. "
            "Give one row of features for each recording, not one for each frame."
        )
