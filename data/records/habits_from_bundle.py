"""Habits for a city that begins with a bundle: what a week says yes to, read as what is usual.

A dated yes is no habit; but a store that begins with a demo, or with a bureau's last week, has
nothing else to plan next week from. So whoever begins it may take the week as the usual one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import func, select

from data.records.shift_patterns import DatedShift, with_templates
from data.store.bulk import insert_columns
from data.store.errors import StoreError
from data.store.filling import table_of
from data.store.tables.habits import AvailabilityHabit
from data.store.tables.people import Person

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from dispatch.scenario import Scenario


def fill_habits(session: Session, scenario: Scenario, *, now: datetime) -> int:
    """Make habits of a scenario's availability; return how many.

    Shifts that follow no template (`data.records.shift_patterns`) and people who have no file are
    left out; of several yeses on the same weekday and template the least dislike counts.

    Raises
    ------
    StoreError
        Where there are habits already.
    """
    if count := session.scalar(select(func.count()).select_from(AvailabilityHabit)):
        raise StoreError(f"Expected no habits yet, got {count}.")
    table = scenario.shifts
    dated = [
        DatedShift(code, start, end)
        for code, start, end in zip(
            table["shift_id"],
            table["starts_at"].dt.to_pydatetime(),
            table["ends_at"].dt.to_pydatetime(),
            strict=True,
        )
    ]
    days = table["starts_at"].dt.tz_convert(scenario.timezone).dt.day_of_week
    shifts = table[["shift_id"]].assign(
        weekday=days.to_numpy(np.int64),
        template=[
            shift.template or "" for shift in with_templates(session, dated, scenario.timezone)
        ],
    )
    people = dict(session.execute(select(Person.code, Person.id)).all())
    found = scenario.availability.merge(shifts[shifts["template"] != ""], on="shift_id")
    found = found.assign(person=found["person_id"].map(people)).dropna(subset=["person"])
    habits = found.groupby(["person", "weekday", "template"], as_index=False)["dislike"].min()
    if len(habits):
        insert_columns(
            session,
            table_of(AvailabilityHabit),
            {
                "person_id": habits["person"].astype("int64").tolist(),
                "weekday": habits["weekday"].tolist(),
                "template": habits["template"].tolist(),
                "dislike": habits["dislike"].tolist(),
                "updated_at": [now] * len(habits),
            },
        )
    return len(habits)
