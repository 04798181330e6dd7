"""The comparison as Markdown."""

import re
from collections.abc import Sequence

from featser.evaluation import Run
from featser.report.groups import Apart, Group, comparison, differences
from featser.report.words import (
    INTERVAL,
    LEAD_MEANING,
    NEVER_ACROSS,
    OTHER_SCORES,
    STAMP,
    SYNTHETIC_MEANING,
    UAR,
    UAR_DEFINITION,
    headline,
    normalisation_words,
    notes,
    protocol_words,
    row_name,
    size_words,
)

_SCORES = (UAR, INTERVAL, *OTHER_SCORES)


def comparison_text(runs: Sequence[Run]) -> str:
    """Comparison tables of all runs, in Markdown; the same text for the same runs in any order."""
    groups = comparison(runs)
    apart = differences(runs)
    meanings = [f"- {column.title}: {column.meaning}." for column in OTHER_SCORES]
    parts = [
        "# Comparison of all runs",
        UAR_DEFINITION,
        NEVER_ACROSS,
        *("\n\n".join(_section(group, groups, apart)) for group in groups),
        "## What the columns mean",
        "\n".join([*meanings, f"- sign test: {LEAD_MEANING}."]),
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
        _table(group, apart),
        *([remarks] if remarks else []),
    ]


def _table(group: Group, apart: Apart) -> str:
    titles = ["rank", "pipeline", "features", *(column.title for column in _SCORES)]
    lines = [titles, ["---:", "---", "---", *["---:"] * len(_SCORES)]]
    for rank, run in zip(group.ranks, group.runs, strict=True):
        row = [STAMP if rank is None else str(rank), escaped(row_name(run, apart)), escaped(run.features)]
        scores = [column.value(run) for column in _SCORES]
        if rank == 1:
            row[1], scores[0] = f"**{row[1]}**", f"**{scores[0]}**"
        lines.append(row + scores)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _remark(kind: str, text: str) -> str:
    return f"**{escaped(text)}**" if kind == "alarm" else escaped(text)
