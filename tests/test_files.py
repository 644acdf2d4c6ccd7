"""A file is written whole, or not at all."""

import pytest

from tinygrad_relu.files import replacing, write


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt", b"old")

    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(OSError, match="disk full"):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_who_breaks_off_leaves_the_old_file(tmp_path):
    path = write(tmp_path / "a.txt", b"old")

    def broken_off():
        with replacing(path) as file:
            file.write(b"half of the ne")
            file.flush()
            assert path.read_bytes() == b"old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"make the directory .*no first"):
        write(tmp_path / "no" / "a.txt", b"")
