"""Speech emotion recognition with handcrafted features, classical models and speaker-independent evaluation.

From recordings to a scored model and a prediction:

    import featser

    table = featser.extract("data/raw/emodb", features="wide")
    result = featser.fit(table, model="lda")
    result.uar, result.interval          # unweighted average recall on unseen speakers
    result.model.predict(["voice.wav"])

Every name is imported when it is first used, so that ``import featser`` is quick.
"""

from featser.versions import __version__

TYPE_CHECKING = False  # type checkers take it for true; typing, which defines it, is slow to import

if TYPE_CHECKING:
    from featser import corpora, models
    from featser.bundle import load_model
    from featser.bundle.prediction import predict
    from featser.corpora import read_corpus, read_manifest
    from featser.evaluation import ProtocolSplitter
    from featser.extraction import extract
    from featser.extraction.transformer import FeatureExtractor
    from featser.features import feature_sets
    from featser.reporting import report
    from featser.search import tune
    from featser.studies.registry import study
    from featser.table import Table, read_table
    from featser.training import adapt, cross_validate, fit

__all__ = [
    "FeatureExtractor",
    "ProtocolSplitter",
    "Table",
    "__version__",
    "adapt",
    "corpora",
    "cross_validate",
    "extract",
    "feature_sets",
    "fit",
    "load_model",
    "models",
    "predict",
    "read_corpus",
    "read_manifest",
    "read_table",
    "report",
    "study",
    "tune",
]

_MODULES = {
    "FeatureExtractor": "featser.extraction.transformer",
    "ProtocolSplitter": "featser.evaluation",
    "Table": "featser.table",
    "adapt": "featser.training",
    "cross_validate": "featser.training",
    "extract": "featser.extraction",
    "feature_sets": "featser.features",
    "fit": "featser.training",
    "load_model": "featser.bundle",
    "predict": "featser.bundle.prediction",
    "read_corpus": "featser.corpora",
    "read_manifest": "featser.corpora",
    "read_table": "featser.table",
    "report": "featser.reporting",
    "study": "featser.studies.registry",
    "tune": "featser.search",
}
"""Module of each function and class."""


if not TYPE_CHECKING:  # else every misspelt name would have a type

    def __getattr__(name: str) -> object:
        """Import a public name on first use."""
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module 'featser' has no attribute '{name}'")
        value = getattr(import_module(_MODULES[name]), name) if name in _MODULES else import_module(f"featser.{name}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
