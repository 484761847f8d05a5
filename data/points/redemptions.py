"""Redemptions (兑换): reserve → hand over, or void with the points and the piece going back.

Rows are locked in one order: the redemption, the gift, then accounts in ascending id. A gift's
stock is taken by one statement that has no effect where too little is left, so it is never
oversold however many ask at once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, update

from data.points.accounts import REDEEMED, RESERVED, city_account, person_account
from data.points.errors import (
    KeyReusedError,
    MonthlyCapError,
    OutOfStockError,
    RedemptionMissingError,
    RedemptionStateError,
    TwoPersonsError,
)
from data.points.gifts import find_gift
from data.points.ledger import Leg, Transfer, lock_accounts, post
from data.points.months import month_start
from data.points.rules import GIFT_MONTH_CAP, RESERVED_DAYS, TWO_PERSONS, setting
from data.store.audit_seals import canonical
from data.store.tables.gifts import Gift, Redemption
from data.store.tables.people import Person
from data.store.tables.points import PointAccount

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.points.gifts import GiftView
    from data.store.keys import Keys
    from data.store.scope import Scope

# Read aloud over a counter: no letter that looks or sounds like another.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody's wish for a gift; `key` is theirs, the same sent again has no effect."""

    person_id: int
    gift_id: int
    quantity: int
    key: str


@dataclass(frozen=True, slots=True)
class Staff:
    """Who hands over: the account's key for the record, and the person behind it."""

    actor: str
    person_id: int | None


@dataclass(frozen=True, slots=True)
class RedemptionView:
    """A redemption as its owner and the staff see it; `code` is shown at the counter."""

    id: int
    code: str
    gift_id: int
    quantity: int
    points: int
    needs_two: bool
    state: str
    reserved_at: datetime
    expires_at: datetime
    approved_by: str | None
    handed_by: str | None
    handed_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None
    row_version: int
    person_id: int | None
    person_code: str | None
    label_zh: str
    label_en: str


_OWN: Final = tuple(
    getattr(Redemption, field.name)
    for field in fields(RedemptionView)
    if field.name not in {"person_id", "person_code", "label_zh", "label_en"}
)
_VIEW: Final = (
    select(*_OWN, PointAccount.person_id, Person.code, Gift.label_zh, Gift.label_en)
    .join(PointAccount, PointAccount.id == Redemption.account_id)
    .join(Gift, Gift.id == Redemption.gift_id)
    .outerjoin(Person, Person.id == PointAccount.person_id)
)


def reserve(
    session: Session, keys: Keys, now: datetime, wish: Wish, *, actor: str
) -> RedemptionView:
    """Set a gift and its points aside, in the session's transaction, once a key.

    Raises
    ------
    GiftMissingError, OutOfStockError, MonthlyCapError, ShortOfPointsError
        Where there is no such gift, not enough of it, or the person may have no more.
    KeyReusedError
        Where the key stands for another wish.
    """
    if wish.quantity < 1:
        raise ValueError(f"Expected at least one piece, got {wish.quantity}.")
    if (already := _already(session, wish)) is not None:
        return already
    gift = find_gift(session, wish.gift_id)
    _take(session, gift, wish.quantity)
    gift = find_gift(session, wish.gift_id)
    subject = person_account(session, wish.person_id, now)
    held = city_account(session, RESERVED, now)
    lock_accounts(session, subject, held)
    # Whoever held the person's account may have reserved by this very key.
    if (already := _already(session, wish)) is not None:
        _put_back(session, gift.id, wish.quantity)
        return already
    points = gift.points * wish.quantity
    _keep_caps(session, subject, gift, wish.quantity, now)
    row = Redemption(
        code=_code(),
        key=_key(wish),
        request_sha256=_digest(wish),
        account_id=subject,
        gift_id=gift.id,
        quantity=wish.quantity,
        points=points,
        needs_two=points > setting(session, TWO_PERSONS),
        state="reserved",
        reserved_at=now,
        expires_at=now + timedelta(days=setting(session, RESERVED_DAYS)),
    )
    session.add(row)
    session.flush()
    moved = (subject, held, points)
    post(session, keys, now, _movement(row.id, "reserve", moved, subject=subject, actor=actor))
    return find_redemption(session, row.id)


