"""One signal in, one named row of numbers out; pure, no files."""

from featser.features.feature_set import (
    Block,
    FeatureName,
    FeatureSet,
    compute_features,
    parse_feature_name,
    used_descriptors,
)
from featser.features.frames import Frames, Framing
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, functional, low_level_descriptor
from featser.features.set_files import builtin_feature_sets, feature_set_from, find_feature_set
from featser.features.utterance import UTTERANCE_FEATURES, utterance_feature

__all__ = [
    "DESCRIPTORS",
    "FUNCTIONALS",
    "UTTERANCE_FEATURES",
    "Block",
    "FeatureName",
    "FeatureSet",
    "Frames",
    "Framing",
    "builtin_feature_sets",
    "compute_features",
    "feature_set_from",
    "find_feature_set",
    "functional",
    "low_level_descriptor",
    "parse_feature_name",
    "used_descriptors",
    "utterance_feature",
]
