"""A corpus of one's own, from its declaration to a prediction, with the commands of the page about it."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from outcomes import Outcome, one_line

from featser.corpora import known_corpora, read_declaration
from featser.corpora.declaration import KEYS

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "own-corpus.md").read_text(encoding="utf-8")

Run = Callable[..., Outcome]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, voices: Path) -> Path:
    """A working directory with the declaration of the page and recordings with such names."""
    (tmp_path / "studio.toml").write_text(blocks("toml")[0], encoding="utf-8")
    speakers, emotions = ("anna", "bela", "carl", "dora"), {"ang": "W", "hap": "F", "neu": "N", "fea": "T"}
    (tmp_path / "recordings" / "session1").mkdir(parents=True)
    for (number, name), (code, letter) in product(enumerate(speakers), emotions.items()):
        own = sorted(voices.glob(f"**/*{letter}?.wav"))[4 * number : 4 * number + 4]
        for file, (text, take) in zip(own, product(("s01", "s02"), (1, 2)), strict=True):
            shutil.copy(file, tmp_path / "recordings" / "session1" / f"{name}_{text}_{code}_{take}.wav")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands() -> dict[str, list[str]]:
    lines = [line.split()[1:] for line in blocks("bash")[0].splitlines()]
    return {line[0]: line for line in lines}


def test_the_page_works_as_it_stands(run_featser: Run, here: Path) -> None:
    assert list(commands()) == ["corpora", "extract", "fit", "predict"]
    for command in commands().values():
        outcome = run_featser(*command)
        assert outcome.exit_code == 0, outcome.stderr
    table = pd.read_parquet("studio.parquet")
    assert table["utterance"].iloc[0] == "studio/anna_s01_ang_1"
    assert table["speaker"].unique().tolist() == [f"studio/{name}" for name in ("anna", "bela", "carl", "dora")]
    assert set(table["emotion"]) == {"anger", "fear", "happiness", "neutral"}
    assert table.groupby("speaker")["sex"].first().tolist() == ["female", "male", "male", "female"]
    exec(blocks("python")[0], names := {})
    assert len(names["manifest"].utterances) == len(table) == 64


def test_every_key_is_on_the_page() -> None:
    table = PAGE[PAGE.index("| key | value |") : PAGE.index("The named groups")]
    keys = set(re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:] if line)))
    assert keys == KEYS.keys()


def test_the_declaration_is_shown_as_a_built_in_one(run_featser: Run, here: Path) -> None:
    document = json.loads(run_featser("corpora", "studio.toml", "--json").stdout)
    assert (document["name"], document["n_speakers"], document["labels"]["ang"]) == ("studio", 4, "anger")
    assert "studio: Two sentences in four emotions" in run_featser("corpora", "studio.toml").stdout


def test_the_smallest_declaration_is_shown(run_featser: Run, here: Path) -> None:
    lines = (here / "studio.toml").read_text().splitlines()
    kept = [line for line in lines[: lines.index("[sexes]")] if line.startswith(("example", "file", "[emo", "ang"))]
    (here / "small.toml").write_text("\n".join(kept))
    shown = run_featser("corpora", "small.toml").stdout
    assert shown.startswith(
        "small: small\n  labels          ang = anger\n  size            unknown number of utterances, "
    )


def test_recordings_that_do_not_fit_are_rejected_with_the_reason(run_featser: Run, here: Path) -> None:
    folder = here / "recordings" / "session1"
    for name in ("anna_s01_sad_1.wav", "test_2.wav", "anna_s01_ang_3.m4a"):
        shutil.copy(folder / "anna_s01_ang_1.wav", folder / name)
    text = (here / "studio.toml").read_text().replace("ang|fea|hap|neu", "[a-z]+")
    (here / "studio.toml").write_text(text)
    document = json.loads(run_featser(*commands()["extract"], "--json").stdout)
    assert document["n_utterances"] == 65  # the last of the three is a WAV file, whatever its suffix
    assert document["rejected"] == [
        {"path": "recordings/session1/anna_s01_sad_1.wav", "reason": "'sad' is not an emotion of studio"},
        {"path": "recordings/session1/test_2.wav", "reason": "a test of the microphone"},
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("corpora", "No declaration of a corpus at studo.toml (No such file or directory). Did you mean 'studio.toml'"),
        ("extract", "No declaration of a corpus at studo.toml"),
        ("predict", "No declaration of a corpus at studo.toml"),
    ],
)
def test_a_file_that_is_not_there_is_one_line(run_featser: Run, here: Path, command: str, message: str) -> None:
    if command == "predict":
        for name in ("extract", "fit"):
            assert run_featser(*commands()[name]).exit_code == 0
    outcome = run_featser(*("studo.toml" if each == "studio.toml" else each for each in commands()[command]))
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith(message)


@pytest.fixture
def installed(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Make the page's package importable, with an entry point of some value."""
    package = here / "site" / "mypackage"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "corpora.py").write_text(blocks("python")[1], encoding="utf-8")
    shutil.copy(here / "studio.toml", package)
    monkeypatch.syspath_prepend(here / "site")

    def install(value: str) -> None:
        info = here / "site" / "mypackage-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mypackage\nVersion: 1.0\n")
        section = blocks("toml")[1].replace('project.entry-points."featser.corpora"', "featser.corpora")
        (info / "entry_points.txt").write_text(section.replace('"mypackage.corpora:STUDIO"', value))
        known_corpora.cache_clear()

    yield install
    known_corpora.cache_clear()


