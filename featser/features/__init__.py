"""One signal in, one named row of numbers out; pure, no files."""

from featser.features.feature_set import (
    FeatureName,
    FeatureSet,
    builtin_feature_sets,
    compute_features,
    feature_set_from,
    find_feature_set,
    parse_feature_name,
    used_descriptors,
)
from featser.features.frames import Frames, Framing
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, functional, low_level_descriptor

__all__ = [
    "DESCRIPTORS",
    "FUNCTIONALS",
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
]