def approve(session: Session, now: datetime, redemption_id: int, staff: Staff) -> RedemptionView:
    """Give the first of two consents to a hand-over above the city's limit.

    Raises
    ------
    TwoPersonsError
        Where it needs none, has one, or is the staff member's own.
    """
    row = _locked(session, redemption_id, staff)
    if not row.needs_two or row.approved_by is not None:
        raise TwoPersonsError(
            f"Expected redemption {redemption_id} to wait for a first consent, got one that "
            f"{'has it' if row.needs_two else 'needs none'}."
        )
    _step(session, row, approved_by=staff.actor, approved_at=now)
    return find_redemption(session, redemption_id)


def hand_over(
    session: Session, keys: Keys, now: datetime, redemption_id: int, staff: Staff
) -> RedemptionView:
    """Hand the gift over; above the city's limit by another person than the one who consented.

    Raises
    ------
    TwoPersonsError
        Where the other's consent is missing, or the gift is the staff member's own.
    """
    row = _locked(session, redemption_id, staff)
    if row.needs_two and row.approved_by in {None, staff.actor}:
        raise TwoPersonsError(
            f"Expected the consent of a second person to redemption {redemption_id}, "
            f"got {'none' if row.approved_by is None else 'the same person twice'}."
        )
    held, taken = city_account(session, RESERVED, now), city_account(session, REDEEMED, now)
    moved, subject = (held, taken, row.points), row.account_id
    transfer = _movement(row.id, "redeem", moved, subject=subject, actor=staff.actor)
    post(session, keys, now, transfer)
    _step(session, row, state="handed_over", handed_by=staff.actor, handed_at=now)
    return find_redemption(session, redemption_id)


def void(
    session: Session,
    keys: Keys,
    now: datetime,
    redemption_id: int,
    *,
    actor: str,
    reason: str,
) -> RedemptionView:
    """Take a reservation back: points return by a counter-entry, the pieces to the stock.

    Parameters
    ----------
    reason : str
        A code (``withdrawn``, ``lapsed``, ``not_available``), no personal data.
    """
    row = _locked(session, redemption_id)
    _put_back(session, row.gift_id, row.quantity)
    held = city_account(session, RESERVED, now)
    moved, subject = (held, row.account_id, row.points), row.account_id
    post(session, keys, now, _movement(row.id, "void", moved, subject=subject, actor=actor))
    _step(session, row, state="void", voided_by=actor, voided_at=now, void_reason=reason)
    return find_redemption(session, redemption_id)


