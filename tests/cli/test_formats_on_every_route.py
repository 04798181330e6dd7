"""Every command reads the same formats, and reports the files that it cannot read."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from outcomes import Outcome

Run = Callable[..., Outcome]

READ = {
    ".aiff": {"format": "AIFF"},
    ".caf": {"format": "CAF"},
    ".flac": {"format": "FLAC"},
    ".mp3": {"format": "MP3"},
    ".ogg": {"format": "OGG"},
    ".opus": {"format": "OGG", "subtype": "OPUS"},
    ".w64": {"format": "W64"},
    ".wav": {"format": "WAV"},
}
NOT_READ = (".m4a", ".webm", ".wma")


@pytest.fixture(scope="module")
def folder(voices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One recording of the synthetic corpus in many formats, under EmoDB's names."""
    folder = tmp_path_factory.mktemp("formats") / "mixed"
    folder.mkdir()
    samples, rate = soundfile.read(min(voices.glob("**/*.wav")))
    for letter, (suffix, how) in zip("abcdefgh", READ.items(), strict=True):
        soundfile.write(folder / f"03a01W{letter}{suffix}", samples, rate, **how)
    for letter, suffix in zip("xyz", NOT_READ, strict=True):
        (folder / f"03a01W{letter}{suffix}").write_bytes(b"\0\0\0\x1cftypM4A " + suffix.encode() + bytes(999))
    rows = "".join(f"mixed/{file.name},anger\n" for file in folder.iterdir())
    (folder.parent / "labels.csv").write_text(f"path,emotion\n{rows}")
    return folder


@pytest.fixture(scope="module")
def model(table_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from featser import cli

    path = tmp_path_factory.mktemp("model") / "m.joblib"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        patch.setattr("sys.argv", ["featser", "-q", "fit", str(table_path), "--model", "lda", "--out", str(path)])
        with pytest.raises(SystemExit) as left:
            cli.main()
    assert not left.value.code
    return path


@pytest.mark.parametrize("route", ["extract a folder", "extract a manifest", "predict a folder", "predict files"])
def test_every_route_reads_and_rejects_the_same_files(
    run_featser: Run, folder: Path, model: Path, tmp_path: Path, route: str
) -> None:
    out = ("--features", "classic", "--out", tmp_path / "t.parquet")
    command = {
        "extract a folder": ["extract", folder, *out],
        "extract a manifest": ["extract", "--manifest", folder.parent / "labels.csv", *out],
        "predict a folder": ["predict", model, folder],
        "predict files": ["predict", model, *folder.iterdir()],
    }[route]
    outcome = run_featser(*command, "--json")
    assert outcome.exit_code == 4
    document = json.loads(outcome.stdout)
    n_read = document["n_utterances"] if "n_utterances" in document else len(document["results"])
    assert n_read == len(READ)
    rejected = {Path(each["path"]).suffix: each["reason"] for each in document["rejected"]}
    assert sorted(rejected) == sorted(NOT_READ)
    assert all(reason.startswith("not readable as audio (") for reason in rejected.values())
