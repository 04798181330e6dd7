"""TESS: ``OAF_angry/OAF_back_angry.wav`` = older speaker, carrier word "back", anger."""

from featser.corpora.corpus import BestKnown, Corpus

TESS = Corpus(
    name="tess",
    title="Toronto emotional speech set (TESS)",
    citation="Pichora-Fuller and Dupuis, Toronto emotional speech set (TESS), 2020",
    licence="CC BY-NC-ND 4.0",
    home="University of Toronto TSpace, handle 1807/24487",
    language="en",
    n_utterances=2800,
    n_speakers=2,
    audio="24.414 kHz mono 16 bit, three files otherwise; 1.3 to 3.0 s, median 2.0 s, 1.60 h",
    example="OAF_angry/OAF_back_angry.wav",
    layouts=(
        "OAF_back_angry.wav",
        "TESS Toronto emotional speech set data/OAF_angry/OAF_back_angry.wav",
        "TESS Toronto emotional speech set data/TESS Toronto emotional speech set data/OAF_angry/OAF_back_angry.wav",
    ),
    file_name=r"(?P<speaker>OAF?|YAF)_(?P<text>[A-Za-z]+)"
    r"_(?P<emotion>(?i:angry|disgust|fear|happy|neutral|ps|pleasant_surprised?|sad))",
    codes={
        "speaker": {"OA": "OAF"},
        "emotion": {"pleasant_surprise": "ps", "pleasant_surprised": "ps"},
    },
    emotions={
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sadness",
    },
    sexes={"OAF": "female", "YAF": "female"},
    ages={"OAF": 64, "YAF": 26},
    published_folds=(("OAF",), ("YAF",)),
    published_source="one speaker against the other, both ways, as ERTK; two speakers carry no interval",
    best_known=BestKnown(
        uar=0.63,
        n_emotions=7,
        source="ERTK (GitHub: Strong-AI-Lab/emotion, Interspeech 2021): ComParE 2016 features normalised by speaker, "
        "the best of 9 classifiers, tuned on the tested folds",
    ),
    oddities=(
        "Two speakers only: at most two folds, and no conclusion about other speakers.",
        "The speaker of OA_bite_neutral is OAF; the name lacks the F.",
        "YAF_germ_angry.wav and YAF_neat_fear.wav are AIFF files; OAF_food_fear.wav has 96 kHz, the others 24.414 kHz.",
        "The duration alone predicts the emotion with an unweighted average recall of 0.275 (chance 0.143).",
        "Widespread archives contain all files twice, one folder deeper.",
    ),
)
