"""Features of other tools are read from every format, and nothing is unpickled."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError, UsageError
from featser.foreign import read_foreign

NAMES = ["a.wav", "b.wav"]
VALUES = np.array([[1.0, 2.5], [3.0, np.nan]])

OPENSMILE = "name;frameTime;F0;jitter\n'a.wav';0.000000;1.000000e+00;2.5\n'b.wav';0.000000;3.0;nan\n"
ARFF = """@relation openSMILE_features

@attribute name string
@attribute frameTime numeric
@attribute 'F0' numeric
@attribute jitter real
@attribute class {anger,neutral}

@data
% a comment
'a.wav',0.0,1.0,2.5,anger
'b.wav',0.0,3.0,?,neutral
"""


def written(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"features.{kind}"
    frame = pd.DataFrame(VALUES, columns=["F0", "jitter"])
    if kind == "csv":
        path.write_text(OPENSMILE)
    elif kind == "tsv":
        frame.assign(filename=NAMES, note="x").to_csv(path, sep="\t", index=False)
    elif kind == "arff":
        path.write_text(ARFF)
    elif kind == "parquet":
        times = {"start": pd.to_timedelta([0, 0]), "end": pd.to_timedelta([1.5, 2], unit="s")}
        frame.set_index(pd.MultiIndex.from_frame(pd.DataFrame({"file": NAMES, **times}))).to_parquet(path)
    elif kind == "npz":
        np.savez(path, X=VALUES, files=np.array(NAMES))
    elif kind == "npy":
        np.save(path, VALUES)
        path.with_suffix(".txt").write_text("\n".join(NAMES) + "\n")
    else:
        path.mkdir()
        for name, row in zip(NAMES, VALUES, strict=True):
            np.save(path / f"{name}.npy", row[None])
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "arff", "parquet", "npz", "npy", "folder"])
def test_every_format_has_the_same_names_and_values(tmp_path: Path, kind: str) -> None:
    rows = read_foreign(written(tmp_path, kind))
    assert rows.names == NAMES
    assert np.array_equal(rows.features.to_numpy(), VALUES, equal_nan=True)
    assert len(rows.sha256) == 64
    assert rows.tool == ("openSMILE" if kind in ("csv", "arff") else "")
    assert rows.left_out == (["note"] if kind == "tsv" else [])
    if kind == "parquet":
        assert rows.times.tolist() == [[0, 1.5], [0, 2]]
    if kind == "csv":
        assert rows.features.columns.to_list() == ["F0", "jitter"]


def test_a_column_of_vectors_becomes_columns(tmp_path: Path) -> None:
    path = tmp_path / "embeddings.parquet"
    pd.DataFrame({"file": NAMES, "vector": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}).to_parquet(path)
    rows = read_foreign(path)
    assert rows.features.columns.to_list() == ["embedding_0", "embedding_1", "embedding_2"]
    assert rows.features.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_numbers_of_rows_and_labels_are_no_features(tmp_path: Path) -> None:
    frame = pd.DataFrame({"file": NAMES, "x": [1, 2], "label": [0, 1], "frameTime": 0.0})
    frame.to_csv(tmp_path / "f.csv")
    assert read_foreign(tmp_path / "f.csv").features.columns.to_list() == ["x"]


def test_infinity_is_undefined(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("file,x\na.wav,inf\nb.wav,1\nc.wav,-nan(ind)\n")
    assert np.isnan(read_foreign(tmp_path / "f.csv").features["x"]).to_list() == [True, False, True]


class Harmful:
    def __reduce__(self) -> tuple:
        return (Path("harmed").touch, ())


def test_pickles_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bad = np.array([Harmful()], dtype=object)
    np.save("objects.npy", bad, allow_pickle=True)
    Path("objects.txt").write_text("a.wav\n")
    np.savez("objects.npz", X=bad, files=np.array(["a.wav"]))
    Path("objects.pkl").write_bytes(b"")
    Path("folder").mkdir()
    np.save("folder/a.npy", bad, allow_pickle=True)
    for name, message in (("npy", "Python objects"), ("npz", "Object arrays")):
        with pytest.raises(InputError, match=message):
            read_foreign(f"objects.{name}")
    with pytest.raises(InputError, match="Object arrays"):
        read_foreign("folder")
    with pytest.raises(UsageError, match="is a pickle, which may run code"):
        read_foreign("objects.pkl")
    assert not Path("harmed").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.csv", b"", "No columns to parse"),
        ("f.csv", b"file,x\na.wav,1,2\nb.wav,3\n", "more values than the first line has names"),
        ("f.csv", b"x,y\n1,2\n", "no column that names the recordings"),
        ("f.csv", b"file,word\na.wav,hello\n", "no column of numbers"),
        ("f.csv", b"file,start,x\na.wav,soon,1\n", "Cannot read .*soon|unit"),
        ("f.csv", b"\xff\xfe\x00", "Cannot read"),
        ("f.parquet", b"PAR1 and nothing", "Cannot read"),
        ("f.npz", b"PK and nothing", "Cannot read"),
        ("f.arff", b"@relation x\n@data\n1\n", "no attributes"),
        ("f.arff", b"@attribute\n", "line 1 is no attribute"),
        ("f.arff", b"@attribute name string\n@attribute x numeric\n@data\n'a',1,2\n", "line 4 has 3 values for 2"),
        ("f.arff", b"@attribute name string\n@attribute x numeric\n@data\n{0 'a'}\n", "sparse row"),
        ("f.arff", b"@attribute name string\n@attribute x numeric\n@data\n'a',much\n", "could not convert"),
    ],
)
def test_wrong_files_are_told_in_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_foreign(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", VALUES)
    with pytest.raises(InputError, match=r"names of its rows are missing; write them to x\.txt"):
        read_foreign(tmp_path / "x.npy")
    (tmp_path / "x.txt").write_text("a.wav\n")
    with pytest.raises(InputError, match="2 rows and 1 names"):
        read_foreign(tmp_path / "x.npy")
    np.savez(tmp_path / "y.npz", **{"a.wav": np.zeros((7, 3)), "b.wav": np.zeros(3)})
    with pytest.raises(InputError, match="average over frames first"):
        read_foreign(tmp_path / "y.npz")
    np.savez(tmp_path / "z.npz", **{"a.wav": np.zeros(2), "b.wav": np.zeros(3)})
    with pytest.raises(InputError, match=r"'b\.wav' has 3 values, 'a\.wav' 2"):
        read_foreign(tmp_path / "z.npz")
    with pytest.raises(UsageError, match="does not end in"):
        (tmp_path / "w.txt").write_text("x")
        read_foreign(tmp_path / "w.txt")
    with pytest.raises(UsageError, match=r"Did you mean 'x\.npy'"):
        read_foreign(tmp_path / "xx.npy")
