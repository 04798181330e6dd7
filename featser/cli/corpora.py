"""``featser corpora``: the corpora that featser reads."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.terminal import console, print_json

if TYPE_CHECKING:
    from featser.corpora import Corpus


def corpora(
    name: Annotated[str | None, typer.Argument(help="One corpus in full: a name, or a TOML file of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, as in data/README.md.")] = False,
) -> None:
    """List the corpora: size, emotions, speakers, licence, where to get them, how files are named, known oddities."""
    from featser.corpora import CORPORA, find_corpus, known_corpora

    chosen = [find_corpus(name)] if name else list((CORPORA if as_markdown else known_corpora()).values())
    if as_json:
        documents = [_document(each) for each in chosen]
        print_json(documents[0] if name else documents)
    elif as_markdown:
        sys.stdout.write(_markdown(chosen))
    elif name:
        _show_one(chosen[0])
    else:
        _show_all(chosen)


def _document(corpus: "Corpus") -> dict[str, Any]:
    return {
        "name": corpus.name,
        "title": corpus.title,
        "n_utterances": corpus.n_utterances,
        "n_speakers": corpus.n_speakers,
        "emotions": sorted(set(corpus.emotions.values())),
        "labels": dict(corpus.emotions),
        "language": corpus.language,
        "licence": corpus.licence,
        "home": corpus.home,
        "citation": corpus.citation,
        "example": corpus.example,
        "clean": list(corpus.clean),
        "published_folds": [list(fold) for fold in corpus.published_folds],
        "oddities": list(corpus.oddities),
    }


def _show_all(corpora: "list[Corpus]") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("corpus", "utterances", "speakers", "emotions", "language", "example"):
        table.add_column(column, justify="right" if column in ("utterances", "speakers", "emotions") else "left")
    for each in corpora:
        n_emotions = len(set(each.emotions.values()))
        table.add_row(
            each.name, str(each.n_utterances), str(each.n_speakers), str(n_emotions), each.language, each.example
        )
    console().print(table)
    sys.stdout.write(
        "\nMore about one: featser corpora NAME. Your own recordings: a folder per emotion (--corpus folder),\n"
        "a CSV with the columns path, emotion, speaker (--manifest FILE.csv), or a declaration of how the files\n"
        "are named (--corpus FILE.toml, see docs/own-corpus.md).\n"
    )


def _markdown(corpora: "list[Corpus]") -> str:
    """Facts on all corpora as a Markdown page."""
    lines = [
        "# Data",
        "",
        "Made by `featser corpora --markdown`. Recordings go to `data/raw/`, one folder per corpus; feature tables",
        "are written to `data/features/`. Neither is committed. `data/toy/` holds a small corpus of synthetic voices.",
    ]
    for corpus in corpora:
        emotions = ", ".join(sorted(set(corpus.emotions.values())))
        lines += [
            "",
            f"## {corpus.name}: {corpus.title}",
            "",
            "| | |",
            "|---|---|",
            f"| size | {_size(corpus)} |",
            f"| emotions | {emotions} |",
            f"| files | `{corpus.example}` |",
            f"| cleaning | {', '.join(corpus.clean) or 'none'} |",
            f"| published folds | {corpus.published_source or 'none that are speaker-disjoint'} |",
            f"| licence | {corpus.licence} |",
            f"| from | {corpus.home} |",
            f"| cite | {corpus.citation} |",
            "",
            *(f"- {oddity}" for oddity in corpus.oddities),
        ]
    return "\n".join(lines) + "\n"


def _size(corpus: "Corpus") -> str:
    n_utterances, n_speakers = corpus.n_utterances or "unknown number of", corpus.n_speakers or "unknown number of"
    return f"{n_utterances} utterances, {n_speakers} speakers, language {corpus.language or 'not stated'}"


def _show_one(corpus: "Corpus") -> None:
    document = _document(corpus)
    labels = ", ".join(f"{label} = {emotion}" for label, emotion in corpus.emotions.items())
    lines = [
        f"{corpus.name}: {corpus.title}",
        f"  size      {_size(corpus)}",
        f"  labels    {labels}",
        f"  files     {corpus.example}",
        f"  cleaning  {', '.join(corpus.clean) or 'none'}",
        f"  folds     {corpus.published_source or 'no published folds that are speaker-disjoint'}",
        f"  licence   {corpus.licence}",
        f"  from      {corpus.home}",
        f"  cite      {corpus.citation}",
        *(f"  note      {oddity}" for oddity in document["oddities"]),
    ]
    console().print("\n".join(lines), markup=False)
