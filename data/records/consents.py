"""A person gives a consent or withdraws it, and what follows from that.

Of a volunteer nothing is kept but by consent: without the one to personal data they leave, and what
is kept of them is erased (个人信息保护法 art. 15, 47). An officer's or auxiliary's file is kept for
their employment (art. 13): their withdrawal is noted and ends nothing. Without the one to positions
the phone's are forgotten and no more are taken. A consent to anything else ends that alone.

A consent is to one version of a wording (`data.records.consent_wordings`). Whoever agrees again
gets a row of their own in the file, so that each row says who had agreed to what, from when on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import delete, select

from data.records.consent_wordings import (
    PERSONAL_DATA,
    POSITION,
    PURPOSES,
    Wording,
    current_wording,
)
from data.records.errors import RecordMissingError, StepError
from data.records.finding import find_person
from data.records.membership import Moved, take_step
from data.records.person_edit import add_event, require_here
from data.store.tables.people import Consent, Person
from data.store.tables.positions import Position
from dispatch.rules import Tier

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

GIVEN: Final = "consent_given"
WITHDRAWN: Final = "consent_withdrawn"
Ends = Literal["membership", "position", "nothing"]


@dataclass(frozen=True, slots=True)
class Given:
    """A consent that was given, to a version of a wording."""

    id: int
    wording: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to one purpose.

    Attributes
    ----------
    asked : Wording or None
        What is asked for today; None for a purpose that only the file knows.
    holds : Given or None
        The consent in force, the latest given.
    earlier : tuple of Given
        Those withdrawn, or given to an earlier wording, the newest first.
    ends : str
        What withdrawing it would end.
    """

    purpose: str
    asked: Wording | None
    holds: Given | None
    earlier: tuple[Given, ...]
    ends: Ends

    @property
    def may_give(self) -> bool:
        """Whether the wording of today was not agreed to, or is no more."""
        if self.asked is None:
            return False
        return self.holds is None or self.holds.wording != self.asked.version


def standings(session: Session, scope: Scope, code: str) -> list[Standing]:
    """Return how a person stands to each purpose, those that everybody is asked for first.

    Raises
    ------
    RecordMissingError
        Where there is no such person in the scope.
    """
    person = find_person(session, scope, code)
    newest = (Consent.given_at.desc(), Consent.id.desc())
    query = select(Consent).where(Consent.person_id == person.id).order_by(*newest)
    by_purpose: dict[str, list[Consent]] = {purpose: [] for purpose in PURPOSES}
    for row in session.scalars(query):
        by_purpose.setdefault(row.purpose, []).append(row)
    return [_standing(person, purpose, rows) for purpose, rows in by_purpose.items()]


def give_consent(
    session: Session,
    scope: Scope,
    code: str,
    purpose: str,
    version: str,
    *,
    by: str,
    now: datetime,
) -> Given:
    """Keep that a person agrees to the wording of today.

    Parameters
    ----------
    scope : Scope
        That of the person: nobody agrees for somebody else.
    version : str
        Of the wording that they read.

    Raises
    ------
    RecordMissingError
        For a purpose that nobody is asked for.
    StepError
        Where the wording has changed since it was read, they agreed to it already, or have left.
    """
    person = find_person(session, scope, code, locked=True)
    require_here(person)
    asked = current_wording(purpose)
    if asked is None:
        raise RecordMissingError("purpose of consents", purpose)
    if version != asked.version:
        raise StepError(f"Expected the wording {asked.version}, got {version:.20}.")
    same = select(Consent.id).where(
        Consent.person_id == person.id,
        Consent.purpose == purpose,
        Consent.wording == version,
        Consent.withdrawn_at.is_(None),
    )
    if session.scalar(same.limit(1)) is not None:
        raise StepError("Expected a consent that does not hold, got one that does.")
    row = Consent(person_id=person.id, purpose=purpose, wording=version, given_at=now)
    session.add(row)
    person.updated_at = now
    add_event(session, person, GIVEN, now=now, by=by, after=purpose)
    session.flush()
    return _given(row)


def withdraw_consent(
    session: Session,
    scope: Scope,
    code: str,
    number: int,
    *,
    by: str,
    now: datetime,
    today: date,
) -> Moved:
    """Withdraw a consent, and with it every other one to the same purpose.

    Parameters
    ----------
    scope : Scope
        That of the person: nobody withdraws for somebody else.
    number : int
        The consent's id.

    Returns
    -------
    Moved
        ``state`` is ``left`` where the person is erased now; ``duties`` need somebody else then.

    Raises
    ------
    RecordMissingError
        Where the file has no such consent.
    StepError
        Where it is withdrawn already.
    """
    person = find_person(session, scope, code, locked=True)
    row = session.get(Consent, number)
    if row is None or row.person_id != person.id:
        raise RecordMissingError("consent in that file", number)
    if row.withdrawn_at is not None:
        raise StepError("Expected a consent that holds, got one that is withdrawn.")
    same = select(Consent).where(
        Consent.person_id == person.id,
        Consent.purpose == row.purpose,
        Consent.withdrawn_at.is_(None),
    )
    for one in session.scalars(same):
        one.withdrawn_at = max(now, one.given_at)
    person.updated_at = now
    add_event(session, person, WITHDRAWN, now=now, by=by, after=row.purpose)
    ends = ends_of(row.purpose, person.tier, person.state)
    if ends == "position":
        session.execute(delete(Position).where(Position.person_id == person.id))
    session.flush()
    if ends != "membership":
        return Moved(code, person.state, person.row_version)
    return take_step(
        session,
        scope,
        code,
        "leave",
        version=person.row_version,
        reason=None,
        by=by,
        by_person=person.id,
        now=now,
        today=today,
    )


def ends_of(purpose: str, tier: str, state: str) -> Ends:
    """Tell what ends with a consent: the membership, and what is kept of it; positions; nothing."""
    if purpose == PERSONAL_DATA and tier == Tier.VOLUNTEER and state != "left":
        return "membership"
    return "position" if purpose == POSITION else "nothing"


def _standing(person: Person, purpose: str, rows: list[Consent]) -> Standing:
    holds = next((row for row in rows if row.withdrawn_at is None), None)
    return Standing(
        purpose,
        current_wording(purpose),
        None if holds is None else _given(holds),
        tuple(_given(row) for row in rows if row is not holds),
        ends_of(purpose, person.tier, person.state),
    )


def _given(row: Consent) -> Given:
    return Given(row.id, row.wording, row.given_at, row.withdrawn_at)
