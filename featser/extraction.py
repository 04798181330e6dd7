"""Manifests + feature set -> feature table, through the cache and over the cores."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from featser.audio import SAMPLE_RATE, find_cleaner, read_signal
from featser.cache import (
    Cache,
    Row,
    default_cache,
    feature_key,
    read_rows,
    remembered_digests,
    write_recipe,
    write_rows,
)
from featser.corpora import Manifest, Rejected, Utterance
from featser.errors import InputError, UnreadableAudioError, UsageError, listed
from featser.features import FeatureSet, compute_features
from featser.table import assemble_table

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 32
"""Recordings per task: large enough that dispatch costs nothing, small enough for a smooth progress bar."""

_SHARD = 512
"""Rows computed before they are written to the cache; an interruption loses fewer."""

_SERIAL_BELOW = 300
"""Fewer recordings than this are done before a second process has started."""

Progress = Callable[[int, int], None]
"""Called with the number of recordings done and to do."""

Result = Row | str
"""A row, or the reason why there is none."""


@dataclass(frozen=True)
class Workload:
    """What to compute from each recording, and where the rows are kept."""

    feature_set: FeatureSet
    clean: tuple[str, ...]
    cache: Cache

    @property
    def key(self) -> str:
        """Key of the rows in the cache."""
        return feature_key(self.feature_set, self.clean)


@dataclass(frozen=True)
class Extraction:
    """What `extract` found: the table, and an account of every recording that it was given.

    ``computed`` counts utterances whose row was not known before this run, ``cached`` those whose row was.
    """

    table: "pa.Table"
    rejected: tuple[Rejected, ...]
    computed: int
    cached: int
    audio_seconds: float


class NothingUsableError(InputError):
    """Every recording was rejected; ``rejected`` has all of them with their reasons."""

    def __init__(self, rejected: Sequence[Rejected]):
        self.rejected = tuple(rejected)
        reasons = [f"{Path(each.path).name}: {each.reason}" for each in rejected]
        what = f"None of {len(rejected)} recordings can be used: {listed(reasons, 3)}" if rejected else "No recordings"
        super().__init__(f"{what}. Give a folder that holds sound .wav or .flac files.")


def extract(
    manifests: Sequence[Manifest],
    feature_set: FeatureSet,
    clean: Iterable[str] = (),
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Extraction:
    """Compute the features of every recording that the cache does not hold yet.

    Parameters
    ----------
    clean : iterable of str
        cleaning steps, besides those that a corpus asks for
    jobs : int, optional
        processes; all cores by default. Small jobs stay in this process whatever it says.
    cache : Cache, optional
        the user's own by default

    Raises
    ------
    NothingUsableError
        not one recording could be used; it lists them all
    """
    steps = tuple(dict.fromkeys([*clean, *(step for manifest in manifests for step in manifest.clean)]))
    for step in steps:
        find_cleaner(step)
    work = Workload(feature_set, steps, cache or default_cache())
    files = _files(manifests)
    digests = remembered_digests(work.cache, list(files.values()))
    rows = read_rows(work.cache, work.key, digests.values())
    missing = {digests.get(file, str(file)): file for file in files.values() if digests.get(file) not in rows}
    if missing:
        write_recipe(work.cache, feature_set, steps)
    reasons: dict[str, str] = {}
    for digest, result in _compute_and_keep(missing, work, jobs, progress):
        if isinstance(result, Row):
            rows[digest] = result
        else:
            reasons[digest] = result
    refused = {file: reasons[key] for file in files.values() if (key := digests.get(file, str(file))) in reasons}
    rejected = _rejected(manifests, refused)
    kept = {utterance: rows[digests[file]] for utterance, file in files.items() if file not in refused}
    if not kept:
        raise NothingUsableError(rejected)
    computed = sum(digests[files[utterance]] in missing for utterance in kept)
    return Extraction(
        table=assemble_table(kept, feature_set, steps),
        rejected=rejected,
        computed=computed,
        cached=len(kept) - computed,
        audio_seconds=sum(row.seconds for row in kept.values()),
    )


def _files(manifests: Sequence[Manifest]) -> dict[Utterance, Path]:
    """Where each utterance lies, in the order of their ids, which must be unique."""
    counts = Counter(each.utterance for manifest in manifests for each in manifest.utterances)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise UsageError(f"{len(twice)} utterances appear twice: {listed(twice, 3)}. Name each folder once.")
    files = {each: manifest.file(each) for manifest in manifests for each in manifest.utterances}
    return {each: files[each] for each in sorted(files, key=lambda each: each.utterance)}


def _rejected(manifests: Sequence[Manifest], refused: Mapping[Path, str]) -> tuple[Rejected, ...]:
    """Files that the corpus refuses by name, then those that the audio reader refuses."""
    by_name = [
        Rejected(str(manifest.root / each.path), each.reason) for manifest in manifests for each in manifest.rejected
    ]
    return (*by_name, *(Rejected(str(file), reason) for file, reason in refused.items()))


def _compute_and_keep(
    missing: Mapping[str, Path], work: Workload, jobs: int | None, progress: Progress | None
) -> Iterator[tuple[str, Result]]:
    """Compute rows and hand them to the cache in shards; what is finished is kept whatever happens."""
    done = 0
    waiting: dict[str, Row] = {}
    try:
        for chunk in _computed_chunks(list(missing.items()), work, jobs):
            waiting.update((digest, result) for digest, result in chunk if isinstance(result, Row))
            yield from chunk
            done += len(chunk)
            if progress:
                progress(done, len(missing))
            if len(waiting) >= _SHARD:
                write_rows(work.cache, work.key, waiting)
                waiting = {}
    finally:
        write_rows(work.cache, work.key, waiting)


def _computed_chunks(
    items: list[tuple[str, Path]], work: Workload, jobs: int | None
) -> Iterator[list[tuple[str, Result]]]:
    chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
    if jobs == 1 or len(items) < _SERIAL_BELOW:
        yield from (_compute_chunk(chunk, work.feature_set, work.clean) for chunk in chunks)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=jobs or -1, return_as="generator_unordered")
    yield from parallel(delayed(_compute_chunk)(chunk, work.feature_set, work.clean) for chunk in chunks)


def _compute_chunk(
    chunk: Sequence[tuple[str, Path]], feature_set: FeatureSet, clean: tuple[str, ...]
) -> list[tuple[str, Result]]:
    """Rows of some recordings; one BLAS thread, so that sums do not depend on the number of cores."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return [(digest, _compute_row(file, feature_set, clean)) for digest, file in chunk]


def _compute_row(file: Path, feature_set: FeatureSet, clean: tuple[str, ...]) -> Result:
    try:
        signal = read_signal(file, clean)
    except UnreadableAudioError as error:
        return error.reason
    return Row(len(signal) / SAMPLE_RATE, compute_features(signal, feature_set))
