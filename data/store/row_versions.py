"""Edits that would undo somebody else's: told by the row's version."""

from __future__ import annotations

from typing import Protocol

from data.store.errors import StoreError


class StaleError(StoreError):
    """The row was changed since it was read."""

    def __init__(self) -> None:
        super().__init__("Expected the version that is stored now: it was changed since; read it.")


class Versioned(Protocol):
    """A row that counts its edits."""

    row_version: int


def require_version(row: Versioned, expected: int) -> None:
    """Raise StaleError where a row is not of the version that its editor saw."""
    if row.row_version != expected:
        raise StaleError
