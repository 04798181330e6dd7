"""The contract of a pipeline file, and what is refused in one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from outcomes import Outcome

from featser.errors import InputError, UnknownNameError, UsageError
from featser.models import find_model
from featser.models.spaces import default_space
from featser.pipeline import read_pipeline, select_features, specification_for
from featser.table import Table
from featser.training import fit

FOLDER = Path(__file__).parent.parent / "pipelines"
FILES = sorted(FOLDER.glob("*.toml"))
TUNED = """
[model]
name = "svm"

[tuned]
corpus = "mine"
n_trials = 3
uar = 0.5
protocol = "3-fold-by-speaker"
normalise = "none"
speakers = "AAAAAAAA"
recordings = ""
leaks = []
"""


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_runs(path: Path, table: Table) -> None:
    fitted = fit(table, read_pipeline(path), protocol="2-fold-by-speaker")
    assert fitted.run.pipeline == path.stem
    assert fitted.run.uar > 0.3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_states_only_what_differs_from_the_defaults(path: Path) -> None:
    specification = read_pipeline(path)
    model = find_model(specification.model)
    assert not specification.parameters.items() & model.defaults.items()
    assert specification.search != default_space(model)
    name, title = specification.model, model.title
    assert replace(specification, name=name, title=title, references=()) != specification_for(name)


def test_the_models_in_the_readme_are_those_of_the_registry(run_featser: Callable[..., Outcome]) -> None:
    made = run_featser("models", "--markdown").stdout
    assert f"\n\n{made}\n" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_record_of_a_search_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(TUNED)
    tuned = read_pipeline(tmp_path / "p.toml").tuned
    assert tuned is not None
    assert (tuned.corpus, tuned.speakers, tuned.recordings) == ("mine", {bytes(6)}, frozenset())


def test_without_a_title_a_file_has_that_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[model]\nname = "svm"')
    assert read_pipeline(tmp_path / "p.toml").title == find_model("svm").title


def test_patterns_choose_columns(tmp_path: Path, table: Table) -> None:
    (tmp_path / "p.toml").write_text(
        '[features]\ninclude = ["mfcc_0?__*"]\nexclude = ["*__skewness"]\n[model]\nname = "svm"'
    )
    names = select_features(read_pipeline(tmp_path / "p.toml"), table.feature_set)
    assert len(names) == 10 * 10
    assert all(name.startswith("mfcc_0") and not name.endswith("skewness") for name in names)


def test_a_bare_model_takes_the_whole_table(table: Table) -> None:
    assert select_features(specification_for("svm"), table.feature_set) == list(table.feature_set.feature_names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model", "not a TOML file"),
        ("", r"\[model\] needs a name, for example name = \"svm\""),
        ('model = "svm"', r"'model' must be a section, \[model\] on a line of its own"),
        ('[model]\nname = "svm"\n[features]\ninclude = "mfcc"', r"'include' must be a list of texts"),
        ('[model]\nname = "svm"\nC = "big"', r"p: C = 'big' is not a number"),
        ('[model]\nname = "svm"\nC = true', r"p: C = True is not a number. Give a number from 1e-09 to 1e\+09"),
        (
            '[features]\nset = 3\n[model]\nname = "svm"',
            r"\[features\]: set = 3 is not a name. Give a name, for example set = \"wide\"",
        ),
        ('[model]\nname = "svm"\n[search]\nC = [1.0, -1.0]', r"p \[search\]: C = -1.0 is out of range. Give a number"),
        (
            '[model]\nname = "knn"\n[search]\nn_neighbours = { low = 1.0, high = 9.0 }',
            r"p \[search\]: n_neighbours = 1.0 is not a whole number. Give a whole number from 1 to",
        ),
        (
            '[model]\nname = "svm"\n[tuned]\nn_trials = 3',
            r"p.toml \[tuned\]: 'corpus' is missing or of the wrong type. Tune",
        ),
        (
            TUNED.replace("n_trials = 3", "n_trials = '3'"),
            r"p.toml \[tuned\]: 'n_trials' is missing or of the wrong type",
        ),
        (TUNED.replace("AAAA", "A?AA"), r"p.toml \[tuned\]: 'speakers' is not base 64"),
        ('[model]\nname = "svm"\nC = ' + 5000 * "1", "not a TOML file .* pipelines/README.md describes the format"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_pipeline(tmp_path / "p.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('titel = "x"\n[model]\nname = "svm"', r"p.toml: unknown key 'titel'. Did you mean 'title'"),
        ('[model]\nname = "svn"', r"Unknown model 'svn'. Did you mean 'svm'"),
        ('[model]\nname = "svm"\n[features]\nsets = "classic"', r"unknown key 'sets'. Did you mean 'set'"),
        ('[model]\nname = "svm"\n[features]\nset = "clasic"', r"Unknown feature set 'clasic'. Did you mean 'classic'"),
        (TUNED + "speaker = 'x'", r"p.toml \[tuned\]: unknown key 'speaker'. Did you mean 'speakers'"),
        ('[model]\nname = "xgb"\nn_tree = 3', r"unknown parameter 'n_tree'. Did you mean 'n_trees'"),
    ],
)
def test_a_misspelt_name_gets_the_nearest(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(UnknownNameError, match=message):
        read_pipeline(tmp_path / "p.toml")


def test_a_missing_file_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"No pipeline at .*svn.toml. Did you mean 'mfcc-svm.toml'\? Available"):
        read_pipeline(FOLDER / "svn.toml")


def test_a_table_of_another_set_is_refused(tmp_path: Path, table: Table) -> None:
    small = replace(table.feature_set, name="small", descriptors=("rms",))
    with pytest.raises(InputError, match=r"needs the feature set 'classic', the table has 'small'. Extract again"):
        select_features(read_pipeline(FOLDER / "mfcc-svm.toml"), small)


def test_excluding_everything_is_refused(tmp_path: Path, table: Table) -> None:
    (tmp_path / "p.toml").write_text('[features]\nexclude = ["*"]\n[model]\nname = "svm"')
    with pytest.raises(InputError, match="excludes every feature"):
        select_features(read_pipeline(tmp_path / "p.toml"), table.feature_set)
