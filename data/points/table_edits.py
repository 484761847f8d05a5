"""The city's points table and its numbers, as those see and change them who may."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from data.points.errors import RuleError, RuleMissingError
from data.store.row_versions import StaleError
from data.store.tables.points import PointRule, PointSetting

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_LEAST: Final = {"reserved_days": 1}


@dataclass(frozen=True, slots=True)
class RuleView:
    """A row of the points table; `monthly_cap` is of a person's points by it in a month."""

    code: str
    source: str
    category: str | None
    label_zh: str
    label_en: str
    points: int
    unit: str
    monthly_cap: int | None
    is_active: bool
    row_version: int


@dataclass(frozen=True, slots=True)
class SettingView:
    """A number that the city sets."""

    code: str
    label_zh: str
    label_en: str
    value: int
    row_version: int


_RULE: Final = tuple(getattr(PointRule, one.name) for one in fields(RuleView))
_SETTING: Final = tuple(getattr(PointSetting, one.name) for one in fields(SettingView))


def points_table(session: Session) -> tuple[list[RuleView], list[SettingView]]:
    """Return the rules by source and code, and the numbers by code."""
    rules = session.execute(select(*_RULE).order_by(PointRule.source, PointRule.code))
    settings = session.execute(select(*_SETTING).order_by(PointSetting.code))
    return [RuleView(*row) for row in rules], [SettingView(*row) for row in settings]


def find_point_rule(session: Session, code: str) -> RuleView:
    """Return a row of the table.

    Raises
    ------
    RuleMissingError
    """
    row = session.execute(select(*_RULE).where(PointRule.code == code)).one_or_none()
    if row is None:
        raise RuleMissingError(f"Expected the code of a row of the points table, got {code!r:.80}.")
    return RuleView(*row)


def find_point_setting(session: Session, code: str) -> SettingView:
    """Return a number.

    Raises
    ------
    RuleMissingError
    """
    row = session.execute(select(*_SETTING).where(PointSetting.code == code)).one_or_none()
    if row is None:
        raise RuleMissingError(f"Expected the code of a number of the points, got {code!r:.80}.")
    return SettingView(*row)


def edit_point_rule(session: Session, code: str, *, seen: int, **changes: Any) -> RuleView:
    """Change words, points, the month's cap of a row, or put it out of use; what is awarded stays.

    Raises
    ------
    RuleMissingError, StaleError
    """
    find_point_rule(session, code)
    _change(session, PointRule, code, seen, changes)
    return find_point_rule(session, code)


def edit_point_setting(session: Session, code: str, value: int, *, seen: int) -> SettingView:
    """Set a number.

    Raises
    ------
    RuleMissingError, StaleError
    RuleError
        For a number of days that reserves nothing.
    """
    find_point_setting(session, code)
    if value < (least := _LEAST.get(code, 0)):
        raise RuleError(f"Expected at least {least} of {code}, got {value}.")
    _change(session, PointSetting, code, seen, {"value": value})
    return find_point_setting(session, code)


def _change(session: Session, table: Any, code: str, seen: int, changes: dict[str, Any]) -> None:
    done = session.execute(
        update(table)
        .where(table.code == code, table.row_version == seen)
        .values(**changes, row_version=table.row_version + 1)
        .returning(table.code)
    ).scalar()
    if done is None:
        raise StaleError
