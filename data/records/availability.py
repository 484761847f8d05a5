"""Who can come to which shifts: habits by weekday and template, and dated exceptions to them.

One rule, set-based for a whole city:

1. A habit says yes to the shifts of its template that begin on its weekday (local time).
2. An exception that holds on the shift's first day overrules the habit. One that names the
   template goes before one for whole days, of these the later written goes first, and of two
   written together "cannot" does.
3. A shift without a template knows only exceptions for whole days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from data.records.shift_patterns import TIMEZONE, with_templates
from data.store.tables.habits import AvailabilityException, AvailabilityHabit
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from data.records.shift_patterns import DatedShift

_KEY = ["person_id", "shift"]


def available_shifts(
    session: Session,
    shifts: Sequence[DatedShift],
    *,
    people: ColumnElement[bool] | None = None,
    timezone: str = TIMEZONE,
) -> pd.DataFrame:
    """Say who can come to which shifts.

    Parameters
    ----------
    shifts : sequence of DatedShift
        Their ``shift_id`` must differ.
    people : condition on `Person`, optional
        Default: everybody who is active.
    timezone : str
        In which weekdays and days count.

    Returns
    -------
    DataFrame
        ``person_id`` (int64, of the record), ``shift_id`` (str), ``dislike`` (int64), by person
        and the order of the shifts.
    """
    chosen = Person.state == "active" if people is None else people
    table = _shift_table(with_templates(session, shifts, timezone), timezone)
    usual = _habits(session, table, chosen)
    special = _exceptions(session, table, chosen)
    if len(special):
        overruled = pd.MultiIndex.from_frame(special[_KEY])
        usual = usual[~pd.MultiIndex.from_frame(usual[_KEY]).isin(overruled)]
        usual = pd.concat([usual, special.loc[special["can_come"], [*_KEY, "dislike"]]])
    found = usual.sort_values(_KEY, kind="stable", ignore_index=True)
    found["shift_id"] = table["shift_id"].to_numpy()[found["shift"].to_numpy()]
    return found[["person_id", "shift_id", "dislike"]].astype(
        {"person_id": "int64", "shift_id": "str", "dislike": "int64"}
    )


def _shift_table(shifts: Sequence[DatedShift], timezone: str) -> pd.DataFrame:
    zone = ZoneInfo(timezone)
    days = [shift.day(zone) for shift in shifts]
    return pd.DataFrame(
        {
            "shift": pd.Series(range(len(shifts)), dtype="int64"),
            "shift_id": pd.Series([shift.shift_id for shift in shifts], dtype="str"),
            "template": pd.Series([shift.template or "" for shift in shifts], dtype="str"),
            "weekday": pd.Series([day.weekday() for day in days], dtype="int64"),
            "day": pd.to_datetime(pd.Series(days, dtype="object")).astype("datetime64[s]"),
        }
    )


def _habits(session: Session, shifts: pd.DataFrame, people: ColumnElement[bool]) -> pd.DataFrame:
    habit = AvailabilityHabit
    query = (
        select(habit.person_id, habit.weekday, habit.template, habit.dislike)
        .join(Person, Person.id == habit.person_id)
        .where(people, habit.weekday.in_(sorted(set(shifts["weekday"].tolist()))))
    )
    kinds = {"person_id": "int64", "weekday": "int64", "template": "str", "dislike": "int64"}
    named = shifts.loc[shifts["template"] != "", ["shift", "weekday", "template"]]
    joined = _frame(session, query, kinds).merge(named, on=["weekday", "template"])
    return joined[[*_KEY, "dislike"]]


def _exceptions(
    session: Session, shifts: pd.DataFrame, people: ColumnElement[bool]
) -> pd.DataFrame:
    """Give the exception that counts for each person and shift that has any."""
    kinds = {
        "person_id": "int64",
        "starts_on": "datetime64[s]",
        "ends_on": "datetime64[s]",
        "template": "str",
        "can_come": "bool",
        "dislike": "int64",
        "updated_at": "datetime64[us]",
    }
    if not len(shifts):
        return pd.DataFrame({name: pd.Series(dtype="int64") for name in (*_KEY, "can_come")})
    row = AvailabilityException
    first, last = (pd.Timestamp(edge).date() for edge in (shifts["day"].min(), shifts["day"].max()))
    query = (
        select(*(getattr(row, name) for name in kinds))
        .join(Person, Person.id == row.person_id)
        .where(people, row.ends_on >= first, row.starts_on <= last)
        .order_by(row.id)
    )
    rows = session.execute(query).all()
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    plain = dict(zip(kinds, columns, strict=True))
    plain["template"] = tuple(word or "" for word in plain["template"])
    plain["updated_at"] = tuple(at.replace(tzinfo=None) for at in plain["updated_at"])
    found = pd.DataFrame({name: pd.Series(plain[name], dtype="object") for name in kinds})
    found = found.astype(kinds).merge(
        shifts[["shift", "day", "template"]], how="cross", suffixes=("", "_of_shift")
    )
    fits = (found["template"] == "") | (found["template"] == found["template_of_shift"])
    holds = (found["starts_on"] <= found["day"]) & (found["day"] <= found["ends_on"])
    found = found[fits & holds].assign(named=lambda table: table["template"] != "")
    found = found.sort_values(
        [*_KEY, "named", "updated_at", "can_come"],
        ascending=[True, True, False, False, True],
        kind="stable",
    )
    return found.drop_duplicates(_KEY)


def _frame(
    session: Session, query: Select[*tuple[Any, ...]], kinds: dict[str, str]
) -> pd.DataFrame:
    rows = session.execute(query).all()
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return pd.DataFrame(
        {
            name: pd.Series(column, dtype=kind)
            for (name, kind), column in zip(kinds.items(), columns, strict=True)
        }
    )
