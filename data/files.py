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


def check_directory(target: Path) -> None:
    """Raise NotADirectoryError where a file stands: worth knowing before the work is done."""
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(f"Expected a directory to write to, got the file {target}.")


@contextmanager
def whole_directory(target: Path, stale: Collection[str] = ()) -> Iterator[Path]:
    """Give an empty directory to fill, which takes the place of `target` at the end.

    The new directory is made beside `target`, its files are flushed to the disk, and only then
    does it take the name. Whatever interrupts the filling leaves `target` as it was. Files that
    stood in `target` and are not written anew stay in it, except those named in `stale`.

    A directory that cannot be renamed (a mounted one, the current one, one in a directory of
    somebody else's) gets the finished files moved into it one by one instead.

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
    check_directory(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    swaps = not target.exists() or _may_rename(target)
    beside = target.parent if swaps else target
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=beside))
    try:
        yield fresh
        for path in fresh.rglob("*"):
            if path.is_file():
                _flush(path)
        _flush(fresh)
        (_swap if swaps else _move_files)(fresh, target, stale)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _may_rename(target: Path) -> bool:
    here = Path.cwd()
    return not (
        target.is_mount() or here.is_relative_to(target) or not os.access(target.parent, os.W_OK)
    )


def _swap(fresh: Path, target: Path, stale: Collection[str]) -> None:
    fresh.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o777 & ~_umask())
    if not target.exists():
        fresh.rename(target)
        _flush(target.parent)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    kept = [
        path
        for path in target.iterdir()
        if path.name not in stale and not os.path.lexists(fresh / path.name)
    ]
    target.rename(old / "was")
    fresh.rename(target)
    for path in kept:
        (old / "was" / path.name).rename(target / path.name)
    _flush(target)
    _flush(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _move_files(fresh: Path, target: Path, stale: Collection[str]) -> None:
    written = sorted(fresh.iterdir())
    for path in written:
        path.replace(target / path.name)
    for name in set(stale) - {path.name for path in written}:
        (target / name).unlink(missing_ok=True)
    _flush(target)


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
