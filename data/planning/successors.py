"""A draft that begins as a copy of another roster: what a dispatcher changes by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, literal, select

from data.planning.errors import EditError
from data.store.tables.rosters import Assignment, Roster, RosterGap, RosterPrice, RosterReport

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_PARTS: tuple[Any, ...] = (RosterReport, Assignment, RosterGap, RosterPrice)


def copy_to_draft(session: Session, roster: Roster, *, label: str, by: str, now: datetime) -> int:
    """Copy a roster into a new draft, which succeeds it where it is published; return its number.

    Raises
    ------
    EditError
        For an archived roster: the published one has taken its place.
    """
    if roster.state == "archived":
        raise EditError(f"Expected a draft or the published roster, got {roster.id}, archived.")
    made = Roster(
        scenario_id=roster.scenario_id,
        predecessor_id=roster.id if roster.state == "published" else roster.predecessor_id,
        state="draft",
        label=label,
        created_at=now,
        created_by=by,
    )
    session.add(made)
    session.flush()
    for table in _PARTS:
        names = [column.name for column in table.__table__.columns if column.name != "roster_id"]
        columns = [table.__table__.c[name] for name in names]
        rows = select(literal(made.id), *columns).where(table.roster_id == roster.id)
        session.execute(insert(table).from_select(["roster_id", *names], rows))
    return made.id
