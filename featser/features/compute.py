"""One signal in, one row of numbers out; only what the columns of the set need is computed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.audio import Signal
from featser.errors import UsageError
from featser.features.activity import active, speech_span
from featser.features.blocks import Dimensions, Part, Share
from featser.features.deltas import delta
from featser.features.descriptors.pitch import track_pitch
from featser.features.feature_set import FeatureSet
from featser.features.frames import Array, Frames
from featser.features.plugins import load_again, plugin_of
from featser.features.registry import DESCRIPTORS, Functional, Registered
from featser.features.tracks import Tracks
from featser.features.utterance import UTTERANCE_FEATURES

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_AT_ONCE = 1 << 21
"""Values whose functionals are computed at once: of most recordings all, of one of ten minutes three dozen tracks,
whose copies in order and without gaps then take no more memory than its spectra."""

_LONG = 6000
"""Frames from which spectrograms are let go of when no track needs them any more: of a minute they take 12 MB. Those of
most recordings are kept, for a few sets ask for them again."""

_KEPT = 4 << 20
"""Bytes of a block that glibc is taught to keep; the arrays of most recordings are smaller."""


def compute_features(signal: Signal, feature_set: FeatureSet) -> Array:
    """One signal in, one row of numbers out.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
        mono at 16 kHz, as `featser.audio.read_signal` returns it

    Returns
    -------
    Array [shape=(n_features,)]
        in the order of ``feature_set.feature_names``; NaN where a feature is undefined for this signal

    Raises
    ------
    UsageError
        a plugin fails, or returns another shape than it declares; or another tool computed these features
    """
    if feature_set.columns:
        raise UsageError(
            f"The features '{feature_set.name}' come from another tool and cannot be computed from a recording. "
            "Give rows of features."
        )
    _keep_freed_memory()
    for plugin in feature_set.plugins:
        load_again(plugin)
    frames = Frames(signal, feature_set.frames)
    shares = feature_set.shares
    span = speech_span(frames) if feature_set.span == "speech" and shares else slice(None)
    tracks = _all_tracks(frames, shares)
    parts = [_statistics(frames, share, span, tracks) for share in shares]
    parts += [_numbers(frames, name)[wanted] for name, wanted in feature_set.groups]
    return np.concatenate(parts)


def load_loops(feature_set: FeatureSet) -> None:
    """Compute the features of a second of buzz, so that the compiled loops are there when they are wanted.

    A set with plugins is left alone: they shall hear nothing that is not a recording.
    """
    if not feature_set.plugins:
        compute_features(np.tile(np.linspace(-0.5, 0.5, 80, dtype=np.float32), 200), feature_set)


@cache
def _keep_freed_memory() -> None:
    """Free one large block, once, from which glibc learns to keep blocks up to that size when they are freed.

    Else the arrays of each recording go back to the system and are asked for again, page by page, by the next one,
    which takes up to a tenth of the time. The block is not touched, so it takes no memory.
    """
    np.empty(_KEPT, np.uint8)


def on_one_thread() -> AbstractContextManager[object]:
    """Keep matrix products to one thread, so that sums do not depend on the number of cores.

    To look for the libraries takes longer than to compute a row, so it is done once for all recordings.
    """
    limits: AbstractContextManager[object] = _controller().limit(limits=1)
    return limits


@cache
def _controller() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _all_tracks(frames: Frames, shares: Iterable[Share]) -> dict[str, Array]:
    """Tracks of descriptors, each of shape ``(n_dims, n_frames)``."""
    names = dict.fromkeys(base for share in shares for _, base, _ in share.block.parts)
    tracks = {}
    for window in ("short", "long"):  # some of the long window read formants, which are of the short one
        for name in names:
            if DESCRIPTORS[name].window == window:
                tracks[name] = np.atleast_2d(_track(frames, name))
        if frames.n_frames > _LONG:
            frames.forget(window)
    return tracks


def _statistics(frames: Frames, share: Share, span: slice, known: dict[str, Array]) -> Array:
    """Columns of one block, from the tracks of descriptors."""
    tables = []
    for batch in _batches(share, frames.n_frames):
        found = _tracks(frames, [part for part, _ in batch], known)
        wanted = [tracks[dimensions, span] for tracks, (_, dimensions) in zip(found, batch, strict=True)]
        tables.append(_table(frames, share.block.statistics, wanted, span))
    return np.concatenate(tables)[share.wanted]


def _batches(share: Share, n_frames: int) -> Iterator[list[tuple[Part, Dimensions]]]:
    """Parts of a block with the dimensions that are wanted of each, as many at a time as memory allows."""
    batch, n_values = [], 0
    for part, dimensions in zip(share.block.parts, share.dimensions, strict=True):
        batch.append((part, dimensions))
        n_values += DESCRIPTORS[part[1]].n_dims * n_frames
        if n_values > _AT_ONCE:
            yield batch
            batch, n_values = [], 0
    if batch:
        yield batch


def _tracks(frames: Frames, parts: list[Part], known: dict[str, Array]) -> list[Array]:
    """Tracks of descriptors or of their derivatives, each of shape ``(n_dims, n_frames)``.

    Derivatives of one kind are taken of all tracks at once: one by one, asking for them takes longer than they do.
    """
    kinds: dict[tuple[int, int], list[int]] = {}
    for place, (_, base, order) in enumerate(parts):
        if order:
            step = frames.framing.long_step if DESCRIPTORS[base].window == "long" else 1
            kinds.setdefault((order, step), []).append(place)
    found = [known[base] for _, base, _ in parts]
    for (order, step), places in kinds.items():
        derived, first = delta(np.concatenate([found[place] for place in places]), order, step), 0
        for place in places:
            found[place] = derived[first : first + len(found[place])]
            first += len(found[place])
    return found


def _table(frames: Frames, statistics: Iterable[tuple[str, Functional]], batch: list[Array], span: slice) -> Array:
    """Every functional of every track, shape ``(n_tracks, n_functionals)``."""
    everywhere = Tracks(np.concatenate(batch), frames.framing.hop_seconds)
    parts, columns = {"": everywhere}, []
    for region, functional in statistics:
        if region not in parts:
            parts[region] = everywhere.restrict(_frames_of(region, frames)[span])
        columns.append(_checked(functional, partial(functional.compute, parts[region]), everywhere.values.shape[:1]))
    return np.stack(columns, axis=1)


def _track(frames: Frames, name: str) -> Array:
    """Track of a descriptor, shape ``(n_frames,)`` or ``(n_dims, n_frames)``."""
    descriptor = DESCRIPTORS[name]
    shape = (frames.n_frames,) if descriptor.n_dims == 1 else (descriptor.n_dims, frames.n_frames)
    return _checked(descriptor, partial(frames.shared, descriptor.compute), shape)


def _numbers(frames: Frames, name: str) -> Array:
    """Numbers of a group of features of the utterance."""
    group = UTTERANCE_FEATURES[name]
    return _checked(group, partial(group.compute, frames), (len(group.names),))


def _checked(entry: Registered, compute: Callable[[], Array], shape: tuple[int, ...]) -> Array:
    """Compute; what a plugin gives is looked at, for nobody else has tested it."""
    if entry.builtin:
        return compute()
    try:
        found = np.asarray(compute(), np.float32)
    except Exception as error:
        raise _complaint(entry, f"raises {type(error).__name__}: {error}") from error
    if found.shape != shape:
        raise _complaint(entry, f"gives shape {found.shape} where {shape} was announced")
    if np.isinf(found).any():
        raise _complaint(entry, "gives infinity; it would be NaN where something is undefined")
    return found


def _complaint(entry: Registered, fault: str) -> UsageError:
    plugin = plugin_of(entry)
    where = plugin.place if plugin else entry.compute.__module__
    return UsageError(
        f"'{entry.name}' of {where} {fault}. Mend it; 'featser features --plugin FILE --check' tells more."
    )


def _frames_of(region: str, frames: Frames) -> NDArray[np.bool_]:
    """Frames that belong to a region."""
    speaking = frames.shared(active)
    if region == "active":
        return speaking
    voiced = np.isfinite(frames.shared(track_pitch).hz)
    return voiced if region == "voiced" else speaking & ~voiced
