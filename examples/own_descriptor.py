"""Extract a descriptor of one's own beside built-in ones, and score both sets.

Run it from the root of the repository: python examples/own_descriptor.py

docs/own-descriptor.md explains the form of a descriptor.
"""

from dataclasses import replace

import featser
from featser.features import FeatureSet, load_plugin

load_plugin("examples/crest.py")  # registers spectral_crest

without = FeatureSet(
    name="small",
    title="MFCC and energy",
    descriptors=("mfcc", "rms"),
    functionals=("mean", "std", "p95"),
)
with_crest = replace(without, name="small-crest", descriptors=(*without.descriptors, "spectral_crest"))

scores = {}
for features in (without, with_crest):
    table = featser.extract("data/toy/emodb", features=features)
    scores[features.name] = featser.cross_validate(table, model="logreg")
    print(f"{features.name}: {table.features.shape[1]} features, UAR {scores[features.name].uar:.3f}")

print(table.features.filter(like="spectral_crest").describe())
