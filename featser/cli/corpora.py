"""``featser corpora``: the corpora that featser reads."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from featser.cli.outputs import check_folder
from featser.cli.terminal import console, print_json, progress_bar, tell
from featser.errors import UsageError

if TYPE_CHECKING:
    from featser.corpora import Corpus


def corpora(
    name: Annotated[
        str | None, typer.Argument(help="One corpus in full: a name, or a TOML file of your own. Or 'fetch'.")
    ] = None,
    fetched: Annotated[
        str | None, typer.Argument(help="After 'fetch': the corpus to download.", metavar="NAME")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="With 'fetch': folder for corpora, by default data/raw.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, as in data/README.md.")] = False,
) -> None:
    """List the corpora: size, emotions, speakers, licence, where to get them, how files are named, known oddities.

    'featser corpora fetch NAME' downloads one whose licence allows it.
    """
    from featser.corpora import CORPORA, find_corpus, known_corpora

    if out:
        check_folder(out)
    if name == "fetch":
        _fetch(fetched, out or Path("data/raw"), as_json)
        return
    if fetched:
        raise UsageError(f"One corpus at a time: featser corpora {name}. To download one: featser corpora fetch NAME.")
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


def _fetch(name: str | None, out: Path, as_json: bool) -> None:
    from featser.corpora import find_corpus, read_corpus
    from featser.corpora.fetch import fetch

    if name is None:
        raise UsageError("Which corpus? featser corpora fetch NAME; 'featser corpora' lists them.")
    corpus = find_corpus(name)
    for each in corpus.download:
        tell(f"{corpus.name}, {corpus.licence}: {each.url}")
    with progress_bar("downloading (MB)") as progress:
        folder = fetch(corpus, out, lambda done, total: progress(done // 1_000_000, total // 1_000_000))
    manifest = read_corpus(folder, corpus)
    found = {"corpus": corpus.name, "folder": str(folder), "n_utterances": len(manifest.utterances)}
    if as_json:
        print_json({**found, "published": corpus.n_utterances, "rejected": len(manifest.rejected)})
    else:
        published = f" of {corpus.n_utterances} published ones" if corpus.n_utterances else ""
        sys.stdout.write(f"{folder}: {found['n_utterances']} recordings{published}. Next: featser extract {folder}\n")


def _document(corpus: "Corpus") -> dict[str, Any]:
    best = corpus.best_known
    return {
        "name": corpus.name,
        "title": corpus.title,
        "n_utterances": corpus.n_utterances,
        "n_speakers": corpus.n_speakers,
        "emotions": sorted(set(corpus.emotions.values())),
        "labels": dict(corpus.emotions),
        "language": corpus.language,
        "audio": corpus.audio,
        "licence": corpus.licence,
        "home": corpus.home,
        "download": [each.url for each in corpus.download],
        "citation": corpus.citation,
        "example": corpus.example,
        "layouts": list(corpus.layouts),
        "clean": list(corpus.clean),
        "published_folds": [list(fold) for fold in corpus.published_folds],
        "best_known": best and {"uar": best.uar, "n_emotions": best.n_emotions, "source": best.source},
        "unverified": list(corpus.unverified),
        "oddities": list(corpus.oddities),
    }


def _facts(corpus: "Corpus") -> dict[str, str]:
    """Title of each fact -> its text, with a mark where the fact is not verified."""
    best = corpus.best_known
    rows = {
        "size": (_size(corpus), ("n_utterances", "n_speakers", "language")),
        "emotions": (", ".join(sorted(set(corpus.emotions.values()))) or "none", ("emotions",)),
        "recordings": (corpus.audio or "not stated", ("audio",)),
        "files": (f"`{corpus.example}`", ("example", "file_name", "layouts")),
        "cleaning": (", ".join(corpus.clean) or "none", ()),
        "published folds": (corpus.published_source or "none that are speaker-disjoint", ()),
        "best known": (f"UAR {best.uar:.2f} of {best.n_emotions} emotions, {best.source}" if best else "none", ()),
        "licence": (corpus.licence, ("licence",)),
        "from": (corpus.home, ("home",)),
        "download": (f"`featser corpora fetch {corpus.name}`" if corpus.download else "by hand", ("download",)),
        "cite": (corpus.citation, ("citation",)),
    }
    return {
        title: text + (" (unverified)" if set(fields) & set(corpus.unverified) else "")
        for title, (text, fields) in rows.items()
    }


def _show_all(corpora: "list[Corpus]") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("corpus", "utterances", "speakers", "emotions", "language", "example"):
        side: Literal["left", "right"] = "right" if column in ("utterances", "speakers", "emotions") else "left"
        table.add_column(column, justify=side, overflow="fold", no_wrap=column == "corpus")
    for each in corpora:
        counts = (each.n_utterances, each.n_speakers, len(set(each.emotions.values())))
        table.add_row(each.name, *(str(count) if count else "-" for count in counts), each.language, each.example)
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
        "'Unverified' facts are from publications or other programs, and were not checked against the recordings.",
    ]
    for corpus in corpora:
        lines += [
            "",
            f"## {corpus.name}: {corpus.title}",
            "",
            "| | |",
            "|---|---|",
            *(f"| {title} | {text} |" for title, text in _facts(corpus).items()),
            "",
            *(f"- {oddity}" for oddity in corpus.oddities),
        ]
    return "\n".join(lines) + "\n"


def _size(corpus: "Corpus") -> str:
    n_utterances, n_speakers = corpus.n_utterances or "unknown number of", corpus.n_speakers or "unknown number of"
    return f"{n_utterances} utterances, {n_speakers} speakers, language {corpus.language or 'not stated'}"


def _show_one(corpus: "Corpus") -> None:
    labels = ", ".join(f"{label} = {emotion}" for label, emotion in corpus.emotions.items())
    facts = {"labels": labels, **_facts(corpus)} if labels else _facts(corpus)
    lines = [
        f"{corpus.name}: {corpus.title}",
        *(f"  {title:<16}{text.replace('`', '')}" for title, text in facts.items()),
        *(f"  {'note':<16}{oddity}" for oddity in corpus.oddities),
    ]
    console().print("\n".join(lines), markup=False)
