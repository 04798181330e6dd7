"""Explanations of answers by families of descriptors and by acoustic words."""

from featser.explain.explanation import Explanation, WordShare, explain, explain_features
from featser.explain.profile import emotion_profile
from featser.explain.terms import Terms, exact_terms, margins
from featser.explain.words import WORDS, Word, columns_of_words, phrase

__all__ = [
    "WORDS",
    "Explanation",
    "Terms",
    "Word",
    "WordShare",
    "columns_of_words",
    "emotion_profile",
    "exact_terms",
    "explain",
    "explain_features",
    "margins",
    "phrase",
]
