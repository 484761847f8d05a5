"""A person withdraws a consent, and what follows from it.

Of a volunteer nothing is kept but by consent: without the one to personal data they leave, and what
is kept of them is erased (个人信息保护法 art. 15, 47). An officer's or auxiliary's file is kept for
their employment (art. 13): their withdrawal is noted and ends nothing. A consent to anything else
ends that alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from data.records.errors import RecordMissingError, StepError
from data.records.finding import find_person
from data.records.membership import PERSONAL_DATA, Moved, take_step
from data.records.person_edit import add_event
from data.store.tables.people import Consent
from dispatch.rules import Tier

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

WITHDRAWN: Final = "consent_withdrawn"


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
    session.flush()
    if not ends_membership(row.purpose, person.tier, person.state):
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


def ends_membership(purpose: str, tier: str, state: str) -> bool:
    """Tell whether somebody leaves, and is erased, by withdrawing a consent."""
    return purpose == PERSONAL_DATA and tier == Tier.VOLUNTEER and state != "left"
