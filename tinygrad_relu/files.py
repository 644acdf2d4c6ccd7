"""Whole files: a reader never sees half of one, and a break leaves the old."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_ticket = itertools.count().__next__


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of `path` when all is written.

    Raises
    ------
    FileNotFoundError
        If the directory does not exist.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"all")
    ...     Path(folder, "a.txt").read_bytes()
    b'all'
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: make the directory {path.parent} first")
    draft = path.with_name(f".{path.name}.{os.getpid()}-{_ticket()}")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # on the disk before it has the name
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a whole file or none."""
    with replacing(path) as file:
        file.write(content)
    return Path(path)
