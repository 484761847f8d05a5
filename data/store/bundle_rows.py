"""Between the tables of a `Scenario` and the rows of `data.store.tables.scenarios`.

Ids become positions in the bundle's own order, lists the text that a bundle's file holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Lists = Sequence[Any]


def positions(values: pd.Series, known: pd.Series) -> list[int]:
    """Give the position in `known` of each value."""
    found: list[int] = pd.Index(known).get_indexer(pd.Index(values)).tolist()
    return found


def named(codes: Iterable[str], values: NDArray[np.int64]) -> pd.Series:
    """Give the code at each position, as a column of texts."""
    pool = pd.array(list(codes), dtype="str")
    return pd.Series(pool.take(values), dtype="str")


def joined(lists: pd.Series) -> list[str]:
    """Join each list of texts by ``;``."""
    return [";".join(entries) for entries in lists]


def split(texts: Lists) -> pd.Series:
    """Undo `joined`; equal texts share one tuple."""
    pool = {text: tuple(text.split(";")) if text else () for text in set(texts)}
    return _objects([pool[text] for text in texts])


def weight_texts(weights: pd.Series) -> list[str]:
    """Write the weights of each line's places: one integer where all are the same."""
    pool = {
        w: (str(w[0]) if w[0] == w[-1] else ";".join(map(str, w))) if w else "1"
        for w in set(weights)
    }
    return [pool[w] for w in weights]


def weight_tuples(texts: Lists, required: Lists) -> pd.Series:
    """Undo `weight_texts`, one weight a place."""
    pairs = list(zip(texts, required, strict=True))
    pool = {pair: _weights(*pair) for pair in set(pairs)}
    return _objects([pool[pair] for pair in pairs])


def optional_numbers(values: pd.Series) -> list[float | None]:
    """Give a column of numbers with None for NaN."""
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN


def optional_days(values: pd.Series) -> list[Any]:
    """Give a column of days as dates with None for NaT."""
    return [None if day is None else day.date() for day in _moments(values)]


def days_column(values: Lists) -> pd.Series:
    """Undo `optional_days`: datetime64[s] at midnight, NaT for None."""
    return pd.Series(np.array([np.datetime64(v, "s") for v in values], "datetime64[s]"))


def texts_column(values: Lists) -> pd.Series:
    """Give a column of texts."""
    return pd.Series(list(values), dtype="str")


def _weights(text: str, required: int) -> tuple[int, ...]:
    parts = tuple(map(int, text.split(";")))
    return parts * required if len(parts) == 1 else parts


def _objects(values: list[Any]) -> pd.Series:
    column = np.empty(len(values), object)
    column[:] = values
    if len(values) and isinstance(values[0], tuple):
        for i, value in enumerate(values):
            column[i] = value
    return pd.Series(column, dtype=object)


def _moments(values: pd.Series) -> list[Any]:
    return [None if pd.isna(day) else day for day in values]
