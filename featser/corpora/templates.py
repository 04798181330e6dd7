"""Templates of file names, such as ``{speaker}_{emotion}_{take}.wav`` or ``{emotion}/{speaker}/*.wav``."""

import re
from string import Formatter

from featser.corpora.files import AUDIO_SUFFIXES, Found
from featser.corpora.label_files import match_end
from featser.corpora.label_table import COLUMNS, LabelRow
from featser.corpora.manifest import Rejected, stem_of
from featser.errors import UnknownNameError, UsageError

_FIELDS = tuple(name for name in COLUMNS if name not in ("path", "segments", "start_s", "end_s"))


def template_pattern(template: str) -> re.Pattern[str]:
    r"""Compile a template of file names.

    A field ends where the text that follows it in the template begins for the first time. ``*`` stands for anything
    but ``/``. Folders precede the name, separated by ``/``.

    Parameters
    ----------
    template : str
        text with fields in braces that are columns of a table of labels; a suffix of recordings at its end is ignored

    Returns
    -------
    Pattern

    Raises
    ------
    UsageError
        a brace that is not closed, a field that follows another without text between, or occurs twice
    UnknownNameError
        an unknown field

    Examples
    --------
    >>> template_pattern("{speaker}_{emotion}.wav").fullmatch("anna_angry").groupdict()
    {'speaker': 'anna', 'emotion': 'angry'}
    """
    suffix = next((each for each in AUDIO_SUFFIXES if template.lower().endswith(each)), ".*")
    text = template[: -len(suffix)] if template.lower().endswith(suffix) else template
    try:
        parts = [(literal, name) for literal, name, _, _ in Formatter().parse(text)]
    except ValueError as error:
        raise UsageError(f"--template '{template}': {error}. Write fields as {{speaker}}.") from error
    pattern, seen = "", set()
    for number, (literal, name) in enumerate(parts):
        pattern += re.escape(literal).replace(r"\*", "[^/]*")
        if name is None:
            continue
        if name not in _FIELDS:
            raise UnknownNameError("field", name, _FIELDS, f"--template '{template}'")
        if name in seen:
            raise UsageError(f"--template '{template}': the field '{name}' occurs twice. Write * for one of them.")
        seen.add(name)
        following = parts[number + 1][0] if number + 1 < len(parts) else "/"
        if not following or following[0] == "*":
            raise UsageError(f"--template '{template}': text is missing after '{{{name}}}', to tell where it ends.")
        pattern += f"(?P<{name}>[^{re.escape(following[0])}/]+)"
    if not seen:
        raise UsageError(f"--template '{template}' has no field. Write for example '{{speaker}}_{{emotion}}.wav'.")
    return re.compile(pattern)


def read_names(found: Found, template: str) -> tuple[list[LabelRow], list[Rejected]]:
    """Read the rows that the names of recordings state.

    Parameters
    ----------
    found : Found
    template : str
        as of `template_pattern`

    Returns
    -------
    rows : list of LabelRow
    rejected : list of Rejected
        recordings whose names do not fit
    """
    pattern, rows, rejected = template_pattern(template), [], []
    for number, path in enumerate(found.audio, 1):
        folders, slash, _ = path.rpartition("/")
        match = match_end(pattern, folders + slash + stem_of(path), found.name)
        if match is None:
            rejected.append(Rejected(path, f"not named like {template}"))
        else:
            rows.append(LabelRow(number, {"path": path, **match.groupdict()}))
    return rows, rejected
