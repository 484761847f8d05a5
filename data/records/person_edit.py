"""Edit a person's file, and open what it shows masked: each names who, and what for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from data.records.errors import OwnAwardError, RecordMissingError, StepError, ValueRefusedError
from data.records.finding import find_person
from data.records.person_values import apply_values
from data.store.personal import open_id_number, open_phone
from data.store.tables.people import Award, Person, PersonEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.store.keys import Keys
    from data.store.scope import Scope

SEALED: Final = ("phone", "id_number", "address", "home")
"""What a file shows masked, coarse or not at all."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did: the new version, and the names of the fields that it changed."""

    code: str
    row_version: int
    fields: tuple[str, ...]


def edit_person(
    session: Session,
    scope: Scope,
    keys: Keys,
    code: str,
    values: Mapping[str, Any],
    *,
    version: int,
    now: datetime,
    today: date,
) -> Edited:
    """Change fields of a file that its caller has seen at this version.

    Raises
    ------
    RecordMissingError, StaleError, ValueRefusedError, DuplicateError, SafetyError
    StepError
        Where the person has left: what was erased stays erased.
    """
    person = find_person(session, scope, code, version=version, locked=True)
    require_here(person)
    changed = apply_values(session, keys, person, values, today=today)
    if changed:
        person.updated_at = now
        session.flush()
    return Edited(code, person.row_version, tuple(sorted(changed)))


def open_sealed(
    session: Session, scope: Scope, keys: Keys, code: str, fields: Sequence[str]
) -> dict[str, Any]:
    """Give sealed fields of a file in the clear; the caller writes who asked, and why.

    Raises
    ------
    RecordMissingError
    ValueRefusedError
        For a field that is not sealed.
    """
    person = find_person(session, scope, code)
    opened: dict[str, Any] = {}
    for name in fields:
        if name == "phone":
            opened[name] = open_phone(keys, code, person.phone_sealed)
        elif name == "id_number":
            opened[name] = open_id_number(keys, code, person.id_number_sealed)
        elif name == "address":
            opened[name] = person.address
        elif name == "home":
            known = person.home_lat is not None
            opened[name] = {"lat": person.home_lat, "lng": person.home_lng} if known else None
        else:
            raise ValueRefusedError(f"Expected a field of {SEALED}, got {name!r:.40}.")
    return opened


def add_award(
    session: Session,
    scope: Scope,
    code: str,
    *,
    awarded_on: date,
    title: str,
    awarded_by: str | None,
    note: str | None,
    by_person: int | None,
    today: date,
) -> int:
    """Put an award into a file; return its id.

    Raises
    ------
    RecordMissingError, StepError, OwnAwardError
    ValueRefusedError
        For a day that has not come.
    """
    person = _awarded(session, scope, code, by_person)
    if awarded_on > today:
        raise ValueRefusedError(f"Expected a day up to {today}, got {awarded_on}.")
    award = Award(
        person_id=person.id, awarded_on=awarded_on, title=title, awarded_by=awarded_by, note=note
    )
    session.add(award)
    session.flush()
    return award.id


def withdraw_award(
    session: Session,
    scope: Scope,
    code: str,
    number: int,
    *,
    reason: str,
    by: str,
    by_person: int | None,
    now: datetime,
) -> None:
    """Take an award out of a file; that it was, who withdrew it and why stay among the steps.

    Raises
    ------
    RecordMissingError, StepError, OwnAwardError
    """
    person = _awarded(session, scope, code, by_person)
    award = session.get(Award, number)
    if award is None or award.person_id != person.id:
        raise RecordMissingError("award", number)
    add_event(session, person, "award_withdrawn", now=now, by=by, before=award.title, reason=reason)
    session.delete(award)
    session.flush()


def _awarded(session: Session, scope: Scope, code: str, by_person: int | None) -> Person:
    """Give whose award is given or taken back: somebody who has not left, and not oneself."""
    person = find_person(session, scope, code)
    require_here(person)
    if person.id == by_person:
        raise OwnAwardError("Expected an award of somebody else, got one's own.")
    return person


def add_event(
    session: Session,
    person: Person,
    kind: str,
    *,
    now: datetime,
    by: str,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
) -> PersonEvent:
    """Write a step of a membership into the file; return its row."""
    row = PersonEvent(
        person_id=person.id,
        at=now,
        kind=kind,
        from_value=before,
        to_value=after,
        reason=reason,
        actor=by,
    )
    session.add(row)
    return row


def require_here(person: Person) -> None:
    """Refuse what concerns somebody who has left.

    Raises
    ------
    StepError
    """
    if person.state == "left":
        raise StepError(f"Expected a person who has not left, got {person.code}, who has.")
