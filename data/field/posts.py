"""Posts: where and when people meet, as the QR code that hangs there names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from data.field.errors import FieldMissingError
from data.field.roster_turns import published_roster
from data.field.tasks import visible
from data.store.tables.ground import Beat
from data.store.tables.scenarios import ScenarioShift
from data.store.tables.tasks import Task

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.scope import Scope


def require_post(session: Session, post: str, scope: Scope) -> None:
    """Refuse a post that is none, or of another jurisdiction.

    Parameters
    ----------
    post : str
        ``task:12``, or ``roster:3:BEAT:SHIFT``.

    Raises
    ------
    FieldMissingError
    """
    kind, _, rest = post.partition(":")
    if kind == "task":
        query = select(Task.id).where(Task.id == int(rest), visible(scope))
        found = session.scalar(query) is not None
    else:
        scenario, _, place = rest.partition(":")
        published_roster(session, int(scenario))
        beats = session.scalars(select(Beat.code).where(scope.beats_()))
        shifts = session.scalars(
            select(ScenarioShift.code).where(ScenarioShift.scenario_id == int(scenario))
        )
        found = place in {f"{beat}:{shift}" for beat in beats for shift in shifts}
    if not found:
        raise FieldMissingError(f"Expected a post of your jurisdiction, got {post[:80]!r}.")


def post_title(session: Session, post: str) -> str:
    """Return what people call a post that is there: a task's title, or the beat's name."""
    kind, _, rest = post.partition(":")
    if kind == "task":
        return session.scalar(select(Task.title).where(Task.id == int(rest))) or post
    beat = rest.partition(":")[2].rpartition(":")[0]
    return session.scalar(select(Beat.name).where(Beat.code == beat)) or beat
