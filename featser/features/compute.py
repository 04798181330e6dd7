"""Compute the features of one signal. Only descriptors and functionals that the feature set needs are computed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.audio import Signal
from featser.errors import UsageError
from featser.features.activity import active_frames, speech_span
from featser.features.blocks import BlockSelection, Dimensions, ParsedDescriptor
from featser.features.deltas import delta
from featser.features.descriptors.pitch import track_pitch
from featser.features.feature_set import FeatureSet
from featser.features.frames import Array, Frames
from featser.features.opensmile_sets import opensmile_features
from featser.features.plugins import ensure_loaded, plugin_of
from featser.features.registry import DESCRIPTORS, Functional, Registered
from featser.features.tracks import Tracks
from featser.features.utterance import UTTERANCE_FEATURES

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_BATCH_SIZE = 1 << 21
"""Largest number of values whose functionals are computed together. Most recordings need one batch. In a recording of
ten minutes a batch has about 35 tracks, whose sorted and packed copies need no more memory than the spectra."""

_LONG_FRAMES = 6000
"""Recordings with more frames discard each spectrogram after its last use. The spectrogram of one minute takes 12 MB.
Shorter recordings keep their spectrograms, because some feature sets use them again."""

_MMAP_THRESHOLD = 4 << 20
"""Size in bytes below which glibc reuses freed blocks; most arrays of a recording are smaller."""


def compute_features(signal: Signal, feature_set: FeatureSet) -> Array:
    """Compute the features of one signal.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
        mono at 16 kHz, as `featser.audio.read_signal` returns it
    feature_set : FeatureSet
        features to compute

    Returns
    -------
    Array [shape=(n_features,)]
        in the order of ``feature_set.feature_names``; NaN where a feature is undefined for this signal

    Raises
    ------
    UsageError
        a plugin has changed since the feature set was read, raises an error, or returns a wrong shape or infinity; or
        the features were imported from another tool
    InputError, MissingExtraError
        as of `featser.features.opensmile_sets.opensmile_features`
    """
    if feature_set.columns:
        return opensmile_features(signal, feature_set)
    _raise_mmap_threshold()
    for plugin in feature_set.plugins:
        ensure_loaded(plugin)
    frames = Frames(signal, feature_set.frames)
    selections = feature_set.selections
    span = speech_span(frames) if feature_set.span == "speech" and selections else slice(None)
    tracks = _all_tracks(frames, selections)
    parts = [_statistics(frames, selection, span, tracks) for selection in selections]
    parts += [_utterance_values(frames, name)[kept] for name, kept in feature_set.utterance_selections]
    return np.concatenate(parts)


@cache
def _raise_mmap_threshold() -> None:
    """Free one block of `_MMAP_THRESHOLD` bytes, which raises the dynamic mmap threshold of glibc to this size.

    Below the threshold, recordings reuse the memory of earlier ones. Above it, the arrays of each recording are mapped
    anew, which takes up to a tenth of the time. The block is never written, so it occupies no memory.
    """
    np.empty(_MMAP_THRESHOLD, np.uint8)


def on_one_thread() -> AbstractContextManager[object]:
    """Limit BLAS to one thread, so that results do not depend on the number of cores.

    Returns
    -------
    context manager
        restores the previous number of threads on exit
    """
    limits: AbstractContextManager[object] = _controller().limit(limits=1)
    return limits


@cache
def _controller() -> "ThreadpoolController":
    """Controller of the loaded libraries, cached because finding them takes longer than computing a row."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _all_tracks(frames: Frames, selections: Iterable[BlockSelection]) -> dict[str, Array]:
    """Tracks of the selected descriptors by name, each of shape ``(n_dims, n_frames)``."""
    names = dict.fromkeys(each.base for selection in selections for each in selection.block.parsed_descriptors)
    tracks = {}
    for window in ("short", "long"):  # h1_a3 (long window) needs formants (short window)
        for name in names:
            if DESCRIPTORS[name].window == window:
                tracks[name] = np.atleast_2d(_track(frames, name))
        if frames.n_frames > _LONG_FRAMES:
            frames.discard_power(window)
    return tracks


