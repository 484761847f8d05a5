"""Who is in which team on a day, for figures about teams: codes alone, no personal record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import select

from data.records.memberships import holds
from data.store.tables.ground import Station
from data.store.tables.people import Person
from data.store.tables.teams import Team, TeamMember

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

COLUMNS = ("person_id", "team_id", "team_name", "station_id")


def team_rolls(session: Session, day: date) -> pd.DataFrame:
    """Return the members of the active teams, by team and person.

    Returns
    -------
    DataFrame
        ``person_id, team_id, station_id`` (codes; the station is null for a team of the city) and
        ``team_name``.
    """
    rows = session.execute(
        select(Person.code, Team.code, Team.name, Station.code)
        .join(TeamMember, TeamMember.person_id == Person.id)
        .join(Team, Team.id == TeamMember.team_id)
        .join(Station, Station.id == Team.station_id, isouter=True)
        .where(Team.is_active, holds(TeamMember, day))
        .order_by(Team.code, Person.code)
    ).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS))
