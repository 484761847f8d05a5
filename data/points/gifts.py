"""The catalogue of gifts: rows that a city edits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from data.points.errors import GiftMissingError, OutOfStockError, RuleError
from data.store.tables.gifts import Gift

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

EDITABLE = ("label_zh", "label_en", "points", "monthly_cap", "is_active")


@dataclass(frozen=True, slots=True)
class GiftView:
    """A gift; `stock` is what nobody has reserved yet, `monthly_cap` pieces a person and month."""

    id: int
    code: str
    label_zh: str
    label_en: str
    points: int
    stock: int
    monthly_cap: int | None
    is_active: bool
    row_version: int


_COLUMNS = tuple(getattr(Gift, field.name) for field in fields(GiftView))


def list_gifts(session: Session, *, with_inactive: bool = False) -> list[GiftView]:
    """Return the gifts, cheapest first."""
    query = select(*_COLUMNS).order_by(Gift.points, Gift.id)
    if not with_inactive:
        query = query.where(Gift.is_active)
    return [GiftView(*row) for row in session.execute(query)]


def find_gift(session: Session, gift_id: int) -> GiftView:
    """Return a gift.

    Raises
    ------
    GiftMissingError
        Where there is none of that number.
    """
    row = session.execute(select(*_COLUMNS).where(Gift.id == gift_id)).one_or_none()
    if row is None:
        raise GiftMissingError(f"Expected the number of a gift, got {gift_id}.")
    return GiftView(*row)


def add_gift(session: Session, now: datetime, **values: Any) -> GiftView:
    """Add a gift: ``code, label_zh, label_en, points, stock`` and perhaps ``monthly_cap``.

    Raises
    ------
    RuleError
        Where the code is taken.
    """
    code = values["code"]
    if session.scalar(select(Gift.id).where(Gift.code == code)) is not None:
        raise RuleError(f"Expected the code of a new gift, got {code!r}, which is taken.")
    gift = Gift(**{"is_active": True, **values}, created_at=now)
    session.add(gift)
    session.flush()
    return find_gift(session, gift.id)


def edit_gift(session: Session, gift_id: int, row_version: int, **changes: Any) -> GiftView | None:
    """Change a gift's words, price, cap or whether it is offered; None where it changed meanwhile.

    What is reserved keeps its price.
    """
    if unknown := set(changes) - set(EDITABLE):
        raise ValueError(f"Expected some of {EDITABLE}, got {sorted(unknown)}.")
    find_gift(session, gift_id)
    done = session.execute(
        update(Gift)
        .where(Gift.id == gift_id, Gift.row_version == row_version)
        .values(**changes, row_version=Gift.row_version + 1)
        .returning(Gift.id)
    ).scalar()
    return None if done is None else find_gift(session, gift_id)


def restock(session: Session, gift_id: int, pieces: int) -> GiftView:
    """Add pieces to a gift's stock, or take some out that nobody has reserved.

    Raises
    ------
    OutOfStockError
        Where more is to be taken out than is free.
    """
    found = find_gift(session, gift_id)
    done = session.execute(
        update(Gift)
        .where(Gift.id == gift_id, Gift.stock + pieces >= 0)
        .values(stock=Gift.stock + pieces, row_version=Gift.row_version + 1)
        .returning(Gift.id)
    ).scalar()
    if done is None:
        raise OutOfStockError(f"Expected at most {found.stock} pieces to take, got {-pieces}.")
    return find_gift(session, gift_id)
