"""Which published roster a service shows: the one of the week we are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, select

from data.store.tables.rosters import Roster
from data.store.tables.scenarios import Scenario

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def served_roster(session: Session, now: datetime) -> int | None:
    """Return the published roster to show; None where nothing is published.

    The one whose horizon holds `now`; else the next to begin; else the last to have ended. Among
    equals the one published last.
    """
    order = case(
        ((Scenario.starts_at <= now) & (Scenario.ends_at > now), 0),
        (Scenario.starts_at > now, 1),
        else_=2,
    )
    # Of those to come the earliest, of those gone the latest.
    coming = case((order == 1, Scenario.starts_at))
    return session.scalar(
        select(Roster.id)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .where(Roster.state == "published")
        .order_by(
            order,
            coming.asc().nulls_last(),
            Scenario.ends_at.desc().nulls_last(),
            Roster.published_at.desc(),
            Roster.id.desc(),
        )
        .limit(1)
    )