def _statistics(frames: Frames, selection: BlockSelection, span: slice, known: dict[str, Array]) -> Array:
    """Selected columns of one block, from the tracks of its descriptors."""
    tables = []
    for batch in _batches(selection, frames.n_frames):
        found = _tracks(frames, [descriptor for descriptor, _ in batch], known)
        selected = [tracks[dimensions, span] for tracks, (_, dimensions) in zip(found, batch, strict=True)]
        tables.append(_table(frames, selection.block.statistics, selected, span))
    return np.concatenate(tables)[selection.mask]


def _batches(selection: BlockSelection, n_frames: int) -> Iterator[list[tuple[ParsedDescriptor, Dimensions]]]:
    """Descriptors of a block and their selected dimensions, in batches of about `_BATCH_SIZE` values."""
    batch, n_values = [], 0
    for descriptor, dimensions in zip(selection.block.parsed_descriptors, selection.dimensions, strict=True):
        batch.append((descriptor, dimensions))
        n_values += DESCRIPTORS[descriptor.base].n_dims * n_frames
        if n_values > _BATCH_SIZE:
            yield batch
            batch, n_values = [], 0
    if batch:
        yield batch


def _tracks(frames: Frames, descriptors: list[ParsedDescriptor], known: dict[str, Array]) -> list[Array]:
    """Tracks of descriptors or of their derivatives, each of shape ``(n_dims, n_frames)``.

    Derivatives of the same order and step are computed in one call, since the overhead of a call exceeds its work.
    """
    kinds: dict[tuple[int, int], list[int]] = {}
    for index, each in enumerate(descriptors):
        if each.order:
            step = frames.framing.long_step if DESCRIPTORS[each.base].window == "long" else 1
            kinds.setdefault((each.order, step), []).append(index)
    found = [known[each.base] for each in descriptors]
    for (order, step), indices in kinds.items():
        derived, first = delta(np.concatenate([found[index] for index in indices]), order, step), 0
        for index in indices:
            found[index] = derived[first : first + len(found[index])]
            first += len(found[index])
    return found


def _table(frames: Frames, statistics: Iterable[tuple[str, Functional]], batch: list[Array], span: slice) -> Array:
    """Values of all functionals for all tracks, shape ``(n_tracks, n_functionals)``."""
    all_frames = Tracks(np.concatenate(batch), frames.framing.hop_seconds)
    regions, columns = {"": all_frames}, []
    for region, functional in statistics:
        if region not in regions:
            regions[region] = all_frames.restrict(_frames_of(region, frames)[span])
        columns.append(_checked(functional, partial(functional.compute, regions[region]), all_frames.values.shape[:1]))
    return np.stack(columns, axis=1)


def _track(frames: Frames, name: str) -> Array:
    """Track of a descriptor, shape ``(n_frames,)`` or ``(n_dims, n_frames)``."""
    descriptor = DESCRIPTORS[name]
    shape = (frames.n_frames,) if descriptor.n_dims == 1 else (descriptor.n_dims, frames.n_frames)
    return _checked(descriptor, partial(frames.shared, descriptor.compute), shape)


def _utterance_values(frames: Frames, name: str) -> Array:
    """Values of a group of utterance features, shape ``(n_names,)``."""
    group = UTTERANCE_FEATURES[name]
    return _checked(group, partial(group.compute, frames), (len(group.names),))


def _checked(entry: Registered, compute: Callable[[], Array], shape: tuple[int, ...]) -> Array:
    """Compute, and check the result of a plugin for its shape and for infinity."""
    if entry.builtin:
        return compute()
    try:
        found = np.asarray(compute(), np.float32)
    except Exception as error:
        raise _plugin_error(entry, f"raises {type(error).__name__}: {error}") from error
    if found.shape != shape:
        raise _plugin_error(entry, f"returns shape {found.shape} in place of {shape}")
    if np.isinf(found).any():
        raise _plugin_error(entry, "returns infinity; undefined values must be NaN")
    return found


def _plugin_error(entry: Registered, fault: str) -> UsageError:
    plugin = plugin_of(entry)
    where = plugin.location if plugin else entry.compute.__module__
    return UsageError(
        f"'{entry.name}' of {where} {fault}. Correct it; 'featser features --plugin FILE --check' shows details."
    )


def _frames_of(region: str, frames: Frames) -> NDArray[np.bool_]:
    """Frames of a region, shape ``(n_frames,)``; ``unvoiced`` frames are active but not voiced."""
    active = frames.shared(active_frames)
    if region == "active":
        return active
    voiced = np.isfinite(frames.shared(track_pitch).hz)
    return voiced if region == "voiced" else active & ~voiced
