"""Secret files are whole, private and never replaced."""

import os
import stat

import pytest

from policy_service.vault import files
from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import create_secret, read_secret


def test_a_secret_is_written_with_mode_0600_and_read_back(tmp_path):
    path = tmp_path / "key"
    create_secret(path, b"secret")
    assert read_secret(path) == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_the_mode_does_not_depend_on_the_umask(tmp_path):
    before = os.umask(0)
    try:
        create_secret(tmp_path / "key", b"secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_an_existing_secret_is_never_replaced(tmp_path):
    path = tmp_path / "key"
    create_secret(path, b"first")
    with pytest.raises(KeyRefused, match="exists already"):
        create_secret(path, b"second")
    assert read_secret(path) == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_crash_while_writing_leaves_no_half_secret(tmp_path, monkeypatch):
    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)
    with pytest.raises(KeyRefused, match="No space left"):
        create_secret(tmp_path / "key", b"secret")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601, 0o660, 0o666, 0o777])
def test_a_file_that_others_can_read_or_a_group_can_write_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    create_secret(path, b"secret")
    path.chmod(mode)
    with pytest.raises(KeyRefused, match=f"mode {mode:04o} lets others"):
        read_secret(path)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_private_or_group_readable_file_is_read(tmp_path, mode):
    path = tmp_path / "key"
    create_secret(path, b"secret")
    path.chmod(mode)
    assert read_secret(path) == b"secret"


def test_a_link_to_a_secret_is_judged_by_the_file_behind_it(tmp_path):
    create_secret(tmp_path / "key", b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    assert read_secret(tmp_path / "link") == b"secret"


def test_missing_directories_and_huge_files_are_refused_by_name(tmp_path):
    with pytest.raises(KeyRefused, match="nothing: No such file"):
        read_secret(tmp_path / "nothing")
    with pytest.raises(KeyRefused, match="Is a directory"):
        read_secret(tmp_path)
    with pytest.raises(KeyRefused, match="No such file"):
        create_secret(tmp_path / "absent" / "key", b"secret")
    create_secret(tmp_path / "huge", bytes(65_537))
    with pytest.raises(KeyRefused, match="larger than"):
        read_secret(tmp_path / "huge")


def test_something_that_is_not_a_regular_file_is_refused(tmp_path):
    with pytest.raises(KeyRefused, match="not a regular file"):
        read_secret(type(tmp_path)("/dev/null"))
