"""``featser extract``: recordings -> one feature table, through the cache."""

import sys
import time
from dataclasses import dataclass
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
        list[Path] | None,
        typer.Option(
            help="A table of your own (CSV, Parquet) with the columns path, emotion, speaker; or a label track."
        ),
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="A column of the table: speaker=caller_id; may be repeated.")
    ] = None,
    template: Annotated[
        str, typer.Option(help="How the recordings are named, e.g. '{speaker}_{emotion}_{take}.wav'.")
    ] = "",
    labels: Annotated[
        Path | None, typer.Option(help='A file that translates labels: TOML lines label = "emotion", or CSV.')
    ] = None,
    unlabelled: Annotated[
        bool, typer.Option(help="Take recordings without labels too, to explore or adapt to.")
    ] = False,
    features: Annotated[
        str, typer.Option(help="A feature set by name, a TOML file, or egemaps or compare of openSMILE.")
    ] = "wide",
    plugin: PluginPlaces = None,
    clean: Annotated[
        list[str] | None, typer.Option(help="A cleaning step before the features, such as high-pass; may be repeated.")
    ] = None,
    copies: Annotated[
        list[str] | None,
        typer.Option(
            help="Add a changed copy of each recording, to train on only: speed-0.95, noise-10:FOLDER, pitch-2, "
            "codec-gsm and others; may be repeated. 'voices' is four: speed-0.9, 0.95, 1.05 and 1.1."
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
    from featser.features import OPENSMILE_LICENCE, find_feature_set

    start, where = time.perf_counter(), Backend(backend, jobs, scheduler)
    check_output(out or TABLES / "table.parquet", ".parquet")
    load_plugins(plugin)
    feature_set = find_feature_set(features)
    if feature_set.source:
        tell(OPENSMILE_LICENCE)
    options = Naming(columns or [], template, labels, unlabelled, own_labels)
    manifests = read_manifests(paths, corpus, manifest, options)
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
    _tell_raters(manifests)
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


@dataclass(frozen=True)
class Naming:
    """How tables and names state the labels."""

    columns: list[str]
    template: str
    labels: Path | None
    unlabelled: bool
    own_labels: bool

    def read(self, source: Path) -> "Manifest":
        """Read the manifest of a table, or of a folder."""
        from featser.corpora import parse_columns, read_label_map, read_manifest

        return read_manifest(
            source,
            self.own_labels,
            columns=parse_columns(self.columns),
            template=self.template if source.is_dir() else "",
            labels=read_label_map(self.labels) if self.labels else None,
            unlabelled=self.unlabelled,
        )

    def by_name(self, folder: Path, reader: "str | Corpus | FolderPerClass") -> "Manifest":
        """Read the manifest of a folder whose names or folders follow a known scheme."""
        from featser.corpora import FOLDER_PER_CLASS, read_corpus, read_folder_per_class, read_label_map
        from featser.errors import UsageError

        if self.labels is None:
            return read_corpus(folder, reader, self.own_labels)
        if reader not in (FOLDER_PER_CLASS, FOLDER_PER_CLASS.name):
            raise UsageError(
                f"--labels goes with --manifest, --template or --corpus folder; the labels of '{folder}' are known."
            )
        return read_folder_per_class(folder, self.own_labels, read_label_map(self.labels))


def read_manifests(
    paths: list[Path] | None, corpus: str, tables: list[Path] | None, naming: Naming
) -> "list[Manifest]":
    """Read the manifests of folders and tables; without any, those of the folders in `RAW`.

    Parameters
    ----------
    paths, tables : list of Path or None
        folders of recordings, and tables of one's own
    corpus : str
        name of a corpus, ``folder``, ``auto``, or a TOML file
    naming : Naming
        how tables and names state the labels

    Returns
    -------
    list of Manifest
    """
    from featser.errors import InputError, UsageError

    if naming.columns and not tables:
        raise UsageError("--map tells which columns of a table are meant. Give the table: --manifest FILE.csv.")
    folders = list(paths or [])
    if not folders and not tables:
        folders = sorted(each for each in RAW.glob("[!.]*") if each.is_dir()) if RAW.is_dir() else []
        if not folders:
            raise InputError(f"No corpora in {RAW}/. Put a corpus folder there, or name one: featser extract FOLDER.")
    if naming.template or (naming.unlabelled and corpus == "auto"):
        return [naming.read(each) for each in [*folders, *(tables or [])]]
    by_name = [naming.by_name(folder, _reader(folder, corpus)) for folder in folders]
    return [*by_name, *(naming.read(table) for table in tables or [])]


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


def _tell_raters(manifests: "list[Manifest]") -> None:
    """Tell how far the raters agree, where several rated the recordings."""
    from featser.corpora import agreement_of, fleiss_kappa, votes_of

    votes = [votes_of(each.votes) for manifest in manifests for each in manifest.utterances if each.votes]
    if votes:
        shares = [agreement_of(each) or 0.0 for each in votes]
        kappa = fleiss_kappa(votes)
        more = "" if kappa is None else f", Fleiss' kappa {kappa:.2f}"
        tell(f"{len(votes)} recordings were rated: the mean agreement is {sum(shares) / len(votes):.2f}{more}.")
