"""Atomic writing: complete files, cleanup, and errors that name the file."""

import errno
import os
import socket
import subprocess
import sys

import pytest

from featser.atomic import atomic_write


def test_file_is_replaced_on_success(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with atomic_write(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), OSError("odd"), KeyError("odd")])
def test_file_is_unchanged_on_failure(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(type(error)) as raised, atomic_write(path) as temporary:
        temporary.write_text("half")
        raise error
    assert raised.value is error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_of_killed_processes_are_removed_and_others_kept(tmp_path):
    host, gone = socket.gethostname(), subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    abandoned = tmp_path / f".file.txt.{host}-{gone.pid}-0a.part"
    kept = [tmp_path / f".file.txt.{host}-{os.getpid()}-0b.part", tmp_path / f".file.txt.other-{gone.pid}-0c.part"]
    for each in (abandoned, *kept):
        each.write_text("half")
    with atomic_write(tmp_path / "file.txt") as temporary:
        temporary.write_text("new")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "file.txt", *kept])


def test_errors_without_a_file_name_get_one(tmp_path):
    with pytest.raises(OSError, match="No space") as raised, atomic_write(tmp_path / "file.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "file.txt")
    with pytest.raises(OSError, match="No space") as raised, atomic_write(tmp_path / "file.txt"):
        raise OSError(errno.ENOSPC, "No space left on device", "elsewhere")
    assert raised.value.filename == "elsewhere"
