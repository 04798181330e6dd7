"""What comes before a classifier of functionals: scaling where it measures distances, and filling of gaps."""

from sklearn.base import ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def scaled(classifier: ClassifierMixin) -> Pipeline:
    """Standardise, then put the training mean, which is 0 by now, where a feature is undefined.

    Everything learnt from data sits in the pipeline, so no fold can leak into another.
    """
    fill = SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True)
    return make_pipeline(StandardScaler(), fill, classifier)


def unscaled(classifier: ClassifierMixin) -> Pipeline:
    """Fill gaps with the training median only: trees split on order, which scaling does not change."""
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), classifier)
