"""Move a member from a team to another in one step, which the file keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.records.errors import StepError
from data.records.finding import find_person
from data.records.membership import Moved
from data.records.person_edit import add_event
from data.records.teams import join_team, leave_team

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope


def move_between_teams(
    session: Session,
    scope: Scope,
    code: str,
    teams: tuple[str, str],
    *,
    leader: bool,
    version: int,
    reason: str | None,
    by: str,
    now: datetime,
    today: date,
) -> Moved:
    """Move a person out of a team into another; both must lie within the scope.

    Raises
    ------
    RecordMissingError, StaleError
    StepError
        For the same team twice, a closed one, or somebody who is no member.
    """
    before, after = teams
    if before == after:
        raise StepError(f"Expected another team than {before}, got the same.")
    person = find_person(session, scope, code, version=version, locked=True)
    leave_team(session, scope, before, code, today=today)
    join_team(session, scope, after, code, leader=leader, today=today)
    person.updated_at = now
    add_event(
        session, person, "changed_team", now=now, by=by, before=before, after=after, reason=reason
    )
    session.flush()
    return Moved(code, person.state, person.row_version)
