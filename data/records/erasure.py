"""Erase a person's data when they leave; figures stay: hours, turns, what was trained.

Erased: name, sex, date of birth, employer, address, home, ID number, phone, note; the words of
steps, awards and exceptions; awards taken back; certificate numbers; habits; the account's
log-in, browsers, mail address and choices of notices; in scenarios the link to the file, the point
and the columns that we do not know (decision 0011). Kept: code, tier, station, profession, dates of
joining and leaving, turns of duty, attendance, covers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Float, cast, delete, func, select, update

from data.notices.addresses import erase_ways
from data.records.memberships import end_rows
from data.store.tables.accounts import (
    Account,
    AccountRole,
    ExternalIdentity,
    LoginSession,
    RecoveryCode,
    SecondFactor,
)
from data.store.tables.habits import AvailabilityException, AvailabilityHabit
from data.store.tables.notices import NoticePreference, NoticeStop, NoticeWay, PushSubscription
from data.store.tables.people import Award, Consent, Person, PersonEvent, PersonRole
from data.store.tables.scenarios import EditionBeat, Scenario, ScenarioPerson, ScenarioTable
from data.store.tables.teams import BeatMember, TeamMember
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

CLEARED: Final = (
    *("name", "born_on", "employer", "address", "home_lat", "home_lng", "home_cell", "note"),
    *("id_number_sealed", "id_number_index", "phone_sealed", "phone_index"),
)


def erase_person(session: Session, person: Person, *, now: datetime, today: date) -> None:
    """Erase what the records hold of a person; their code and figures stay."""
    for name in CLEARED:
        setattr(person, name, None)
    person.sex = "unknown"
    person.left_on = today
    session.flush()
    _clear_words(session, person.id)
    _end_what_runs(session, person.id, now, today)
    _close_account(session, person.id, now)
    _forget_in_scenarios(session, person.id, now)


def _clear_words(session: Session, person: int) -> None:
    for table, values in (
        (PersonEvent, {"reason": None}),
        (Award, {"note": None}),
        (PersonQualification, {"certificate_no": None}),
    ):
        session.execute(update(table).where(_of(table) == person).values(values))
    # What was awarded and taken back counts in no figure.
    taken_back = (PersonEvent.person_id == person, PersonEvent.kind == "award_withdrawn")
    session.execute(update(PersonEvent).where(*taken_back).values(from_value=None))
    for planned in (AvailabilityHabit, AvailabilityException):
        session.execute(delete(planned).where(_of(planned) == person))


def _end_what_runs(session: Session, person: int, now: datetime, today: date) -> None:
    for table in (TeamMember, BeatMember, PersonRole):
        end_rows(session, table, today, _of(table) == person)
    given: Any = Consent.given_at
    session.execute(
        update(Consent)
        .where(Consent.person_id == person, Consent.withdrawn_at.is_(None), given <= now)
        .values(withdrawn_at=now)
    )


def _close_account(session: Session, person: int, now: datetime) -> None:
    accounts = session.scalars(select(Account.id).where(Account.person_id == person)).all()
    login = (AccountRole, LoginSession, SecondFactor, RecoveryCode, ExternalIdentity)
    for table in (*login, NoticePreference, NoticeStop, NoticeWay, PushSubscription):
        column: Any = table.account_id
        session.execute(delete(table).where(column.in_(accounts)))
    for account in accounts:
        erase_ways(session, account)
        session.execute(
            update(Account)
            .where(Account.id == account)
            .values(
                login=f"left-{account}",
                display_name="",
                password_hash=None,
                person_id=None,
                state="closed",
                updated_at=now,
            )
        )


def _forget_in_scenarios(session: Session, person: int, now: datetime) -> None:
    """Unlink a person from scenarios and put their point where their station's beats are."""
    row = ScenarioPerson
    for scenario in session.scalars(select(row.scenario_id).where(row.person_id == person)).all():
        session.execute(
            update(row)
            .where(row.scenario_id == scenario, row.person_id == person)
            .values(person_id=None, extra=_no_words(session, scenario), **_points(scenario))
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(Scenario)
            .where(Scenario.id == scenario)
            .values(erased_at=now)
            .execution_options(synchronize_session=False)
        )


def _no_words(session: Session, scenario: int) -> str | None:
    """Give empty texts for the columns that only the bundle knows."""
    columns = session.scalar(
        select(ScenarioTable.columns).where(
            ScenarioTable.scenario_id == scenario, ScenarioTable.table == "people"
        )
    )
    return None if columns is None else json.dumps([""] * len(json.loads(columns)))


def _points(scenario: int) -> dict[str, Any]:
    """Give the middle of the station's beats, or of all beats, of a scenario's edition."""
    edition = select(Scenario.edition_id).where(Scenario.id == scenario).scalar_subquery()
    points = {}
    for name in ("lat", "lng"):
        mean = cast(func.avg(getattr(EditionBeat, name)), Float)
        of_all = select(mean).where(EditionBeat.edition_id == edition)
        of_station = of_all.where(EditionBeat.station_code == ScenarioPerson.station_code)
        points[name] = func.coalesce(
            of_station.correlate(ScenarioPerson).scalar_subquery(), of_all.scalar_subquery(), 0.0
        )
    return points


def _of(table: Any) -> Any:
    return table.person_id
