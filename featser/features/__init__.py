"""Acoustic features: low-level descriptors, functionals and the feature sets that combine them.

`compute_features` maps one signal to one row of a feature table. Nothing in this package reads audio files.
"""

from featser.features.blocks import Block
from featser.features.compilation import are_compiled, compile_kernels
from featser.features.compute import compute_features, on_one_thread
from featser.features.feature_set import FeatureSet, foreign_features, used_descriptors
from featser.features.frames import Frames, Framing
from featser.features.naming import FeatureName, parse_feature_name
from featser.features.opensmile_sets import OPENSMILE_LICENCE, OPENSMILE_SETS, check_computable
from featser.features.plugins import PLUGINS, load_installed_plugins, load_plugin, unload_plugin
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, functional, low_level_descriptor
from featser.features.set_files import feature_set_from, feature_sets, find_feature_set
from featser.features.source import Source, column_names, same_features
from featser.features.utterance import UTTERANCE_FEATURES, utterance_feature

__all__ = [
    "DESCRIPTORS",
    "FUNCTIONALS",
    "OPENSMILE_LICENCE",
    "OPENSMILE_SETS",
    "PLUGINS",
    "UTTERANCE_FEATURES",
    "Block",
    "FeatureName",
    "FeatureSet",
    "Frames",
    "Framing",
    "Source",
    "are_compiled",
    "check_computable",
    "column_names",
    "compile_kernels",
    "compute_features",
    "feature_set_from",
    "feature_sets",
    "find_feature_set",
    "foreign_features",
    "functional",
    "load_installed_plugins",
    "load_plugin",
    "low_level_descriptor",
    "on_one_thread",
    "parse_feature_name",
    "same_features",
    "unload_plugin",
    "used_descriptors",
    "utterance_feature",
]
