"""What the rules of eligibility look at, read from the store for one person or many."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, select

from data.field.eligibility import PersonFacts, RoleFacts, Span, Turn
from data.field.errors import FieldMissingError
from data.store.reading import rows_of
from data.store.row_locks import has_row_locks
from data.store.tables.catalogue import DutyRole, DutyRoleProfession, DutyRoleQualification
from data.store.tables.insurance import InsuranceCover
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment, Roster
from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.tasks import HOLDING, Signup, Task
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Select
    from sqlalchemy.orm import Session

BATCH: Final = 500
AROUND: Final = timedelta(days=8)
"""How far from a turn others may matter: the rest, and the week in which it lies."""


# Written once: each page of a phone asks.
_CODE_AND_HOME = select(Person.code, Person.home_lat, Person.home_lng).where(
    Person.id == bindparam("person")
)


def lock_people(session: Session, person_ids: Iterable[int]) -> None:
    """Lock people in ascending id, so that nobody else binds them until the transaction ends.

    The one lock of everything that binds people to turns: signing up, being assigned, swapping.
    SQLite has one writer and needs none.
    """
    if not has_row_locks(session):
        return
    wanted = sorted(set(person_ids))
    query = select(Person.id).where(Person.id.in_(wanted)).order_by(Person.id)
    session.execute(query.with_for_update(key_share=True)).all()


def person_facts(
    session: Session, person_id: int, starts_at: datetime, ends_at: datetime
) -> PersonFacts:
    """Read one person for turns between two moments.

    Raises
    ------
    FieldMissingError
        Where there is no such person.
    """
    found = facts_of(session, [person_id], starts_at, ends_at)
    if not found:
        raise FieldMissingError(f"Expected the number of a person, got {person_id}.")
    return found[0]


def code_and_home(session: Session, person_id: int) -> tuple[str, tuple[float, float] | None]:
    """Read what a person is called and where they live, and nothing else of them.

    Raises
    ------
    FieldMissingError
        Where there is no such person.
    """
    row = rows_of(session, _CODE_AND_HOME, {"person": person_id}).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected the number of a person, got {person_id}.")
    code, lat, lng = row
    return code, None if lat is None or lng is None else (lat, lng)


def facts_of(
    session: Session, person_ids: Sequence[int], starts_at: datetime, ends_at: datetime
) -> list[PersonFacts]:
    """Read people for turns between two moments, in the order of their ids."""
    result: list[PersonFacts] = []
    wanted = sorted(set(person_ids))
    for first in range(0, len(wanted), BATCH):
        result += _batch(session, wanted[first : first + BATCH], starts_at, ends_at)
    return result


def role_facts(session: Session, *codes: str) -> dict[str, RoleFacts]:
    """Read duty roles and who may fill them; all of them where none is named."""
    values: dict[str, Any] = {"roles": list(codes)} if codes else {}
    fits: list[defaultdict[str, set[str]]] = []
    for all_words, some in _FITS:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for code, word in rows_of(session, some if codes else all_words, values):
            found[code].add(word)
        fits.append(found)
    rows = rows_of(session, _SOME_ROLES if codes else _ROLES, values)
    return {
        row.code: RoleFacts(
            row.code,
            row.tier,
            row.hazardous,
            row.supervised,
            frozenset(fits[0][row.code]),
            frozenset(fits[1][row.code]),
        )
        for row in rows
    }


def _batch(
    session: Session, wanted: list[int], starts_at: datetime, ends_at: datetime
) -> list[PersonFacts]:
    rows = rows_of(session, _PEOPLE, {"people": wanted}).all()
    held = _qualifications(session, wanted)
    covers = _covers(session, wanted)
    turns = turns_of(session, wanted, starts_at - AROUND, ends_at + AROUND)
    return [
        PersonFacts(
            person_id=row.id,
            code=row.code,
            tier=row.tier,
            state=row.state,
            station_id=row.station_id,
            profession=row.profession,
            qualifications=tuple(held.get(row.id, ())),
            covers=tuple(covers.get(row.id, ())),
            born_on=row.born_on,
            home=None if row.home_lat is None else (row.home_lat, row.home_lng),
            travel_limit_m=row.travel_limit_m,
            max_shifts=row.max_shifts,
            show_up=row.show_up,
            turns=tuple(turns.get(row.id, ())),
        )
        for row in rows
    ]


def _qualifications(session: Session, wanted: list[int]) -> dict[int, list[Span]]:
    found: defaultdict[int, list[Span]] = defaultdict(list)
    rows = rows_of(session, _HELD, {"people": wanted})
    for person, word, since, expires, revoked in rows:
        # On the day of the revocation it does not hold any more.
        ends = [day for day in (expires, revoked and revoked - timedelta(days=1)) if day]
        found[person].append(Span(word, since, min(ends, default=None)))
    return found


def _covers(session: Session, wanted: list[int]) -> dict[int, list[Span]]:
    found: defaultdict[int, list[Span]] = defaultdict(list)
    for person, since, until in rows_of(session, _COVERS, {"people": wanted}):
        found[person].append(Span("cover", since, until))
    return found


def turns_of(
    session: Session, wanted: list[int], begin: datetime, end: datetime
) -> dict[int, list[Turn]]:
    """Read what people are bound to between two moments: places held, and published turns."""
    found: defaultdict[int, list[Turn]] = defaultdict(list)
    values = {"people": wanted, "begin": begin, "end": end}
    for person, *turn in rows_of(session, _TASK_TURNS, values):
        task_id, code, starts_at, ends_at = turn
        found[person].append(Turn(f"task:{task_id}", code, starts_at, ends_at))
    rows = rows_of(session, _ROSTER_TURNS, values)
    for person, scenario_id, code, starts_at, ends_at in rows:
        source = f"roster:{scenario_id}:{code}"
        found[person].append(Turn(source, code, starts_at, ends_at))
    for turns in found.values():
        turns.sort(key=lambda turn: (turn.starts_at, turn.source))
    return found


def _task_turns() -> Select[*tuple[Any, ...]]:
    return (
        select(Signup.person_id, Task.id, Task.code, Task.starts_at, Task.ends_at)
        .join(Task, Task.id == Signup.task_id)
        .where(
            Signup.person_id.in_(_WANTED),
            Signup.state.in_(HOLDING),
            Task.state.in_(("open", "closed", "done")),
            Task.starts_at < bindparam("end"),
            Task.ends_at > bindparam("begin"),
        )
    )


def _roster_turns() -> Select[*tuple[Any, ...]]:
    # Three steps by index: the person in scenarios, the published roster, the assignments.
    shift = and_(
        ScenarioShift.scenario_id == ScenarioPerson.scenario_id,
        ScenarioShift.position == Assignment.shift,
    )
    return (
        select(
            ScenarioPerson.person_id,
            ScenarioPerson.scenario_id,
            ScenarioShift.code,
            ScenarioShift.starts_at,
            ScenarioShift.ends_at,
        )
        .join(
            Roster,
            and_(Roster.scenario_id == ScenarioPerson.scenario_id, Roster.state == "published"),
        )
        .join(
            Assignment,
            and_(Assignment.roster_id == Roster.id, Assignment.person == ScenarioPerson.position),
        )
        .join(ScenarioShift, shift)
        .where(
            ScenarioPerson.person_id.in_(_WANTED),
            ScenarioShift.starts_at < bindparam("end"),
            ScenarioShift.ends_at > bindparam("begin"),
        )
    )


# Written once: every phone that looks for a task asks all of them, and making a statement takes
# longer than the database does.
_WANTED: Final[BindParameter[int]] = bindparam("people", expanding=True)
_NAMED: Final[BindParameter[str]] = bindparam("roles", expanding=True)
_PEOPLE: Final = (
    select(
        *(Person.id, Person.code, Person.tier, Person.state, Person.station_id),
        *(Person.profession, Person.born_on, Person.home_lat, Person.home_lng),
        *(Person.travel_limit_m, Person.max_shifts, Person.show_up),
    )
    .where(Person.id.in_(_WANTED))
    .order_by(Person.id)
)
_HELD: Final = select(
    *(PersonQualification.person_id, PersonQualification.qualification),
    *(PersonQualification.granted_on, PersonQualification.expires_on),
    PersonQualification.revoked_on,
).where(PersonQualification.person_id.in_(_WANTED))
_COVERS: Final = select(
    InsuranceCover.person_id, InsuranceCover.starts_on, InsuranceCover.ends_on
).where(InsuranceCover.person_id.in_(_WANTED))
_TASK_TURNS: Final = _task_turns()
_ROSTER_TURNS: Final = _roster_turns()
_ROLES: Final = select(DutyRole.code, DutyRole.tier, DutyRole.hazardous, DutyRole.supervised)
_SOME_ROLES: Final = _ROLES.where(DutyRole.code.in_(_NAMED))
_PROFESSIONS: Final = select(DutyRoleProfession.role, DutyRoleProfession.profession)
_CERTIFICATES: Final = select(DutyRoleQualification.role, DutyRoleQualification.qualification)
_FITS: Final = (
    (_PROFESSIONS, _PROFESSIONS.where(DutyRoleProfession.role.in_(_NAMED))),
    (_CERTIFICATES, _CERTIFICATES.where(DutyRoleQualification.role.in_(_NAMED))),
)
