"""Plugins: loading, identity of their source, and errors of broken ones."""

import pickle
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel, delayed
from sounds import noise

from featser.errors import InputError, UsageError
from featser.extraction import Recipe
from featser.features import (
    DESCRIPTORS,
    FUNCTIONALS,
    PLUGINS,
    UTTERANCE_FEATURES,
    FeatureSet,
    compute_features,
    feature_set_from,
    feature_sets,
    find_feature_set,
    load_plugin,
    low_level_descriptor,
    plugins,
    unload_plugin,
)
from featser.features.set_files import _builtin

GOOD = '''
import numpy as np
from featser.features import functional, low_level_descriptor, utterance_feature

@low_level_descriptor(family="mine", unit="full scale")
def highest(frames):
    """Highest sample so far."""
    return np.full(frames.n_frames, 1.5 * np.abs(frames.signal).max())

@functional
def middle(tracks):
    """Mean of the extremes."""
    return ((tracks.extremes.low + tracks.extremes.high) / 2).astype(np.float32)

@utterance_feature(family="mine", unit="samples", names=("size_samples", "size_frames"))
def size(frames):
    """How long the signal is."""
    return np.array([len(frames.signal), frames.n_frames])
'''

DECORATED = """
import numpy as np
from featser.features import low_level_descriptor
@low_level_descriptor(family="mine", unit="1"{more})
def {name}(frames):
    {body}
"""

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def unload_after_test() -> Iterator[None]:
    """Unload all plugins after each test."""
    yield
    for name in list(PLUGINS):
        unload_plugin(name)


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(text: str = GOOD, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def decorated(body: str = "return np.zeros(frames.n_frames)", name: str = "mine", more: str = "") -> str:
    return DECORATED.format(body=body, name=name, more=more)


def own_set(*descriptors: str) -> FeatureSet:
    return FeatureSet("own", "", descriptors or ("highest",), ("mean",))


def values_of(feature_set: FeatureSet) -> dict[str, float]:
    return dict(zip(feature_set.feature_names, compute_features(noise(), feature_set).tolist(), strict=True))


def test_functions_of_a_plugin_are_computed(written: Write) -> None:
    plugin = load_plugin(written())
    assert {each.name for each in plugin.provides} == {"highest", "middle", "size"}
    found = values_of(FeatureSet("own", "", ("highest", "rms"), ("mean", "middle"), utterance=("size",)))
    assert found["highest__mean"] == pytest.approx(1.5 * np.abs(noise()).max())
    assert found["rms__middle"] == pytest.approx(0.1, rel=0.2)
    assert (found["size__samples"], found["size__frames"]) == (16000, 101)


def test_a_plugin_does_not_change_other_features(written: Write) -> None:
    alone = values_of(own_set("rms"))["rms__mean"]
    load_plugin(written())
    assert values_of(own_set("highest", "rms"))["rms__mean"] == alone


def test_unloading_restores_the_registries(written: Write) -> None:
    before = [dict(registry) for registry in (DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES)]
    load_plugin(written())
    unload_plugin("mine")
    assert before == [DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES]


def test_builtin_sets_exclude_plugins(written: Write) -> None:
    before = dict(feature_sets())
    load_plugin(written())
    assert {name: _builtin.__wrapped__(name) for name in before} == before


def test_patterns_of_other_sets_match_plugins(written: Write) -> None:
    load_plugin(written())
    own = written('descriptors = ["*est", "high*_d1"]\nfunctionals = ["mid*"]\n', "own.toml")
    assert find_feature_set(str(own)).feature_names == ("highest__middle", "highest_d1__middle")


def test_only_sets_that_use_the_plugin_change_their_key(written: Write) -> None:
    ours = own_set("rms")
    before = Recipe(ours).key
    load_plugin(written())
    first = Recipe(own_set()).key
    assert Recipe(own_set("rms")).key == before
    load_plugin(written(GOOD + "# changed\n"))
    assert Recipe(own_set()).key != first
    assert Recipe(own_set("rms")).key == before


def test_functionals_and_features_of_the_utterance_count_as_use(written: Write) -> None:
    plugin = load_plugin(written())
    assert FeatureSet("", "", ("rms",), ("middle",)).plugins == (plugin,)
    assert FeatureSet("", "", ("rms",), ("mean",), utterance=("size",)).plugins == (plugin,)
    assert FeatureSet("", "", ("rms", "highest"), ("mean",), exclude=("highest__*",)).plugins == ()


def test_the_same_content_is_loaded_once_and_a_change_replaces_it(written: Write) -> None:
    plugin = load_plugin(written())
    assert load_plugin(written()) is plugin
    changed = load_plugin(written(GOOD.replace("1.5 *", "2.0 *")))
    assert changed.sha256 != plugin.sha256
    assert values_of(own_set())["highest__mean"] == pytest.approx(2 * np.abs(noise()).max())


def test_a_set_refuses_a_changed_plugin(written: Write) -> None:
    load_plugin(written())
    own = own_set()
    compute_features(noise(), own)
    load_plugin(written(GOOD + "# changed\n"))
    with pytest.raises(UsageError, match=r"mine\.py has changed since the feature set was read\. Read the set again\."):
        compute_features(noise(), own)


def test_a_plugin_that_changed_is_not_even_run_in_another_process(written: Write) -> None:
    load_plugin(written())
    content = pickle.dumps(own_set())
    unload_plugin("mine")
    written("raise SystemExit('run')")
    with pytest.raises(UsageError, match=r"mine\.py has changed since the feature set was read\."):
        compute_features(noise(), pickle.loads(content))


@pytest.mark.slow
def test_other_processes_load_it_too(written: Write) -> None:
    load_plugin(written())
    own = own_set()
    here = compute_features(noise(), own)
    there = Parallel(n_jobs=2)(delayed(compute_features)(noise(), own) for _ in range(3))
    assert {row.tobytes() for row in there} == {here.tobytes()}


def test_a_pickled_set_contains_no_code(written: Write) -> None:
    load_plugin(written())
    own = own_set()
    compute_features(noise(), own)
    content = pickle.dumps(own)
    assert b"featser_plugin" not in content
    unload_plugin("mine")
    assert np.isfinite(compute_features(noise(), pickle.loads(content))).all()


def test_plain_values_identify_the_plugin(written: Write) -> None:
    plugin = load_plugin(written())
    values = own_set().to_dict()
    assert values["plugins"] == [{"name": "mine", "sha256": plugin.sha256}]
    assert feature_set_from(values, "own", "table") == own_set()
    unload_plugin("mine")
    with pytest.raises(
        UsageError,
        match=r"^table needs the plugin 'mine' \(sha256 \w{12}\), which is not loaded\. .*--plugin mine\.py\.$",
    ):
        feature_set_from(values, "own", "table")
    load_plugin(written(GOOD + "# changed\n"))
    with pytest.raises(
        InputError, match=r"^table was made with another version of the plugin 'mine' \(sha256 .* Load that version, or"
    ):
        feature_set_from(values, "own", "table")


@pytest.mark.parametrize("wanted", ["mine", ["mine"], [{"name": "mine"}], [{"name": 1, "sha256": "x"}], {"name": "x"}])
def test_plugins_of_a_set_must_be_a_list_of_tables(wanted: object) -> None:
    with pytest.raises(UsageError, match=r"where: 'plugins' must be a list of tables with 'name' and 'sha256'\."):
        feature_set_from({"plugins": wanted}, "own", "where")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", r"mine\.py cannot be used: line 1: invalid syntax\.$"),
        ("x = 1\n", r"it registers nothing\. Decorate a function, for example with @low_level_descriptor\.$"),
        ("import numpy\nimport nowhere_to_be_found\n", r"line 2: ModuleNotFoundError: No module named 'nowhere"),
        ("raise SystemExit('enough')", r"line 1: SystemExit: enough\.$"),
        (
            decorated(name="rms"),
            r"The name 'rms' is taken by featser\.features\.descriptors\.energy\.rms\. Choose another name\.$",
        ),
        (decorated(name="mfcc_03"), r"'mfcc_03' has the track 'mfcc_03', whose name is taken\.$"),
        (decorated(name="rhythm"), r"'rhythm' has the track 'rhythm', whose name is taken\.$"),
        (decorated(name="Mine"), r"'Mine' is not a valid name; use lower-case letters"),
        (decorated(name="mine__mean"), r"'mine__mean' is not a valid name"),
        (decorated(name="mine_d1"), r"'mine_d1' must not end in _d1 or _d2, the suffixes of derivatives\.$"),
        (
            GOOD.replace("def middle", "def voiced_middle"),
            r"'voiced_middle' must not begin with a region \(voiced_, unvoiced_, active_\)\.$",
        ),
        (GOOD.replace('"size_frames"', '"frames"'), r"'size' has the value 'frames'; names of values begin"),
        (GOOD.replace('"size_frames"', '"size_samples"'), r"'size' has two values of the same name\.$"),
        (GOOD.replace("size", "rms"), r"'rms' is the name of a track\.$"),
    ],
)
def test_a_broken_plugin_gives_one_line_and_is_not_registered(written: Write, text: str, message: str) -> None:
    before = [dict(registry) for registry in (DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES)]
    with pytest.raises(UsageError, match=message) as refused:
        load_plugin(written(text))
    assert "\n" not in str(refused.value)
    assert before == [DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES]
    assert not PLUGINS


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return np.zeros((3, frames.n_frames))", r"returns shape \(3, 101\) in place of \(101,\)\. Correct it; "),
        ("return np.full(frames.n_frames, np.inf)", r"returns infinity; undefined values must be NaN\."),
        ("raise KeyError('lost')", r"^'mine' of .*mine\.py raises KeyError: 'lost'\. Correct it; 'featser features"),
        ("return 'text'", r"raises ValueError: could not convert string to float"),
    ],
)
def test_results_of_a_plugin_are_checked(written: Write, body: str, message: str) -> None:
    load_plugin(written(decorated(body)))
    with pytest.raises(UsageError, match=message):
        compute_features(noise(), own_set("mine"))


