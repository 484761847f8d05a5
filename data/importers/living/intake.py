"""Who imports, when, and into what: what every kind of table needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from data.importers.cells import one_line
from data.store.tables import ground, people, teams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.store.keys import Keys
    from data.store.scope import Scope

CELL_RESOLUTION = 9


@dataclass(frozen=True, slots=True)
class Intake:
    """An import under way.

    Attributes
    ----------
    session : Session
    keys : Keys
        Of the store.
    scope : Scope
        What the importer may change.
    actor : str
        Such as ``account:7``.
    now : datetime
    timezone : str
        Of the city.
    """

    session: Session
    keys: Keys
    scope: Scope
    actor: str
    now: datetime
    timezone: str = "Asia/Shanghai"

    @property
    def today(self) -> date:
        """The day in the city."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()

    def rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        """Give rows as plain tuples, below the session, which would look at each twice."""
        return self.session.connection().execute(query).all()

    def columns(self, query: Select[*tuple[Any, ...]]) -> list[list[Any]]:
        """Give the columns of a query's rows."""
        found = self.rows(query)
        if not found:
            return [[] for _ in query.selected_columns]
        return [list(column) for column in zip(*found, strict=True)]

    def ids(self, table: Any) -> dict[str, int]:
        """Give the id of each code of a table: stations, beats, teams, people, shifts."""
        inside = {
            ground.Station: self.scope.stations_,
            ground.Beat: self.scope.beats_,
            people.Person: self.scope.people,
            teams.Team: self.scope.teams_,
        }.get(table)
        query = select(table.code, table.id)
        return dict(self.rows(query if inside is None else query.where(inside())))

    def words(self, table: Any) -> dict[str, tuple[str, ...]]:
        """Give the labels of each code of the catalogue; of one that is retired the code alone."""
        query = select(table.code, table.label_zh, table.label_en, table.is_active)
        return {
            code: (zh, en, *zh.split("/")) if is_active else ()
            for code, zh, en, is_active in self.rows(query)
        }


def texts(values: Sequence[str | None]) -> pd.Series:
    """Give a column of texts; nothing is the empty text."""
    return pd.Series(["" if value is None else value for value in values], dtype="str")


def lines(values: Sequence[str | None]) -> pd.Series:
    """Give a column of free texts in the form in which a file's are read."""
    return texts([value and one_line(value) for value in values])


def numbers(values: Sequence[float | None]) -> pd.Series:
    """Give a column of numbers; nothing is NaN."""
    return pd.Series(values, dtype="float64")


def days(values: Sequence[date | None]) -> pd.Series:
    """Give a column of days; nothing is NaT."""
    return pd.Series(pd.to_datetime(_objects(values))).astype("datetime64[s]")


def moments(values: Sequence[datetime | None]) -> pd.Series:
    """Give a column of points in time."""
    return pd.Series(pd.to_datetime(_objects(values), utc=True)).dt.as_unit("us")


def _objects(values: Sequence[Any]) -> pd.Series:
    return pd.Series(values, dtype=object)


def plain(column: pd.Series) -> list[Any]:
    """Give a checked column as the plain values that a database takes; nothing is None."""
    if column.dtype.kind == "M":
        has_zone = getattr(column.dtype, "tz", None) is not None
        return [
            None if pd.isna(value) else value.to_pydatetime() if has_zone else value.date()
            for value in column
        ]
    if isinstance(column.dtype, pd.StringDtype):
        return [value or None for value in column.tolist()]
    return [None if pd.isna(value) else value for value in column.tolist()]


__all__ = ["CELL_RESOLUTION", "Intake", "days", "lines", "moments", "numbers", "plain", "texts"]
