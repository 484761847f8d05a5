"""Creating calls that may be sent again: the answer is kept in the transaction that made it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.store.errors import StoreError
from data.store.tables.idempotency import IdempotencyKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

KEPT: Final = timedelta(hours=24)


class KeyReusedError(StoreError):
    """A key that came with another request before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a creating call answered.

    Attributes
    ----------
    status : int
    body : bytes
        JSON.
    headers : mapping
        Such as ``Location``.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_once(
    session: Session,
    *,
    caller: str,
    key: str,
    request_sha256: str,
    now: datetime,
    work: Callable[[Session], Answer],
) -> Answer:
    """Do a work and keep its answer, or give the answer that the same key got before.

    Parameters
    ----------
    caller, key : str
        Whose key it is; another caller's key of the same name is another key.
    request_sha256 : str
        Of all that the request says.
    work : callable
        Done at most once a key; where it raises, nothing is kept and the key is free.

    Raises
    ------
    KeyReusedError
        Where the key came with another request.
    """
    mine = {"of": caller, "named": key}
    connection = session.connection()
    values = {"caller": caller, "key": key, "request_sha256": request_sha256}
    times = {"created_at": now, "expires_at": now + KEPT, "now": now}
    # Whoever comes second waits here, on PostgreSQL, until the first is committed or undone.
    made = connection.execute(
        _TAKE[connection.dialect.name],
        {**values, **times, "status": 0, "headers": "{}", "body": b""},
    ).scalar()
    if made is None:
        return _kept(session, mine, request_sha256)
    answer = work(session)
    told = {"status": answer.status, "headers": json.dumps(dict(answer.headers))}
    session.connection().execute(_ANSWER, {**mine, **told, "body": answer.body})
    return answer


def forget_answers(session: Session, now: datetime) -> int:
    """Drop the answers whose time is over; return how many."""
    over = delete(IdempotencyKey).where(IdempotencyKey.expires_at <= now)
    return len(session.execute(over.returning(IdempotencyKey.key)).all())


def _kept(session: Session, mine: dict[str, str], request_sha256: str) -> Answer:
    row = session.execute(_KEPT_ANSWER, mine).one()
    if row.request_sha256 != request_sha256:
        raise KeyReusedError("Expected a new Idempotency-Key for another request, got a used one.")
    return Answer(row.status, row.body, json.loads(row.headers))


def _take(dialect: Any) -> Any:
    """Take a key that nobody has, or one whose time is over."""
    made = dialect.insert(_TABLE)
    names = ("request_sha256", "status", "headers", "body", "created_at", "expires_at")
    return made.on_conflict_do_update(
        index_elements=[_TABLE.c.caller, _TABLE.c.key],
        set_={name: made.excluded[name] for name in names},
        where=_TABLE.c.expires_at <= bindparam("now", type_=_TABLE.c.expires_at.type),
    ).returning(_TABLE.c.key)


# Written once: each creating call asks.
_TABLE: Final = cast("Table", IdempotencyKey.__table__)
_MINE: Final = (_TABLE.c.caller == bindparam("of"), _TABLE.c.key == bindparam("named"))
_TAKE: Final = {"sqlite": _take(sqlite), "postgresql": _take(postgresql)}
_ANSWER: Final = (
    update(_TABLE)
    .where(*_MINE)
    .values({name: bindparam(name) for name in ("status", "headers", "body")})
)
_KEPT_ANSWER: Final = select(
    *(_TABLE.c[name] for name in ("request_sha256", "status", "headers", "body"))
).where(*_MINE)
