"""``featser manifest``: a first table of one's own recordings, to edit."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from featser.atomic import atomic_write
from featser.cli.outputs import check_output
from featser.cli.terminal import tell
from featser.errors import UsageError


def manifest(
    folder: Annotated[Path | None, typer.Argument(help="Folder of recordings.")] = None,
    template: Annotated[
        str, typer.Option(help="How the recordings are named, e.g. '{speaker}_{emotion}_{take}.wav'.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="The table, a new CSV file; by default it is printed.")] = None,
) -> None:
    """Write a first table of your recordings, one row each, to edit and pass to 'featser extract --manifest'."""
    from featser.corpora.draft import draft_manifest

    if out:
        check_output(out, ".csv")
    if folder is None:
        raise UsageError("Which recordings? featser manifest FOLDER --out FILE.csv.")
    if out and out.exists():
        raise UsageError(f"'{out}' exists already and may be edited. Give another name, or delete it.")
    text, how = draft_manifest(folder, template, out.parent if out else Path())
    if out is None:
        sys.stdout.write(text)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(out) as temporary:
            temporary.write_text(text, encoding="utf-8-sig")  # spreadsheets recognise UTF-8 by this mark
        tell(f"{out}: {text.count(chr(10)) - 1} rows. Next: fill in speaker and emotion, then extract --manifest {out}")
    tell(f"{folder}: {how}.")
