"""Pages that were made of the same words before: made once, sent with what is new in each.

Making a page takes longer than everything before it, and the same words give the same page. Only
three things are new each time: the nonce of our scripts, the token against forgery, and the keys of
forms. They stand in a kept page as marks that nobody can type, for they are drawn at start.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

import orjson

from api.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST: Final = 2_000
"""About 10 kB each."""


class KeptPages:
    """Pages by what they were made of; the least used go first."""

    def __init__(self, most: int = MOST) -> None:
        self._pages: Kept[list[str]] = Kept(most)
        mark = secrets.token_hex(16)
        self._marks = {name: f"{mark}-{name}-" for name in ("nonce", "csrf", "key")}
        self._split = re.compile(f"({'|'.join(self._marks.values())})")

    @property
    def nonce(self) -> str:
        """What stands for the nonce."""
        return self._marks["nonce"]

    @property
    def csrf(self) -> str:
        """What stands for the token against forgery."""
        return self._marks["csrf"]

    def new_key(self) -> str:
        """Return what stands for a form's key."""
        return self._marks["key"]

    def page(
        self,
        of: Mapping[str, object],
        make: Callable[[], str],
        *,
        nonce: str,
        csrf: str,
        new_key: Callable[[], str],
    ) -> str:
        """Return a page.

        Parameters
        ----------
        of : mapping
            All that it is made of, in plain values.
        make : callable
            Makes it, with the marks.
        nonce, csrf : str
        new_key : callable
            Gives a key for each form.
        """
        known = orjson.dumps(of, option=orjson.OPT_SORT_KEYS)
        pieces = self._pages.get(known)
        if pieces is None:
            pieces = self._split.split(make())
            self._pages.put(known, pieces)
        values = {self._marks["nonce"]: nonce, self._marks["csrf"]: csrf}
        key = self._marks["key"]
        return "".join(
            # Every second piece is a mark.
            piece if not number % 2 else new_key() if piece == key else values[piece]
            for number, piece in enumerate(pieces)
        )
