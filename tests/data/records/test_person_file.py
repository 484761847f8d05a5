"""One file per member: what it shows, what it hides, who may change it and how."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_city import HAIWEI, LIMIN
from tiny_store import ID_NUMBERS, KEYS, NOW, PHONES, TODAY

from data.records.errors import (
    DuplicateError,
    RecordMissingError,
    SafetyError,
    StaleError,
    ValueRefusedError,
)
from data.records.own_export import export_person
from data.records.person_edit import add_award, edit_person, open_sealed
from data.records.person_file import read_file
from data.records.person_values import age_on, birth_of, checked_id_number
from data.store.audit import Event, append
from data.store.scope import CITY, Scope
from data.store.tables.people import Person
from data.store.tables.service import ServiceRecord
from grid.cells import cells_at, format_cells

if TYPE_CHECKING:
    from data.store.engine import Store

# Made up; the check characters fit, the dates exist, the district code does not.
ADULT, CHILD = "990203199001014000", "990203201001014003"


def with_check(number: str) -> str:
    total = sum(int(digit) * (2 ** (17 - i) % 11) for i, digit in enumerate(number[:17]))
    return number[:17] + "10X98765432"[total % 11]


ADULT, CHILD = with_check(ADULT), with_check(CHILD)


def edit(store: Store, code: str, version: int, scope: Scope = CITY, **values: Any) -> Any:
    return store.submit(
        lambda s: edit_person(s, scope, KEYS, code, values, version=version, now=NOW, today=TODAY)
    )


def ids(store: Store) -> dict[str, int]:
    with store.read() as session:
        return dict(session.execute(select(Person.code, Person.id)).all())


def test_a_file_holds_everything_and_hides_the_numbers(city: Store) -> None:
    def add(session: Any) -> None:
        liu = session.scalar(select(Person.id).where(Person.code == "liu"))
        for n, minutes in enumerate((90, 30)):
            session.add(
                ServiceRecord(
                    person_id=liu, source=f"roster:1:{n}", kind="roster",
                    started_at=NOW - timedelta(days=n), ended_at=NOW, minutes=minutes,
                )
            )  # fmt: skip
        add_award(
            session, CITY, "liu", awarded_on=TODAY, title="标兵", awarded_by=None, note=None,
            by_person=None, today=TODAY,
        )  # fmt: skip

    city.submit(add)
    with city.read() as session:
        file = read_file(session, CITY, KEYS, "liu", today=TODAY)
    assert file.profile["name"] == "某liu"
    assert file.profile["station"] == "kunbei"
    assert file.profile["sub_bureau"] == "kundulun"
    assert file.profile["phone_masked"] == "138******05"
    assert file.profile["id_number_masked"].startswith("1502*")
    assert file.profile["has_address"]
    lat, lng = HAIWEI
    assert file.profile["home_area"] == format_cells(cells_at([lat], [lng], 7))[0]
    assert [row["qualification"] for row in file.qualifications] == ["mediation"]
    assert [(row["code"], row["is_leader"]) for row in file.teams] == [("kunbei-1", True)]
    assert [(row["code"], row["duty"]) for row in file.beats] == [("haiwei", "volunteer")]
    assert file.insured_until == date(2026, 12, 31)
    assert file.service == {
        "turns": 2,
        "minutes": 120,
        "by_kind": {"roster": {"turns": 2, "minutes": 120}},
    }
    assert file.awards[0]["title"] == "标兵"
    for hidden in (PHONES["liu"], ID_NUMBERS["liu"], "路 1 号", str(lat)):
        assert hidden not in repr(file)


def test_outside_the_scope_there_is_no_file(city: Store) -> None:
    mine = Scope(person=ids(city)["sun"])
    with city.read() as session:
        assert read_file(session, mine, KEYS, "sun", today=TODAY).profile["code"] == "sun"
        for code in ("liu", "nobody", "'; DROP TABLE person"):
            with pytest.raises(RecordMissingError):
                read_file(session, mine, KEYS, code, today=TODAY)
            with pytest.raises(RecordMissingError):
                open_sealed(session, mine, KEYS, code, ["phone"])
    with pytest.raises(RecordMissingError):
        edit(city, "liu", 1, mine, employer="x")


def test_an_edit_needs_the_version_that_was_seen(city: Store) -> None:
    version = edit(city, "liu", 2, employer="某公司").row_version
    assert version == 3
    with pytest.raises(StaleError, match="version 3 of the record, got 2"):
        edit(city, "liu", 2, employer="另一家")
    assert edit(city, "liu", version, employer="某公司").fields == ()
    done = edit(city, "liu", version, phone="+86 139 0000 1111", home=LIMIN, travel_limit_m=2000.0)
    assert done.fields == ("home", "phone", "travel_limit_m")
    with city.read() as session:
        opened = open_sealed(session, CITY, KEYS, "liu", ["phone", "id_number", "address", "home"])
    assert opened == {
        "phone": "13900001111",
        "id_number": ID_NUMBERS["liu"],
        "address": "liu 路 1 号",
        "home": {"lat": LIMIN[0], "lng": LIMIN[1]},
    }
    with city.read() as session:
        row = session.scalars(select(Person).where(Person.code == "liu")).one()
        assert row.home_cell == int(cells_at([LIMIN[0]], [LIMIN[1]], 9)[0])


def test_an_id_number_tells_birth_and_sex_and_stands_once(city: Store) -> None:
    done = edit(city, "liu", 2, id_number=ADULT.lower())
    assert done.fields == ("born_on", "id_number", "sex")
    with city.read() as session:
        row = session.scalars(select(Person).where(Person.code == "liu")).one()
        assert (row.born_on, row.sex) == (date(1990, 1, 1), "female")
    with pytest.raises(DuplicateError, match="no file holds yet") as caught:
        edit(city, "sun", 2, id_number=ADULT)
    assert "liu" not in str(caught.value)
    assert ADULT not in str(caught.value)
    assert edit(city, "liu", done.row_version, id_number=ADULT).fields == ()


def test_what_cannot_be_kept_is_refused(city: Store) -> None:
    for values in (
        {"id_number": ADULT[:17] + ("1" if ADULT[17] != "1" else "2")},
        {"id_number": "12"},
        {"phone": "abc"},
        {"born_on": TODAY + timedelta(days=1)},
        {"born_on": date(1800, 1, 1)},
        {"max_shifts": -1},
        {"travel_limit_m": -1.0},
        {"state": "active"},
        {"show_up": 1.0},
    ):
        with pytest.raises(ValueRefusedError, match="Expected") as caught:
            edit(city, "liu", 2, **values)
        assert ADULT[:10] not in str(caught.value)
    with pytest.raises(RecordMissingError):
        edit(city, "liu", 2, profession="wizard")
    with pytest.raises(SafetyError, match="18 or older"):
        edit(city, "liu", 2, id_number=CHILD)


def test_ages_count_birthdays(city: Store) -> None:
    born = date(2008, 2, 29)
    assert age_on(born, date(2026, 2, 28)) == 17
    assert age_on(born, date(2026, 3, 1)) == 18
    assert checked_id_number(f" {ADULT[:6]} {ADULT[6:]} ") == ADULT
    assert birth_of("99020319900230") is None


def test_ones_own_export_is_whole(city: Store) -> None:
    liu = ids(city)["liu"]
    city.submit(
        lambda s: append(s, KEYS, NOW, Event("account:9", "person.read", "person", "liu", {}))
    )
    with city.read() as session:
        content = export_person(session, KEYS, liu, now=NOW, today=TODAY)
    assert content["profile"]["phone"] == PHONES["liu"]
    assert content["profile"]["id_number"] == ID_NUMBERS["liu"]
    assert [duty["shift"] for duty in content["coming_duties"]] == ["evening"]
    assert content["readers"] == [
        {"at": datetime.fromisoformat(NOW.isoformat()), "who": "account:9", "action": "person.read"}
    ]
