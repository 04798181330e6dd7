"""Naming schemes of real corpora, so that their readers can read synthetic corpora.

Sources: Burkhardt et al., "A Database of German Emotional Speech", Interspeech 2005 (``03a01Wa``);
Livingstone and Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song", PLOS ONE 13,
2018 (``Actor_01/03-01-05-01-02-01-01``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from featser.errors import UnknownNameError, UsageError


@dataclass(frozen=True)
class Utterance:
    """One synthetic utterance, identified by numbers from 0 on, independent of the naming scheme.

    Attributes
    ----------
    speaker : int
        number of the speaker
    emotion : str
        one of `featser.synthetic.EMOTIONS`
    sentence : int
        number of the sentence
    take : int
        number of the take
    """

    speaker: int
    emotion: str
    sentence: int
    take: int


@dataclass(frozen=True)
class Scheme:
    """Naming scheme: maps utterances to file names and back.

    Attributes
    ----------
    name : str
        name of the scheme
    speakers : tuple of str
        speaker codes; low and high voices alternate
    emotions : mapping of str to str
        code of each emotion
    sentences : tuple of str
        sentence codes
    takes : tuple of str
        take codes, with one character per field of the file name
    template : str
        path without suffix; ``take[0]`` is the first character of the take code
    file_name : str
        regular expression of the stem, with the groups ``speaker`` and ``emotion``
    fewer_takes : mapping of str to int
        number of takes of the emotions that have fewer than ``takes``
    """

    name: str
    speakers: tuple[str, ...]
    emotions: Mapping[str, str]
    sentences: tuple[str, ...]
    takes: tuple[str, ...]
    template: str
    file_name: str
    fewer_takes: Mapping[str, int] = field(default_factory=dict)

    def capacity(self, emotion: str) -> int:
        """Return the number of file names of one speaker and emotion.

        Parameters
        ----------
        emotion : str

        Returns
        -------
        int
        """
        return len(self.sentences) * self.fewer_takes.get(emotion, len(self.takes))

    def path(self, utterance: Utterance, suffix: str) -> Path:
        """Return the path of an utterance, relative to the folder of the corpus.

        Parameters
        ----------
        utterance : Utterance
        suffix : str
            ``.wav`` or ``.flac``

        Returns
        -------
        Path

        Examples
        --------
        >>> EMODB.path(Utterance(speaker=0, emotion="anger", sentence=0, take=1), ".wav").as_posix()
        'wav/03a01Wb.wav'
        >>> RAVDESS.path(Utterance(speaker=0, emotion="anger", sentence=1, take=2), ".flac").as_posix()
        'Actor_01/03-01-05-02-02-01-01.flac'
        """
        stem = self.template.format(
            speaker=self.speakers[utterance.speaker],
            emotion=self.emotions[utterance.emotion],
            sentence=self.sentences[utterance.sentence],
            take=self.takes[utterance.take],
        )
        return Path(stem + suffix)

    def utterances(self, n_speakers: int, emotions: tuple[str, ...], n_per_emotion: int) -> list[Utterance]:
        """List the utterances of a corpus: one take of every sentence, then a second take of every sentence, and so on.

        Parameters
        ----------
        n_speakers : int
            number of speakers
        emotions : tuple of str
        n_per_emotion : int
            number of utterances of each speaker and emotion

        Returns
        -------
        list of Utterance

        Raises
        ------
        UnknownNameError
            the scheme has no code for an emotion
        UsageError
            the scheme has too few names, or nothing is requested
        """
        self.check(n_speakers, emotions, n_per_emotion)
        return [
            Utterance(speaker, emotion, number % len(self.sentences), number // len(self.sentences))
            for speaker in range(n_speakers)
            for emotion in emotions
            for number in range(n_per_emotion)
        ]

    def check(self, n_speakers: int, emotions: tuple[str, ...], n_per_emotion: int) -> None:
        """Raise the errors of `utterances`."""
        if not 1 <= n_speakers <= len(self.speakers):
            raise UsageError(f"{self.name} has names for 1 to {len(self.speakers)} speakers, not {n_speakers}.")
        if not emotions or len(set(emotions)) < len(emotions):
            raise UsageError("A synthetic corpus needs at least one emotion, and each only once.")
        for emotion in emotions:
            if emotion not in self.emotions:
                raise UnknownNameError("emotion", emotion, self.emotions, where=self.name)
            if not 1 <= n_per_emotion <= self.capacity(emotion):
                raise UsageError(
                    f"{self.name} has names for 1 to {self.capacity(emotion)} utterances of '{emotion}' per speaker, "
                    f"not {n_per_emotion}."
                )

    def labels(self, path: Path) -> tuple[str, str] | None:
        """Read speaker code and emotion from a file name.

        Parameters
        ----------
        path : Path

        Returns
        -------
        tuple of (speaker code, emotion) or None
            None for names of other schemes

        Examples
        --------
        >>> EMODB.labels(Path("wav/03a01Wb.wav"))
        ('03', 'anger')
        """
        match = re.fullmatch(self.file_name, path.stem)
        names = {code: emotion for emotion, code in self.emotions.items()}
        return (match["speaker"], names[match["emotion"]]) if match else None


EMODB = Scheme(
    name="emodb",
    speakers=("03", "08", "10", "09", "11", "13", "12", "14", "15", "16"),
    emotions={
        "anger": "W",
        "boredom": "L",
        "disgust": "E",
        "fear": "A",
        "happiness": "F",
        "neutral": "N",
        "sadness": "T",
    },
    sentences=("a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10"),
    takes=tuple("abcdef"),
    template="wav/{speaker}{sentence}{emotion}{take[0]}",
    file_name=r"(?P<speaker>\d{2})[ab]\d{2}(?P<emotion>[WLEAFTN])[a-f]",
)

RAVDESS = Scheme(
    name="ravdess",
    speakers=tuple(f"{number:02d}" for number in range(1, 25)),
    emotions={
        "neutral": "01",
        "calm": "02",
        "happiness": "03",
        "sadness": "04",
        "anger": "05",
        "fear": "06",
        "disgust": "07",
        "surprise": "08",
    },
    sentences=("01", "02"),
    takes=("11", "12", "21", "22"),
    template="Actor_{speaker}/03-01-{emotion}-0{take[0]}-{sentence}-0{take[1]}-{speaker}",
    file_name=r"03-01-(?P<emotion>0[1-8])-0[12]-0[12]-0[12]-(?P<speaker>\d{2})",
    fewer_takes={"neutral": 2},
)

SCHEMES = {scheme.name: scheme for scheme in (EMODB, RAVDESS)}


def find_scheme(name: str) -> Scheme:
    """Return a naming scheme by name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Scheme

    Raises
    ------
    UnknownNameError
        unknown scheme
    """
    if name not in SCHEMES:
        raise UnknownNameError("naming scheme", name, SCHEMES)
    return SCHEMES[name]


def labels(path: Path) -> tuple[str, str] | None:
    """Read speaker code and emotion from a file name of any scheme.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of (speaker code, emotion) or None
        None for other names
    """
    return next((found for scheme in SCHEMES.values() if (found := scheme.labels(path))), None)
