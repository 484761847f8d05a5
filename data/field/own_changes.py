"""Whether something has happened to one person since the feed of changes was last followed.

What a server keeps of a person is dropped when its follower meets a change of theirs, a quarter of
a second later at most. Whoever has just signed up must not wait so long to see it: before what is
kept is believed, the end of the feed that nobody has followed yet is asked for this person alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, or_, select

from data.store.tables.live import LiveChange

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_NOBODYS: Final = -1
OF_PERSON: Final = ("person", "signup")
OF_ALL: Final = ("roster", "catalogue")
"""Kinds whose changes may be anybody's."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the feed was followed: a number, and smaller ones that were not met yet."""

    last: int
    gaps: tuple[int, ...] = ()


def _query() -> Select[*tuple[Any, ...]]:
    table = LiveChange
    mine = or_(
        and_(table.kind.in_(OF_PERSON), table.key == bindparam("person")),
        table.kind.in_(OF_ALL),
        and_(table.kind == "task", table.key.in_(bindparam("tasks", expanding=True))),
        and_(table.kind == "alert", table.key.in_(bindparam("alerts", expanding=True))),
    )
    new = or_(table.id > bindparam("last"), table.id.in_(bindparam("gaps", expanding=True)))
    return select(table.id).where(new, mine).limit(1)


_CHANGED: Final = _query()


def has_changed(
    session: Session,
    followed: Followed,
    person_id: int,
    tasks: Collection[int] = (),
    alerts: Collection[int] = (),
) -> bool:
    """Return whether the feed tells of a person, or of tasks and alerts, after a point."""
    values = {
        "person": person_id,
        "last": followed.last,
        # Lists that are never empty: a query of another shape would be compiled anew.
        "gaps": [_NOBODYS, *followed.gaps[:1000]],
        "tasks": [_NOBODYS, *tasks],
        "alerts": [_NOBODYS, *alerts],
    }
    return session.execute(_CHANGED, values).first() is not None


def may_concern(
    changes: Collection[tuple[str, int]],
) -> tuple[set[int], set[int], set[int], bool]:
    """Sort changes of the feed: people, tasks, alerts, and whether it may be about anybody."""
    people = {key for kind, key in changes if kind in OF_PERSON}
    tasks = {key for kind, key in changes if kind == "task"}
    alerts = {key for kind, key in changes if kind == "alert"}
    return people, tasks, alerts, any(kind in OF_ALL for kind, _ in changes)
