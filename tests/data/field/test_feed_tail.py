"""The end of the feed: what is committed is in the next look, by whichever process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select

from data.field import own_changes
from data.field.own_changes import FeedTail
from data.store.engine import open_store
from data.store.tables.live import LiveChange

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.engine import Store

pytestmark = pytest.mark.only("sqlite")


def tell(store: Store, *changes: tuple[str, int]) -> None:
    def work(session: Session) -> None:
        session.add_all(LiveChange(kind=kind, key=key) for kind, key in changes)

    store.submit(work)


def drop_all_but_the_last(session: Session) -> None:
    newest = session.scalar(select(func.max(LiveChange.id)))
    session.execute(delete(LiveChange).where(LiveChange.id < newest))


def test_a_look_gives_what_others_have_committed_since_the_last(store: Store, url: str) -> None:
    other = open_store(url)
    tell(other, ("person", 1))
    tail = FeedTail(store)
    assert tail.read() == set()
    tell(other, ("person", 2), ("task", 7))
    tell(store, ("person", 2))
    assert tail.read() == {("person", 2), ("task", 7)}
    assert tail.read() == set()
    tail.close()
    other.close()


def test_what_was_dropped_or_is_too_much_is_told_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_changes, "MOST", 3)
    tail = FeedTail(store)
    tell(store, *(("person", key) for key in range(3)))
    assert tail.read() == {("person", 0), ("person", 1), ("person", 2)}
    tell(store, *(("person", key) for key in range(4)))
    assert tail.read() is None
    assert tail.read() == set()
    tell(store, ("person", 8), ("person", 9))
    store.submit(drop_all_but_the_last)
    assert tail.read() is None
    tail.close()
