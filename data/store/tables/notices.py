"""How each account wants its notices, where its browsers are pushed to, and its inbox."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, compact, kept, one_of

LANGUAGES = ("zh-CN", "en")
WAYS = ("push", "sms", "mail")
"""How a person is reached beside the inbox: their browsers, their own number, their own mail."""


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


class NoticeWay(Base):
    """Whether an account wants a kind of notice (``task``) by a way; push by default, no other."""

    __tablename__ = "notice_way"
    __table_args__ = compact(one_of("way", WAYS))
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str] = mapped_column(primary_key=True)
    wanted: Mapped[bool]


class NoticeMail(Base):
    """An account's own mail address, encrypted: one in use, and one that waits for its code.

    The code is made of the key and ``nonce`` and kept nowhere; it is good until ``asked_until``
    or five wrong tries (``wrong``). ``codes`` counts those sent since ``codes_since``.
    """

    __tablename__ = "notice_mail"
    __table_args__ = (at_least("wrong", 0), at_least("codes", 0))
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    address_sealed: Mapped[bytes | None]
    confirmed_at: Mapped[datetime | None]
    asked_sealed: Mapped[bytes | None]
    nonce: Mapped[bytes | None]
    asked_at: Mapped[datetime | None]
    asked_until: Mapped[datetime | None]
    wrong: Mapped[int] = mapped_column(default=0)
    codes: Mapped[int] = mapped_column(default=0)
    codes_since: Mapped[datetime | None]


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
