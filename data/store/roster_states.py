"""A roster's way: draft → published → archived, and no other (triggers see to it as well)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from data.store.errors import RosterStateError
from data.store.result_io import find_roster
from data.store.tables.rosters import Roster, RosterReport

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def publish(session: Session, roster_id: int, *, by: str, now: datetime) -> None:
    """Publish a draft; the roster that it repairs is archived in the same transaction.

    Raises
    ------
    RosterStateError
        For a roster that is no draft, that breaks a hard rule, that repairs a roster which is not
        the published one any more, or whose scenario has a published roster already.
    """
    roster = find_roster(session, roster_id)
    _require(roster, "draft")
    violations = session.scalars(
        select(RosterReport.violations).where(RosterReport.roster_id == roster_id)
    ).one_or_none()
    if violations is None:
        raise RosterStateError(f"Expected roster {roster_id} to have a report, got none.")
    broken = {rule: count for rule, count in json.loads(violations).items() if count}
    if broken:
        raise RosterStateError(f"Expected roster {roster_id} to keep every rule, got {broken}.")
    if roster.predecessor_id is not None:
        archive(session, roster.predecessor_id, by=by, now=now)
    published = {"state": "published", "published_at": now, "published_by": by}
    try:
        _step(session, roster_id, "draft", published)
    except IntegrityError as error:
        raise RosterStateError(
            f"Expected no other published roster of scenario {roster.scenario_id}, got one."
        ) from error


def archive(session: Session, roster_id: int, *, by: str, now: datetime) -> None:
    """Archive the published roster.

    Raises
    ------
    RosterStateError
        For a roster in another state.
    """
    _require(find_roster(session, roster_id), "published")
    archived = {"state": "archived", "archived_at": now, "archived_by": by}
    _step(session, roster_id, "published", archived)


def delete_draft(session: Session, roster_id: int) -> None:
    """Delete a draft with everything that belongs to it.

    Raises
    ------
    RosterStateError
        For a roster in another state.
    """
    _require(find_roster(session, roster_id), "draft")
    session.execute(delete(Roster).where(Roster.id == roster_id, Roster.state == "draft"))


def _require(roster: Roster, state: str) -> None:
    if roster.state != state:
        raise RosterStateError(
            f"Expected roster {roster.id} to be {state}, got one that is {roster.state}."
        )


def _step(session: Session, roster_id: int, state: str, values: dict[str, object]) -> None:
    """Change a roster's row, where nobody else has changed its state in the meantime."""
    changed = session.execute(
        update(Roster)
        .where(Roster.id == roster_id, Roster.state == state)
        .values(values)
        .returning(Roster.id)
    ).scalar()
    if changed is None:
        raise RosterStateError(f"Expected roster {roster_id} to be {state}, got another state.")
