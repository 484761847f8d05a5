"""Whose turn it is to write to a SQLite file: the processes that want to, one after another.

SQLite lets one process write and has the others ask again, with pauses that grow to a tenth of a
second: whoever asks at the right moment goes first, and whoever has just written asks soonest. Here
a process first takes the only place in the line, then waits for the turn: of two that write all the
time each has every second turn. The kernel gives both back when a process dies. SQLite's own lock
is taken all the same: it guards the file, this one orders those who want it.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from data.store.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY: Final = 0o600
PATIENCE_S: Final = 10.0
"""As long as SQLite itself waits (`data.store.sqlite.BUSY_TIMEOUT_MS`)."""
_PAUSE_S: Final = 0.0005


class Turns:
    """The line before a SQLite file, and its end where one may write.

    Parameters
    ----------
    path : Path
        The database; two empty files beside it, ``-line`` and ``-turn``, are what is locked.
    patience_s : float
        How long somebody waits.
    """

    def __init__(self, path: Path, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._line = _Lock(path.with_name(f"{path.name}-line"))
        self._turn = _Lock(path.with_name(f"{path.name}-turn"))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Write while the block runs; nobody else does.

        Raises
        ------
        Busy
            Where others write for too long.
        """
        until = time.monotonic() + self._patience_s
        self._line.take(until)
        try:
            self._turn.take(until)
        finally:
            self._line.give()
        try:
            yield
        finally:
            self._turn.give()

    def close(self) -> None:
        """Remove the files, unless somebody uses them just now."""
        self._line.close()
        self._turn.close()


class _Lock:
    """A lock on an empty file, which whoever closes it removes; others then make it anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open()

    def take(self, until: float) -> None:
        while True:
            if not self._try():
                if time.monotonic() > until:
                    raise Busy(
                        "Expected the store to be free for writing, got another process writing."
                    )
                time.sleep(_PAUSE_S)
            elif self._is_there():
                return
            else:
                os.close(self._file)
                self._file = self._open()

    def give(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._try() and self._is_there():
            self._path.unlink()
        os.close(self._file)

    def _open(self) -> int:
        return os.open(self._path, os.O_CREAT | os.O_RDWR, OWNER_ONLY)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_there(self) -> bool:
        """Return whether the file that is locked is the one that others open."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return False