def void_lapsed(session: Session, keys: Keys, now: datetime, *, limit: int = 100) -> list[int]:
    """Void the reservations that nobody fetched in time; return their numbers."""
    late = session.scalars(
        select(Redemption.id)
        .where(Redemption.state == "reserved", Redemption.expires_at <= now)
        .order_by(Redemption.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for number in late:
        void(session, keys, now, number, actor="clock", reason="lapsed")
    return list(late)


def find_redemption(
    session: Session, redemption_id: int, scope: Scope | None = None
) -> RedemptionView:
    """Return a redemption, of the people of a scope where one is given.

    Raises
    ------
    RedemptionMissingError
        Where there is none.
    """
    query = _VIEW.where(Redemption.id == redemption_id)
    row: Any = session.execute(
        query if scope is None else query.where(scope.people())
    ).one_or_none()
    if row is None:
        raise RedemptionMissingError(f"Expected the number of a redemption, got {redemption_id}.")
    return RedemptionView(*row)


def list_redemptions(
    session: Session,
    scope: Scope,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[RedemptionView]:
    """Return the redemptions of the people of a scope, newest first."""
    query = _VIEW.where(scope.people()).order_by(Redemption.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Redemption.state == state)
    if before is not None:
        query = query.where(Redemption.id < before)
    rows: Any = session.execute(query).all()
    return [RedemptionView(*row) for row in rows]


def _already(session: Session, wish: Wish) -> RedemptionView | None:
    row = session.execute(
        select(Redemption.id, Redemption.request_sha256).where(Redemption.key == _key(wish))
    ).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != _digest(wish):
        raise KeyReusedError(
            f"Expected the key {wish.key[:80]!r} with the wish it was first sent with, got another."
        )
    return find_redemption(session, row.id)


def _take(session: Session, gift: GiftView, quantity: int) -> None:
    done = session.execute(
        update(Gift)
        .where(Gift.id == gift.id, Gift.is_active, Gift.stock >= quantity)
        .values(stock=Gift.stock - quantity)
        .returning(Gift.id)
    ).scalar()
    if done is None:
        raise OutOfStockError(f"Expected {quantity} of gift {gift.code} to be left, got fewer.")


def _put_back(session: Session, gift_id: int, quantity: int) -> None:
    session.execute(update(Gift).where(Gift.id == gift_id).values(stock=Gift.stock + quantity))


def _keep_caps(
    session: Session, account_id: int, gift: GiftView, quantity: int, now: datetime
) -> None:
    """Refuse what is over the month's caps; the account is locked, so nobody counts beside us."""
    mine = (
        Redemption.account_id == account_id,
        Redemption.state != "void",
        Redemption.reserved_at >= month_start(now),
    )
    points = session.scalar(select(func.coalesce(func.sum(Redemption.points), 0)).where(*mine))
    cap = setting(session, GIFT_MONTH_CAP)
    if (points or 0) + gift.points * quantity > cap:
        raise MonthlyCapError(
            f"Expected at most {cap} points for gifts a month, got "
            f"{(points or 0) + gift.points * quantity}."
        )
    pieces = session.scalar(
        select(func.coalesce(func.sum(Redemption.quantity), 0)).where(
            *mine, Redemption.gift_id == gift.id
        )
    )
    if gift.monthly_cap is not None and (pieces or 0) + quantity > gift.monthly_cap:
        raise MonthlyCapError(
            f"Expected at most {gift.monthly_cap} of gift {gift.code} a month, got "
            f"{(pieces or 0) + quantity}."
        )


def _locked(session: Session, redemption_id: int, staff: Staff | None = None) -> Redemption:
    row = session.scalars(
        select(Redemption)
        .where(Redemption.id == redemption_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise RedemptionMissingError(f"Expected the number of a redemption, got {redemption_id}.")
    if row.state != "reserved":
        raise RedemptionStateError(
            f"Expected redemption {redemption_id} to be reserved, got one that is {row.state}."
        )
    if staff is not None and staff.person_id is not None:
        owner = session.scalar(
            select(PointAccount.person_id).where(PointAccount.id == row.account_id)
        )
        if owner == staff.person_id:
            raise TwoPersonsError("Expected somebody else's redemption, got one's own.")
    return row


def _step(session: Session, row: Redemption, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.row_version += 1
    session.flush()


def _movement(
    redemption_id: int, kind: str, move: tuple[int, int, int], *, subject: int, actor: str
) -> Transfer:
    giver, taker, points = move
    got = {"reserve": -points, "void": points, "redeem": 0}[kind]
    return Transfer(
        f"{kind}:{redemption_id}",
        kind,
        (Leg(giver, -points), Leg(taker, points)),
        reason="gift",
        actor=actor,
        subject_id=subject,
        points=got,
        asked=got,
    )


def _code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def _key(wish: Wish) -> str:
    return f"{wish.person_id}:{wish.key}"


def _digest(wish: Wish) -> bytes:
    return hashlib.sha256(canonical([wish.gift_id, wish.quantity]).encode()).digest()
