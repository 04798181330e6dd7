"""Versions of featser, of Python, and of the libraries that numbers depend on."""

__version__ = "0.1.0"

NUMERIC_LIBRARIES = ("numba", "numpy", "soxr", "soundfile")
"""Libraries that the values of features depend on, besides featser's own code."""


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that features, training and scores depend on.

    Returns
    -------
    dict of str to str
        ``python`` and the distribution names, each with its version
    """
    import platform
    from importlib.metadata import version

    names = (*NUMERIC_LIBRARIES, "scipy", "scikit-learn", "xgboost")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
