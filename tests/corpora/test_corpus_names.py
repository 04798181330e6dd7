"""Names of the first five corpora, and the traps in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featser.corpora import CORPORA, Rejected, Utterance, find_corpus
from featser.errors import UnknownNameError


def parsed(corpus: str, path: str) -> Utterance:
    reading = CORPORA[corpus].parse(path)
    assert isinstance(reading, Utterance), reading
    return reading


def reason(corpus: str, path: str) -> str:
    reading = CORPORA[corpus].parse(path)
    assert isinstance(reading, Rejected), reading
    return reading.reason


def test_emodb_name():
    assert parsed("emodb", "wav/08b09Tc.wav") == Utterance(
        utterance="emodb/08b09Tc",
        path="wav/08b09Tc.wav",
        corpus="emodb",
        speaker="emodb/08",
        emotion="sadness",
        native_label="Trauer",
        sex="female",
        age=34.0,
        language="de",
        text="b09",
        take="c",
    )


def test_ravdess_name():
    assert parsed("ravdess", "Actor_12/03-01-06-02-02-01-12.flac") == Utterance(
        utterance="ravdess/03-01-06-02-02-01-12",
        path="Actor_12/03-01-06-02-02-01-12.flac",
        corpus="ravdess",
        speaker="ravdess/12",
        emotion="fear",
        native_label="fearful",
        sex="female",
        language="en",
        text="dogs",
        intensity="strong",
        take="01",
        channel="speech",
    )


def test_ravdess_song_is_another_channel_of_the_same_speaker():
    song = parsed("ravdess", "Actor_03/03-02-02-01-01-02-03.wav")
    assert (song.channel, song.speaker, song.sex) == ("song", "ravdess/03", "male")


@pytest.mark.parametrize("modality", ["01", "02"])
def test_ravdess_refuses_the_sound_of_videos(modality):
    assert reason("ravdess", f"{modality}-01-06-01-02-01-12.wav") == (
        "sound of a video (modality 01 or 02); the file with 03 contains the same take"
    )


@pytest.mark.parametrize(
    ("name", "combination"),
    [
        ("03-01-01-02-01-01-05", "strong neutral"),
        ("03-02-07-01-01-01-05", "disgust or surprise in song"),
        ("03-02-08-01-01-01-05", "disgust or surprise in song"),
    ],
)
def test_ravdess_refuses_what_it_does_not_have(name, combination):
    said = reason("ravdess", f"{name}.wav")
    assert said.startswith(f"{combination} is a combination that RAVDESS does not have")
    assert "BanglaSER" in said


@pytest.mark.parametrize("actor", ["00", "25", "99"])
def test_ravdess_has_actors_1_to_24(actor):
    assert "not named like a file of ravdess" in reason("ravdess", f"03-01-05-01-01-01-{actor}.wav")


@given(
    emotion=st.sampled_from(["02", "03", "04", "05", "06", "07", "08"]),
    intensity=st.sampled_from(["01", "02"]),
    text=st.sampled_from(["01", "02"]),
    take=st.sampled_from(["01", "02"]),
    actor=st.integers(1, 24),
)
def test_every_ravdess_speech_name_is_read_back(emotion, intensity, text, take, actor):
    stem = f"03-01-{emotion}-{intensity}-{text}-{take}-{actor:02}"
    utterance = parsed("ravdess", f"Actor_{actor:02}/{stem}.wav")
    assert utterance.utterance == f"ravdess/{stem}"
    assert utterance.speaker == f"ravdess/{actor:02}"
    assert utterance.sex == ("female" if actor % 2 == 0 else "male")
    assert utterance.take == take


@given(st.text(max_size=30))
def test_any_name_is_either_an_utterance_or_rejected(stem):
    path = f"{stem}.wav"
    for corpus in CORPORA.values():
        reading = corpus.parse(path)
        assert corpus.fits(path) or isinstance(reading, Rejected)
        assert reading.path == path


def test_crema_d_name():
    utterance = parsed("crema-d", "AudioWAV/1002_IEO_ANG_HI.wav")
    assert utterance.utterance == "crema-d/1002_IEO_ANG_HI"
    assert (utterance.speaker, utterance.emotion, utterance.native_label) == ("crema-d/1002", "anger", "ANG")
    assert (utterance.text, utterance.intensity) == ("IEO", "high")
    assert (utterance.sex, utterance.age) == ("female", 21.0)


def test_crema_d_accepts_the_short_spelling_of_no_intensity():
    assert parsed("crema-d", "1040_ITH_SAD_X.wav").intensity == "unspecified"
    assert parsed("crema-d", "1040_ITH_HAP_XX.wav").intensity == "unspecified"


def test_crema_d_has_actors_1001_to_1091():
    speakers = [f"{actor:04}" for actor in range(1000, 1100)]
    known = [actor for actor in speakers if CORPORA["crema-d"].fits(f"{actor}_DFA_NEU_XX.wav")]
    assert (known[0], known[-1], len(known)) == ("1001", "1091", 91)


def test_crema_d_demographics_match_the_published_counts():
    sexes = list(CORPORA["crema-d"].sexes.values())
    assert (sexes.count("male"), sexes.count("female")) == (48, 43)
    ages = CORPORA["crema-d"].ages
    assert len(ages) == 91
    assert (ages["1034"], ages["1050"], ages["1091"]) == (74, 62, 29)


def test_tess_name():
    utterance = parsed("tess", "OAF_Fear/OAF_back_fear.wav")
    assert utterance.utterance == "tess/OAF_back_fear"
    assert (utterance.speaker, utterance.emotion, utterance.text) == ("tess/OAF", "fear", "back")
    assert (utterance.sex, utterance.age) == ("female", 64.0)


def test_tess_prefix_without_f_is_no_third_speaker():
    utterance = parsed("tess", "OA_bite_neutral.wav")
    assert (utterance.speaker, utterance.age) == ("tess/OAF", 64.0)
    assert utterance.utterance == "tess/OA_bite_neutral"


@pytest.mark.parametrize("spelling", ["ps", "PS", "pleasant_surprise", "Pleasant_surprise", "pleasant_surprised"])
def test_tess_spellings_of_pleasant_surprise_are_one_label(spelling):
    utterance = parsed("tess", f"YAF_back_{spelling}.wav")
    assert (utterance.native_label, utterance.emotion, utterance.text) == ("ps", "surprise", "back")


@pytest.mark.parametrize("path", ["AudioData/DC/sa03.wav", "ALL/DC_sa03.wav", "DC_sa03.wav", "DCsa03.wav"])
def test_savee_speaker_comes_from_name_or_folder(path):
    utterance = parsed("savee", path)
    assert (utterance.speaker, utterance.emotion, utterance.native_label) == ("savee/DC", "sadness", "sa")
    assert (utterance.text, utterance.sex) == ("sa03", "male")


@pytest.mark.parametrize(
    ("code", "emotion"),
    [
        *[("a", "anger"), ("d", "disgust"), ("f", "fear"), ("h", "happiness")],
        *[("n", "neutral"), ("sa", "sadness"), ("su", "surprise")],
    ],
)
def test_savee_two_letter_codes_are_not_cut_short(code, emotion):
    assert parsed("savee", f"KL/{code}15.wav").emotion == emotion


def test_savee_ids_name_the_speaker_in_both_layouts():
    assert parsed("savee", "DC/a01.wav").utterance == "savee/DC_a01"
    assert parsed("savee", "KL/a01.wav").utterance == "savee/KL_a01"
    assert parsed("savee", "ALL/DC_a01.wav").utterance == "savee/DC_a01"


def test_savee_speaker_may_be_the_root_folder(place):
    manifest = CORPORA["savee"].read(place("a01.wav", under="JK"))
    assert [each.utterance for each in manifest.utterances] == ["savee/JK_a01"]


def test_savee_name_without_any_speaker_is_refused():
    assert "not named like a file of savee" in reason("savee", "some/a01.wav")


def test_unknown_corpus_suggests_the_nearest():
    with pytest.raises(UnknownNameError) as error:
        find_corpus("emobd")
    assert str(error.value) == (f"Unknown corpus 'emobd'. Did you mean 'emodb'? Known: {', '.join(sorted(CORPORA))}.")
    assert error.value.exit_code == 2
