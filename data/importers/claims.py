"""What rows of a file must not claim: keys of another jurisdiction, numbers of another person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.importers.cells import RefusedError, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from data.importers.kinds import Kind
    from data.importers.wording import Words

    Refuse = Callable[[int, str, RefusedError], None]


@dataclass(frozen=True, slots=True)
class Owned:
    """Values that belong to one key each, known by an index that does not show them.

    Attributes
    ----------
    index : callable
        Value → what stands for it.
    owner : Mapping of bytes to str
        What stands for a value → the key that it belongs to.
    """

    index: Callable[[str], bytes]
    owner: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class Retired:
    """Codes that nobody is given any more; who has one keeps it.

    Attributes
    ----------
    words : Words
        What their table is called.
    codes : frozenset of str
    held : frozenset of tuple
        Pairs of a row's key (a tuple) and the code that it has.
    """

    words: Words
    codes: frozenset[str]
    held: frozenset[tuple[tuple[str, ...], str]]


@dataclass(frozen=True, slots=True)
class Claims:
    """What is not to be claimed.

    Attributes
    ----------
    needs : frozenset of str
        Columns that every row must fill, besides those that its kind requires.
    vacant : frozenset of str
        Keys whose records have none of those, and may stay so.
    there : frozenset of str
        Keys that the importer may change.
    elsewhere : frozenset of str
        Keys that stand outside of what the importer may change.
    owned : Mapping of str to Owned
        By column.
    retired : Mapping of str to Retired
        By column.
    """

    needs: frozenset[str] = frozenset()
    vacant: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    owned: Mapping[str, Owned] = field(default_factory=dict)
    retired: Mapping[str, Retired] = field(default_factory=dict)


def check_claims(
    kind: Kind,
    table: pd.DataFrame,
    claims: Claims,
    seen: dict[str, dict[bytes, str]],
    refuse: Refuse,
) -> None:
    """Refuse rows that claim what is another's; `seen` carries on from sheet to sheet."""
    keys = table[kind.key[0]].tolist()
    for row, key in enumerate(keys):
        if key in claims.elsewhere:
            refuse(row, kind.key[0], RefusedError("elsewhere", got=cut(str(key))))
    for column in sorted(claims.needs):
        _check_filled(column, table, keys, claims.vacant, refuse)
    for kept in kind.columns:
        if kept.kept and claims.there:
            _check_filled(kept.name, table, keys, claims.there, refuse)
    for column, owned in claims.owned.items():
        if column in table:
            _check_owned(column, table[column].tolist(), keys, owned, seen, refuse)
    for column, retired in claims.retired.items():
        if column in table:
            whole = list(zip(*(table[name] for name in kind.key), strict=True))
            _check_retired(column, table[column].tolist(), whole, retired, refuse)


def _check_filled(
    column: str, table: pd.DataFrame, keys: list[str], free: frozenset[str], refuse: Refuse
) -> None:
    """Refuse the rows without a value, but those whose keys may do without."""
    empty = (
        np.ones(len(table), np.bool_)
        if column not in table
        else (table[column] == "").to_numpy(np.bool_)
    )
    for gap in np.flatnonzero(empty).tolist():
        if keys[gap] not in free:
            refuse(gap, column, RefusedError("required"))


def _check_retired(
    column: str,
    values: list[str] | list[tuple[str, ...]],
    keys: list[tuple[str, ...]],
    retired: Retired,
    refuse: Refuse,
) -> None:
    for row, (value, key) in enumerate(zip(values, keys, strict=True)):
        for code in (value,) if isinstance(value, str) else value:
            if code in retired.codes and (key, code) not in retired.held:
                error = RefusedError("unknown", got=cut(code), table=retired.words)
                refuse(row, column, error)


def _check_owned(  # noqa: PLR0917 - one column with all that it is judged by
    column: str,
    values: list[str],
    keys: list[str],
    owned: Owned,
    seen: dict[str, dict[bytes, str]],
    refuse: Refuse,
) -> None:
    mine = seen.setdefault(column, {})
    for row, (value, key) in enumerate(zip(values, keys, strict=True)):
        if not value:
            continue
        index = owned.index(value)
        owner = owned.owner.get(index, key)
        # A row that claims what is another's takes it away from nobody else in the file.
        if owner != key or mine.setdefault(index, key) != key:
            refuse(row, column, RefusedError("owned"))
