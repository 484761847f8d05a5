"""A scenario of the living records: those who could be planned, and nobody else."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select, update
from tiny_store import NOW, TODAY

from data.bundle import read_bundle
from data.planning.errors import NothingToPlanError
from data.planning.living_scenario import scenario_of_records
from data.records.habits_from_bundle import fill_habits
from data.store.bundle_io import make_record
from data.store.scenario_reading import load_scenario
from data.store.scenario_writing import store_scenario
from data.store.tables.habits import AvailabilityException
from data.store.tables.insurance import InsuranceCover
from data.store.tables.people import Person
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store
    from dispatch.scenario import Scenario

TABLES = ("beats", "cells", "shifts", "roles", "people", "availability", "demand", "pins")


@pytest.fixture
def days(bundle: Path) -> tuple[date, date]:
    starts = read_bundle(bundle).shifts["starts_at"].dt.tz_convert("Asia/Shanghai")
    return starts.min().date(), starts.max().date()


def living(store: Store, days: tuple[date, date]) -> Scenario:
    with store.read() as session:
        return scenario_of_records(session, *days, name="本周").scenario


def test_the_records_of_a_bundle_give_its_problem_again(
    city: Store, bundle: Path, days: tuple[date, date]
) -> None:
    given = read_bundle(bundle)
    city.submit(lambda s: fill_habits(s, given, now=NOW))
    found = living(city, days)
    assert set(found.people["person_id"]) == {*given.people["person_id"], "qian"}
    kept = found.people[found.people["person_id"] != "qian"].reset_index(drop=True)
    assert kept["tier"].tolist() == given.people["tier"].tolist()
    assert kept["qualifications"].map(set).tolist() == (
        given.people["qualifications"].map(set).tolist()
    )
    for name in ("demand", "pins"):
        columns = [c for c in getattr(given, name).columns if c != "position"]
        order = columns[:3]
        ours, theirs = (
            getattr(one, name).sort_values(order, ignore_index=True)[columns]
            for one in (found, given)
        )
        assert ours.equals(theirs), name
    assert found.rules == given.rules
    assert found.costs == given.costs


def test_it_is_stored_and_comes_back(city: Store, bundle: Path, days: tuple[date, date]) -> None:
    city.submit(lambda s: fill_habits(s, read_bundle(bundle), now=NOW))
    found = living(city, days)
    record = make_record(found)
    number = city.submit(
        lambda s: store_scenario(s, record, created_by="t", now=NOW, link_people=True)
    )
    with city.read() as session:
        back = load_scenario(session, number)
    for name in TABLES:
        assert getattr(back, name).equals(getattr(found, name)), name


def test_who_may_not_be_planned_is_not(city: Store, bundle: Path, days: tuple[date, date]) -> None:
    city.submit(lambda s: fill_habits(s, read_bundle(bundle), now=NOW))
    first, last = days

    def change(session: Any) -> None:
        ids = dict(session.execute(select(Person.code, Person.id)).all())
        session.execute(update(Person).where(Person.code == "sun").values(state="suspended"))
        session.execute(delete(InsuranceCover).where(InsuranceCover.person_id == ids["liu"]))
        session.execute(update(PersonQualification).values(expires_on=TODAY))
        session.add(
            AvailabilityException(
                person_id=ids["li"],
                starts_on=first,
                ends_on=last,
                can_come=False,
                dislike=0,
                updated_at=NOW,
            )
        )

    city.submit(change)
    found = living(city, days)
    people = found.people.set_index("person_id")
    assert "sun" not in people.index
    assert str(people.loc["liu", "insured_until"]) == "NaT"
    assert "li" not in set(found.availability["person_id"])
    if last > TODAY:
        assert not people["qualifications"].map(len).any()


def test_days_without_shifts_are_refused(city: Store) -> None:
    with city.read() as session, pytest.raises(NothingToPlanError, match="shifts"):
        scenario_of_records(session, date(2031, 1, 1), date(2031, 1, 7), name="x")
