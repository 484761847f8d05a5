"""What the parts of a filling share: the bundle, the session, and what is counted on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data.store.bulk import insert_columns, reserve_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    import pandas as pd
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    from dispatch.scenario import Scenario

    Columns = dict[str, Sequence[Any]]


@dataclass(slots=True)
class Filling:
    """A filling under way: ids by code of what is there already."""

    session: Session
    scenario: Scenario
    extras: dict[str, pd.DataFrame]
    now: datetime
    today: date
    counts: dict[str, int]

    def insert(self, mapped: Any, columns: Columns) -> None:
        """Insert rows without ids of our own making."""
        table: Table = mapped.__table__
        num_rows = len(next(iter(columns.values())))
        self.counts[table.name] = num_rows
        if num_rows:
            insert_columns(self.session, table, columns)

    def insert_coded(self, mapped: Any, columns: Columns) -> dict[str, int]:
        """Insert rows with new ids; return id by code."""
        ids = reserve_ids(self.session, mapped.__table__, len(columns["code"]))
        self.insert(mapped, {"id": ids, **columns})
        return dict(zip(columns["code"], ids, strict=True))


def table_of(mapped: Any) -> Table:
    """Give the table of a mapped class."""
    table: Table = mapped.__table__
    return table


def ids_of(codes: Iterable[str], known: dict[str, int]) -> list[int]:
    """Give the id of each code."""
    return [known[code] for code in codes]


def paired(names: tuple[str, str], pairs: list[tuple[Any, Any]]) -> Columns:
    """Give pairs as two columns."""
    return {name: [pair[i] for pair in pairs] for i, name in enumerate(names)}
