"""Idempotency keys: what a creating call answered, so that sending it again has no effect."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, compact


class IdempotencyKey(Base):
    """A key of a caller, the hash of the request it came with, and the answer given."""

    __tablename__ = "idempotency_key"
    __table_args__ = compact()
    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[str]
    status: Mapped[int]
    headers: Mapped[str]
    body: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
