"""The tiny city in the store: six people of its own and seventy volunteers in a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import select
from tiny_city import (
    PEOPLE,
    SHIFTS,
    availability_table,
    people_table,
    roster_table,
    tiny_scenario,
)
from tiny_store import plan_by_hand

from data.field.limits import Limits
from data.field.task_values import TaskValues, TaskView
from data.field.tasks import create_task, step_task
from data.store.bundle_io import make_record
from data.store.records_from_bundle import fill_records
from data.store.result_io import store_draft
from data.store.roster_states import publish
from data.store.scenario_writing import store_scenario
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person

if TYPE_CHECKING:
    from data.store.engine import Store
    from dispatch.scenario import Scenario

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # Monday, 10:00 in Baotou
LIMITS = Limits()
CROWD = 70


def crowded_scenario(**changes: Any) -> Scenario:
    """Make the tiny city with volunteers ``v00`` … beside its own people."""
    crowd = [
        {"person_id": f"v{n:02d}", "tier": "volunteer", "qualifications": ("mediation",)}
        for n in range(CROWD)
    ]
    own = PEOPLE.to_dict("records")
    return tiny_scenario(people=people_table(*own, *crowd), **changes)


def fill_city(store: Store) -> None:
    """Fill an empty store with the ground and the people of the city."""
    record = make_record(crowded_scenario())
    store.submit(lambda s: fill_records(s, record, bureau_name="局", now=NOW))


class City:
    """The filled store and ids by code."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.read() as session:
            self.people = dict(session.execute(select(Person.code, Person.id)).all())
            self.beats = dict(session.execute(select(Beat.code, Beat.id)).all())
            self.stations = dict(session.execute(select(Station.code, Station.id)).all())

    def do(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Run a function of `data.field` as a write."""
        return self.store.submit(lambda session: function(session, *arguments, **options))

    def see(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Run a function of `data.field` as a read."""
        with self.store.read() as session:
            return function(session, *arguments, **options)

    def change_person(self, code: str, **values: Any) -> None:
        """Change columns of a person's file."""

        def work(session: Any) -> None:
            person = session.get_one(Person, self.people[code])
            for name, value in values.items():
                setattr(person, name, value)

        self.store.submit(work)

    def values(self, **changes: Any) -> TaskValues:
        """Make the values of a morning at Haiwei's school gate two days from now."""
        start = NOW + timedelta(days=2)
        usual: dict[str, Any] = {
            "kind": "fixed_post",
            "title": "海威小学护学岗",
            "station_id": self.stations["kunbei"],
            "beat_id": self.beats["haiwei"],
            "role": "school_guard",
            "starts_at": start,
            "ends_at": start + timedelta(hours=2),
            "signup_until": start - timedelta(hours=12),
            "places": 2,
            "points": 3,
        }
        return TaskValues(**(usual | changes))

    def task(self, **changes: Any) -> TaskView:
        """Publish a task."""

        def work(session: Any) -> TaskView:
            made = create_task(session, self.values(**changes), LIMITS, by="me", now=NOW)
            return step_task(session, made.task_id, "open", now=NOW)

        return self.store.submit(work)

    def publish(self, *rows: tuple[str, str, str, str]) -> int:
        """Publish a roster of (person, beat, shift, role), to which everybody can come.

        Returns the scenario's number.
        """
        codes = [row["person_id"] for row in PEOPLE.to_dict("records")]
        codes += [f"v{n:02d}" for n in range(CROWD)]
        shifts = SHIFTS["shift_id"]
        free = availability_table(*((code, shift, 0) for code in codes for shift in shifts))
        record = make_record(crowded_scenario(availability=free))
        result = plan_by_hand(record.scenario, roster_table(*rows), record.sha256)

        def work(session: Any) -> int:
            made = {"created_by": "test", "now": NOW}
            scenario = store_scenario(session, record, link_people=True, **made)
            roster = store_draft(session, scenario, result, label="by hand", **made)
            publish(session, roster, by="test", now=NOW)
            return scenario

        return self.store.submit(work)


def local(text: str) -> datetime:
    """Give a moment from local words."""
    return pd.Timestamp(text, tz="Asia/Shanghai").to_pydatetime()
