"""What comes before a classifier of functionals: filling of gaps, and scaling where it measures distances."""

from sklearn.base import ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def scaled(classifier: ClassifierMixin) -> Pipeline:
    """Put the training mean where a feature is undefined, then standardise.

    Everything learnt from data sits in the pipeline, so no fold can leak into another.
    """
    fill = SimpleImputer(strategy="mean", keep_empty_features=True)
    return make_pipeline(fill, StandardScaler(), classifier)


def unscaled(classifier: ClassifierMixin) -> Pipeline:
    """Fill gaps with the training median only: trees split on order, which scaling does not change."""
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), classifier)
