"""Compare two feature sets on the same folds, speaker by speaker, and write a report.

Run it from the root of the repository: python examples/compare_feature_sets.py
"""

import pandas as pd

import featser
from featser.features import FeatureSet

mfcc = FeatureSet(name="mfcc", title="MFCC only", descriptors=("mfcc",), functionals=("mean", "std"))

results = {}
for features in ("classic", mfcc):
    table = featser.extract("data/toy/emodb", features=features)
    result = featser.cross_validate(table, model="lda", protocol="leave-one-speaker-out")
    results[result.run.features] = result

by_speaker = pd.DataFrame({name: result.run.uar_by_speaker for name, result in results.items()})
by_speaker["difference"] = by_speaker["classic"] - by_speaker["mfcc"]
print(by_speaker.round(3))
print(f"classic scores higher for {(by_speaker['difference'] > 0).sum()} of {len(by_speaker)} speakers")

# Features of another tool are compared in the same way: a DataFrame with the columns utterance, corpus, speaker and
# emotion, and one column for each feature.
frame = table.manifest[["utterance", "corpus", "speaker", "emotion"]].assign(duration=table.manifest["duration_s"])
results["duration"] = featser.cross_validate(featser.Table.from_frame(frame, name="duration"), model="lda")
print(f"The duration alone scores {results['duration'].uar:.3f}.")

files = featser.report(list(results.values()), "example-report")
print(f"Report: {files.html}")
