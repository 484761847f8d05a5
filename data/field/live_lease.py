"""Leases: of several processes one runs a recurring step; another takes over when it is gone."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlalchemy.dialects import postgresql, sqlite

from data.store.tables.checkins import RunnerLease

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def new_holder() -> str:
    """Return a name for who takes leases: its process, and what no other has."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"


def take_lease(
    session: Session, name: str, holder: str, now: datetime, seconds: float = 10.0
) -> bool:
    """Take or renew a lease; return whether it is the holder's now."""
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"holder": holder, "until": now + timedelta(seconds=seconds)}
    made = upsert(RunnerLease).values(name=name, **values)
    taken = session.execute(
        made.on_conflict_do_update(
            index_elements=["name"],
            set_=values,
            where=or_(RunnerLease.holder == holder, RunnerLease.until <= now),
        ).returning(RunnerLease.holder)
    ).scalar()
    return taken == holder
