"""Duty roles that people take on: of their tier, qualified, and never hazardous for volunteers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from data.records.errors import DuplicateError, RecordMissingError, SafetyError
from data.records.finding import find_person, require_word
from data.records.memberships import end_rows, holds
from data.records.person_edit import require_here
from data.records.person_search import is_valid
from data.store.tables.catalogue import DutyRole, DutyRoleProfession, DutyRoleQualification
from data.store.tables.people import Person, PersonRole
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from data.store.scope import Scope


def take_role(session: Session, scope: Scope, code: str, role: str, *, today: date) -> int:
    """Let a person take on a duty role from today on; return the row's id.

    Raises
    ------
    RecordMissingError, StepError, DuplicateError
    SafetyError
        For a role of another tier, a hazardous one for a volunteer, or one that neither the
        person's profession nor a qualification held today lets them fill.
    """
    person = find_person(session, scope, code)
    require_here(person)
    row = require_word(session, DutyRole, "duty role", role)
    if row.hazardous and person.tier == "volunteer":
        raise SafetyError(f"Expected a role without hazards for a volunteer, got {role}.")
    if row.tier != person.tier:
        raise SafetyError(f"Expected a role of the tier {person.tier}, got {role} ({row.tier}).")
    if not may_fill(session, person, role, today=today):
        raise SafetyError(f"Expected a profession or qualification for {role}, got neither.")
    taken = select(
        exists().where(
            PersonRole.person_id == person.id, PersonRole.role == role, holds(PersonRole, today)
        )
    )
    if session.scalar(taken):
        raise DuplicateError(f"Expected a role that {code} does not have yet, got {role}.")
    made = PersonRole(person_id=person.id, role=role, since=today)
    session.add(made)
    session.flush()
    return made.id


def give_up_role(session: Session, scope: Scope, code: str, role: str, *, today: date) -> None:
    """End a duty role of a person.

    Raises
    ------
    RecordMissingError
    """
    person = find_person(session, scope, code)
    mine = (PersonRole.person_id == person.id, PersonRole.role == role)
    if not end_rows(session, PersonRole, today, *mine):
        raise RecordMissingError("duty role in that file", role)


def may_fill(session: Session, person: Person, role: str, *, today: date) -> bool:
    """Tell whether a person's profession or a qualification held today opens a role (rule H2).

    A role that asks for nothing is open to everybody of its tier.
    """
    professions = set(
        session.scalars(
            select(DutyRoleProfession.profession).where(DutyRoleProfession.role == role)
        )
    )
    qualifications = set(
        session.scalars(
            select(DutyRoleQualification.qualification).where(DutyRoleQualification.role == role)
        )
    )
    if not professions and not qualifications:
        return True
    if person.profession in professions:
        return True
    held = session.scalars(
        select(PersonQualification.qualification).where(
            PersonQualification.person_id == person.id, is_valid(today)
        )
    )
    return not qualifications.isdisjoint(held)
