"""Download one file over HTTP: continued after interruptions, checked against its length and digest."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from featser.errors import InputError

Progress = Callable[[int, int], None]
"""Function called with the number of bytes done and to do; the latter is 0 where it is not known."""

MAX_BYTES = 60_000_000_000
"""Larger files are refused."""

TIMEOUT = 30.0
"""Seconds without any data after which a connection is given up."""

ATTEMPTS = 5
"""Attempts in a row that bring no more data than any before."""

_PIECE = 1 << 16
_PARTIAL, _RANGE_NOT_SATISFIABLE = 206, 416
_RETRIED = (408, 425, 429, 500, 502, 503, 504)


class _Redirects(HTTPRedirectHandler):
    """Follow redirects to web addresses only, and none from https to http."""

    def redirect_request(self, request, response, code, message, headers, url):  # type: ignore[no-untyped-def]
        _check_address(url, secure=request.full_url.startswith("https:"))
        return super().redirect_request(request, response, code, message, headers, url)


def download(url: str, file: Path, checksum: str = "", progress: Progress | None = None) -> None:
    """Download a file. An interrupted download continues where it was, also in a later call.

    The bytes go to ``<file>.part`` and are renamed when all are there. The server's tag of the file is kept in
    ``<file>.tag``, so that parts of two versions are never joined.

    Parameters
    ----------
    url : str
        address with http or https
    file : Path
        where to put it; its folder exists
    checksum : str
        ``sha256:`` or ``md5:`` and hexadecimal digits; empty where it is not known
    progress : callable, optional
        called with the number of bytes done and to do

    Raises
    ------
    InputError
        the address cannot be reached, the connection breaks again and again, or the file is too large or not the
        expected one
    """
    if file.exists():
        return
    _check_address(url)
    part, idle, reason = file.with_name(f"{file.name}.part"), 0, ""
    most = _size(part)
    while idle < ATTEMPTS:
        try:
            if _receive(url, part, file.with_name(f"{file.name}.tag"), progress):
                _check_digest(part, checksum, url)
                part.replace(file)
                return
            reason = "the connection broke"
        except HTTPError as error:
            if error.code not in _RETRIED:
                raise InputError(f"{url}: the server answers {error.code} ({error.reason}). Get it by hand.") from error
            reason = f"the server answers {error.code}"
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        idle = 0 if _size(part) > most else idle + 1
        most = max(most, _size(part))
    raise InputError(f"{url} cannot be downloaded: {reason}. {_size(part):,} bytes are kept; run it again to continue.")


def _receive(url: str, part: Path, tag: Path, progress: Progress | None) -> bool:
    """Append what the server sends to the part; return whether the file is complete."""
    start = _size(part)
    known = tag.read_text(encoding="latin-1") if start and tag.exists() else ""
    headers = {"User-Agent": "featser", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-"} | ({"If-Range": known} if known else {})
    opener = build_opener(_Redirects)
    try:
        response = opener.open(Request(url, headers=headers), timeout=TIMEOUT)  # noqa: S310 - checked above
    except HTTPError as error:
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise
        part.unlink(missing_ok=True)  # the server's file is not longer than the part: begin again
        return False
    with response:
        start, total = _place(response, start)
        _check_room(url, part, total, start)
        tag.write_text(_tag(response), encoding="latin-1")
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.truncate()
            done = _copy(url, response, file, start, total, progress)
    return not total or done == total


def _copy(url: str, response: HTTPResponse, file: IO[bytes], start: int, total: int, progress: Progress | None) -> int:
    """Write the body of a response; return the size of the file then."""
    done = start
    while piece := response.read(_PIECE):
        done += len(piece)
        if done > (total or MAX_BYTES):
            raise InputError(f"{url}: more than {total or MAX_BYTES:,} bytes are sent. Get it by hand.")
        file.write(piece)
        if progress:
            progress(done, total)
    return done


def _place(response: HTTPResponse, start: int) -> tuple[int, int]:
    """Where the body begins in the file, and the length of the file; 0 where it is not known."""
    length = response.headers.get("Content-Length", "")
    if response.status != _PARTIAL:
        return 0, int(length) if length.isdigit() else 0
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != start:
        raise HTTPException("the server sends another part than was asked for")
    return start, int(match[2])


def _tag(response: HTTPResponse) -> str:
    """Tag by which the server recognises this version of the file; weak ones do not tell versions apart."""
    tag = str(response.headers.get("ETag", ""))
    return tag if tag and not tag.startswith("W/") else str(response.headers.get("Last-Modified", ""))


def _check_room(url: str, part: Path, total: int, start: int) -> None:
    if total > MAX_BYTES:
        raise InputError(f"{url} has {total:,} bytes; at most {MAX_BYTES:,} are downloaded. Get it by hand.")
    free = shutil.disk_usage(part.parent).free
    if total - start > free:
        raise InputError(
            f"{url} needs {total - start:,} bytes, and {free:,} are free in {part.parent}. Make room there."
        )


def _check_digest(part: Path, checksum: str, url: str) -> None:
    if not checksum:
        return
    kind, _, expected = checksum.partition(":")
    with part.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != expected:
        part.unlink()
        raise InputError(
            f"{url} has the {kind} digest {found}, not {expected}: it is not the file that was published, or was "
            "damaged on its way. It was deleted; run it again, or get it by hand."
        )


def _check_address(url: str, secure: bool = False) -> None:
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https") or (secure and scheme != "https"):
        raise InputError(f"{url} is no {'secure ' if secure else ''}web address, so it is not opened. Get it by hand.")


def _size(file: Path) -> int:
    return os.path.getsize(file) if file.exists() else 0  # noqa: PTH202
