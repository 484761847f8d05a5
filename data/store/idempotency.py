"""Creating calls that may be sent again: the answer is kept in the transaction that made it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.store.errors import StoreError
from data.store.tables.idempotency import IdempotencyKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at <= now))
    mine = (IdempotencyKey.caller == caller, IdempotencyKey.key == key)
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # Whoever comes second waits here, on PostgreSQL, until the first is committed or undone.
    made = session.execute(
        upsert(IdempotencyKey)
        .values(
            caller=caller,
            key=key,
            request_sha256=request_sha256,
            status=0,
            headers="{}",
            body=b"",
            created_at=now,
            expires_at=now + KEPT,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).scalar()
    if made is None:
        return _kept(session, mine, request_sha256)
    answer = work(session)
    session.execute(
        update(IdempotencyKey)
        .where(*mine)
        .values(status=answer.status, headers=json.dumps(dict(answer.headers)), body=answer.body)
    )
    return answer


def _kept(session: Session, mine: tuple[object, ...], request_sha256: str) -> Answer:
    columns = (IdempotencyKey.request_sha256, IdempotencyKey.status)
    rest = (IdempotencyKey.headers, IdempotencyKey.body)
    row = session.execute(select(*columns, *rest).where(*mine)).one()  # type: ignore[arg-type]
    if row.request_sha256 != request_sha256:
        raise KeyReusedError("Expected a new Idempotency-Key for another request, got a used one.")
    return Answer(row.status, row.body, json.loads(row.headers))
