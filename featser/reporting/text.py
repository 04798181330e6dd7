"""The comparison as Markdown."""

import re
from collections.abc import Sequence

from featser.evaluation import Run
from featser.reporting.groups import Apart, Group, comparison, distinctions
from featser.reporting.measures import DETAILS, INTERVAL, RANKING, UAR, Measure, comparison_measures
from featser.reporting.pairs import (
    NEW_TEXT_MEANING,
    PREMIUM_MEANING,
    Premium,
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
    TITLE,
    UAR_DEFINITION,
    chosen_rows,
    headline,
    meanings,
    normalisation_words,
    notes,
    outdated_words,
    protocol_words,
    row_name,
    size_words,
)


def comparison_text(runs: Sequence[Run]) -> str:
    """Write the comparison of all runs in Markdown.

    Parameters
    ----------
    runs : sequence of Run
        in any order; the text does not depend on it

    Returns
    -------
    str
        a whole document
    """
    groups = comparison(runs)
    apart = distinctions(runs)
    honest = [group for group in groups if not group.leaky]
    leaky = [group for group in groups if group.leaky]
    parts = [
        f"# {TITLE}",
        UAR_DEFINITION,
        NEVER_ACROSS,
        *_outdated(runs),
        *("\n\n".join(_section(group, groups, apart)) for group in honest),
        *_new_texts(runs, apart),
        *_premiums(runs),
        *("\n\n".join(_section(group, groups, apart)) for group in leaky),
        "## What the columns mean",
        "\n".join(f"- {title}: {meaning}." for title, meaning in meanings()),
    ]
    return "\n\n".join(parts) + "\n"


def plain(name: str) -> str:
    """Replace line breaks and control characters, which names from files may contain."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)


def escaped(words: str) -> str:
    r"""Escape the characters that have a meaning in Markdown.

    >>> print(escaped("a|b <i> my_name"))
    a\|b &lt;i> my_name
    """
    safe = re.sub(r"([\\|`*\[\]~#]|(?<!\w)_|_(?!\w))", r"\\\1", plain(words))
    return safe.replace("&", "&amp;").replace("<", "&lt;")


def _outdated(runs: Sequence[Run]) -> list[str]:
    """Paragraphs about runs that were made by other code or libraries."""
    parts = []
    for words, names in outdated_words(runs):
        listed = "\n".join(f"- {escaped(name)}" for name in names)
        parts += [f"**{escaped(words)}**", *([listed] if listed else [])]
    return parts


def premium_table(pairs: Sequence[Premium]) -> tuple[list[str], list[list[str]]]:
    """Titles and cells of the table of leaks.

    Parameters
    ----------
    pairs : sequence of Premium
        of one pipeline

    Returns
    -------
    titles, rows : list of str, list of lists
        leak, utterances tested with it and honestly, both UARs, their difference, and what training was allowed to see
    """
    titles = ["leak", "tested", "UAR", "honest: tested", "honest: UAR", "premium", "what training saw"]
    rows = [
        [
            f"{STAMP}: {leak_name(each.leaky)}",
            *(f"{each.leaky.n_utterances:,}", UAR.value(each.leaky)),
            *(f"{each.honest.n_utterances:,}", UAR.value(each.honest)),
            f"{each.value:+.3f}",
            leak_details(each.leaky),
        ]
        for each in pairs
    ]
    return titles, rows


def _section(group: Group, groups: Sequence[Group], apart: Apart) -> list[str]:
    stamp = f" - {STAMP}" if group.leaky else ""
    synthetic = [f"**{SYNTHETIC_MEANING}**"] if group.synthetic else []
    remarks = "\n".join(f"- {_remark(note.kind, note.text)}" for note in notes(group, groups, apart))
    return [
        f"## {escaped(headline(group))}{stamp}",
        *synthetic,
        f"{escaped(size_words(group))}.",
        f"{escaped(protocol_words(group))} {escaped(normalisation_words(group))}",
        _ranking(group, apart),
        *([remarks] if remarks else []),
        "Precision, probabilities and cost:",
        _details(group, apart),
        *_chosen(group, apart),
    ]


def _ranking(group: Group, apart: Apart) -> str:
    columns = (UAR, INTERVAL, *comparison_measures(group), *RANKING)
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


def _chosen(group: Group, apart: Apart) -> list[str]:
    """Table of the parameters that tuning chose in each fold, where some run of the group was tuned."""
    tuned = [(row_name(run, apart), row) for run in group.runs for row in chosen_rows(run)]
    if not tuned:
        return []
    rows = [list(map(escaped, (name, *row))) for name, row in tuned]
    titles = ["pipeline", "fold", "inner UAR", "parameters", "features left out"]
    return ["Parameters that tuning chose:", _table(titles, rows, names=(0, 1, 3, 4))]


def _row(run: Run, apart: Apart, columns: Sequence[Measure]) -> list[str]:
    return [escaped(row_name(run, apart)), escaped(run.features), *(column.value(run) for column in columns)]


def _new_texts(runs: Sequence[Run], apart: Apart) -> list[str]:
    """Section on new sentences; empty without such runs."""
    pairs = new_texts(runs)
    if not pairs:
        return []
    titles = ["corpus", "normalisation", "pipeline", "features", "new speaker", "and new sentence", "difference"]
    rows = [
        [
            *map(escaped, (pair.both.corpus, pair.both.normalise, row_name(pair.both, apart), pair.both.features)),
            *(UAR.value(pair.speaker), UAR.value(pair.both), f"{pair.both.uar - pair.speaker.uar:+.3f}"),
        ]
        for pair in pairs
    ]
    return ["## When the sentence is new too", NEW_TEXT_MEANING, _table(titles, rows, names=(0, 1, 2, 3))]


def _premiums(runs: Sequence[Run]) -> list[str]:
    """Section on leaks; empty without leaky runs that have an honest twin."""
    found = premiums(runs)
    parts = [f"## What leaks add to a score - {STAMP}", PREMIUM_MEANING] if found else []
    for same in found:
        run = same[0].leaky
        titles, rows = premium_table(same)
        where = f"{run.corpus}, normalisation {run.normalise}, {run.pipeline} on {run.features}"
        cells = [[escaped(cell) for cell in row] for row in rows]
        parts += [f"### {escaped(where)}", escaped(premium_summary(same)), _table(titles, cells, names=(0, 6))]
    return parts


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[int]) -> str:
    """Markdown table, aligned as plain text; the columns in ``names`` to the left, the others to the right."""
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
