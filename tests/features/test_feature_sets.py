"""Feature sets in TOML: columns, framing, blocks, and error messages."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.audio import SAMPLE_RATE
from featser.errors import InputError, UnknownNameError, UsageError
from featser.features import (
    DESCRIPTORS,
    FUNCTIONALS,
    UTTERANCE_FEATURES,
    FeatureName,
    FeatureSet,
    Frames,
    Framing,
    compute_features,
    feature_set_from,
    feature_sets,
    find_feature_set,
    parse_feature_name,
    used_descriptors,
)

FIVE_LINES = """
title = "Loudness and its movement"
descriptors = ["rms", "rms_d1", "spectral_contrast"]
functionals = ["mean", "p95"]
[frames]
hop_seconds = 0.02
"""


@pytest.fixture
def written(tmp_path):
    """Write a feature set and return its path as a user would type it."""

    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@st.composite
def drawn_sets(draw):
    names = [name + suffix for name in DESCRIPTORS for suffix in ("", "_d1", "_d2")]
    descriptors = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    functionals = draw(st.lists(st.sampled_from(sorted(FUNCTIONALS)), min_size=1, max_size=9, unique=True))
    return FeatureSet("drawn", "", tuple(descriptors), tuple(functionals))


def column_of(name: FeatureName) -> str:
    """Compose a column name from its parts."""
    if name.descriptor in UTTERANCE_FEATURES:
        return f"{name.descriptor}__{name.functional}"
    track = DESCRIPTORS[name.descriptor].dimension_names()[name.dimension or 0]
    return f"{track}{f'_d{name.delta}' if name.delta else ''}__{name.functional}"


@pytest.mark.parametrize("name", feature_sets())
def test_columns_of_a_builtin_set_can_be_parsed(name):
    columns = find_feature_set(name).feature_names
    assert [column_of(parse_feature_name(column)) for column in columns] == list(columns)
    assert len(set(columns)) == len(columns)


@pytest.mark.parametrize("name", feature_sets())
def test_builtin_set_has_a_title_and_survives_a_round_trip(name):
    found = find_feature_set(name)
    assert found.name == name
    assert found.title not in ("", name)
    assert feature_set_from(found.to_dict(), name, "metadata") == found


@settings(deadline=None)
@given(feature_set=drawn_sets())
def test_columns_of_any_set_can_be_parsed(feature_set):
    columns = feature_set.feature_names
    assert [column_of(parse_feature_name(column)) for column in columns] == list(columns)
    assert len(set(columns)) == len(columns)
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", column) for column in columns)


@settings(deadline=None)
@given(feature_set=drawn_sets())
def test_any_set_survives_a_round_trip(feature_set):
    assert feature_set_from(feature_set.to_dict(), "drawn", "metadata") == feature_set


@pytest.mark.parametrize(
    ("column", "meaning"),
    [
        ("mfcc_03__mean", FeatureName("mfcc", 3, 0, "mean")),
        ("mfcc_03_d1__p95", FeatureName("mfcc", 3, 1, "p95")),
        ("spectral_contrast_2__std", FeatureName("spectral_contrast", 2, 0, "std")),
        ("zcr_d2__skewness", FeatureName("zcr", None, 2, "skewness")),
        ("mfcc_03__voiced_mean", FeatureName("mfcc", 3, 0, "voiced_mean")),
        ("rhythm__voiced_share", FeatureName("rhythm", None, 0, "voiced_share")),
        ("modulation__b3_r4", FeatureName("modulation", None, 0, "b3_r4")),
    ],
)
def test_column_names_are_parsed(column, meaning):
    assert parse_feature_name(column) == meaning


@pytest.mark.parametrize(
    "column",
    [
        *("", "mfcc", "mfcc__mean", "mfcc_3__mean", "mfcc_20__mean", "mfcc_03__", "mfcc_03_mean", "rms_0__mean"),
        *("rms__p100", "rms_d3__mean", "rms_d1_d1__mean", " rms__mean", "rms__mean\n", "RMS__mean", "utterance"),
    ],
)
def test_invalid_column_names_are_refused(column):
    with pytest.raises(InputError, match=r"is not a feature name\. .* have the form '<descriptor>\[_<dim>\]"):
        parse_feature_name(column)


def test_set_of_five_lines_works(written, signals):
    found = find_feature_set(written(FIVE_LINES))
    assert (found.name, found.title) == ("mine", "Loudness and its movement")
    assert found.feature_names[:4] == ("rms__mean", "rms__p95", "rms_d1__mean", "rms_d1__p95")
    assert found.frames == Framing(hop_seconds=0.02)
    row = compute_features(signals["noise"], found)
    assert row.shape == (len(found.feature_names),) == (2 * (1 + 1 + 7),)
    assert row.dtype == np.float32
    assert row[0] == pytest.approx(0.1, rel=0.05)


def test_columns_are_in_the_order_of_their_names(signals):
    """A column has the same value when computed on its own."""
    classic = find_feature_set("classic")
    row = dict(zip(classic.feature_names, compute_features(signals["noise"], classic), strict=True))
    for column in classic.feature_names[::97]:
        name = parse_feature_name(column)
        track = np.atleast_2d(DESCRIPTORS[name.descriptor].compute(Frames(signals["noise"])))[name.dimension or 0]
        if not name.delta and name.functional == "max":
            assert row[column] == track.max()
        alone = FeatureSet("one", "", (name.descriptor + f"_d{name.delta}" * bool(name.delta),), (name.functional,))
        values = dict(zip(alone.feature_names, compute_features(signals["noise"], alone), strict=True))
        assert values[column] == pytest.approx(row[column], rel=1e-6)


def test_order_of_a_file_is_the_order_of_its_columns(written):
    reversed_order = FIVE_LINES.replace('["mean", "p95"]', '["p95", "mean"]')
    assert find_feature_set(written(reversed_order)).feature_names[:2] == ("rms__p95", "rms__mean")


def test_derivative_can_be_used_without_its_descriptor(signals):
    alone = FeatureSet("", "", ("mfcc_d2",), ("std",))
    both = FeatureSet("", "", ("mfcc", "mfcc_d2"), ("std",))
    assert np.array_equal(compute_features(signals["noise"], alone), compute_features(signals["noise"], both)[20:])


def test_used_descriptors_lists_each_descriptor_once():
    assert [each.name for each in used_descriptors(find_feature_set("classic"))] == [
        *("mfcc", "zcr", "rms", "chroma", "spectral_contrast"),
    ]


def test_derivative_of_a_signal_of_few_frames_is_undefined(signals):
    found = find_feature_set("classic")
    row = dict(zip(found.feature_names, compute_features(signals["20 ms"], found), strict=True))
    assert np.isnan(row["mfcc_00_d1__mean"])
    assert np.isfinite(row["mfcc_00__mean"])


@pytest.mark.parametrize(("hop", "n_frames"), [(0.005, 201), (0.01, 101), (0.02, 51), (1.0, 2)])
def test_hop_decides_the_number_of_frames(signals, hop, n_frames):
    frames = Frames(signals["noise"], Framing(hop_seconds=hop))
    assert frames.n_frames == n_frames
    assert frames.power.shape[1] == n_frames
    assert frames.long_power.shape[1] == frames.n_long_frames


@pytest.mark.parametrize(("long_hop", "defined"), [(0.01, [0, 1, 2, 3, 4]), (0.02, [0, 2, 4]), (0.03, [0, 3])])
def test_long_window_skips_frames(signals, long_hop, defined):
    frames = Frames(signals["noise"][:700], Framing(long_hop_seconds=long_hop))
    loudest = frames.spread(frames.long_power.max(axis=0))
    assert np.flatnonzero(~np.isnan(loudest)).tolist() == defined
    at_every_hop = Frames(signals["noise"][:700], Framing(long_hop_seconds=0.01)).long_power.max(axis=0)
    np.testing.assert_allclose(loudest[defined], at_every_hop[defined], rtol=1e-6)


def test_framing_changes_the_values(signals):
    rows = [
        compute_features(signals["click"], FeatureSet("", "", ("rms",), ("max",), framing))
        for framing in (Framing(), Framing(window_seconds=0.05))
    ]
    assert rows[0] == pytest.approx(np.sqrt(2) * rows[1], rel=1e-6)


def test_long_window_is_that_of_the_long_spectrum(signals):
    frames = Frames(signals["noise"], Framing(long_window_seconds=0.03))
    assert len(frames.long_power) == len(frames.long_frequencies) == 257
    assert frames.long_frequencies[-1] == SAMPLE_RATE / 2


def refusal(written, text, kind=UsageError):
    path = written(text)
    with pytest.raises(kind) as refused:
        find_feature_set(path)
    assert str(refused.value).startswith(path)
    return str(refused.value).removeprefix(path)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("title", "titel", ": unknown key 'titel'. Did you mean 'title'? Known: "),
        ("hop_seconds", "hop_second", " [frames]: unknown key 'hop_second'. Did you mean 'hop_seconds'? Known: "),
        ('"rms_d1"', '"rsm_d1"', ": unknown descriptor 'rsm'. Did you mean 'rms'? Known: "),
        ('"rms_d1"', '"rms_d3"', ": unknown descriptor 'rms_d3'. Did you mean 'rms'? Known: "),
        ('"p95"', '"kurtossis"', ": unknown functional 'kurtossis'. Did you mean 'kurtosis'? Known: "),
        ('"p95"', '"p100"', ": unknown functional 'p100'."),
    ],
)
def test_unknown_name_is_refused_with_a_suggestion(written, before, after, message):
    assert refusal(written, FIVE_LINES.replace(before, after), UnknownNameError).startswith(message)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"rms_d1"', '"rms"', ": 'descriptors' contains a name twice. Give each once."),
        ('"p95"', '"mean"', ": 'functionals' contains a name twice. Give each once."),
        (
            'descriptors = ["rms", "rms_d1", "spectral_contrast"]',
            "",
            ': \'descriptors\' must be a list of names, for example descriptors = ["mfcc", "rms"].',
        ),
        (
            '["mean", "p95"]',
            '"mean"',
            ': \'functionals\' must be a list of names, for example functionals = ["mean", "std"].',
        ),
        (
            '["mean", "p95"]',
            "[]",
            ': \'functionals\' must be a list of names, for example functionals = ["mean", "std"].',
        ),
        (
            '["mean", "p95"]',
            "[1]",
            ': \'functionals\' must be a list of names, for example functionals = ["mean", "std"].',
        ),
        ("[frames]\nhop_seconds = 0.02", "frames = 3", " [frames]: must be a table of keys and values, not 3."),
    ],
)
def test_invalid_file_is_refused(written, before, after, message):
    assert refusal(written, FIVE_LINES.replace(before, after)) == message


@pytest.mark.parametrize("value", ["0", "-0.01", "10", "1e-9", "nan", "inf", "true", '"10 ms"', "[0.01]"])
def test_invalid_hop_is_refused(written, value):
    message = refusal(written, FIVE_LINES.replace("0.02", value))
    assert re.match(r": hop_seconds = .+ is not a duration\. Give seconds from 0\.001 to 1\.", message)


@pytest.mark.parametrize("key", ["window_seconds", "long_window_seconds"])
def test_window_too_short_for_its_bands_is_refused(written, key):
    message = refusal(written, FIVE_LINES.replace("hop_seconds = 0.02", f"{key} = 0.002"))
    assert message == f": {key} = 0.002 is not a duration. Give seconds from 0.005 to 1."


def test_shortest_windows_work(written, signals):
    text = FIVE_LINES.replace("hop_seconds = 0.02", "window_seconds = 0.005\nlong_window_seconds = 0.005")
    assert np.isfinite(compute_features(signals["noise"], find_feature_set(written(text)))).all()


@pytest.mark.parametrize("text", ["descriptors = [", "just words", "a = 1\na = 2"])
def test_file_that_is_not_toml_is_refused(written, text):
    assert refusal(written, text).startswith(": not a TOML file (")


def test_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"binary\.toml: not a TOML file \("):
        find_feature_set(str(path))


def test_missing_file_is_refused_with_the_builtin_names():
    with pytest.raises(UsageError, match=r"No feature set at no/such\.toml\. Give a name \(classic.*\) or a file\."):
        find_feature_set("no/such.toml")


def test_unknown_set_is_refused_with_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"Unknown feature set 'clasic'\. Did you mean 'classic'\? Known: "):
        find_feature_set("clasic")


def test_patterns_match_descriptors_and_derivatives(written):
    found = find_feature_set(written('descriptors = ["spectral_r*", "f0", "spectral_r*_d1"]\nfunctionals = ["mean"]\n'))
    assert found.descriptors == ("spectral_rolloff", "f0", "spectral_rolloff_d1")


def test_blocks_regions_and_features_of_the_utterance_make_columns(written, signals):
    text = """
        descriptors = ["rms"]
        functionals = ["mean", "active_mean"]
        utterance = ["rhythm"]
        exclude = ["rhythm__voiced_*"]
        span = "speech"
        [[blocks]]
        descriptors = ["zcr"]
        functionals = ["voiced_mean", "unvoiced_mean"]
    """
    found = find_feature_set(written(text))
    assert found.feature_names[:4] == ("rms__mean", "rms__active_mean", "zcr__voiced_mean", "zcr__unvoiced_mean")
    assert not any(name.startswith("rhythm__voiced_") for name in found.feature_names)
    row = dict(zip(found.feature_names, compute_features(signals["half silent"], found), strict=True))
    assert row["rms__mean"] == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert np.isfinite(row["zcr__voiced_mean"])


def test_span_speech_excludes_leading_silence(signals):
    means = {
        span: compute_features(signals["half silent"], FeatureSet("", "", ("rms",), ("mean",), span=span))[0]
        for span in ("whole", "speech")
    }
    assert means["whole"] == pytest.approx(means["speech"] / 2, rel=0.1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'descriptors = ["rms"]\nfunctionals = ["mean"]\nspan = "speach"',
            r"'speach'. Did you mean 'speech'",
        ),
        ('descriptors = ["rms"]\nfunctionals = ["mean"]\nutterance = ["rythm"]', r"'rythm'. Did you mean 'rhythm'"),
        ('descriptors = ["rms"]\nfunctionals = ["voiced_slope"]', r"unknown functional 'voiced_slope'"),
        ('descriptors = ["rms"]\nfunctionals = ["mean"]\nblocks = "x"', r"'blocks' must be sections"),
        ('descriptors = ["rms"]\nfunctionals = ["mean"]\nexclude = ["*"]', r"'exclude' select no feature"),
        (
            'descriptors = ["rms"]\nfunctionals = ["mean"]\n[[blocks]]\ndescriptors = ["rms"]\nfunctionals = ["mean"]',
            r"two blocks contain the same features \(rms__mean\)",
        ),
    ],
)
def test_invalid_sets_are_refused(written, text, message):
    with pytest.raises(UsageError, match=message):
        find_feature_set(written(text))
