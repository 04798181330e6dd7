"""The optional part ``featser[cnn]``."""

from importlib.util import find_spec

from featser.errors import MissingExtraError


def require_torch(model: str) -> None:
    """Raise an error if PyTorch is not installed; does not import it.

    Parameters
    ----------
    model : str
        name of the model that needs it, for the message

    Raises
    ------
    MissingExtraError
        PyTorch is not installed
    """
    if find_spec("torch") is None:
        raise MissingExtraError(f"The model '{model}'", "cnn")
