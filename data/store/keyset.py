"""Pages of a query by key: what comes after the last row seen, however the table grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, literal, true, tuple_

if TYPE_CHECKING:
    from collections.abc import Sequence


def after(
    columns: Sequence[Any], values: Sequence[Any] | None, *, descending: bool = False
) -> ColumnElement[bool]:
    """Return the condition that a row comes after the one with these values.

    Parameters
    ----------
    columns : sequence
        What the query is ordered by, all the same way; together unique and never NULL.
    values : sequence or None
        Of the last row seen; None: from the beginning.
    """
    if values is None:
        return true()
    if len(columns) != len(values):
        raise ValueError(f"Expected {len(columns)} values, got {len(values)}.")
    left = tuple_(*columns)
    right = tuple_(
        *(literal(value, column.type) for column, value in zip(columns, values, strict=True))
    )
    return left < right if descending else left > right
