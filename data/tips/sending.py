"""Send a tip to an officer: of its beat, else the nearest of its station, the one with fewest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from data.notices.telling import tell
from data.store.tables.accounts import Account, AccountRole
from data.store.tables.ground import Beat
from data.store.tables.tips import Tip, TipStep
from data.tips.authors import author_index
from data.tips.errors import TipStateError
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.keys import Keys

ROLE = "community_officer"
OPEN = ("submitted", "claimed")


def dispatch_tip(session: Session, keys: Keys, now: datetime, tip_id: int) -> int | None:
    """Choose the officer who should verify a tip and tell them; None where there is none.

    An officer of the beat comes before one of another beat of the station, then counts the way
    from their beat to the place, then how many tips they have open. Never its author.

    Raises
    ------
    TipStateError
        Once it is decided.
    """
    tip = session.get_one(Tip, tip_id, with_for_update=True)
    if tip.state not in OPEN:
        raise TipStateError(f"Expected a tip that is open, got one that is {tip.state}.")
    found = _nearest(session, keys, tip)
    if found is None:
        return None
    account_id, person_id = found
    tip.dispatched_to = account_id
    tip.row_version += 1
    session.add(TipStep(tip_id=tip.id, at=now, kind="dispatched", actor=f"account:{account_id}"))
    session.flush()
    if person_id is not None:
        values = {"tip": tip.code, "category": tip.category, "beat": _beat_code(session, tip)}
        tell(session, "tip.arrived", f"{tip.code}:{account_id}", [person_id], values, now=now)
    return account_id


def _nearest(session: Session, keys: Keys, tip: Tip) -> tuple[int, int | None] | None:
    station = select(Beat.station_id).where(Beat.id == tip.beat_id).scalar_subquery()
    open_tips = (
        select(func.count())
        .where(Tip.dispatched_to == Account.id, Tip.state.in_(OPEN))
        .correlate(Account)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Account.id, Account.person_id, Beat.id, Beat.lat, Beat.lng, open_tips)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .outerjoin(Beat, (AccountRole.scope_kind == "beat") & (Beat.id == AccountRole.scope_id))
        .where(
            Account.state == "active",
            AccountRole.role == ROLE,
            or_(
                Beat.station_id == station,
                (AccountRole.scope_kind == "station") & (AccountRole.scope_id == station),
            ),
        )
    ).all()

    def order(row: tuple[int, int | None, int | None, float, float, int]) -> tuple[float, ...]:
        account, _, beat, lat, lng, load = row
        away = 1e9 if beat is None else float(great_circle_m(tip.lat, tip.lng, lat, lng))
        return (beat != tip.beat_id, 0 if beat == tip.beat_id else away, load, account)

    others = [
        row
        for row in (tuple(row) for row in rows)
        if row[1] is None or author_index(keys, row[1]) != tip.author_index
    ]
    if not others:
        return None
    chosen = min(others, key=order)
    return chosen[0], chosen[1]


def _beat_code(session: Session, tip: Tip) -> str:
    return session.scalar(select(Beat.code).where(Beat.id == tip.beat_id)) or ""
