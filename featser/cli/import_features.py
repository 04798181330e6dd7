"""``featser import``: features of another tool as a feature table."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.extract import TABLES
from featser.cli.outputs import check_output
from featser.cli.terminal import PARTIAL, print_json, tell, tell_rejected


def import_features(
    features: Annotated[
        Path | None, typer.Argument(help="CSV, ARFF, Parquet, NPZ, NPY with names in a text file, or a folder of NPY.")
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="Folder of the corpus, table of labels, or a feature table of the recordings."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The table; by default data/features/CORPUS-NAME.parquet.")] = None,
    name: Annotated[str, typer.Option(help="Name of the feature set; by default that of the file.")] = "",
    tool: Annotated[str, typer.Option(help="Tool that computed the features, e.g. openSMILE.")] = "",
    tool_version: Annotated[str, typer.Option(help="Version of the tool.")] = "",
    own_labels: Annotated[bool, typer.Option(help="Keep the labels as they are, whatever they are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make a feature table of features that another tool computed.

    fit, report and explore take it as any other. predict refuses models of it: featser cannot compute the features.
    Rows without an utterance, and utterances without a row, are listed, and the exit code is 4.
    """
    from featser.errors import UsageError

    check_output(out or TABLES / "table.parquet", ".parquet")
    if features is None or manifest is None:
        raise UsageError("Which features of which recordings? featser import FEATURES --manifest FOLDER.")
    from featser.corpora import Rejected
    from featser.foreign import import_features as read
    from featser.table import write_table

    found = read(features, manifest, name=name, tool=tool, version=tool_version, own_labels=own_labels)
    table, source = found.table, found.table.feature_set.source
    path = out or TABLES / f"{table.corpus}-{table.feature_set.name}.parquet"
    write_table(table, path)
    if found.left_out:
        tell(f"Left out, not numbers: {', '.join(found.left_out)}.")
    unused = [Rejected(each, "no utterance of this name, or several") for each in found.unmatched]
    unused += [Rejected(each, "no features") for each in found.missing]
    tell_rejected([*found.rejected, *unused])
    if as_json:
        print_json(
            {
                "table": str(path),
                "n_utterances": len(table),
                "n_features": table.features.shape[1],
                "features": table.feature_set.name,
                "tool": source.tool if source else "",
                "tool_version": source.version if source else "",
                "sha256": list(source.sha256) if source else [],
                "left_out": list(found.left_out),
                "rejected": [{"path": each.path, "reason": each.reason} for each in [*found.rejected, *unused]],
            }
        )
    else:
        sys.stdout.write(
            f"{path}: {len(table)} utterances x {table.features.shape[1]} features of {source.tool if source else ''} "
            f"('{table.feature_set.name}')\n"
        )
    if found.rejected or unused:
        raise typer.Exit(PARTIAL)


import_features.__name__ = "import"  # name of the command; a function cannot be called so
