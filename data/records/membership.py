"""A membership's way: apply, be vetted, trained, active; transfer, suspend, resume, leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, select

from data.notices.telling import tell
from data.records.coming_duties import ComingDuty, coming_duties
from data.records.consent_wordings import PERSONAL_DATA
from data.records.erasure import erase_person
from data.records.errors import SafetyError, StepError, ValueRefusedError
from data.records.finding import find_person, find_station
from data.records.insured import insured_until
from data.records.membership_steps import require_step, steps_from
from data.records.memberships import end_rows
from data.records.person_edit import add_event
from data.records.person_search import is_valid
from data.records.person_values import LEAST_AGE, age_on, apply_values, require_adult
from data.store.bulk import reserve_ids
from data.store.filling import table_of
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Consent, Person
from data.store.tables.teams import BeatMember, Team, TeamMember
from data.store.tables.training import Attendance, PersonQualification

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.records.membership_steps import Step
    from data.store.keys import Keys
    from data.store.scope import Scope
    from data.store.tables.people import PersonEvent

MOVABLE: Final = ("vetted", "training", "active", "suspended")


@dataclass(frozen=True, slots=True)
class Moved:
    """What a step did.

    Attributes
    ----------
    duties : tuple of ComingDuty
        What the person was on in published rosters and now needs somebody else.
    """

    code: str
    state: str
    row_version: int
    duties: tuple[ComingDuty, ...] = ()


def add_person(
    session: Session,
    keys: Keys,
    values: Mapping[str, Any],
    *,
    station: Station,
    tier: str,
    state: str,
    consents: Mapping[str, str],
    by: str,
    now: datetime,
    today: date,
) -> Moved:
    """Begin a file: an application (``applied``), or staff who are hired already (``active``).

    Parameters
    ----------
    consents : mapping of str to str
        Purpose → the wording that was agreed to.

    Raises
    ------
    ValueRefusedError, DuplicateError, SafetyError, RecordMissingError
    """
    if not (values.get("name") or "").strip():
        raise ValueRefusedError("Expected a name, got none.")
    number = reserve_ids(session, table_of(Person), 1)[0]
    person = Person(
        id=number,
        code=_free_code(session, tier, number),
        tier=tier,
        state=state,
        station_id=station.id,
        sex="unknown",
        max_shifts=0,
        show_up=1.0,
        created_at=now,
        updated_at=now,
    )
    apply_values(session, keys, person, values, today=today)
    if state == "active":
        person.joined_on = today
    if state == "active" or person.born_on is not None:
        require_adult(person.born_on, today)
    session.add(person)
    session.flush()
    for purpose, wording in consents.items():
        session.add(Consent(person_id=number, purpose=purpose, wording=wording, given_at=now))
    add_event(session, person, "applied" if state == "applied" else "enlisted", now=now, by=by)
    session.flush()
    return Moved(person.code, person.state, person.row_version)


def take_step(
    session: Session,
    scope: Scope,
    code: str,
    name: str,
    *,
    version: int,
    reason: str | None,
    by: str,
    by_person: int | None,
    now: datetime,
    today: date,
) -> Moved:
    """Take a step of a membership.

    Parameters
    ----------
    by, by_person : str, int or None
        Who takes it, as the audit says it, and whose file that is.

    Raises
    ------
    RecordMissingError, StaleError
    StepError
        Where the state does not allow it.
    SafetyError
        Where a condition of the step is not met.
    """
    person = find_person(session, scope, code, version=version, locked=True)
    step = require_step(name, person.state, reason)
    if lacking := lacking_for(session, person, step, by_person=by_person, today=today):
        raise SafetyError(f"Expected {', '.join(lacking)} to {name}, got that missing.")
    duties: tuple[ComingDuty, ...] = ()
    if step.target in {"suspended", "left"}:
        duties = tuple(coming_duties(session, [person.id], now))
    before = person.state
    person.state, person.updated_at = step.target, now
    if step.name == "activate" and person.joined_on is None:
        person.joined_on = today
    kept_reason = None if step.target == "left" else reason
    event = add_event(
        session, person, step.event, now=now, by=by, before=before, after=step.target,
        reason=kept_reason,
    )  # fmt: skip
    if step.target == "left":
        erase_person(session, person, now=now, today=today)
    else:
        _tell(session, event, {}, now)
    session.flush()
    return Moved(code, person.state, person.row_version, duties)


def possible_steps(
    session: Session, scope: Scope, code: str, *, by_person: int | None, today: date
) -> dict[str, tuple[str, ...]]:
    """Give the steps that a person's state allows, each with the conditions that are not met."""
    person = find_person(session, scope, code)
    return {
        step.name: lacking_for(session, person, step, by_person=by_person, today=today)
        for step in steps_from(person.state)
    }


