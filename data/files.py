"""Directories that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


@contextmanager
def whole_directory(target: Path, stale: Collection[str] = ()) -> Iterator[Path]:
    """Give an empty directory to fill, which takes the place of `target` at the end.

    The new directory is made beside `target`, its files are flushed to the disk, and only then
    does it take the name. Whatever interrupts the filling leaves `target` as it was. Files that
    stood in `target` and are not written anew stay in it, except those named in `stale`.

    Parameters
    ----------
    target : Path
        A directory, there or not; its parents are made.
    stale : collection of str
        Names that belong to what is written, and go when they are not written anew.

    Yields
    ------
    Path
        The directory to fill.

    Raises
    ------
    NotADirectoryError
        `target` is a file.
    """
    target = Path(os.path.realpath(target))
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(f"Expected a directory to write to, got the file {target}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    try:
        yield fresh
        for path in fresh.rglob("*"):
            if path.is_file():
                _flush(path)
        _flush(fresh)
        _take_place(fresh, target, stale)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, target: Path, stale: Collection[str]) -> None:
    fresh.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o777 & ~_umask())
    if not target.exists():
        fresh.rename(target)
        _flush(target.parent)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    kept = [
        path for path in target.iterdir() if path.name not in stale and not _stands(fresh, path)
    ]
    target.rename(old / "was")
    fresh.rename(target)
    for path in kept:
        (old / "was" / path.name).rename(target / path.name)
    _flush(target)
    _flush(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _stands(fresh: Path, path: Path) -> bool:
    return os.path.lexists(fresh / path.name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows cannot open a directory
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
