"""Lists of people: each filter, each scope, and pages that miss and repeat nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_store import ID_NUMBERS, KEYS, NOW, PHONES, TODAY

from data.records.errors import ValueRefusedError
from data.records.person_search import PersonFilter, search_people
from data.store.scope import CITY, NOTHING, Scope
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person, PersonRole
from data.store.tables.teams import Team
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from data.store.engine import Store


def found(store: Store, scope: Scope = CITY, **wanted: Any) -> list[str]:
    with store.read() as session:
        page = search_people(
            session, scope, KEYS, PersonFilter(**wanted), today=TODAY, with_total=True
        )
    assert page.total == len(page.items)
    return [person.code for person in page.items]


EVERYBODY = ["wang", "li", "zhao", "chen", "liu", "sun", "qian"]


def test_each_filter_finds_its_people(city: Store) -> None:
    assert found(city) == EVERYBODY
    assert found(city, name="某l") == ["li", "liu"]
    assert found(city, name="%") == []
    assert found(city, code="li") == ["li", "liu"]
    assert found(city, tier="volunteer") == ["chen", "liu", "sun", "qian"]
    assert found(city, profession="lawyer") == ["chen"]
    assert found(city, qualification="mediation") == ["liu"]
    assert found(city, station="wusutu") == ["zhao"]
    assert found(city, beat="haiwei") == ["wang", "li", "liu"]
    assert found(city, team="kunbei-1") == ["liu", "sun"]
    assert found(city, states=("left",)) == []
    assert found(city, tier="volunteer", station="kunbei", profession="lawyer") == ["chen"]


def test_numbers_are_found_whole_however_written(city: Store) -> None:
    phone = PHONES["sun"]
    assert found(city, phone=f"+86 {phone[:3]}-{phone[3:7]} {phone[7:]}") == ["sun"]
    assert found(city, phone=phone[:-1]) == []
    assert found(city, id_number=ID_NUMBERS["li"]) == ["li"]


def test_a_scope_cuts_every_list(city: Store) -> None:
    with city.read() as session:
        kunbei = session.scalar(select(Station.id).where(Station.code == "kunbei"))
        limin = session.scalar(select(Beat.id).where(Beat.code == "limin"))
        team = session.scalar(select(Team.id).where(Team.code == "halin-1"))
        sun = session.scalar(select(Person.id).where(Person.code == "sun"))
    of_station = Scope(stations=frozenset({kunbei}))
    assert found(city, of_station) == ["wang", "li", "chen", "liu", "sun"]
    assert found(city, of_station, phone=PHONES["qian"]) == []
    assert found(city, of_station, station="halin") == []
    assert found(city, Scope(beats=frozenset({limin}))) == ["zhao"]
    assert found(city, Scope(teams=frozenset({team}), on=TODAY)) == ["qian"]
    assert found(city, Scope(person=sun)) == ["sun"]
    assert found(city, NOTHING) == []


def test_what_has_ended_does_not_count(city: Store) -> None:
    def end(session: Any) -> None:
        held = session.scalars(
            select(PersonQualification).where(PersonQualification.qualification == "mediation")
        ).one()
        held.expires_on = TODAY
        sun = session.scalar(select(Person.id).where(Person.code == "sun"))
        session.add(PersonRole(person_id=sun, role="patrol_guard", since=date(2026, 1, 1)))

    city.submit(end)
    assert found(city, qualification="mediation") == ["liu"]
    assert found(city, role="patrol_guard") == ["sun"]
    with city.read() as session:
        tomorrow = search_people(
            session,
            CITY,
            KEYS,
            PersonFilter(qualification="mediation"),
            today=TODAY + timedelta(days=1),
        )
    assert tomorrow.items == ()


def test_lists_show_no_number_in_the_clear(city: Store) -> None:
    with city.read() as session:
        page = search_people(session, CITY, KEYS, PersonFilter(), today=TODAY)
    liu = page.items[4]
    assert liu.phone_masked == "138******05"
    assert (liu.station, liu.teams, liu.qualifications) == ("kunbei", ("kunbei-1",), ("mediation",))
    assert liu.insured_until == date(2026, 12, 31)
    for number in (*PHONES.values(), *ID_NUMBERS.values()):
        assert number not in repr(page)
    assert "路 1 号" not in repr(page)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_miss_and_repeat_nobody(city: Store, limit: int) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(20):
        with city.read() as session:
            page = search_people(
                session, CITY, KEYS, PersonFilter(), today=TODAY, cursor=cursor, limit=limit
            )
        assert len(page.items) <= limit
        seen += [person.code for person in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == EVERYBODY


@pytest.mark.only("sqlite")
def test_what_is_no_question_is_refused(store: Store) -> None:
    with store.read() as session:
        for cursor in ("x", "WyJhIl0", "W10", "WzFlOTld", "W3RydWVd", "[" * 5000):
            with pytest.raises(ValueRefusedError, match="a cursor"):
                search_people(session, CITY, KEYS, PersonFilter(), today=TODAY, cursor=cursor)
        for limit in (0, 501):
            with pytest.raises(ValueRefusedError, match="a limit"):
                search_people(session, CITY, KEYS, PersonFilter(), today=TODAY, limit=limit)
    with pytest.raises(ValueRefusedError, match="a tier"):
        PersonFilter(tier="king")
    with pytest.raises(ValueRefusedError, match="a state"):
        PersonFilter(states=("gone",))


assert NOW.date() == TODAY
