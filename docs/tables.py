"""Fill in tables of the documentation from the registries, where a page says ``<!-- table: NAME -->``."""

import re
from collections.abc import Callable, Iterable

from featser.audio import CHANGES, CLEANERS
from featser.corpora import CORPORA
from featser.evaluation import NORMALISATIONS, PROTOCOLS
from featser.features import DESCRIPTORS, FUNCTIONALS, feature_sets
from featser.models import MODELS
from featser.pipeline import specification_for


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace every mark by its table; mkdocs calls this for each page."""
    return re.sub(r"<!-- table: ([a-z-]+) -->", lambda mark: TABLES[mark[1]](), markdown)


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Write a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def protocols() -> str:
    """Table of protocols."""
    return table(("protocol", "split"), ((f"`{name}`", text) for name, text in PROTOCOLS.items()))


def normalisations() -> str:
    """Table of normalisations."""
    return table(("normalisation", "meaning"), ((f"`{name}`", text) for name, text in NORMALISATIONS.items()))


def models() -> str:
    """Table of models."""
    return table(("model", "classifier"), ((f"`{name}`", specification_for(name).title) for name in MODELS))


def corpora() -> str:
    """Table of corpora."""
    head = ("corpus", "title", "utterances", "speakers", "emotions")
    rows = (
        (f"`{each.name}`", each.title, each.n_utterances, each.n_speakers, len(set(each.emotions.values())))
        for each in CORPORA.values()
    )
    return table(head, rows)


def sets() -> str:
    """Table of feature sets."""
    rows = ((f"`{name}`", f"{len(each.feature_names):,}", each.title) for name, each in feature_sets().items())
    return table(("set", "features", "content"), rows)


def descriptors() -> str:
    """Table of low-level descriptors."""
    rows = ((f"`{each.name}`", each.family, each.n_dims, each.unit, each.summary) for each in DESCRIPTORS.values())
    return table(("descriptor", "family", "dimensions", "unit", "meaning"), rows)


def functionals() -> str:
    """Table of functionals."""
    return table(("functional", "meaning"), ((f"`{each.name}`", each.summary) for each in FUNCTIONALS.values()))


def cleaning() -> str:
    """Table of cleaning steps."""
    rows = (
        (f"`{name}`", each.meaning, f"`featser[{each.extra}]`" if each.extra else "") for name, each in CLEANERS.items()
    )
    return table(("step", "what it does", "needs"), rows)


def changes() -> str:
    """Table of changes of recordings."""
    return table(("example", "what the copy is"), ((f"`{each.example}`", each.meaning) for each in CHANGES.values()))


TABLES: dict[str, Callable[[], str]] = {
    "changes": changes,
    "cleaning": cleaning,
    "corpora": corpora,
    "descriptors": descriptors,
    "feature-sets": sets,
    "functionals": functionals,
    "models": models,
    "normalisations": normalisations,
    "protocols": protocols,
}
