"""Score, train and save a model on recordings listed in a CSV file, then predict.

Run it from the root of the repository: python examples/own_recordings.py

The CSV file has the columns path, speaker and emotion; paths are relative to the file.
"""

import featser

manifest = featser.read_manifest("examples/recordings.csv")
table = featser.extract(manifest, features="classic")  # features="wide" scores higher and takes longer

result = featser.fit(table, model="lda")  # folds by speaker: no speaker is both trained on and tested
print(f"UAR on unseen speakers: {result.uar:.3f}, 95 % interval {result.interval}")
print(result.predictions[["utterance", "truth", "predicted"]].head())

result.save_model("own-recordings.joblib")
model = featser.load_model("own-recordings.joblib")
print(model.predict(["data/toy/emodb/wav/03a04Wa.flac"]))
