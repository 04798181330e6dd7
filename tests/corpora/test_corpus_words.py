"""Words for emotions, ids and names of corpora."""

from hypothesis import given
from hypothesis import strategies as st

from featser.corpora import EMOTIONS
from featser.corpora.emotions import SYNONYMS, emotion_named
from featser.corpora.manifest import corpus_name, identifiers


def test_synonyms_lead_to_the_vocabulary():
    assert set(SYNONYMS) <= set(EMOTIONS)
    synonyms = [synonym for several in SYNONYMS.values() for synonym in several]
    assert len(synonyms) == len(set(synonyms))
    assert not set(synonyms) & set(EMOTIONS)


@given(st.sampled_from([*EMOTIONS, *(word for several in SYNONYMS.values() for word in several)]))
def test_case_and_joins_do_not_matter(word):
    assert emotion_named(word) == emotion_named(word.upper().replace("_", " ")) is not None


_parts = st.lists(st.text("ab.", min_size=1, max_size=3).filter(lambda part: part.strip(".")), min_size=1, max_size=3)


@given(st.sets(st.builds("/".join, _parts), max_size=20))
def test_ids_of_different_paths_differ(paths):
    files = [("mine", f"{path}.wav") for path in sorted(paths)]
    assert len(set(identifiers(files))) == len(files)


@given(st.text(max_size=20))
def test_corpus_names_are_plain_and_stay_as_they_are(text):
    name = corpus_name(text)
    assert name
    assert "/" not in name
    assert corpus_name(name) == name
