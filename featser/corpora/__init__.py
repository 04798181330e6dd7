"""Corpora: `CORPORA` lists the built-in ones by name, `known_corpora` also those of installed packages.

Manifests of recordings are read from the names of files and folders, or from tables of labels; no audio is opened.
"""

from featser.corpora.corpus import Corpus
from featser.corpora.declaration import check_corpus, read_declaration
from featser.corpora.emotions import EMOTIONS
from featser.corpora.files import AUDIO_SUFFIXES, find_audio_files
from featser.corpora.folders import FOLDER_PER_CLASS, FolderPerClass, read_folder_per_class
from featser.corpora.label_maps import read_label_map
from featser.corpora.label_table import parse_columns
from featser.corpora.listing import read_manifest
from featser.corpora.manifest import SYNTHETIC_MARK, Manifest, Rejected, changed_copies
from featser.corpora.raters import agreement_of, fleiss_kappa, soft_label, votes_of
from featser.corpora.recognise import Recognised, read_corpus, recognise
from featser.corpora.registry import CORPORA, find_corpus, known_corpora
from featser.corpora.utterances import Utterance

__all__ = [
    "AUDIO_SUFFIXES",
    "CORPORA",
    "EMOTIONS",
    "FOLDER_PER_CLASS",
    "SYNTHETIC_MARK",
    "Corpus",
    "FolderPerClass",
    "Manifest",
    "Recognised",
    "Rejected",
    "Utterance",
    "agreement_of",
    "changed_copies",
    "check_corpus",
    "find_audio_files",
    "find_corpus",
    "fleiss_kappa",
    "known_corpora",
    "parse_columns",
    "read_corpus",
    "read_declaration",
    "read_folder_per_class",
    "read_label_map",
    "read_manifest",
    "recognise",
    "soft_label",
    "votes_of",
]
