"""Downloads from a server on this machine that cuts connections and lies, and archives that attack."""

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from featser.corpora import CORPORA, Corpus
from featser.corpora import transfer as transfer_module
from featser.corpora import unpack as unpack_module
from featser.corpora.corpus import Download
from featser.corpora.fetch import fetch
from featser.corpora.transfer import download
from featser.corpora.unpack import unpack
from featser.errors import InputError, UsageError

CONTENT = bytes(range(256)) * 2000
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def zipped(*names: str, content: bytes = b"sound") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def server() -> Iterator[SimpleNamespace]:
    """A server of one file that breaks connections after ``cut`` bytes, declares ``length``, and so on."""
    state = SimpleNamespace(
        content=CONTENT, cut=0, cuts=99, length=0, ranges=True, status=0, tag='"1"', requests=[], redirect="", shift=0
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(dict(self.headers))
            start = 0
            given = self.headers.get("Range", "")
            if state.ranges and given and self.headers.get("If-Range", state.tag) == state.tag:
                start = int(given.removeprefix("bytes=").rstrip("-"))
            if state.status or state.redirect or start >= len(state.content):
                self.send_response(state.status or (302 if state.redirect else 416))
                if state.redirect:
                    self.send_header("Location", state.redirect)
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            total = state.length or len(state.content)
            if start:
                self.send_header("Content-Range", f"bytes {start + state.shift}-{total - 1}/{total}")
            self.send_header("Content-Length", str(total - start))
            self.send_header("ETag", state.tag)
            self.end_headers()
            cut = state.cut if state.cut and state.cuts > 0 else None
            state.cuts -= 1
            self.wfile.write(state.content[start:][:cut])

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    state.url = f"http://127.0.0.1:{running.server_port}/corpus.zip"
    yield state
    running.shutdown()
    running.server_close()


@pytest.fixture
def corpus(server: SimpleNamespace) -> Callable[[bytes], Corpus]:
    """A corpus with one or two files on the server."""

    def on_server(content: bytes, n_files: int = 1) -> Corpus:
        server.content = content
        return replace(CORPORA["emodb"], download=(Download(server.url),) * n_files)

    return on_server


def test_a_file_is_downloaded_once(server: SimpleNamespace, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    for _ in range(2):
        download(server.url, tmp_path / "a", SHA256, lambda *step: steps.append(step))
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert len(server.requests) == 1
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_cut_connections_are_continued(server: SimpleNamespace, tmp_path: Path) -> None:
    server.cut = 150_000
    download(server.url, tmp_path / "a", SHA256)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [each.get("Range") for each in server.requests] == [
        *(None, "bytes=150000-", "bytes=300000-", "bytes=450000-")
    ]


def test_a_later_call_continues_and_joins_no_two_versions(server: SimpleNamespace, tmp_path: Path) -> None:
    server.cut, server.cuts, server.length = 100_000, 1, len(CONTENT)
    (tmp_path / "a.part").write_bytes(CONTENT[:1000])
    (tmp_path / "a.tag").write_text('"1"')
    server.cut = 0
    download(server.url, tmp_path / "a", SHA256)
    assert server.requests[0]["Range"] == "bytes=1000-"
    (tmp_path / "b.part").write_bytes(b"x" * 1000)
    (tmp_path / "b.tag").write_text('"another version"')
    download(server.url, tmp_path / "b", SHA256)
    assert (tmp_path / "b").read_bytes() == CONTENT


def test_a_server_without_ranges_begins_again(server: SimpleNamespace, tmp_path: Path) -> None:
    server.ranges = False
    server.cut, server.cuts = 100_000, 2
    download(server.url, tmp_path / "a", SHA256)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(CONTENT * 2)
    download(server.url, tmp_path / "a", SHA256)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_length_that_is_too_large_ends_and_keeps_what_is_there(server: SimpleNamespace, tmp_path: Path) -> None:
    server.length = len(CONTENT) + 5
    with pytest.raises(InputError, match=r"cannot be downloaded: the connection broke\. [\d,]+ bytes are kept"):
        download(server.url, tmp_path / "a", SHA256)
    assert not (tmp_path / "a").exists()


def test_a_length_that_is_too_small_is_found_by_the_digest(server: SimpleNamespace, tmp_path: Path) -> None:
    server.length = 1000
    with pytest.raises(InputError, match=r"has the sha256 digest .* It was deleted; run it again"):
        download(server.url, tmp_path / "a", SHA256)
    assert not list(tmp_path.glob("a*[at]"))


def test_another_part_than_the_one_asked_for_is_not_joined(server: SimpleNamespace, tmp_path: Path) -> None:
    server.shift = 7
    (tmp_path / "a.part").write_bytes(CONTENT[:1000])
    with pytest.raises(InputError, match=r"the server sends another part than was asked for"):
        download(server.url, tmp_path / "a", SHA256)


@pytest.mark.parametrize(("status", "n_requests"), [(404, 1), (403, 1), (503, 5)])
def test_refusals_of_the_server_are_errors(
    server: SimpleNamespace, tmp_path: Path, status: int, n_requests: int
) -> None:
    server.status = status
    with pytest.raises(InputError, match=f"the server answers {status}"):
        download(server.url, tmp_path / "a")
    assert len(server.requests) == n_requests


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/etc/passwd"])
def test_only_web_addresses_are_opened(server: SimpleNamespace, tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="is no web address"):
        download(address, tmp_path / "a")
    server.redirect = address if ":" in address else f"file://{address}"
    with pytest.raises(InputError, match=r"is no web address|is not allowed"):
        download(server.url, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be downloaded: .*refused"):
        download("http://127.0.0.1:9/x.zip", tmp_path / "a")


def test_files_that_are_too_large_are_refused(
    server: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_module, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="has 512,000 bytes; at most 1,000 are downloaded"):
        download(server.url, tmp_path / "a")
    monkeypatch.setattr(transfer_module, "MAX_BYTES", 10**20)
    server.length = 10**18
    with pytest.raises(InputError, match="Make room there"):
        download(server.url, tmp_path / "a")


# Archives


def tarred(*members: tuple[str, bytes, str]) -> bytes:
    """A tar.gz of members (name, type, target of a link)."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size, info.mode = kind, link, 5 * (kind == tarfile.REGTYPE), 0o4777
            archive.addfile(info, io.BytesIO(b"sound") if info.size else None)
    return target.getvalue()


def unpacked(tmp_path: Path, content: bytes) -> list[str]:
    (tmp_path / "a.bin").write_bytes(content)
    unpack(tmp_path / "a.bin", tmp_path / "in")
    return sorted(
        each.relative_to(tmp_path / "in").as_posix() for each in (tmp_path / "in").rglob("*") if each.is_file()
    )


def test_zip_and_tar_are_told_apart_by_their_content(tmp_path: Path) -> None:
    names = ("wav/a.wav", "b (1).wav", "Колёса/ä.wav")
    assert unpacked(tmp_path / "", zipped(*names, "__MACOSX/._a.wav", "wav/._a.wav")) == sorted(names)
    (tmp_path / "tar").mkdir()
    assert unpacked(tmp_path / "tar", tarred(*((name, tarfile.REGTYPE, "") for name in names))) == sorted(names)


BAD_PATHS = ["../out.wav", "/etc/out.wav", "a/../../out.wav", "C:\\out.wav", "..\\out.wav", "\\\\host\\out.wav", "a\nb"]


@pytest.mark.parametrize("name", BAD_PATHS)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, name: str, kind: str) -> None:
    content = zipped(name) if kind == "zip" else tarred((name, tarfile.REGTYPE, ""))
    with pytest.raises(InputError, match="leads out of its folder"):
        unpacked(tmp_path, content)
    assert not list(tmp_path.rglob("out.wav"))


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    members = [
        ("d", tarfile.SYMTYPE, str(outside)),
        ("d/x.wav", tarfile.REGTYPE, ""),
        ("hard.wav", tarfile.LNKTYPE, "/etc/passwd"),
        ("fifo.wav", tarfile.FIFOTYPE, ""),
        ("null.wav", tarfile.CHRTYPE, ""),
    ]
    assert unpacked(tmp_path, tarred(*members)) == ["d/x.wav"]
    assert not list(outside.iterdir())
    assert (tmp_path / "in/d/x.wav").stat().st_mode & 0o7111 == 0
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link.wav")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("y.wav", "sound")
    assert unpacked(tmp_path, target.getvalue()) == ["d/x.wav", "y.wav"]


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "_FREE_BYTES", 1000)
    with pytest.raises(InputError, match=r"unpacks to more than [\d,]+ bytes from"):
        unpacked(tmp_path, zipped("a.wav", content=bytes(5_000_000)))
    assert sum(each.stat().st_size for each in (tmp_path / "in").rglob("*") if each.is_file()) < 2_000_000
    monkeypatch.setattr(unpack_module, "MAX_FILES", 3)
    with pytest.raises(InputError, match="has more than 3 files"):
        unpacked(tmp_path, zipped(*(f"{n}.wav" for n in range(5))))


def test_damaged_archives_are_errors(tmp_path: Path) -> None:
    whole = zipped("a.wav", content=CONTENT)
    damaged = whole[:40] + bytes(20) + whole[60:]
    for content in (damaged, whole[:-30], b"<html>not found</html>", b"", tarred(("a", tarfile.REGTYPE, ""))[:-20]):
        with pytest.raises(InputError, match=r"^a\.bin (cannot be unpacked|contains no files)"):
            unpacked(tmp_path, content)
        for each in (tmp_path / "in").glob("*"):
            each.unlink()


# Whole corpora


def test_a_corpus_appears_whole(corpus: Callable[..., Corpus], tmp_path: Path) -> None:
    folder = fetch(corpus(zipped("wav/03a01Wa.wav", "lablaut/03a01Wa.lablaut")), tmp_path)
    assert folder == tmp_path / "emodb"
    assert (folder / "wav" / "03a01Wa.wav").read_bytes() == b"sound"
    assert [each.name for each in tmp_path.iterdir()] == ["emodb"]
    with pytest.raises(UsageError, match="exists already"):
        fetch(CORPORA["emodb"], tmp_path)


def test_files_of_several_archives_do_not_replace_each_other(corpus: Callable[..., Corpus], tmp_path: Path) -> None:
    declared = replace(
        corpus(zipped("1.wav")),
        download=tuple(Download(corpus(zipped("1.wav")).download[0].url + f"/{n}.tar.gz") for n in "ab"),
    )
    folder = fetch(declared, tmp_path)
    assert sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*.wav")) == ["a/1.wav", "b/1.wav"]


def test_what_fails_leaves_no_corpus_and_continues(
    corpus: Callable[..., Corpus], server: SimpleNamespace, tmp_path: Path
) -> None:
    declared = corpus(zipped("../wav/03a01Wa.wav"))
    with pytest.raises(InputError, match="leads out"):
        fetch(declared, tmp_path)
    assert not (tmp_path / "emodb").exists()
    with pytest.raises(InputError, match="leads out"):
        fetch(declared, tmp_path)
    assert len(server.requests) == 1, "the archive is there already"


def test_licences_that_allow_no_download_are_respected(tmp_path: Path) -> None:
    closed = [each for each in CORPORA.values() if not each.download]
    assert {"iemocap", "savee", "esd"} <= {each.name for each in closed}
    for each in closed:
        with pytest.raises(InputError, match="cannot be downloaded by featser; its licence: "):
            fetch(each, tmp_path)
    assert not list(tmp_path.iterdir())


def test_addresses_are_secure_or_have_no_secure_one() -> None:
    addresses = [each.url for corpus in CORPORA.values() for each in corpus.download]
    assert [each for each in addresses if not each.startswith("https://")] == [
        "http://emodb.bilderbar.info/download/download.zip"
    ]


def test_the_command_fetches_and_says_what_is_there(
    run_featser, corpus: Callable[..., Corpus], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CORPORA, "emodb", corpus(zipped("wav/03a01Wa.wav", "wav/03a01Wb.wav", content=b"x")))
    outcome = run_featser("corpora", "fetch", "emodb", "--out", tmp_path)
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout == (
        f"{tmp_path}/emodb: 2 recordings of 535 published ones. Next: featser extract {tmp_path}/emodb\n"
    )
    assert "emodb, no licence file; free to download" in outcome.stderr
    assert run_featser("corpora", "fetch").exit_code == 2
    assert run_featser("corpora", "emodb", "tess").exit_code == 2
    assert run_featser("corpora", "fetch", "savee", "--out", tmp_path).exit_code == 3
