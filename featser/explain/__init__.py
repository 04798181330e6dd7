"""Explanations of answers by families of descriptors and by acoustic words."""

from featser.explain.explanation import Explanation, WordShare, explain, explain_features
from featser.explain.terms import Terms, exact_terms, margins
from featser.explain.words import WORDS, Word, columns_of_words

__all__ = [
    "WORDS",
    "Explanation",
    "Terms",
    "Word",
    "WordShare",
    "columns_of_words",
    "exact_terms",
    "explain",
    "explain_features",
    "margins",
]
