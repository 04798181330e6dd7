"""One labelled recording, as a corpus or a table of labels describes it."""

from typing import NamedTuple


class Utterance(NamedTuple):
    """One labelled recording; None means that a value is not known."""

    utterance: str
    """``<corpus>/<stem>``, unique in its manifest"""
    path: str
    """POSIX path relative to the manifest's root"""
    corpus: str
    speaker: str | None
    """``<corpus>/<id>``, so that two corpora never share a speaker by accident"""
    emotion: str | None
    """word of the vocabulary, or the user's own label; None in recordings without labels"""
    native_label: str | None
    """the label as the corpus itself spells it"""
    sex: str | None = None
    """female or male"""
    age: float | None = None
    """years"""
    language: str | None = None
    """ISO 639-1 code"""
    text: str | None = None
    """code of the sentence: equal codes, equal words"""
    intensity: str | None = None
    take: str | None = None
    channel: str | None = None
    """speech or song"""
    derived_from: str | None = None
    """utterance of which this one is a changed copy; both belong to the same side of every split"""
    votes: str | None = None
    """JSON: emotion -> number of raters, where several rated the recording"""
    agreement: float | None = None
    """share of the raters who chose the most frequent emotion, above 0 to 1"""
    start_s: float | None = None
    """begin of the segment in the recording, in seconds; None for whole recordings"""
    end_s: float | None = None
    """end of the segment in seconds"""
