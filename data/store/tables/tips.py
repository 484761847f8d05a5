"""Tips (线索): what was seen where, by somebody whom nobody but the verifying role may know.

The author stands in no column that can be read: ``author_sealed`` is encrypted, ``author_index``
a keyed hash by which an author finds their own. So do the words; photos are encrypted as well.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import (
    Base,
    Big,
    Cell,
    Code,
    Id,
    Ref,
    at_least,
    kept,
    on_globe,
    one_of,
)

TIP_STATES = ("submitted", "claimed", "verified", "unfounded", "unverifiable", "duplicate")
TIP_STEPS = ("submitted", "dispatched", "claimed", "released", *TIP_STATES[2:], "author_read")


class TipCategory(Base):
    """A category of tips."""

    __tablename__ = "tip_category"
    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class Tip(Base):
    """A tip and where it stands; ``row_version`` counts the steps (ETag)."""

    __tablename__ = "tip"
    __table_args__ = kept(
        one_of("state", TIP_STATES),
        CheckConstraint("(state = 'duplicate') = (duplicate_of_id IS NOT NULL)", name="duplicate"),
        CheckConstraint("(state = 'claimed') = (claim_until IS NOT NULL)", name="claim"),
        *on_globe(),
        Index("ix_tip_beat_id_state", "beat_id", "state"),
        Index("ix_tip_author_index_submitted_at", "author_index", "submitted_at"),
        Index("ix_tip_state_submitted_at", "state", "submitted_at"),
    )
    id: Mapped[Id]
    code: Mapped[Code]
    submission_index: Mapped[bytes] = mapped_column(unique=True)
    request_sha256: Mapped[bytes]
    author_sealed: Mapped[bytes | None]
    author_index: Mapped[bytes | None]
    category: Mapped[str] = mapped_column(ForeignKey("tip_category.code"), index=True)
    text_sealed: Mapped[bytes]
    lat: Mapped[float]
    lng: Mapped[float]
    cell: Mapped[Cell] = mapped_column(index=True)
    beat_id: Mapped[Ref] = mapped_column(ForeignKey("beat.id"))
    submitted_at: Mapped[datetime]
    state: Mapped[str]
    dispatched_to: Mapped[Ref | None] = mapped_column(ForeignKey("account.id"), index=True)
    claimed_by: Mapped[Ref | None] = mapped_column(ForeignKey("account.id"), index=True)
    claim_until: Mapped[datetime | None]
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("account.id"), index=True)
    decided_at: Mapped[datetime | None]
    duplicate_of_id: Mapped[Ref | None] = mapped_column(ForeignKey("tip.id"), index=True)
    points: Mapped[int | None]
    row_version: Mapped[int] = mapped_column(default=1)


class TipPhoto(Base):
    """A photo of a tip, written anew without metadata; hashes find the same picture again.

    ``sha256`` is of the file that was handed in, ``dhash`` of what is to be seen (64 bits).
    """

    __tablename__ = "tip_photo"
    __table_args__ = kept(
        at_least("width", 1),
        at_least("height", 1),
        Index("uq_tip_photo_tip_id_position", "tip_id", "position", unique=True),
    )
    id: Mapped[Id]
    tip_id: Mapped[Ref] = mapped_column(ForeignKey("tip.id", ondelete="CASCADE"))
    position: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(index=True)
    dhash: Mapped[Big] = mapped_column(index=True)
    width: Mapped[int]
    height: Mapped[int]
    content_sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class TipStep(Base):
    """What happened to a tip; the note is for those who verify."""

    __tablename__ = "tip_step"
    __table_args__ = kept(one_of("kind", TIP_STEPS))
    id: Mapped[Id]
    tip_id: Mapped[Ref] = mapped_column(ForeignKey("tip.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    note: Mapped[str | None]