def test_a_misspelt_file_gets_a_suggestion(written: Write) -> None:
    path = written()
    with pytest.raises(
        UsageError, match=r"No plugin at .*mien\.py \(No such file.*\)\. Did you mean 'mine\.py'\? Give a"
    ):
        load_plugin(path.with_name("mien.py"))
    with pytest.raises(UsageError, match=r"No plugin 'nowhere\.at_all': no such file or module\. Give a file"):
        load_plugin("nowhere.at_all")


def test_two_files_of_one_name_are_refused(written: Write, tmp_path: Path) -> None:
    load_plugin(written())
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match=r"Two plugins are named 'mine': .* and .*other.mine\.py\. Rename one\."):
        load_plugin(written(decorated(), "other/mine.py"))


def test_an_installed_package_offers_its_modules(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(GOOD, "featser_of_somebody.py")
    own = written('descriptors = ["highest"]\nfunctionals = ["mean"]\n', "own.toml")
    monkeypatch.syspath_prepend(tmp_path)
    offered = EntryPoint("any", "featser_of_somebody", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [offered] if group == plugins.GROUP else [])
    plugins.load_installed_plugins.cache_clear()
    found = find_feature_set(str(own))
    plugins.load_installed_plugins.cache_clear()
    assert [each.name for each in found.plugins] == ["featser_of_somebody"]
    assert values_of(pickle.loads(pickle.dumps(found)))["highest__mean"] > 0


def test_functions_outside_plugins_can_be_computed_but_not_cached() -> None:
    @low_level_descriptor(family="mine", unit="1")
    def loose(frames: object) -> np.ndarray:
        """Nothing."""
        return np.zeros(101)

    try:
        assert values_of(own_set("loose"))["loose__mean"] == 0
        with pytest.raises(
            UsageError, match=r"'loose' is registered by .*test_plugins, which is not a plugin, so the cache .*"
        ):
            own_set("loose").to_dict()
    finally:
        del DESCRIPTORS["loose"]
