"""A bundle and its plan become a city's records: ground, people, scenario, published roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.records.habits_from_bundle import fill_habits
from data.results import read_result
from data.store.audit import Event, append
from data.store.bundle_io import read_record
from data.store.records_from_bundle import fill_records, has_records
from data.store.result_io import store_draft
from data.store.roster_states import publish
from data.store.scenario_writing import store_scenario
from data.store.served_roster import served_roster
from data.store.statistics import refresh_statistics

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from data.store.engine import Store
    from data.store.keys import Keys


def load_plan(
    store: Store, keys: Keys, bundle: Path, result: Path, *, now: datetime, by: str
) -> int:
    """Put a bundle and its plan into the store in one transaction; return the roster's id.

    The first bundle fills the records as well, and its week is taken as the usual one, for there is
    nothing else to plan the next week from; later bundles add a scenario and a roster to them.

    Raises
    ------
    BundleError, RosterStateError
    """
    record, plan = read_record(bundle), read_result(result)

    def work(session: Session) -> int:
        if not has_records(session):
            fill_records(session, record, bureau_name=record.scenario.name, now=now)
            fill_habits(session, record.scenario, now=now)
        scenario = store_scenario(session, record, created_by=by, now=now, link_people=True)
        label = record.scenario.name
        roster = store_draft(session, scenario, plan, label=label, created_by=by, now=now)
        publish(session, roster, by=by, now=now)
        refresh_statistics(session)
        append(session, keys, now, Event(by, "roster.publish", "roster", str(roster), {}))
        return roster

    return store.submit(work)


def has_roster(store: Store, now: datetime) -> bool:
    """Tell whether a roster is published and served."""
    with store.read() as session:
        return served_roster(session, now) is not None
