"""``featser extract``: recordings -> one feature table, through the cache."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.outputs import check_output
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import PARTIAL, compile_first, print_json, progress_bar, tell, tell_rejected

if TYPE_CHECKING:
    from featser.corpora import Corpus, FolderPerClass, Manifest
    from featser.extraction import Extraction

RAW = Path("data/raw")
TABLES = Path("data/features")


def extract(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Folders of recordings; without any, every folder in data/raw/.")
    ] = None,
    corpus: Annotated[
        str, typer.Option(help="How the files are named: a name from 'featser corpora', folder, or a TOML file.")
    ] = "auto",
    manifest: Annotated[
        list[Path] | None, typer.Option(help="A CSV of your own with the columns path, emotion, speaker.")
    ] = None,
    features: Annotated[str, typer.Option(help="A feature set by name, or a TOML file.")] = "wide",
    plugin: PluginPlaces = None,
    clean: Annotated[
        list[str] | None, typer.Option(help="A cleaning step before the features; may be repeated.")
    ] = None,
    copies: Annotated[
        list[str] | None,
        typer.Option(
            help="Add a changed copy of each recording, to train on only: speed-0.95; may be repeated. "
            "'voices' is four: 0.9, 0.95, 1.05 and 1.1."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The table; by default data/features/CORPUS-SET.parquet.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers; one per core by default.", min=-1)] = None,
    backend: Annotated[str, typer.Option(help="Where to compute: loky (processes), threading or dask.")] = "loky",
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler; without it, dask starts a cluster on this machine.")
    ] = "",
    own_labels: Annotated[bool, typer.Option(help="Keep the labels as they are, whatever they are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compute the features of recordings and write them to one table.

    Rows that were computed before come from the cache. Recordings that cannot be used are listed with the reason.
    """
    from featser.extraction import Backend, NothingUsableError, extract_to
    from featser.features import find_feature_set

    start, where = time.perf_counter(), Backend(backend, jobs, scheduler)
    check_output(out or TABLES / "table.parquet", ".parquet")
    load_plugins(plugin)
    feature_set = find_feature_set(features)
    manifests = _manifests(paths, corpus, manifest, own_labels)
    compile_first([feature_set], jobs)
    name = "+".join(sorted({each.corpus for each in manifests}))
    table = out or TABLES / f"{name}-{feature_set.name}.parquet"
    try:
        with progress_bar("extracting") as progress:
            found = extract_to(
                table, manifests, feature_set, clean=clean or (), copies=copies or (), backend=where, progress=progress
            )
    except NothingUsableError as error:
        tell_rejected(error.rejected)
        raise
    summary = _summary(found, table, len(feature_set.feature_names), time.perf_counter() - start)
    tell_rejected(found.rejected)
    _tell_copies(manifests)
    if as_json:
        print_json(summary)
    else:
        sys.stdout.write(
            "{table}: {n_utterances} utterances x {n_features} features "
            "({computed} computed, {cached} from the cache; {audio_s:.0f} s of audio in {seconds:.1f} s)\n".format(
                **summary
            )
        )
    if found.rejected:
        raise typer.Exit(PARTIAL)


def _summary(found: "Extraction", table: Path, n_features: int, seconds: float) -> dict[str, Any]:
    return {
        "table": str(table),
        "n_utterances": found.n_utterances,
        "n_features": n_features,
        "computed": found.computed,
        "cached": found.cached,
        "rejected": [{"path": each.path, "reason": each.reason} for each in found.rejected],
        "audio_s": round(found.audio_seconds, 3),
        "seconds": round(seconds, 3),
    }


def _manifests(paths: list[Path] | None, corpus: str, tables: list[Path] | None, own_labels: bool) -> "list[Manifest]":
    from featser.corpora import read_corpus, read_manifest
    from featser.errors import InputError

    folders = list(paths or [])
    if not folders and not tables:
        folders = sorted(each for each in RAW.glob("[!.]*") if each.is_dir()) if RAW.is_dir() else []
        if not folders:
            raise InputError(f"No corpora in {RAW}/. Put a corpus folder there, or name one: featser extract FOLDER.")
    by_name = [read_corpus(folder, _reader(folder, corpus), own_labels) for folder in folders]
    return [*by_name, *(read_manifest(table, own_labels) for table in tables or [])]


def _reader(folder: Path, corpus: str) -> "str | Corpus | FolderPerClass":
    """Return the corpus of a folder; tell which one was recognised."""
    from featser.corpora import recognise

    if corpus != "auto":
        return corpus
    found = recognise(folder)
    tell(f"{folder}: {found.reason}.")
    return found.reader


def _tell_copies(manifests: "list[Manifest]") -> None:
    n_copies = sum(len(each.skipped) for each in manifests)
    if n_copies:
        tell(f"{n_copies} second copies of the same files were left out.")
