"""How each account wants its notices, where its browsers are pushed to, and its inbox."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, compact, kept, one_of

LANGUAGES = ("zh-CN", "en")


class NoticePreference(Base):
    """What an account chose; one without a row has the defaults of these columns.

    Within the quiet hours, in the city's time, notices wait; urgent ones do only where
    ``urgent_in_quiet`` is false. Nothing leaves before ``muted_until``.
    """

    __tablename__ = "notice_preference"
    __table_args__ = (one_of("language", LANGUAGES),)
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    language: Mapped[str] = mapped_column(default="zh-CN")
    push: Mapped[bool] = mapped_column(default=True)
    message: Mapped[bool] = mapped_column(default=False)
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    urgent_in_quiet: Mapped[bool] = mapped_column(default=True)
    muted_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class NoticeStop(Base):
    """What an account wants to hear no more of: a topic, or one matter such as ``alert:17``."""

    __tablename__ = "notice_stop"
    __table_args__ = compact()
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime]


class PushSubscription(Base):
    """A browser that takes web push; dead once its service says that it is gone."""

    __tablename__ = "push_subscription"
    __table_args__ = kept(at_least("failures", 0))
    id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[datetime]
    last_sent_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    dead_at: Mapped[datetime | None]


class InboxNotice(Base):
    """A notice in the inbox of an account, written with what it tells of."""

    __tablename__ = "inbox_notice"
    __table_args__ = kept(
        Index("uq_inbox_notice_account_id_event_id", "account_id", "event_id", unique=True),
    )
    id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    event_id: Mapped[str]
    topic: Mapped[str]
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