def test_an_installed_package_brings_its_corpora(
    run_featser: Run, here: Path, installed: Callable[[str], None]
) -> None:
    installed("mypackage.corpora:STUDIO")
    assert known_corpora()["studio"] == read_declaration(here / "studio.toml")
    assert re.search(r"^studio +64 ", run_featser("corpora").stdout, flags=re.MULTILINE)
    outcome = run_featser("extract", "recordings", "--features", "classic", "--out", "t.parquet")
    assert outcome.exit_code == 0
    assert "recordings: read as studio: 64 of 64 recordings are named like files of this corpus.\n" in outcome.stderr


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("mypackage.corpora:STUDO", "cannot be loaded: AttributeError: module 'mypackage.corpora' has no attribute"),
        ("mypackage.nothing:STUDIO", "cannot be loaded: ModuleNotFoundError: No module named 'mypackage.nothing'"),
        ("mypackage.corpora:Path", "is of type type, not featser.corpora.Corpus."),
        ("featser.corpora.emodb:EMODB", "there is a corpus named 'emodb' already. Choose another name."),
    ],
)
def test_an_installed_package_that_brings_none_is_named(
    run_featser: Run, here: Path, installed: Callable[[str], None], value: str, fault: str
) -> None:
    installed(value)
    outcome = run_featser("corpora")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith(f"Corpus 'studio' of an installed package ({value})")
    assert fault in one_line(outcome)


def test_built_in_corpora_are_found_without_installed_ones(
    run_featser: Run, here: Path, installed: Callable[[str], None]
) -> None:
    installed("mypackage.nothing:STUDIO")
    assert run_featser("corpora", "emodb").exit_code == 0


def test_what_a_folder_was_recognised_as_is_told(run_featser: Run, here: Path, voices: Path) -> None:
    Path("mixed").mkdir()
    for file in [*sorted(voices.glob("**/*.wav"))[:4], here / "recordings" / "session1" / "anna_s01_ang_1.wav"]:
        shutil.copy(file, "mixed")
    common = ("--features", "classic", "--out", "t.parquet")
    outcome = run_featser("extract", "mixed", *common)
    told = "mixed: read as emodb: 4 of 5 recordings are named like files of this corpus."
    assert told in outcome.stderr.splitlines()
    assert told not in run_featser("extract", "mixed", "--corpus", "emodb", *common).stderr
