"""Errors that users can correct. Each message is one line: what is wrong, what would be right, what to do."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class FeatserError(Exception):
    """Base class of the errors that users can correct. Any other exception is a bug of featser."""

    exit_code = 1


class UsageError(FeatserError):
    """An invalid command line, argument or settings file."""

    exit_code = 2


class InputError(FeatserError):
    """Recordings, labels, a table or a model that cannot be used for the requested task."""

    exit_code = 3


class MissingExtraError(FeatserError):
    """An optional dependency is not installed.

    Parameters
    ----------
    what : str
        feature that needs it, the subject of the message
    extra : str
        name of the extra that installs it
    """

    exit_code = 5

    def __init__(self, what: str, extra: str):
        self.what = what
        self.extra = extra
        super().__init__(f"{what} needs an optional part. Install it: pip install 'featser[{extra}]'.")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Pickle both arguments, so that worker processes can raise the error."""
        return type(self), (self.what, self.extra)


class UnreadableAudioError(InputError):
    """A recording that cannot be used.

    Parameters
    ----------
    path : str or Path
        file of the recording
    reason : str
        reason without a final full stop, also shown in lists of rejected files
    """

    def __init__(self, path: object, reason: str):
        self.path = str(path)
        self.reason = reason
        super().__init__(f"Cannot use {path}: {reason}.")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Pickle both arguments, so that worker processes can raise the error."""
        return type(self), (self.path, self.reason)


class UnknownNameError(UsageError):
    """An unknown name of a corpus, feature set, model, protocol or key.

    Parameters
    ----------
    kind : str
        kind of name, for example ``model``
    name : str
        the unknown name
    known : iterable of str
        valid names; the message suggests the nearest one
    where : str
        file or setting that contains the name

    Examples
    --------
    >>> print(UnknownNameError("model", "smv", ["svm", "xgb"]))
    Unknown model 'smv'. Did you mean 'svm'? Known: svm, xgb.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = ""):
        known = sorted(known)
        place = f"{where}: unknown" if where else "Unknown"
        super().__init__(f"{place} {kind} '{name}'.{did_you_mean(name, known)} Known: {', '.join(known)}.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the known name with the nearest spelling.

    Parameters
    ----------
    name : str
        the unknown name
    known : iterable of str
        valid names

    Returns
    -------
    str
        sentence with a leading blank, or ``""`` if no name is similar

    Examples
    --------
    >>> did_you_mean("happines", ["happiness", "anger"])
    " Did you mean 'happiness'?"
    """
    spelt = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), list(spelt), n=1)
    return f" Did you mean '{spelt[close[0]]}'?" if close else ""


def listed(names: Sequence[object], limit: int = 8) -> str:
    """Join names for a message.

    Parameters
    ----------
    names : sequence of object
        names to list
    limit : int
        number of names to show; the others are counted

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    shown = [str(name) for name in names[:limit]]
    rest = len(names) - len(shown)
    return f"{', '.join(shown)} and {rest} more" if rest > 0 else ", ".join(shown)
