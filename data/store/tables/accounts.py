"""Accounts, their roles and scopes, log-in sessions and second factors.

No column here can be used to log in by somebody who reads the database: passwords are argon2id
hashes, session and recovery codes are stored hashed, the TOTP secret is encrypted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Big, Id, Ref, at_least, compact, kept, one_of

ACCOUNT_STATES = ("active", "locked", "closed")
ACCOUNT_ROLES = (
    *("administrator", "city_dispatcher", "station_dispatcher", "community_officer"),
    *("auxiliary", "team_leader", "volunteer", "reviewer", "auditor"),
)
SCOPES = ("city", "sub_bureau", "station", "beat", "team", "own")


class Account(Base):
    """Who may log in; ``login`` is stored as it is compared (NFKC, case-folded)."""

    __tablename__ = "account"
    __table_args__ = kept(one_of("state", ACCOUNT_STATES), at_least("failed_logins", 0))
    id: Mapped[Id]
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    person_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), unique=True
    )
    password_hash: Mapped[str | None]
    must_change_password: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(default="active")
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class AccountRole(Base):
    """A role of an account and the jurisdiction in which it holds (``scope_id`` of that kind).

    ``scope_id`` is 0 for the kinds ``city`` and ``own``, which need none.
    """

    __tablename__ = "account_role"
    __table_args__ = compact(
        one_of("role", ACCOUNT_ROLES),
        one_of("scope_kind", SCOPES),
        CheckConstraint("(scope_kind IN ('city', 'own')) = (scope_id = 0)", name="scope_id"),
        Index("ix_account_role_scope_kind_scope_id", "scope_kind", "scope_id"),
    )
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(primary_key=True)
    scope_kind: Mapped[str] = mapped_column(primary_key=True)
    scope_id: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str]


class LoginSession(Base):
    """A log-in: the hash of its token, never the token."""

    __tablename__ = "login_session"
    __table_args__ = compact(CheckConstraint("length(token_hash) = 32", name="token_hash"))
    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    csrf_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    second_factor_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str | None]


class SecondFactor(Base):
    """An account's TOTP: its secret encrypted, and the last time step used (no code twice)."""

    __tablename__ = "second_factor"
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    secret_sealed: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[Big] = mapped_column(default=0)


class RecoveryCode(Base):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_code"
    __table_args__ = compact()
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """An identity at a bureau's own sign-on (OpenID Connect) and the account it opens."""

    __tablename__ = "external_identity"
    __table_args__ = compact()
    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[Ref] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
