"""A file appears complete or not at all, and an error names it."""

import errno
import os
import socket
import subprocess
import sys

import pytest

from featser.atomic import written_whole


def test_file_appears_when_all_went_well(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with written_whole(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), OSError("odd"), KeyError("odd")])
def test_failure_leaves_what_was_there_and_nothing_else(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(type(error)) as raised, written_whole(path) as temporary:
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
    with written_whole(tmp_path / "file.txt") as temporary:
        temporary.write_text("new")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "file.txt", *kept])


def test_error_without_a_name_gets_one_and_one_with_a_name_keeps_it(tmp_path):
    with pytest.raises(OSError, match="No space") as raised, written_whole(tmp_path / "file.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "file.txt")
    with pytest.raises(OSError, match="No space") as raised, written_whole(tmp_path / "file.txt"):
        raise OSError(errno.ENOSPC, "No space left on device", "elsewhere")
    assert raised.value.filename == "elsewhere"
