"""Gifts for points, and redemptions: reserved, then handed over or void."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Code, Id, Ref, at_least, kept, one_of

REDEMPTION_STATES = ("reserved", "handed_over", "void")


class Gift(Base):
    """A gift; ``stock`` is what nobody has reserved yet."""

    __tablename__ = "gift"
    __table_args__ = kept(at_least("points", 1), at_least("stock", 0), at_least("monthly_cap", 1))
    id: Mapped[Id]
    code: Mapped[Code]
    label_zh: Mapped[str]
    label_en: Mapped[str]
    points: Mapped[int]
    stock: Mapped[int]
    monthly_cap: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class Redemption(Base):
    """A person's gift on its way; above the city's limit two persons of the staff hand it over."""

    __tablename__ = "redemption"
    __table_args__ = kept(
        one_of("state", REDEMPTION_STATES),
        at_least("quantity", 1),
        at_least("points", 1),
        CheckConstraint("approved_by <> handed_by", name="two_persons"),
        Index("ix_redemption_account_id_reserved_at", "account_id", "reserved_at"),
        Index("ix_redemption_state_expires_at", "state", "expires_at"),
    )
    id: Mapped[Id]
    code: Mapped[Code]
    key: Mapped[str] = mapped_column(unique=True)
    request_sha256: Mapped[bytes]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("point_account.id"))
    gift_id: Mapped[Ref] = mapped_column(ForeignKey("gift.id"), index=True)
    quantity: Mapped[int]
    points: Mapped[int]
    needs_two: Mapped[bool]
    state: Mapped[str]
    reserved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    handed_by: Mapped[str | None]
    handed_at: Mapped[datetime | None]
    voided_by: Mapped[str | None]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]
    row_version: Mapped[int] = mapped_column(default=1)
