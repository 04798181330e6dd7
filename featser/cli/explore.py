"""``featser explore``: pictures of feature tables."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.extract import RAW
from featser.cli.fit import only_table
from featser.cli.outputs import check_folder
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import print_json, tell

if TYPE_CHECKING:
    from featser.explore import Descriptor, Exploration

EXPLORED = Path("reports/explore")


def explore(
    tables: Annotated[
        list[Path] | None, typer.Argument(help="Feature tables; without any, the one in data/features/.")
    ] = None,
    corpus_dir: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of the recordings, to draw typical ones; may be repeated. Default: those in data/raw/."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the page and of effects.csv.")] = EXPLORED,
    plugin: PluginPlaces = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Draw what tables contain: balance, effects of emotions, typical recordings, maps.

    Effects of emotions are tested within speakers. The page has no scripts and makes no requests.
    """
    from featser.errors import UsageError

    check_folder(out)
    for folder in corpus_dir or []:
        if not folder.is_dir():
            raise UsageError(f"No folder at '{folder}'. Name the folder of the recordings: --corpus-dir FOLDER.")
    from featser.explore import explore as find
    from featser.explore import write_exploration
    from featser.table import read_table

    load_plugins(plugin)
    table = read_table(tables or [only_table()])
    found = find(table, corpus_dir or sorted(RAW.glob("[!.]*/")))
    page, effects = write_exploration(found, out)
    if not any(clip.png for clip in found.clips):
        tell("The recordings were not found, so they are not drawn. Name their folder: --corpus-dir FOLDER.")
    if found.projection.umap is None:
        tell("UMAP is not drawn. Install it: pip install 'featser[explore]'.")
    if as_json:
        print_json(_document(found) | {"page": str(page), "effects": str(effects)})
    else:
        _show(found)
        sys.stdout.write(f"page: {page}\neffects: {effects}\n")


def _document(found: "Exploration") -> dict[str, Any]:
    manifest, (families, similarity) = found.table.manifest, found.families
    return {
        "corpus": found.table.corpus,
        "features": found.table.feature_set.name,
        "n_utterances": len(manifest),
        "n_copies": found.n_copies,
        "n_speakers": int(manifest["speaker"].nunique()),
        "n_features": len(found.effects),
        "by": found.by,
        "counts": {
            name: {
                row: dict(zip(each.columns, counts, strict=True))
                for row, counts in zip(each.rows, each.counts, strict=True)
            }
            for name, each in found.crossings.items()
        },
        "combinations": [
            {"name": each.name, "counts": each.counts, "left_out": each.left_out} for each in found.combinations
        ],
        "durations_s": {name: list(box) for name, box in found.durations.items()},
        "n_different": found.n_different,
        "neighbours": {name: {"alike": alike, "chance": chance} for name, (alike, chance) in found.neighbours.items()},
        "descriptors": [_descriptor(each) for each in found.descriptors],
        "families": {"names": families, "similarity": similarity.round(6).tolist()},
        "explained": list(found.projection.explained[:2]),
        "umap": found.projection.umap is not None,
        "clips": [
            {"group": each.group, "utterance": each.utterance, "path": each.path, "drawn": bool(each.png)}
            for each in found.clips
        ],
    }


def _descriptor(each: "Descriptor") -> dict[str, Any]:
    def known(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "feature": each.column.name,
        "family": each.column.family,
        "eta2_within_speakers": known(each.within),
        "p": known(each.p),
        "eta2": {name: known(value) for name, value in each.eta2.items()},
        "cliffs_delta": {name: known(value) for name, value in each.deltas.items()},
        "percentiles": {name: list(box) for name, box in each.boxes.items()},
    }


def _show(found: "Exploration") -> None:
    from featser.explore.exploring import PLURALS

    sizes = [f"{len(groups)} {PLURALS[name]}" for name, (_, groups) in found.colours.items()]
    sys.stdout.write(f"{found.table.corpus}: {', '.join([f'{len(found.table)} utterances', *sizes])}\n")
    if found.test.p is not None:
        sys.stdout.write(
            f"{found.n_different} of {len(found.effects)} features differ between emotions within "
            f"{found.test.n_speakers} speakers (p < 0.05, adjusted)\n"
        )
    for name, (alike, chance) in found.neighbours.items():
        sys.stdout.write(f"near utterances have the same {name}: {alike:.0%} (by chance {chance:.0%})\n")
