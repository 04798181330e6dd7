"""Errors a user can act on: one line that says what is wrong, what would be right, and what to do."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class FeatserError(Exception):
    """Base of every error that the user's world can cause; any other traceback is a bug of ours."""

    exit_code = 1


class UsageError(FeatserError):
    """The command line, or a file of settings, says something that featser does not understand."""

    exit_code = 2


class InputError(FeatserError):
    """The recordings, labels, table or model cannot be used for what was asked."""

    exit_code = 3


class MissingExtraError(FeatserError):
    """An optional part is not installed."""

    exit_code = 5

    def __init__(self, what: str, extra: str):
        super().__init__(f"{what} needs an optional part. Install it: pip install 'featser[{extra}]'.")


class UnreadableAudioError(InputError):
    """One recording that cannot be used; ``reason`` says why, in the words of a listing."""

    def __init__(self, path: object, reason: str):
        self.path = str(path)
        self.reason = reason
        super().__init__(f"Cannot use {path}: {reason}.")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Rebuild from both arguments, so that the error crosses process borders whole."""
        return type(self), (self.path, self.reason)


class UnknownNameError(UsageError):
    """A corpus, feature set, model, protocol or key that featser does not know.

    >>> print(UnknownNameError("model", "smv", ["svm", "xgb"]))
    Unknown model 'smv'. Did you mean 'svm'? Known: svm, xgb.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = ""):
        known = sorted(known)
        place = f"{where}: unknown" if where else "Unknown"
        super().__init__(f"{place} {kind} '{name}'.{did_you_mean(name, known)} Known: {', '.join(known)}.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the sentence that names the nearest spelling, or nothing where none is near.

    >>> did_you_mean("happines", ["happiness", "anger"])
    " Did you mean 'happiness'?"
    """
    spelt = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), list(spelt), n=1)
    return f" Did you mean '{spelt[close[0]]}'?" if close else ""


def listed(names: Sequence[object], limit: int = 8) -> str:
    """Join names for a message, cut to a length that a line can hold.

    >>> listed(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    shown = [str(name) for name in names[:limit]]
    rest = len(names) - len(shown)
    return f"{', '.join(shown)} and {rest} more" if rest > 0 else ", ".join(shown)
