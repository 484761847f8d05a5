"""Tell people of something, in the transaction in which it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update

from data.store.tables.accounts import Account
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def tell(
    session: Session,
    topic: str,
    event: str,
    people: Iterable[int],
    values: Mapping[str, Any],
    *,
    now: datetime,
    matter: str | None = None,
    urgent: bool = False,
    expires_at: datetime | None = None,
) -> None:
    """Add a notice for each person; an event that was told already is not told again.

    Parameters
    ----------
    topic : str
        Such as ``tip.progress``: preferences go by it, and its words are in the locale under
        ``notice.<topic>.title`` and ``.body``.
    event : str
        Business key of the event; with the person it makes the notice's own.
    people : iterable of int
        Ids of persons; who has no account gets none.
    values : mapping
        What the sentence tells: codes, times and numbers that each of them may see, no names.
    matter : str or None
        What it is about, such as ``alert:17``: an account may decline to hear more of it, and
        `withdraw` ends what still waits.
    urgent : bool
        Whether it may come in quiet hours.
    expires_at : datetime or None
        After this it is of no use to anybody and not sent any more.
    """
    wanted = {f"{topic}:{event}:{person}": person for person in sorted(set(people))}
    known = set(
        session.scalars(
            select(OutboxNotice.event_id).where(OutboxNotice.event_id.in_(list(wanted)))
        )
    )
    for event_id, person in wanted.items():
        if event_id not in known:
            session.add(
                OutboxNotice(
                    event_id=event_id,
                    topic=topic,
                    content={"person_id": person, "values": dict(values)},
                    matter=matter,
                    urgent=urgent,
                    expires_at=expires_at,
                    created_at=now,
                    due_at=now,
                )
            )
    session.flush()


def tell_group(
    session: Session,
    topic: str,
    event: str,
    target: str,
    values: Mapping[str, Any],
    *,
    now: datetime,
    urgent: bool = False,
    matter: str | None = None,
) -> None:
    """Add a notice for a configured group address (a duty room's WeCom robot), once an event."""
    event_id = f"{topic}:{event}:group:{target}"
    if session.scalar(select(OutboxNotice.id).where(OutboxNotice.event_id == event_id)) is None:
        session.add(
            OutboxNotice(
                event_id=event_id,
                topic=topic,
                content={"values": dict(values)},
                channel="group",
                target=target,
                matter=matter,
                urgent=urgent,
                created_at=now,
                due_at=now,
            )
        )
        session.flush()


def withdraw(session: Session, matter: str, now: datetime) -> int:
    """End what still waits of a matter (an alert that was stood down); return how many."""
    done = session.execute(
        update(OutboxNotice)
        .where(
            OutboxNotice.matter == matter,
            OutboxNotice.sent_at.is_(None),
            OutboxNotice.dead_at.is_(None),
        )
        .values(sent_at=now, outcome="withdrawn", leased_by=None, leased_until=None)
        .returning(OutboxNotice.id)
    )
    return len(done.all())


def settle(session: Session, topic: str, event: str, person_id: int, now: datetime) -> int:
    """End what still waits of one event for one person, who has answered; return how many."""
    event_id = f"{topic}:{event}:{person_id}"
    account = select(Account.id).where(Account.person_id == person_id).scalar_subquery()
    own = and_(
        OutboxNotice.account_id == account,
        OutboxNotice.event_id.startswith(f"{event_id}:", autoescape=True),
    )
    done = session.execute(
        update(OutboxNotice)
        .where(
            or_(OutboxNotice.event_id == event_id, own),
            OutboxNotice.sent_at.is_(None),
            OutboxNotice.dead_at.is_(None),
        )
        .values(sent_at=now, outcome="withdrawn", leased_by=None, leased_until=None)
        .execution_options(synchronize_session=False)
        .returning(OutboxNotice.id)
    )
    return len(done.all())
