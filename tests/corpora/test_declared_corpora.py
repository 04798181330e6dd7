"""What the names of each corpus say, written down from the corpora's own documents, and counts of whole corpora."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from featser.corpora import CORPORA, Manifest, Rejected, Utterance, read_corpus, recognise
from featser.corpora.files import Found
from featser.errors import InputError

FACTS = {
    "asvp-esd": [
        (
            "03-01-09-02-01-015-02-01.wav",
            {"speaker": "015", "sex": "female", "emotion": "excitement", "channel": "speech"},
        ),
        ("03-02-12-01-01-106-02-03-02-14-33.wav", {"speaker": "106", "sex": "male", "emotion": "disappointment"}),
        ("03-02-04-01-01-04-01-02-04-22.wav", {"channel": "non-speech", "emotion": "sadness", "intensity": "normal"}),
    ],
    "jl-corpus": [
        (
            "female1_apologetic_15a_2.wav",
            {"speaker": "female1", "sex": "female", "emotion": "apology", "text": "15a", "take": "2"},
        ),
        (
            "male1_excited_1b_1.wav",
            {"speaker": "male1", "sex": "male", "emotion": "excitement", "text": "1b", "take": "1"},
        ),
    ],
    "emov-db": [
        (
            "sam_Sleepy/sleepiness_113_140_0113.wav",
            {"speaker": "sam", "sex": "male", "emotion": "sleepiness", "text": "0113"},
        ),
        (
            "bea_Disgusted/Disgust_1-28_0001.wav",
            {"speaker": "bea", "sex": "female", "emotion": "disgust", "text": "0001"},
        ),
        ("josh/Neutral/neutral_1-28_0001.wav", {"speaker": "josh", "emotion": "neutral", "text": "0001"}),
    ],
    "esd": [
        ("0020/Surprise/0020_001401.wav", {"speaker": "0020", "sex": "male", "language": "en", "text": "001"}),
        ("0001/Sad/test/0001_001400.wav", {"sex": "female", "language": "zh", "emotion": "sadness", "text": "350"}),
        ("0012/Neutral/0012_000001.wav", {"sex": "male", "language": "en", "emotion": "neutral", "text": "001"}),
        ("0019/Happy/0019_000702.wav", {"sex": "female", "emotion": "happiness", "text": "002"}),
    ],
    "emovo": [
        ("m3/sor-m3-l4.wav", {"speaker": "m3", "sex": "male", "emotion": "surprise", "text": "l4", "language": "it"}),
        ("f1/rab-f1-b1.wav", {"speaker": "f1", "sex": "female", "emotion": "anger", "text": "b1"}),
        ("f1/pau-f1-d2.wav", {"emotion": "fear"}),
    ],
    "urdu": [
        ("Sad/SF5_F2_S027.wav", {"speaker": "SF5", "sex": "female", "emotion": "sadness", "language": "ur"}),
        ("SM1_F10_A010.wav", {"speaker": "SM1", "sex": "male", "emotion": "anger"}),
    ],
    "shemo": [
        ("F03F02.wav", {"speaker": "F03", "sex": "female", "emotion": "fear"}),
        ("M12W13.wav", {"speaker": "M12", "sex": "male", "emotion": "surprise", "language": "fa"}),
    ],
    "nemo": [
        (
            "samples/KS0_surprised_3.wav",
            {"speaker": "KS0", "sex": "male", "age": 23, "emotion": "surprise", "text": "3"},
        ),
        (
            "samples/IC0_anger_90.wav",
            {"speaker": "IC0", "sex": "female", "age": 28, "emotion": "anger", "language": "pl"},
        ),
    ],
    "aesdd": [
        ("sadness/s01 (5)b.wav", {"speaker": "5", "emotion": "sadness", "text": "01", "take": "b"}),
        ("disgust/d03 (01).wav", {"speaker": "1", "emotion": "disgust", "language": "el"}),
    ],
    "cafe": [
        (
            "Tristesse/Fort/12-T-2-6.aiff",
            {"speaker": "12", "sex": "female", "emotion": "sadness", "intensity": "strong"},
        ),
        ("Neutre/01-N-1-1.wav", {"speaker": "01", "sex": "male", "emotion": "neutral", "text": "1", "language": "fr"}),
        ("Peur/Faible/09-P-1-3.wav", {"sex": "male", "emotion": "fear", "intensity": "weak"}),
    ],
    "turev-db": [
        ("7895_sk_utanc.wav", {"speaker": "7895", "emotion": "calm", "text": "utanc", "language": "tr"}),
        ("1984_hl_eger.wav", {"emotion": "sadness"}),
        ("1234_mt_cene.wav", {"emotion": "happiness"}),
    ],
    "ased": [
        ("S4-02-01-01-07.wav", {"speaker": "07", "sex": "female", "emotion": "sadness", "text": "02", "take": "01"}),
        ("n1-05-02-02-65.wav", {"speaker": "65", "sex": "male", "emotion": "neutral", "take": "02", "language": "am"}),
    ],
    "baved": [
        (
            "0/39-f-6-0-2-5.wav",
            {"speaker": "39", "sex": "female", "age": 6, "emotion": None, "intensity": "high", "text": "0"},
        ),
        ("45-m-20-6-0-155.wav", {"speaker": "45", "sex": "male", "intensity": "low", "text": "6", "language": "ar"}),
    ],
    "subesco": [
        (
            "M_01_SHOVON_S_10_SURPRISE_5.wav",
            {"speaker": "M_01", "sex": "male", "emotion": "surprise", "text": "10", "take": "5"},
        ),
    ],
    "mesd": [
        ("Sadness_C_B_buenos días.wav", {"speaker": "C", "sex": None, "emotion": "sadness", "text": "buenos días"}),
        ("Fear_M_A_abajo.wav", {"speaker": "M", "sex": "male", "emotion": "fear", "language": "es"}),
    ],
    "audio-mnist": [
        ("data/57/9_57_49.wav", {"speaker": "57", "sex": "female", "text": "9", "take": "49", "emotion": None})
    ],
    "fsdd": [("recordings/7_theo_12.wav", {"speaker": "theo", "text": "7", "take": "12", "emotion": None})],
    "esc-50": [("5-9032-A-0.wav", {"speaker": None, "text": "dog", "emotion": None, "native_label": None})],
    "ms-snsd": [("noise_test/Neighbor_12.wav", {"speaker": None, "text": "Neighbor", "take": "12", "language": None})],
    "ljspeech": [("LJ050-0278.wav", {"speaker": "LJ", "emotion": None, "language": "en"})],
    "tess": [
        ("OAF_Pleasant_surprise/OAF_back_ps.wav", {"speaker": "OAF", "emotion": "surprise", "text": "back"}),
        ("YAF_pleasant_surprised/YAF_back_ps.wav", {"speaker": "YAF", "age": 26, "sex": "female"}),
    ],
}
"""Corpus -> path and what its name says."""

REJECTED = {
    "asvp-esd": ["03-02-13-01-01-04-01-02.wav", "03-01-021-01-01-04-01-02.wav", "03-01-05-01-02-01-12.wav"],
    "jl-corpus": ["female3_angry_1a_1.wav", "male1_angry_1c_1.wav"],
    "emov-db": ["anger_1-28_0001.wav"],
    "esd": ["0011_000351.wav", "0021/Angry/0021_000351.wav"],
    "emovo": ["gio-f4-b2.wav", "gio-f1-l5.wav"],
    "cafe": ["13-C-1-1.wav", "01-C-1-7.wav"],
    "turev-db": ["1111_kz_acik.wav"],
    "audio-mnist": ["data/61/0_61_1.wav", "1_01_2.wav"],
    "fsdd": ["1_anna_2.wav"],
    "speech-accent-archive": ["recordings/anna1.mp3"],
}
"""Corpus -> names that are not those of usable files."""


def read(corpus: str, names: Iterator[str]) -> Manifest:
    return CORPORA[corpus].read_found(Found(Path("x"), tuple(names)))


@pytest.mark.parametrize(("corpus", "path", "facts"), [(name, *row) for name, rows in FACTS.items() for row in rows])
def test_names_say_what_the_corpus_says(corpus: str, path: str, facts: dict[str, object]) -> None:
    reading = CORPORA[corpus].parse(path)
    assert isinstance(reading, Utterance), reading
    said = {**reading._asdict(), "speaker": reading.speaker and reading.speaker.removeprefix(f"{corpus}/")}
    assert {key: said[key] for key in facts} == facts


@pytest.mark.parametrize(("corpus", "path"), [(name, path) for name, paths in REJECTED.items() for path in paths])
def test_other_names_are_rejected(corpus: str, path: str) -> None:
    assert isinstance(CORPORA[corpus].parse(path), Rejected)


def test_every_declared_corpus_has_facts_here() -> None:
    elsewhere = {"emodb", "ravdess", "crema-d", "savee", "iemocap", "meld", "flickr-audio", "speech-accent-archive"}
    assert {*FACTS, *elsewhere} == set(CORPORA)


WHOLE = {
    "emovo": (
        f"{speaker}/{emotion}-{speaker}-{text}.wav"
        for speaker, emotion, text in product(
            ("f1", "f2", "f3", "m1", "m2", "m3"),
            ("neu", "dis", "gio", "pau", "rab", "sor", "tri"),
            ("b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2"),
        )
    ),
    "cafe": (
        f"{speaker:02}-{emotion}-{intensity}-{text}.wav"
        for speaker, emotion, intensity, text in product(range(1, 13), "CDJNPST", (1, 2), range(1, 7))
        if (emotion, intensity) != ("N", 2)
    ),
    "jl-corpus": (
        f"{sex}{n}_{emotion}_{text}{half}_{session}.wav"
        for sex, n, emotion, text, half, session in product(
            *(("male", "female"), (1, 2)),
            [
                "angry",
                "sad",
                "neutral",
                "happy",
                "excited",
                "anxious",
                "apologetic",
                "assertive",
                "concerned",
                "encouraging",
            ],
            *(range(1, 16), "ab", (1, 2)),
        )
    ),
    "fsdd": (
        f"recordings/{digit}_{speaker}_{take}.wav"
        for digit, speaker, take in product(
            range(10), ("george", "jackson", "lucas", "nicolas", "theo", "yweweler"), range(50)
        )
    ),
    "savee": (
        f"AudioData/{speaker}/{emotion}{n:02}.wav"
        for speaker, emotion, n in product(
            ("DC", "JE", "JK", "KL"), ["a", "d", "f", "h", "n", "sa", "su"], range(1, 31)
        )
        if emotion == "n" or n <= 15
    ),
}
"""Names of all files of a corpus, where its documents tell them."""


@pytest.mark.parametrize("corpus", WHOLE)
def test_whole_corpora_have_their_published_sizes(corpus: str) -> None:
    manifest, declared = read(corpus, WHOLE[corpus]), CORPORA[corpus]
    assert (len(manifest.utterances), manifest.rejected) == (declared.n_utterances, ())
    assert len({each.speaker for each in manifest.utterances}) == declared.n_speakers
    assert {each.emotion for each in manifest.utterances} == set(declared.emotions.values() or [None])
    published = {f"{corpus}/{each}" for fold in declared.published_folds for each in fold}
    assert published in (set(), {each.speaker for each in manifest.utterances})


# Labels in files beside the recordings


def write(root: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def iemocap(tmp_path: Path) -> Path:
    names = ("Ses01F_impro01_F000", "Ses01F_impro01_M001", "Ses01M_script01_1b_F002", "Ses05F_impro01_M003")
    rows = [f"[1.0 - 2.0]\t{name}\t{{}}\t[2.5, 2.5, 2.5]\n" for name in names]
    return write(
        tmp_path,
        {
            **{f"Session{name[4]}/sentences/wav/{name[:-5]}/{name}.wav": "" for name in names},
            "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F099.wav": "",
            "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt": "% [START_TIME - END_TIME] TURN_NAME EMOTION\n\n"
            + rows[0].format("exc")
            + "C-E2:\tHappiness;\t()\nC-F1:\tNeutral;\t()\n\n"
            + rows[1].format("ang"),
            "Session1/dialog/EmoEvaluation/Ses01M_script01_1b.txt": rows[2].format("xxx"),
            "Session5/dialog/EmoEvaluation/Ses05F_impro01.txt": rows[3].format("sad"),
            "Session1/dialog/EmoEvaluation/Self-evaluation/Ses01F_impro01_F_atr.txt": rows[0].format("neu"),
        },
    )


def test_iemocap_takes_labels_from_its_evaluations_and_the_talker_from_the_last_letter(iemocap: Path) -> None:
    manifest = read_corpus(iemocap)
    read = {each.utterance: (each.speaker, each.sex, each.emotion) for each in manifest.utterances}
    assert read == {
        "iemocap/Ses01F_impro01_F000": ("iemocap/01F", "female", "excitement"),
        "iemocap/Ses01F_impro01_M001": ("iemocap/01M", "male", "anger"),
        "iemocap/Ses05F_impro01_M003": ("iemocap/05M", "male", "sadness"),
    }
    assert sorted(each.reason for each in manifest.rejected) == [
        "'xxx' is not an emotion of iemocap",
        "the labels of iemocap have no row for it",
    ]


def test_a_name_alone_states_the_speaker_but_no_emotion() -> None:
    reading = CORPORA["iemocap"].parse("Ses03M_impro05b_F011.wav")
    assert isinstance(reading, Utterance)
    assert (reading.speaker, reading.sex, reading.emotion) == ("iemocap/03F", "female", None)


def test_iemocap_without_its_evaluations_is_an_error(place) -> None:
    root = place("wav/Ses01F_impro01/Ses01F_impro01_F000.wav")
    with pytest.raises(InputError, match=r"The labels of iemocap are missing, e\.g\. Session1/dialog/EmoEvaluation"):
        read_corpus(root)
    with pytest.raises(InputError, match=r"the labels of iemocap are missing"):
        read_corpus(root, "iemocap")


def test_meld_joins_its_tables_by_part_dialogue_and_number(tmp_path: Path) -> None:
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season\n"
    root = write(
        tmp_path,
        {
            "train/train_splits/dia0_utt1.mp4": "1",
            "dev/dev_splits_complete/dia0_utt1.mp4": "2",
            "test/output_repeated_splits_test/dia0_utt1.mp4": "3",
            "test/output_repeated_splits_test/final_videos_testdia0_utt2.mp4": "4",
            "test/output_repeated_splits_test/dia7_utt7.mp4": "5",
            "train_sent_emo.csv": head + '1,"Oh, no,\nno",Chandler,joy,positive,0,1,8\n',
            "dev_sent_emo.csv": head + "1,Hi,Phoebe,sadness,negative,0,1,4\n",
            "test_sent_emo.csv": head + "1,Hi,Mark,surprise,positive,0,1,3\n2,Ho,Phoebe,anger,negative,0,2,3\n",
        },
    )
    manifest = read_corpus(root)
    read = {each.utterance: (each.speaker, each.sex, each.native_label, each.emotion) for each in manifest.utterances}
    assert read == {
        "meld/train_dia0_utt1": ("meld/Chandler", "male", "joy", "happiness"),
        "meld/dev_dia0_utt1": ("meld/Phoebe", "female", "sadness", "sadness"),
        "meld/test_dia0_utt1": ("meld/Mark", None, "surprise", "surprise"),
        "meld/test_final_videos_testdia0_utt2": ("meld/Phoebe", "female", "anger", "anger"),
    }
    assert [each.reason for each in manifest.rejected] == ["the labels of meld have no row for it"]


def test_speakers_come_from_tables_where_these_are_there(tmp_path: Path) -> None:
    names = ["wavs/667626_18933d713e_0.wav", "wavs/667626_18933d713e_1.wav"]
    root = write(tmp_path, {name: name for name in names} | {"wav2spk.txt": "667626_18933d713e_0.wav 71\n"})
    assert [each.speaker for each in read_corpus(root).utterances] == ["flickr-audio/71", None]
    (root / "wav2spk.txt").unlink()
    assert [each.speaker for each in read_corpus(root).utterances] == [None, None]


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "train_splits/dia0_utt1.mp4": "",
            "train_sent_emo.csv": "Speaker,Emotion,Dialogue_ID,Utterance_ID\n" + '"' + "x" * 200_000,
        },
    )
    with pytest.raises(InputError, match=r"^train_sent_emo\.csv: field larger than field limit .* Replace it by"):
        read_corpus(root)


# Recognition


def test_each_corpus_is_recognised_among_all_others(place) -> None:
    """Folders of a dozen names in the layout of the corpus, with a stray file; the confusion matrix is diagonal."""
    confused = {}
    for name, rows in FACTS.items():
        names = [CORPORA[name].example, *(path for path, _ in rows), "notes.txt"]
        root = place(*names, under=f"{name}-tree")
        if (found := recognise(root).reader.name) != name:
            confused[name] = found
    assert not confused


def test_names_like_those_of_ravdess_with_other_codes_are_refused(place) -> None:
    """BanglaSER: 01 is happiness there, also at intensity 02, which neutral in RAVDESS does not have."""
    root = place(*(f"Actor_01/03-01-0{e}-0{i}-01-0{t}-01.wav" for e, i, t in product(range(1, 6), (1, 2), (1, 2))))
    for corpus in ("auto", "ravdess"):
        with pytest.raises(InputError, match=r"shows that this is not ravdess: strong neutral is a combination"):
            read_corpus(root, corpus)


def test_emodb_beside_its_files_of_segments(place) -> None:
    root = place("wav/03a01Wa.wav", "lablaut/03a01Wa.lablaut", "labsilb/03a01Wa.labsilb", "laryngo/03a01Wa.lar")
    assert [each.path for each in read_corpus(root).utterances] == ["wav/03a01Wa.wav"]


# The recordings themselves; names only, no audio is opened

EMOVO = dict.fromkeys(("neutral", "disgust", "happiness", "fear", "anger", "surprise", "sadness"), 84)
AESDD = {"anger": 121, "disgust": 122, "fear": 120, "happiness": 119, "sadness": 122}


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("folder", "corpus", "n_speakers", "emotions"),
    [("emovo", "emovo", 6, EMOVO), ("aesdd", "aesdd", 6, AESDD), ("nemo", "nemo", 9, None)],
)
def test_real_corpora(corpora_root: Path, folder: str, corpus: str, n_speakers: int, emotions: dict[str, int]) -> None:
    manifest = read_corpus(corpora_root / folder)
    assert (manifest.corpus, manifest.rejected, manifest.skipped) == (corpus, (), ())
    assert len({each.speaker for each in manifest.utterances}) == n_speakers
    counts = Counter(each.emotion for each in manifest.utterances)
    assert counts == emotions or (corpus == "nemo" and counts.total() == 1001 and len(counts) == 6)


@pytest.mark.corpora
def test_real_facts_of_nemo_are_those_of_its_table(corpora_root: Path) -> None:
    rows = [line.split("\t") for line in (corpora_root / "nemo" / "data.tsv").read_text("utf-8").splitlines()[1:]]
    stated = {row[0].removesuffix(".flac"): (row[1], row[4].strip(), row[5], float(row[6])) for row in rows}
    for each in read_corpus(corpora_root / "nemo").utterances:
        native, speaker, sex, age = stated[each.utterance.removeprefix("nemo/")]
        assert (each.native_label, each.speaker, each.sex, each.age) == (native, f"nemo/{speaker}", sex, age)


@pytest.mark.corpora
def test_real_files_of_aesdd_and_noise(corpora_root: Path) -> None:
    native = read_corpus(corpora_root / "aesdd-native").utterances
    assert [each.utterance for each in native] == ["aesdd/a01 (1)", "aesdd/a02 (2)", "aesdd/a20 (6)"]
    noise = read_corpus(corpora_root / "noise")
    assert (noise.corpus, len(noise.utterances), {each.emotion for each in noise.utterances}) == ("esc-50", 40, {None})
    assert set(Counter(each.text for each in noise.utterances).values()) == {4}
    assert all(each.path.startswith(f"{each.text}-") for each in noise.utterances)
