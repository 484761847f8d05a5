"""Awards by the city's table, once a merit and up to the month's caps; and their reversal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import func, select

from data.points.accounts import issuing_account, person_account
from data.points.errors import NotReversibleError, TransferMissingError
from data.points.ledger import Leg, Transfer, find_posted, lock_accounts, post
from data.points.months import month_start
from data.points.rules import MONTH_CAP, find_rule, setting
from data.store.tables.points import PointEntry, PointTransfer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.points.ledger import Posted
    from data.points.rules import Rule
    from data.store.keys import Keys

_COUNTED: Final = ("award", "reversal")


@dataclass(frozen=True, slots=True)
class Merit:
    """What somebody is awarded for.

    Attributes
    ----------
    person_id : int
        Who gets the points.
    source, category : str, str or None
        Which rule: ``tip`` and a category of tips, ``service`` and a duty role, ``course``,
        ``event``, ``other``.
    key : str
        Business key of the merit, with its source in front and no personal data:
        ``service:task:12:7``, ``course:3:7``. One award a key.
    minutes : int or None
        Minutes served, for rules by the hour.
    points : int or None
        What was promised for it (a task's own points), in place of the rule's worth; the rule's
        monthly cap holds all the same.
    """

    person_id: int
    source: str
    key: str
    actor: str
    category: str | None = None
    minutes: int | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """What came of a merit: `points` of the `asked` ones, the rest was over a month's cap.

    `is_new` is false where it had been awarded before; `transfer_id` is None where the city's
    table gives nothing.
    """

    transfer_id: int | None
    points: int
    asked: int
    is_new: bool


NOTHING: Final = Award(None, 0, 0, is_new=False)


def award(session: Session, keys: Keys, now: datetime, merit: Merit) -> Award:
    """Award a merit in the session's transaction; the same again has no effect.

    Raises
    ------
    KeyReusedError
        Where the key was used for another person or another merit.
    """
    rule = find_rule(session, merit.source, merit.category)
    asked = 0
    if rule is not None:
        asked = rule.worth(merit.minutes) if merit.points is None else merit.points
    subject = person_account(session, merit.person_id, now)
    issuer = issuing_account(session, merit.source, now)
    request = {
        "person": merit.person_id,
        "source": merit.source,
        "category": merit.category,
        "minutes": merit.minutes,
        **({} if merit.points is None else {"points": merit.points}),
    }

    def transfer(points: int) -> Transfer:
        return Transfer(
            merit.key,
            "award",
            (Leg(issuer, -points), Leg(subject, points)) if points else (),
            reason=merit.source,
            actor=merit.actor,
            request=request,
            rule=rule.code if rule else None,
            subject_id=subject,
            points=points,
            asked=asked,
        )

    if (already := find_posted(session, transfer(0))) is not None:
        return _as_award(already)
    if rule is None or asked == 0:
        return NOTHING
    # Locked before it is counted: two awards at once do not both take what the cap leaves.
    lock_accounts(session, issuer, subject)
    points = min(asked, _room(session, subject, rule, now))
    return _as_award(post(session, keys, now, transfer(points)))


def reverse(
    session: Session, keys: Keys, now: datetime, *, key: str, reason: str, actor: str
) -> Award:
    """Take an award back by its counter-entry; once, however often it is asked for.

    Parameters
    ----------
    key : str
        Of the award.
    reason : str
        A word or code, no personal data.

    Raises
    ------
    TransferMissingError
        Where nothing was posted under that key.
    NotReversibleError
        Where it moved nothing, or is no award.
    ShortOfPointsError
        Where the person has spent the points: void what is reserved first.
    """
    original = session.scalars(select(PointTransfer).where(PointTransfer.key == key)).one_or_none()
    if original is None:
        raise TransferMissingError(f"Expected a transfer of the key {key[:80]!r}, got none.")
    entries = session.scalars(select(PointEntry).where(PointEntry.transfer_id == original.id)).all()
    if original.kind not in {"award", "transfer"} or not entries:
        raise NotReversibleError(
            f"Expected an award that moved points, got transfer {original.id} ({original.kind})."
        )
    counter = Transfer(
        f"reverse:{original.id}",
        "reversal",
        tuple(Leg(entry.account_id, -entry.amount) for entry in entries),
        reason=reason,
        actor=actor,
        request={"of": original.id},
        rule=original.rule,
        subject_id=original.subject_id,
        points=-original.points,
        asked=-original.points,
        reverses_id=original.id,
    )
    return _as_award(post(session, keys, now, counter))


def earned_since(
    session: Session, account_id: int, since: datetime, rule: str | None = None
) -> int:
    """Return what an account was awarded since a moment less what was taken back, by one rule."""
    query = select(func.coalesce(func.sum(PointTransfer.points), 0)).where(
        PointTransfer.subject_id == account_id,
        PointTransfer.created_at >= since,
        PointTransfer.kind.in_(_COUNTED),
    )
    if rule is not None:
        query = query.where(PointTransfer.rule == rule)
    return int(cast("int", session.scalar(query)))


def _room(session: Session, account_id: int, rule: Rule, now: datetime) -> int:
    since = month_start(now)
    cap = setting(session, MONTH_CAP)
    # What is taken back of an earlier month makes no room in this one.
    room = min(cap, cap - earned_since(session, account_id, since))
    if (most := rule.monthly_cap) is not None:
        of_rule = most - earned_since(session, account_id, since, rule.code)
        room = min(room, most, of_rule)
    return max(room, 0)


def _as_award(posted: Posted) -> Award:
    return Award(posted.transfer_id, posted.points, posted.asked, posted.is_new)
