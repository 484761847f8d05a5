"""Everything that is kept of a person, in the clear and for themselves (查阅、复制个人信息)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from data.notices.addresses import address_of
from data.notices.ways import ways_of
from data.records.audit_reading import readers_of
from data.records.coming_duties import coming_duties
from data.records.person_edit import SEALED, open_sealed
from data.records.person_file import read_file
from data.store.scope import Scope
from data.store.tables.accounts import Account
from data.store.tables.people import Person
from data.store.tables.service import ServiceRecord

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.store.keys import Keys


def export_person(
    session: Session, keys: Keys, person_id: int, *, now: datetime, today: date
) -> dict[str, Any]:
    """Give a person's file with sealed fields opened, their turns, coming duties and readers.

    Raises
    ------
    RecordMissingError
        Where there is no such person.
    """
    mine = Scope(person=person_id)
    code = session.scalar(select(Person.code).where(Person.id == person_id)) or ""
    content: dict[str, Any] = asdict(read_file(session, mine, keys, code, today=today))
    content["profile"] |= open_sealed(session, mine, keys, code, SEALED)
    row = ServiceRecord
    names = ("source", "kind", "role", "started_at", "ended_at", "minutes", "verified_at")
    turns = session.execute(
        select(*(getattr(row, name) for name in names))
        .where(row.person_id == person_id)
        .order_by(row.started_at)
    )
    content["turns"] = [dict(turn) for turn in turns.mappings()]
    content["coming_duties"] = [
        {name: value for name, value in asdict(duty).items() if name != "person_id"}
        for duty in coming_duties(session, [person_id], now)
    ]
    content["readers"] = [
        {"at": entry.at, "who": entry.actor_name or entry.actor, "action": entry.action}
        for entry in readers_of(session, code, limit=500).items
    ]
    account = session.scalar(select(Account.id).where(Account.person_id == person_id))
    if account is not None:
        content["notices"] = {
            "mail": address_of(session, keys, account, "mail"),
            "ways": {kind: sorted(ways) for kind, ways in ways_of(session, account).items()},
        }
    return content
