"""By which ways an account wants which kinds of notices; the inbox has them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from data.notices.words import TOPICS
from data.store.tables.notices import WAYS, NoticeWay

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

KINDS: Final = tuple(dict.fromkeys(topic.partition(".")[0] for topic in TOPICS))
"""Kinds of notices: what stands before the dot of a topic."""
PUSHED: Final = frozenset({"alert", "alone"})
"""Kinds that are always pushed where push is on: help is called for, or somebody is alone."""
_DEFAULT: Final = frozenset({"push"})


def ways_of(session: Session, account_id: int) -> dict[str, frozenset[str]]:
    """Return the ways by which an account wants each kind of notice."""
    query = select(NoticeWay).where(NoticeWay.account_id == account_id)
    rows = list(session.scalars(query))
    return {kind: _ways(kind, [row for row in rows if row.kind == kind]) for kind in KINDS}


def ways_for(session: Session, account_id: int, topic: str) -> frozenset[str]:
    """Return the ways by which an account wants a topic."""
    kind = topic.partition(".")[0]
    query = select(NoticeWay).where(NoticeWay.account_id == account_id, NoticeWay.kind == kind)
    return _ways(kind, list(session.scalars(query)))


def keep_ways(session: Session, account_id: int, wanted: Mapping[str, Collection[str]]) -> None:
    """Make these the ways of some kinds; other kinds stay as they are, `PUSHED` ones pushed.

    Raises
    ------
    ValueError
        For a kind or way that there is not.
    """
    for kind, ways in wanted.items():
        if kind not in KINDS or not set(ways) <= set(WAYS):
            raise ValueError(f"Expected ways of {WAYS} for kinds of {KINDS}, got {kind!r:.20}.")
        session.execute(
            delete(NoticeWay).where(NoticeWay.account_id == account_id, NoticeWay.kind == kind)
        )
        for way in WAYS:
            if (way in ways) != (way in _DEFAULT):
                row = NoticeWay(account_id=account_id, kind=kind, way=way, wanted=way in ways)
                session.add(row)
    session.flush()


def _ways(kind: str, rows: list[NoticeWay]) -> frozenset[str]:
    chosen = {row.way: row.wanted for row in rows}
    wanted = frozenset(way for way in WAYS if chosen.get(way, way in _DEFAULT))
    return wanted | _DEFAULT if kind in PUSHED else wanted
