"""`featser.explore`: what is found, and the page."""

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.explore import Exploration, explore, page, write_exploration
from featser.explore.balance import combinations
from featser.explore.clips import find_recording
from featser.explore.families import columns_of, family_similarity, strongest
from featser.table import Table, select_rows

VOID = ("meta", "img", "br", "hr", "link", "wbr")


@pytest.fixture(scope="module")
def few(table: Table) -> Table:
    """The table with every eighth feature, so that it is explored in a second."""
    names = table.features.columns[::8]
    return replace(table, features=table.features[names], feature_set=table.feature_set.restricted_to(names))


@pytest.fixture(scope="module")
def found(few: Table) -> Exploration:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "umap", None)
        return explore(few)


@pytest.fixture
def no_umap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)


def test_counts_are_those_of_the_manifest(found: Exploration, few: Table) -> None:
    assert found.by == "emotion"
    table = found.crossings["speaker"]
    counted = pd.crosstab(few.manifest["emotion"], few.manifest["speaker"])
    assert [list(each) for each in table.counts] == counted.to_numpy().tolist()
    assert (list(table.rows), list(table.columns)) == (counted.index.to_list(), counted.columns.to_list())
    seconds = few.manifest["duration_s"][few.manifest["emotion"] == "anger"]
    assert found.durations["anger"][2] == pytest.approx(seconds.median())


def test_synthetic_emotions_differ_within_speakers(found: Exploration) -> None:
    assert found.test.n_speakers == 6
    assert found.n_different > 0
    first = found.descriptors[0]
    assert first.p < 0.05
    assert first.within == max(each.within for each in found.descriptors)
    assert max(abs(value) for value in first.deltas.values()) > 0.5
    assert len({each.column.descriptor for each in found.descriptors}) == len(found.descriptors)
    assert found.neighbours["emotion"][0] > found.neighbours["emotion"][1]


def test_the_page_has_no_script_and_asks_for_nothing(found: Exploration) -> None:
    text = page(found)
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!data:)(?!#)\w", text)
    assert "default-src 'none'" in text
    assert '<th scope="row">synthetic-emodb/03 <small>male</small></th>' in text
    assert "The recordings were not found" in text
    assert "featser[explore]" in text
    assert len(text.encode()) < 1_000_000


def test_the_page_is_well_formed_and_accessible(found: Exploration) -> None:
    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.levels: list[int] = []
            self.ids: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            self.ids += [given["id"]] if "id" in given else []
            if tag == "th":
                assert given["scope"] in ("col", "row")
            if tag == "img":
                assert given["alt"]
            if re.fullmatch("h[1-6]", tag):
                self.levels.append(int(tag[1]))
            if tag not in VOID:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    text = page(found)
    checker.feed(text)
    assert checker.open == []
    assert checker.levels[0] == 1
    assert all(later - former <= 1 for former, later in zip(checker.levels, checker.levels[1:], strict=False))
    assert len(set(checker.ids)) == len(checker.ids)
    assert (
        text.count("<svg role=")
        == text.count("</title>")
        - len(re.findall(r"<title>[^<]*</title></(?:path|text)", text))
        - len(re.findall(r"<title>[^<]*</title></g>", text))
        - 1
    )


def test_names_from_tables_are_escaped(few: Table, no_umap: None) -> None:
    evil = "<img src=x onerror=alert(1)>"
    manifest = few.manifest.assign(emotion=few.manifest["emotion"].replace("anger", evil))
    text = page(explore(replace(few, manifest=manifest)))
    assert evil not in text
    assert "&lt;img src=x" in text


def test_the_same_table_gives_the_same_bytes(few: Table, found: Exploration, no_umap: None, tmp_path: Path) -> None:
    one, other = (write_exploration(each, tmp_path / name) for name, each in (("a", found), ("b", explore(few))))
    assert [each.read_bytes() for each in one] == [each.read_bytes() for each in other]
    effects = pd.read_csv(one[1])
    assert effects["feature"].to_list() == list(few.feature_set.feature_names)


def test_tables_without_emotions_are_compared_by_sex(few: Table, no_umap: None) -> None:
    found = explore(replace(few, manifest=few.manifest.assign(emotion=None)))
    assert (found.by, found.test.p, found.groups) == ("sex", None, ["female", "male"])
    text = page(found)
    assert "No utterance has an emotion. Groups are compared by sex." in text
    assert "eta² within" not in text


def test_features_of_other_tools_and_a_single_speaker_do(no_umap: None) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(12, 3)), columns=["a", "b", "c"]).assign(
        utterance=[f"x/{each}" for each in range(12)], corpus="x", speaker=None, emotion=None
    )
    found = explore(Table.from_frame(frame))
    assert (found.by, found.families[0], found.clips[0].png) == ("corpus", [], "")
    assert "x" in page(found)
    with pytest.raises(InputError, match="has 2 utterances"):
        explore(Table.from_frame(frame.iloc[:2]))


def test_changed_copies_are_left_out(few: Table, no_umap: None) -> None:
    copies = few.manifest["utterance"].where(np.arange(len(few)) % 4 == 0)
    found = explore(replace(few, manifest=few.manifest.assign(derived_from=copies)))
    assert (found.n_copies, len(found.table)) == (30, 90)
    assert "30 changed copies are left out." in page(found)


def test_combining_corpora_counts_shared_labels() -> None:
    rows = [("a", "anger")] * 3 + [("a", "boredom")] + [("b", "anger")] * 2 + [("b", "calm")]
    found = {each.name: each for each in combinations(pd.DataFrame(rows, columns=["corpus", "emotion"]))}
    assert found["all labels"].counts == {"anger": 5, "boredom": 1, "calm": 1}
    assert (found["shared by all corpora"].counts, found["shared by all corpora"].left_out) == ({"anger": 5}, 2)
    assert found["common-4"].counts == {"anger": 5}


def test_families_are_alike_where_their_distances_are(few: Table) -> None:
    columns = columns_of(few.feature_set)
    names, similarity = family_similarity(few.features.to_numpy(np.float64), columns)
    assert names == sorted({each.family for each in columns})
    assert np.allclose(np.diag(similarity), 1)
    assert np.allclose(similarity, similarity.T)
    chosen = strongest(columns, np.arange(len(columns), dtype=np.float64), 99)
    assert all(
        columns[at].plain
        for at in chosen
        if any(each.plain for each in columns if each.descriptor == columns[at].descriptor)
    )


def test_only_the_recording_itself_is_drawn(voices: Path, few: Table, tmp_path: Path) -> None:
    row = few.manifest.iloc[0].to_dict()
    assert find_recording(row, [tmp_path, voices]) == voices / row["path"]
    assert find_recording(row | {"sha256": "0" * 64}, [voices]) is None
    assert find_recording(row | {"path": f"../{voices.name}/{row['path']}", "sha256": None}, [voices]) is None
    assert find_recording(row | {"path": str(voices / row["path"]), "sha256": None}, [voices]) is None
    assert find_recording(row | {"path": "nowhere.wav"}, [voices]) is None


@pytest.mark.slow
def test_typical_recordings_and_umap_are_drawn(voices: Path, few: Table) -> None:
    pytest.importorskip("umap")
    one, other = (
        explore(select_rows(few, few.manifest["emotion"].isin(["anger", "neutral"]).to_numpy()), [voices])
        for _ in range(2)
    )
    assert [each.group for each in one.clips] == ["anger", "neutral"]
    assert all(each.png for each in one.clips)
    text = page(one)
    assert text == page(other)
    assert "UMAP of 48 utterances" in text
    assert text.count("<img ") == 2
