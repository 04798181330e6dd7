"""Linear models that give probabilities by themselves."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from featser.models.tabular import scaled


def logreg(C: float = 0.01, seed: int = 0) -> Pipeline:
    """Multinomial logistic regression with an L2 penalty on standardised functionals.

    References
    ----------
    Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, sec. 4.4.
    """
    return scaled(LogisticRegression(C=C, class_weight="balanced", max_iter=2000, random_state=seed))
