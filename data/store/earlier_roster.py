"""Which roster a published one is compared with: last week's, or what it was before a repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, or_, select

from data.store.tables.rosters import Roster
from data.store.tables.scenarios import Scenario

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def earlier_roster(session: Session, roster_id: int) -> int | None:
    """Return the roster before one; None where there is none.

    The last that people worked by in an earlier week, of that week the one published last; else
    the one published before it in its own week. Drafts do not count.
    """
    own = session.execute(
        select(Scenario.id, Scenario.starts_at, Roster.published_at)
        .join(Roster, Roster.scenario_id == Scenario.id)
        .where(Roster.id == roster_id)
    ).one_or_none()
    if own is None:
        return None
    earlier_week = Scenario.starts_at < own.starts_at
    before = (Scenario.id == own.id) & (Roster.published_at < own.published_at)
    return session.scalar(
        select(Roster.id)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .where(
            Roster.id != roster_id,
            Roster.state.in_(("published", "archived")),
            Scenario.erased_at.is_(None),
            or_(earlier_week, before),
        )
        .order_by(
            case((earlier_week, 0), else_=1),
            Scenario.starts_at.desc().nulls_last(),
            Roster.published_at.desc(),
            Roster.id.desc(),
        )
        .limit(1)
    )
