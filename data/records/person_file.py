"""One file per member (一人一档): everything that the records know of a person, as one value.

Shown without the ID number and the phone (masked), without the address, and with the home as a
coarse cell: `data.records.person_edit.open_sealed` opens these, for a purpose that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from data.records.finding import find_person
from data.records.insured import insured_until
from data.records.memberships import holds
from data.records.person_search import is_valid
from data.store.personal import masked, open_id_number, open_phone
from data.store.tables.ground import Beat, Station, SubBureau
from data.store.tables.habits import AvailabilityException, AvailabilityHabit
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import Award, Consent, Person, PersonEvent, PersonRole
from data.store.tables.service import ServiceRecord
from data.store.tables.teams import BeatMember, Team, TeamMember
from data.store.tables.training import Attendance, Course, CourseRun, PersonQualification
from grid.cells import format_cells, parents

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.store.keys import Keys
    from data.store.scope import Scope

HOME_RESOLUTION: Final = 7
"""The resolution at which a home is shown: about five square kilometres."""

Rows = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PersonFile:
    """A file; ``rows`` are plain dictionaries, newest first where there is a date.

    Attributes
    ----------
    profile : dict
        Of the person's own row; ``row_version`` counts its edits.
    insured_until : date or None
        The last day of unbroken cover from today on.
    service : dict
        ``turns`` and ``minutes`` in all and by kind.
    """

    profile: dict[str, Any]
    qualifications: Rows
    roles: Rows
    teams: Rows
    beats: Rows
    training: Rows
    covers: Rows
    insured_until: date | None
    habits: Rows
    exceptions: Rows
    service: dict[str, Any]
    awards: Rows
    consents: Rows
    events: Rows


def read_file(session: Session, scope: Scope, keys: Keys, code: str, *, today: date) -> PersonFile:
    """Give the whole file of a person within a scope.

    Raises
    ------
    RecordMissingError
        Where there is none of that code in the scope.
    """
    person = find_person(session, scope, code)
    number = person.id
    return PersonFile(
        profile=_profile(session, keys, person),
        qualifications=_rows(session, _qualifications(number, today)),
        roles=_rows(session, _roles(number, today)),
        teams=_rows(session, _teams(number, today)),
        beats=_rows(session, _beats(number, today)),
        training=_rows(session, _training(number)),
        covers=_rows(session, _covers(number)),
        insured_until=insured_until(session, [number], today).get(number),
        habits=_rows(session, _habits(number)),
        exceptions=_rows(session, _exceptions(number, today)),
        service=_service(session, number),
        awards=_rows(session, _of(number, Award, "awarded_on", "title", "awarded_by", "note")),
        consents=_rows(
            session, _of(number, Consent, "given_at", "purpose", "wording", "withdrawn_at")
        ),
        events=_rows(
            session,
            _of(number, PersonEvent, "at", "kind", "from_value", "to_value", "reason", "actor"),
        ),
    )


def area_of(cell: int) -> str:
    """Give the coarse cell in which a home is shown, as 15 hexadecimal digits."""
    return str(format_cells(parents([cell], HOME_RESOLUTION))[0])


def _profile(session: Session, keys: Keys, person: Person) -> dict[str, Any]:
    place = (
        session.execute(
            select(Station.code, Station.name, SubBureau.code, SubBureau.name)
            .join(SubBureau, SubBureau.id == Station.sub_bureau_id)
            .where(Station.id == person.station_id)
        ).one_or_none()
        or (None,) * 4
    )
    plain = ("code", "tier", "state", "profession", "name", "sex", "born_on", "employer")
    limits = ("max_shifts", "travel_limit_m", "show_up", "joined_on", "left_on", "note")
    home = person.home_cell
    return {
        **{name: getattr(person, name) for name in (*plain, *limits)},
        "station": place[0],
        "station_name": place[1],
        "sub_bureau": place[2],
        "sub_bureau_name": place[3],
        "phone_masked": masked(open_phone(keys, person.code, person.phone_sealed)),
        "id_number_masked": masked(
            open_id_number(keys, person.code, person.id_number_sealed), first=4
        ),
        "has_address": person.address is not None,
        "home_area": None if home is None else area_of(home),
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "row_version": person.row_version,
    }


def _qualifications(person: int, today: date) -> Select[*tuple[Any, ...]]:
    held = PersonQualification
    return (
        select(
            held.id,
            held.qualification,
            held.granted_on,
            held.expires_on,
            held.revoked_on,
            held.certificate_no,
            held.course_run_id,
            is_valid(today).label("is_valid"),
        )
        .where(held.person_id == person)
        .order_by(held.granted_on.desc(), held.id)
    )


def _roles(person: int, today: date) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PersonRole.id,
            PersonRole.role,
            PersonRole.since,
            PersonRole.until,
            holds(PersonRole, today).label("is_current"),
        )
        .where(PersonRole.person_id == person)
        .order_by(PersonRole.since.desc(), PersonRole.id)
    )


def _teams(person: int, today: date) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Team.code,
            Team.name,
            Team.specialism,
            TeamMember.is_leader,
            TeamMember.since,
            TeamMember.until,
            holds(TeamMember, today).label("is_current"),
        )
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.person_id == person)
        .order_by(TeamMember.since.desc(), TeamMember.id)
    )


def _beats(person: int, today: date) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Beat.code,
            Beat.name,
            BeatMember.duty,
            BeatMember.since,
            BeatMember.until,
            holds(BeatMember, today).label("is_current"),
        )
        .join(Beat, Beat.id == BeatMember.beat_id)
        .where(BeatMember.person_id == person)
        .order_by(BeatMember.since.desc(), BeatMember.id)
    )


def _training(person: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            CourseRun.id.label("run"),
            Course.code.label("course"),
            Course.name,
            Course.mode,
            CourseRun.batch,
            CourseRun.starts_at,
            CourseRun.ends_at,
            Attendance.state,
            Attendance.score,
        )
        .join(CourseRun, CourseRun.id == Attendance.course_run_id)
        .join(Course, Course.id == CourseRun.course_id)
        .where(Attendance.person_id == person)
        .order_by(CourseRun.starts_at.desc(), CourseRun.id)
    )


def _covers(person: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            InsuranceCover.id,
            InsurancePolicy.insurer,
            InsurancePolicy.policy_no,
            InsuranceCover.starts_on,
            InsuranceCover.ends_on,
            InsurancePolicy.sum_insured_fen,
        )
        .join(InsurancePolicy, InsurancePolicy.id == InsuranceCover.policy_id)
        .where(InsuranceCover.person_id == person)
        .order_by(InsuranceCover.ends_on.desc(), InsuranceCover.id)
    )


def _habits(person: int) -> Select[*tuple[Any, ...]]:
    habit = AvailabilityHabit
    return (
        select(habit.weekday, habit.template, habit.dislike)
        .where(habit.person_id == person)
        .order_by(habit.weekday, habit.template)
    )


def _exceptions(person: int, today: date) -> Select[*tuple[Any, ...]]:
    found = AvailabilityException
    return (
        select(
            found.id,
            found.starts_on,
            found.ends_on,
            found.template,
            found.can_come,
            found.dislike,
            found.reason,
        )
        .where(found.person_id == person, found.ends_on >= today)
        .order_by(found.starts_on, found.id)
    )


def _service(session: Session, person: int) -> dict[str, Any]:
    rows = session.execute(
        select(ServiceRecord.kind, func.count(), func.sum(ServiceRecord.minutes))
        .where(ServiceRecord.person_id == person)
        .group_by(ServiceRecord.kind)
        .order_by(ServiceRecord.kind)
    ).all()
    by_kind = {kind: {"turns": turns, "minutes": int(minutes)} for kind, turns, minutes in rows}
    total = {
        name: sum(figures[name] for figures in by_kind.values()) for name in ("turns", "minutes")
    }
    return {**total, "by_kind": by_kind}


def _of(person: int, table: Any, newest: str, *names: str) -> Select[*tuple[Any, ...]]:
    columns = [table.id, *(getattr(table, name) for name in (newest, *names))]
    return (
        select(*columns)
        .where(table.person_id == person)
        .order_by(getattr(table, newest).desc(), table.id.desc())
    )


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> Rows:
    return tuple(dict(row) for row in session.execute(query).mappings())
