"""Whether something has happened to one person since the feed of changes was last followed.

What a server keeps of a person is dropped when its follower meets a change of theirs, half a second
later at most. Whoever has just signed up must not wait so long to see it: before what is
kept is believed, the end of the feed that nobody has followed yet is read (`FeedTail`), or is asked
for this person alone (`has_changed`).
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

    from data.store.engine import Store

_NOBODYS: Final = -1
OF_PERSON: Final = ("person", "signup")
OF_ALL: Final = ("roster", "catalogue")
"""Kinds whose changes may be anybody's."""
MOST: Final = 2_000
"""So many changes at once may be anybody's."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the feed was followed: a number, and smaller ones that were not met yet."""

    last: int
    gaps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bonds:
    """What else a person's day hangs on: keys of tasks, alerts, and check-ins with a timer."""

    tasks: frozenset[int] = frozenset()
    alerts: frozenset[int] = frozenset()
    watches: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Concern:
    """What changes of the feed are about; ``is_all``: perhaps about anybody."""

    people: frozenset[int]
    bonds: Bonds
    is_all: bool


def _query() -> Select[*tuple[Any, ...]]:
    table = LiveChange
    mine = or_(
        and_(table.kind.in_(OF_PERSON), table.key == bindparam("person")),
        table.kind.in_(OF_ALL),
        and_(table.kind == "task", table.key.in_(bindparam("tasks", expanding=True))),
        and_(table.kind == "alert", table.key.in_(bindparam("alerts", expanding=True))),
        and_(table.kind == "watch", table.key.in_(bindparam("watches", expanding=True))),
    )
    new = or_(table.id > bindparam("last"), table.id.in_(bindparam("gaps", expanding=True)))
    return select(table.id).where(new, mine).limit(1)


_CHANGED: Final = _query()


def has_changed(session: Session, followed: Followed, person_id: int, bonds: Bonds) -> bool:
    """Return whether the feed tells of a person, or of what they hang on, after a point."""
    values = {
        "person": person_id,
        "last": followed.last,
        # Lists that are never empty: a query of another shape would be compiled anew.
        "gaps": [_NOBODYS, *followed.gaps[:1000]],
        "tasks": [_NOBODYS, *bonds.tasks],
        "alerts": [_NOBODYS, *bonds.alerts],
        "watches": [_NOBODYS, *bonds.watches],
    }
    return session.execute(_CHANGED, values).first() is not None


def concern(changes: Collection[tuple[str, int]]) -> Concern:
    """Return what changes of the feed are about."""

    def keys(*kinds: str) -> frozenset[int]:
        return frozenset(key for kind, key in changes if kind in kinds)

    bonds = Bonds(keys("task"), keys("alert"), keys("watch"))
    return Concern(keys(*OF_PERSON), bonds, any(kind in OF_ALL for kind, _ in changes))


class FeedTail:
    """The end of a SQLite store's feed, read without a thread: some microseconds a question.

    There it takes no way over a network and waits for no writer (WAL), and numbers have no gaps, as
    one writes at a time. On PostgreSQL there is no such thing: ask `has_changed` in a thread.

    Parameters
    ----------
    store : Store
        On SQLite.
    """

    def __init__(self, store: Store) -> None:
        pooled = store.engines.readers.raw_connection()
        pooled.detach()  # for good: what asks all the time is nobody else's
        self._pooled = pooled
        self._cursor = pooled.cursor()
        self.last = self._newest()

    def read(self) -> set[tuple[str, int]] | None:
        """Return the kinds and keys that were committed since the last time; None: too many."""
        query = "SELECT id, kind, key FROM live_change WHERE id > ? ORDER BY id LIMIT ?"
        rows = self._cursor.execute(query, (self.last, MOST + 1)).fetchall()
        if not rows:
            return set()
        if len(rows) > MOST or rows[0][0] > self.last + 1:
            self.last = self._newest()
            return None
        self.last = rows[-1][0]
        return {(kind, key) for _, kind, key in rows}

    def close(self) -> None:
        """Close its connection."""
        self._cursor.close()
        self._pooled.close()

    def _newest(self) -> int:
        row = self._cursor.execute("SELECT max(id) FROM live_change").fetchone()
        return int(row[0] or 0)
