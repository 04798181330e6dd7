"""Tune a scikit-learn pipeline with GridSearchCV on speaker folds, and score the search on other speakers.

Run it from the root of the repository: python examples/scikit_learn.py
"""

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import featser

manifest = featser.read_corpus("data/toy/emodb")
labels = manifest.table  # a DataFrame: utterance, path, corpus, speaker, emotion, ...
files = [manifest.root / path for path in labels["path"]]
y = labels["emotion"].to_numpy()

# The features of a recording depend on that recording only, so they may be computed before the split.
extractor = featser.FeatureExtractor("classic")
X = extractor.fit_transform(files)

# Everything learnt from data belongs into the pipeline. The set "wide" has missing values (pitch of unvoiced speech),
# which most classifiers of scikit-learn refuse: hence the imputer.
pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), SVC(class_weight="balanced"))
grid = {"svc__C": [0.1, 1.0, 10.0]}


def search_on(rows: np.ndarray) -> GridSearchCV:
    """Search the grid on speaker folds of some rows, and refit the best pipeline on all of them."""
    folds = featser.ProtocolSplitter("3-fold-by-speaker", manifest=labels.iloc[rows])
    return GridSearchCV(pipeline, grid, cv=folds, scoring="balanced_accuracy").fit(X[rows], y[rows])


# Nested cross-validation: the speakers of each outer test fold are seen neither by the search nor by the classifier.
predicted = np.empty_like(y)
for train, test in featser.ProtocolSplitter("leave-one-speaker-out", manifest=labels).split(X):
    predicted[test] = search_on(train).predict(X[test])
uar = balanced_accuracy_score(y, predicted)

best = search_on(np.arange(len(y)))
print(f"UAR of the search on unseen speakers: {uar:.3f}")
print(f"UAR of the best setting where it was chosen: {best.best_score_:.3f} with {best.best_params_}")

model = make_pipeline(extractor, best.best_estimator_)  # recordings in, emotions out
print(model.predict(files[:2]))
