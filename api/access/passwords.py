"""Passwords: argon2id in a pool of two threads, so that a storm of log-ins stops nobody else.

A hash costs about 0.1 s and 64 MiB. Two at a time leave the other requests their share of the
processors; who comes when the queue is full is told to come back (503).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.store.errors import Busy
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

THREADS: Final = 2
WAITING: Final = 48
"""At 0.1 s each, two at a time: who is let into the queue waits less than three seconds."""
SHORTEST: Final = 10
LONGEST: Final = 128


class PasswordError(JinggeError):
    """A new password that is too easy to guess."""


class Passwords:
    """Hashes and verifies passwords, a few at a time.

    Parameters
    ----------
    hasher : PasswordHasher, optional
        argon2-cffi's, with the costs of RFC 9106 for little memory unless another is given.
    threads, waiting : int
        How many are hashed at once, and how many more may wait.
    """

    def __init__(
        self, hasher: PasswordHasher | None = None, threads: int = THREADS, waiting: int = WAITING
    ) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._places = BoundedSemaphore(threads + waiting)
        # Verified where there is no such account, so that the time tells nobody.
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """Return the hash of a password.

        Raises
        ------
        Busy
            Where too many wait.
        """
        return self._run(lambda: self._hasher.hash(password))

    def verify(self, password: str, hashed: str | None) -> bool:
        """Return whether a password is the one of a hash; takes as long where there is none."""
        return self._run(lambda: self._verify(password, hashed))

    def is_outdated(self, hashed: str) -> bool:
        """Return whether a hash was made with other costs than those of today."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Finish what waits."""
        self._pool.shutdown()

    def _verify(self, password: str, hashed: str | None) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody's")
        try:
            self._hasher.verify(hashed or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Busy("Expected fewer log-ins at once: try again in a few seconds.")
        try:
            return self._pool.submit(work).result()
        finally:
            self._places.release()


def require_good(password: str, login: str) -> None:
    """Refuse a new password that is short, long, or made of the log-in name or of few letters.

    Raises
    ------
    PasswordError
        Saying what was expected; never what was given.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordError(
            f"Expected a password of {SHORTEST}..{LONGEST} letters, got {len(password)}."
        )
    folded = password.casefold()
    if login and login in folded:
        raise PasswordError("Expected a password without the log-in name in it.")
    if len(set(folded)) < 5 or folded in "01234567890123456789abcdefghijklmnopqrstuvwxyz":
        raise PasswordError("Expected a password of more than a few letters in a row.")
