"""The comparison as Markdown."""

import re
from collections.abc import Sequence

from featser.evaluation import Run
from featser.reporting.columns import DETAILS, INTERVAL, RANKING, UAR, Column, verdict_columns
from featser.reporting.groups import Apart, Group, comparison, differences
from featser.reporting.shortcuts import (
    NEW_TEXT_MEANING,
    PREMIUM_MEANING,
    leak_details,
    leak_name,
    new_texts,
    premium_summary,
    premiums,
)
from featser.reporting.words import (
    NEVER_ACROSS,
    STAMP,
    SYNTHETIC_MEANING,
    UAR_DEFINITION,
    headline,
    meanings,
    normalisation_words,
    notes,
    protocol_words,
    row_name,
    size_words,
)


def comparison_text(runs: Sequence[Run]) -> str:
    """Comparison tables of all runs, in Markdown; the same text for the same runs in any order."""
    groups = comparison(runs)
    apart = differences(runs)
    honest = [group for group in groups if not group.leaky]
    leaky = [group for group in groups if group.leaky]
    parts = [
        "# Comparison of all runs",
        UAR_DEFINITION,
        NEVER_ACROSS,
        *("\n\n".join(_section(group, groups, apart)) for group in honest),
        *_new_texts(runs, apart),
        *_premiums(runs),
        *("\n\n".join(_section(group, groups, apart)) for group in leaky),
        "## What the columns mean",
        "\n".join(f"- {title}: {meaning}." for title, meaning in meanings()),
    ]
    return "\n\n".join(parts) + "\n"


def plain(name: str) -> str:
    """Return a name from elsewhere without line breaks and control characters."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)


def escaped(words: str) -> str:
    r"""Return words that Markdown shows as they are.

    >>> print(escaped("a|b <i> my_name"))
    a\|b &lt;i> my_name
    """
    safe = re.sub(r"([\\|`*\[\]~#]|(?<!\w)_|_(?!\w))", r"\\\1", plain(words))
    return safe.replace("&", "&amp;").replace("<", "&lt;")


def _section(group: Group, groups: Sequence[Group], apart: Apart) -> list[str]:
    stamp = f" - {STAMP}" if group.leaky else ""
    synthetic = [f"**{SYNTHETIC_MEANING}**"] if group.synthetic else []
    remarks = "\n".join(f"- {_remark(note.kind, note.text)}" for note in notes(group, groups, apart))
    return [
        f"## {escaped(headline(group))}{stamp}",
        *synthetic,
        f"{escaped(size_words(group))}.",
        f"{escaped(protocol_words(group.protocol))} {escaped(normalisation_words(group))}",
        _ranking(group, apart),
        *([remarks] if remarks else []),
        "Precision, what the probabilities are worth, and what an answer costs:",
        _details(group, apart),
    ]


def _ranking(group: Group, apart: Apart) -> str:
    columns = (UAR, INTERVAL, *verdict_columns(group), *RANKING)
    rows = []
    for rank, run in zip(group.ranks, group.runs, strict=True):
        row = [STAMP if rank is None else str(rank), *_row(run, apart, columns)]
        if rank == 1:
            row[1], row[3] = f"**{row[1]}**", f"**{row[3]}**"
        rows.append(row)
    return _table(["rank", "pipeline", "features", *(column.title for column in columns)], rows, names=(1, 2))


def _details(group: Group, apart: Apart) -> str:
    titles = ["pipeline", "features", *(column.title for column in DETAILS)]
    return _table(titles, [_row(run, apart, DETAILS) for run in group.runs], names=(0, 1))


def _row(run: Run, apart: Apart, columns: Sequence[Column]) -> list[str]:
    return [escaped(row_name(run, apart)), escaped(run.features), *(column.value(run) for column in columns)]


def _new_texts(runs: Sequence[Run], apart: Apart) -> list[str]:
    """Figures of speakers beside those of speakers and sentences, where there are any."""
    pairs = new_texts(runs)
    if not pairs:
        return []
    titles = ["corpus", "normalisation", "pipeline", "features", "new speaker", "and new sentence", "less"]
    rows = [
        [
            *map(escaped, (pair.both.corpus, pair.both.normalise, row_name(pair.both, apart), pair.both.features)),
            *(f"{score:.3f}" for score in (pair.speaker.uar, pair.both.uar, pair.speaker.uar - pair.both.uar)),
        ]
        for pair in pairs
    ]
    return ["## When the sentence is new too", NEW_TEXT_MEANING, _table(titles, rows, names=(0, 1, 2, 3))]


def _premiums(runs: Sequence[Run]) -> list[str]:
    """What each shortcut would have pretended, where some run took one."""
    found = premiums(runs)
    parts = [f"## What shortcuts would have pretended - {STAMP}", PREMIUM_MEANING] if found else []
    titles = ["shortcut", "pretended", "honest", "premium", "what it was allowed to see"]
    for same in found:
        run = same[0].leaky
        rows = [
            [
                f"{STAMP}: {escaped(leak_name(each.leaky))}",
                *(f"{score:.3f}" for score in (each.leaky.uar, each.honest.uar)),
                f"{each.premium:+.3f}",
                escaped(leak_details(each.leaky)),
            ]
            for each in same
        ]
        where = f"{run.corpus}, normalisation {run.normalise}, {run.pipeline} on {run.features}"
        parts += [f"### {escaped(where)}", escaped(premium_summary(same)), _table(titles, rows, names=(0, 4))]
    return parts


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[int]) -> str:
    """Markdown that lines up as plain text too; the columns of ``names`` to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    ruler = ["-" * max(width, 3) if at in names else "-" * max(width - 1, 2) + ":" for at, width in enumerate(widths)]
    lines = [
        [
            cell.ljust(len(rule)) if at in names else cell.rjust(len(rule))
            for at, (cell, rule) in enumerate(zip(line, ruler, strict=True))
        ]
        for line in (titles, *rows)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], ruler, *lines[1:]))


def _remark(kind: str, text: str) -> str:
    return f"**{escaped(text)}**" if kind == "alarm" else escaped(text)
