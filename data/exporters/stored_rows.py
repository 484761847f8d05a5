"""Rows to print of a stored roster, cut to what its reader may see (`roster_rows` of files)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import select

from data.catalogue import labels
from data.planning.assignments import list_assignments
from data.store.tables.teams import Team, TeamMember
from dispatch.rules import Tier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.importers.wording import Language
    from data.planning.rosters import Reader

COLUMNS: Final = (
    *("shift_id", "starts_at", "ends_at", "station_id", "station_name", "beat_id", "beat_name"),
    *("lng", "lat", "role", "role_label", "person_id", "name", "tier", "team_id", "team_name"),
)
_TIER_ORDER: Final = {tier.value: order for order, tier in enumerate(Tier)}
_FEW: Final = 500


def stored_rows(
    session: Session,
    reader: Reader,
    roster_id: int,
    *,
    language: Language,
    timezone: str,
    person: str | None = None,
) -> pd.DataFrame:
    """Give one row a duty within the reader's scope, with the columns of `roster_rows`.

    Parameters
    ----------
    language : {"zh", "en"}
        Of the roles' labels.
    timezone : str
        In which times are printed.
    person : str, optional
        The one person wanted.
    """
    found = list_assignments(session, reader, roster_id, person=person)
    if not found:
        return no_rows()
    rows = pd.DataFrame(found)
    teams = _teams(session, [one["record_id"] for one in found])
    rows["name"] = [one["name"] or one["person_id"] for one in found]
    rows["team_id"], rows["team_name"] = zip(
        *(teams.get(one["record_id"], ("", "")) for one in found), strict=True
    )
    known = labels(language)
    rows["role_label"] = [known.get(role, role) for role in rows["role"]]
    for name in ("starts_at", "ends_at"):
        rows[name] = pd.to_datetime(rows[name], utc=True).dt.tz_convert(timezone)
    rows["order"] = rows["tier"].map(_TIER_ORDER)
    keys = ["starts_at", "shift_id", "station_id", "beat_id", "order", "role", "person_id"]
    return rows.sort_values(keys, kind="stable", ignore_index=True)[list(COLUMNS)]


def no_rows() -> pd.DataFrame:
    """Give the columns of `stored_rows` without a row."""
    return pd.DataFrame({name: pd.Series([], dtype="str") for name in COLUMNS})


def _teams(session: Session, people: list[Any]) -> dict[int, tuple[str, str]]:
    """Give the team that each of some people is in: of several the one joined last."""
    wanted = set(people)
    query = (
        select(TeamMember.person_id, Team.code, Team.name)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.until.is_(None))
        .order_by(TeamMember.id)
    )
    if len(wanted) <= _FEW:  # one's own calendar need not read the teams of a city
        query = query.where(TeamMember.person_id.in_(sorted(wanted)))
    return {
        person: (code, name or code)
        for person, code, name in session.execute(query)
        if person in wanted
    }
