"""ESD: ``0011/Angry/0011_000351.wav`` = speaker 0011, anger, sentence 1."""

from featser.corpora.corpus import Corpus

_N_TEXTS = 350
_EMOTIONS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
_MALE = (4, 5, 6, 8, 10, 11, 12, 13, 14, 20)
_SPEAKERS = range(1, 21)
_FIRST_ENGLISH = 11

ESD = Corpus(
    name="esd",
    title="Emotional Speech Database (ESD), Mandarin and English",
    citation="Zhou et al., Emotional Voice Conversion: Theory, Databases and ESD, Speech Communication 137, 2022",
    licence="research only, by signed licence; do not redistribute",
    home="GitHub repository HLTSingapore/Emotional-Speech-Data",
    language="",
    n_utterances=35000,
    n_speakers=20,
    audio="16 kHz",
    example="Emotion Speech Dataset/0011/Angry/0011_000351.wav",
    layouts=("0011/Angry/0011_000351.wav", "0011/Angry/train/0011_000351.wav"),
    file_name=r"(?P<emotion>Angry|Happy|Neutral|Sad|Surprise)/(?:(?:evaluation|test|train)/)?"
    r"(?P<speaker>00(?P<language>0[1-9]|1\d|20))_(?P<text>\d{6})",
    codes={
        "language": {f"{speaker:02}": "zh" if speaker < _FIRST_ENGLISH else "en" for speaker in _SPEAKERS},
        "text": {
            f"{number:06}": f"{(number - 1) % _N_TEXTS + 1:03}" for number in range(1, len(_EMOTIONS) * _N_TEXTS + 1)
        },
    },
    emotions={
        "Angry": "anger",
        "Happy": "happiness",
        "Neutral": "neutral",
        "Sad": "sadness",
        "Surprise": "surprise",
    },
    sexes={f"{speaker:04}": "male" if speaker in _MALE else "female" for speaker in _SPEAKERS},
    published_folds=(
        ("0005", "0011", "0016", "0018"),
        ("0012", "0014", "0015", "0019"),
        ("0003", "0004", "0006", "0009"),
        ("0007", "0008", "0013", "0020"),
        ("0001", "0002", "0010", "0017"),
    ),
    published_source="the five speaker-independent folds of EmoBox",
    unverified=("audio", "citation"),
    oddities=(
        "Speakers 0001 to 0010 speak Mandarin, 0011 to 0020 English.",
        "The folder states the emotion. The numbers 1 to 350 are neutral, 351 to 700 angry, 701 to 1050 happy, "
        "1051 to 1400 sad and 1401 to 1750 surprised, each with the same 350 sentences.",
        "The official parts train, evaluation and test share all speakers.",
        "One code of a sentence stands for different words in the two languages.",
        "Transcripts are in different encodings, and some labels are reported as wrong.",
    ),
)
