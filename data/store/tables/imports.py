"""Imports: a file that was handed in, what it would change, and whether it was taken.

The file holds personal data, so it is sealed, and gone as soon as it is taken or given up.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, kept, one_of

IMPORT_KINDS = ("people", "teams", "demand", "shifts", "incidents", "insurance", "beats")
IMPORT_STATES = ("uploaded", "previewed", "refused", "committed", "discarded")


class ImportBatch(Base):
    """An import: uploaded → previewed → committed; refused where the whole file is unusable."""

    __tablename__ = "import_batch"
    __table_args__ = kept(
        one_of("kind", IMPORT_KINDS),
        one_of("state", IMPORT_STATES),
        at_least("file_size", 1),
        Index("ix_import_batch_state_expires_at", "state", "expires_at"),
    )
    id: Mapped[Id]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="uploaded")
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_size: Mapped[int]
    content_sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    options: Mapped[dict[str, Any]]
    preview: Mapped[dict[str, Any] | None]
    refusals: Mapped[str | None] = mapped_column(deferred=True)
    job_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("job.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    committed_at: Mapped[datetime | None]
    committed_by: Mapped[str | None]
