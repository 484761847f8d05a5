"""The city's points table and settings: rows that a city edits; what we ship is a beginning."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite

from data.store.tables.points import PointRule, PointSetting
from data.store.tables.tips import TipCategory

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

MONTH_CAP: Final = "month_cap"
GIFT_MONTH_CAP: Final = "gift_month_cap"
TWO_PERSONS: Final = "two_persons_above"
RESERVED_DAYS: Final = "reserved_days"

_SHIPPED: Final = (
    (TipCategory, "tip_categories"),
    (PointRule, "point_rules"),
    (PointSetting, "point_settings"),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the points table, as an award needs it."""

    code: str
    points: int
    unit: str
    monthly_cap: int | None

    def worth(self, minutes: int | None) -> int:
        """Return the points of one award; by the hour, whole points of the minutes served."""
        return self.points if self.unit == "each" else self.points * (minutes or 0) // 60


def find_rule(session: Session, source: str, category: str | None = None) -> Rule | None:
    """Return the rule of a source's category, else the source's own; None where neither is on."""
    narrow = PointRule.category.is_(None)
    rows = session.scalars(
        select(PointRule).where(
            PointRule.source == source,
            PointRule.is_active,
            narrow if category is None else or_(PointRule.category == category, narrow),
        )
    ).all()
    if not rows:
        return None
    row = sorted(rows, key=lambda row: (row.category is None, row.code))[0]
    return Rule(row.code, row.points, row.unit, row.monthly_cap)


def setting(session: Session, code: str) -> int:
    """Return one of the city's numbers; what we ship where the city has no row."""
    found = session.scalar(select(PointSetting.value).where(PointSetting.code == code))
    return _shipped_settings()[code] if found is None else found


def fill_shipped(session: Session) -> None:
    """Insert the categories, rules and settings that we ship where a city has none of that code."""
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for mapped, name in _SHIPPED:
        table = cast("Table", mapped.__table__)
        rows = [_typed(table, row) for row in _read(name)]
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def _typed(table: Table, row: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {
        name: (int(text) if table.c[name].type.python_type is int else text) if text else None
        for name, text in row.items()
    }
    defaults = {"is_active": True, "row_version": 1}
    return {**typed, **{name: value for name, value in defaults.items() if name in table.c}}


def _shipped_settings() -> dict[str, int]:
    return {row["code"]: int(row["value"]) for row in _read("point_settings")}


def _read(name: str) -> list[dict[str, str]]:
    with files("data.catalogue").joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
