"""Limits of texts and tables that come from others: their sizes, and texts that are safe to show."""

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

MAX_TOML_BYTES = 1 << 20
MAX_LABEL_BYTES = 1 << 30
"""Largest table of labels; ten million rows."""

MAX_LABEL_LENGTH = 1000
"""Characters of a label, speaker or other text of the manifest."""

_SMALL_BYTES, _GROWTH = 1 << 26, 50
"""A Parquet file may declare values of 64 MiB, and 50 times its own size: compression saves less on real tables."""

_MAX_NESTING = 100
_FORMULA = re.compile(r"[=+@]|-(?![\d.])")


def printable(text: str) -> str:
    r"""Return a text with control characters as escapes, so that it cannot move the cursor or colour a terminal.

    Parameters
    ----------
    text : str
        for example the name of a file; line breaks and tabs are kept

    Returns
    -------
    str

    Examples
    --------
    >>> printable("a\x1b[31m.wav")
    'a\\x1b[31m.wav'
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in "\n\t" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def label_fault(text: str) -> str:
    """Return why a text cannot be a label, or an empty text.

    Parameters
    ----------
    text : str
        emotion, speaker or another short text of a table that may come from others

    Returns
    -------
    str
        reason without a final full stop

    Examples
    --------
    >>> label_fault("anger"), label_fault("-1")
    ('', '')
    >>> label_fault("=1+1")
    "'=1+1' begins like a formula, which spreadsheets would compute"
    """
    if len(text) > MAX_LABEL_LENGTH:
        return f"'{printable(text[:20])}...' has {len(text):,} characters; at most {MAX_LABEL_LENGTH:,} are read"
    if not text.isprintable():
        return f"'{printable(text)!s:.80}' has control characters"
    return f"'{text:.80}' begins like a formula, which spreadsheets would compute" if _FORMULA.match(text) else ""


def path_cell(path: str) -> str:
    """Return a path as a cell of a CSV file, which no spreadsheet takes for a formula.

    Parameters
    ----------
    path : str

    Returns
    -------
    str
        the same file

    Examples
    --------
    >>> path_cell("=1+1.wav"), path_cell("a/b.wav")
    ('./=1+1.wav', 'a/b.wav')
    """
    return f"./{path}" if path[:1] in tuple("=+-@\t\r") else path


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML file that may come from others.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict

    Raises
    ------
    OSError
        it cannot be read
    tomllib.TOMLDecodeError
        not TOML, not UTF-8, larger than `MAX_TOML_BYTES`, or nested more than a hundred times
    """
    with Path(path).open("rb") as file:
        content = file.read(MAX_TOML_BYTES + 1)
    if len(content) > MAX_TOML_BYTES:
        raise tomllib.TOMLDecodeError(f"it has more than {MAX_TOML_BYTES:,} bytes")
    try:
        text = content.decode().replace("\r\n", "\n")
        if any(line.count(".") > _MAX_NESTING for line in re.findall(r"^[^=\n]*", text, re.MULTILINE)):
            raise ValueError(f"a key has more than {_MAX_NESTING} parts")
        return tomllib.loads(text)
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("its values are nested too deeply") from error
    except ValueError as error:  # UnicodeDecodeError, TOMLDecodeError, and integers of thousands of digits
        raise tomllib.TOMLDecodeError(printable(str(error))) from error


def read_parquet(path: str | Path, **options: Any) -> "pa.Table":
    """Read a Parquet file that may come from others; the sizes that it declares are compared with its own first.

    Parameters
    ----------
    path : str or Path
    **options
        as of ``pyarrow.parquet.read_table``

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    OSError, ValueError
        not a Parquet file, a damaged one, or one that would take far more memory than its size
    """
    import pyarrow.parquet as pq

    path = Path(path)
    most = _SMALL_BYTES + _GROWTH * path.stat().st_size
    with pq.ParquetFile(path) as file:
        metadata = file.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        declared = max(8 * metadata.num_rows * metadata.num_columns, sum(each.total_byte_size for each in groups))
        if declared > most or sum(each.num_rows for each in groups) != metadata.num_rows:
            raise ValueError(f"it declares {declared:,} bytes of values")
    return pq.read_table(path, **options)
