"""A small city with people and accounts, for tests of points, tips and notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tiny_city import HAIWEI, HUASHENG, LIMIN

from data.points.rules import fill_shipped
from data.store.keys import derive
from data.store.tables.accounts import Account, AccountRole
from data.store.tables.ground import Beat, Bureau, GroundCell, Station, SubBureau
from data.store.tables.people import Person
from grid.cells import cells_at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.engine import Store

KEYS = derive(b"k" * 32)
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # noon in Baotou


@dataclass(frozen=True)
class Town:
    """Ids by code: beats, people, and the account of each person who has one."""

    beats: dict[str, int]
    stations: dict[str, int]
    people: dict[str, int]
    accounts: dict[str, int]


def fill_town(store: Store, volunteers: int = 4) -> Town:
    """Make three beats in two stations, volunteers v1…, officers o1 (Haiwei) and o2 (Limin)."""
    return store.submit(lambda session: _fill(session, volunteers))


def _fill(session: Session, volunteers: int) -> Town:
    fill_shipped(session)
    bureau = _add(session, Bureau(code="baotou", name="包头市公安局"))
    sub = _add(session, SubBureau(bureau_id=bureau.id, code="kundulun", name="昆都仑分局"))
    stations = {
        code: _add(session, Station(sub_bureau_id=sub.id, code=code, name=code)).id
        for code in ("kunbei", "wusutu")
    }
    beats = {}
    for code, station, (lat, lng) in (
        ("haiwei", "kunbei", HAIWEI),
        ("huasheng", "kunbei", HUASHENG),
        ("limin", "wusutu", LIMIN),
    ):
        beat = Beat(station_id=stations[station], code=code, name=code, lat=lat, lng=lng)
        beats[code] = _add(session, beat).id
        cell = int(cells_at([lat], [lng], 9)[0])
        session.add(GroundCell(cell=cell, beat_id=beats[code], weight=1.0))
    people, accounts = {}, {}
    for number in range(1, volunteers + 1):
        code = f"v{number}"
        people[code], accounts[code] = _person(session, code, "volunteer", stations["kunbei"])
        _grant(session, accounts[code], "volunteer", "own", 0)
    for code, station, beat in (("o1", "kunbei", "haiwei"), ("o2", "wusutu", "limin")):
        people[code], accounts[code] = _person(session, code, "officer", stations[station])
        _grant(session, accounts[code], "community_officer", "beat", beats[beat])
    session.flush()
    return Town(beats, stations, people, accounts)


def _person(session: Session, code: str, tier: str, station: int) -> tuple[int, int]:
    person = Person(
        code=code, tier=tier, state="active", station_id=station, created_at=NOW, updated_at=NOW
    )
    _add(session, person)
    account = Account(
        login=code, display_name=code, person_id=person.id, created_at=NOW, updated_at=NOW
    )
    return person.id, _add(session, account).id


def _grant(session: Session, account: int, role: str, kind: str, scope: int) -> None:
    row = {"account_id": account, "role": role, "scope_kind": kind, "scope_id": scope}
    session.add(AccountRole(**row, granted_at=NOW, granted_by="test"))


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