def lacking_for(
    session: Session, person: Person, step: Step, *, by_person: int | None, today: date
) -> tuple[str, ...]:
    """Give the conditions of a step that are not met, in the order of the step."""
    lacking = _lacking(session, person, today)
    if by_person == person.id:
        lacking.append("other_person")
    return tuple(name for name in step.conditions if name in lacking)


def transfer_person(
    session: Session,
    scope: Scope,
    code: str,
    station_code: str,
    *,
    version: int,
    reason: str | None,
    by: str,
    now: datetime,
    today: date,
) -> Moved:
    """Move a person to another station; both must lie within the scope.

    Memberships in teams and beats of the old station end with today; those of specialist groups
    without a station stay. Staff who are on in published rosters of the old station are told.

    Raises
    ------
    RecordMissingError, StaleError
    StepError
        For somebody who is no member, or is of that station already.
    """
    person = find_person(session, scope, code, version=version, locked=True)
    station = find_station(session, scope, station_code)
    if person.state not in MOVABLE:
        raise StepError(f"Expected a member to transfer, got one who is {person.state}.")
    if person.station_id == station.id:
        raise StepError(f"Expected another station than {station_code}, got the same.")
    before = session.scalar(select(Station.code).where(Station.id == person.station_id))
    duties: tuple[ComingDuty, ...] = ()
    if person.tier != "volunteer":
        duties = tuple(coming_duties(session, [person.id], now))
    _end_memberships(session, person, today)
    person.station_id, person.updated_at = station.id, now
    event = add_event(
        session, person, "transferred", now=now, by=by, before=before, after=station_code,
        reason=reason,
    )  # fmt: skip
    _tell(session, event, {"station": station_code}, now)
    return Moved(code, person.state, person.row_version, duties)


def _tell(session: Session, event: PersonEvent, values: Mapping[str, Any], now: datetime) -> None:
    """Tell the person of a step in the transaction that takes it; its reason stays in the file."""
    session.flush()
    topic = f"membership.{event.kind}"
    tell(session, topic, str(event.id), [event.person_id], values, now=now)


def _lacking(session: Session, person: Person, today: date) -> list[str]:
    """Give the conditions of `CONDITIONS` that this person does not meet today."""
    lacking = []
    if person.born_on is None or age_on(person.born_on, today) < LEAST_AGE:
        lacking.append("adult")
    if not _has(
        session,
        Consent.person_id == person.id,
        Consent.purpose == PERSONAL_DATA,
        Consent.withdrawn_at.is_(None),
    ):
        lacking.append("consent")
    passed = _has(session, Attendance.person_id == person.id, Attendance.state == "passed")
    if not passed and not _has(
        session, PersonQualification.person_id == person.id, is_valid(today)
    ):
        lacking.append("trained")
    if person.tier == "volunteer" and not insured_until(session, [person.id], today):
        lacking.append("insured")
    return lacking


def _has(session: Session, *conditions: Any) -> bool:
    return bool(session.scalar(select(exists().where(*conditions))))


def _end_memberships(session: Session, person: Person, today: date) -> None:
    teams = select(Team.id).where(Team.station_id == person.station_id)
    beats = select(Beat.id).where(Beat.station_id == person.station_id)
    mine = TeamMember.person_id == person.id
    end_rows(session, TeamMember, today, mine, TeamMember.team_id.in_(teams))
    mine = BeatMember.person_id == person.id
    end_rows(session, BeatMember, today, mine, BeatMember.beat_id.in_(beats))


def _free_code(session: Session, tier: str, number: int) -> str:
    """Give a code that nobody has: the tier's letter and the number."""
    code = wanted = f"{tier[0]}{number:05d}"
    attempt = 1
    while session.scalar(select(exists().where(Person.code == code))):
        attempt += 1
        code = f"{wanted}-{attempt}"
    return code
