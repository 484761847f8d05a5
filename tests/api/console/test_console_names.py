"""Pages call beats, shifts and certificates by their names; a sentence keeps what is no code."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from api.access.authority import authority
from api.language import texts_of
from api.views.console.why import names_for
from api.views.names import Names, city_names, shift_names
from data.field.places import name_near, place_names
from data.planning.week_fill import Turn
from data.store.tables.catalogue import Qualification
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.teams import TeamMember
from grid.cells import cells_at

if TYPE_CHECKING:
    from service_client import RunningService

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_beats_and_shifts_are_named_in_a_sentence() -> None:
    starts = datetime(2026, 11, 30, 1, tzinfo=UTC)
    turn = Turn(0, "1130-morning", starts, starts + timedelta(hours=3))
    names = names_for({"150204008-005": "环西第5警格"}, [turn], texts_of("zh"), SHANGHAI)
    said = names.told("v10553 从 150204008-005（1130-morning）的护学岗调来，目标值 -30,000")
    assert said == "v10553 从 环西第5警格（周一 11月30日 09–12）的护学岗调来，目标值 -30,000"


def test_a_longer_code_is_not_named_by_a_part_of_it() -> None:
    assert Names({"b-1": "甲"}).told("b-1 b-12 a.b-1 b-1.") == "甲 b-12 a.b-1 甲."


def test_a_beat_is_named_with_its_station(tiny: RunningService) -> None:
    with tiny.store.read() as session:
        beat = session.scalars(select(Beat)).first()
        assert beat is not None
        station = session.get(Station, beat.station_id)
        assert station is not None
        found = place_names(session, [beat.code, station.code, "nowhere"])
    assert found == {beat.code: f"{station.name} · {beat.name}", station.code: station.name}


def test_people_are_listed_with_the_names_of_their_certificates(tiny: RunningService) -> None:
    with tiny.store.read() as session:
        query = select(Qualification.code, Qualification.label_zh)
        names = dict(
            session.execute(query.where(Qualification.code != Qualification.label_zh)).all()
        )
    client = tiny.client_as("city_dispatcher")
    page = client.get("/console/people?lang=zh-CN", headers={"Accept": "text/html"}).text
    cells = {
        held for cell in re.findall(r"<td[^>]*>([^<]*)</td>", page) for held in cell.split("、")
    }
    assert cells & set(names.values())
    assert not cells & set(names)


def test_remedies_name_beats_and_shifts(tiny: RunningService) -> None:
    city = tiny.service.cities.served().city
    beat, shift = city.scenario.beats.iloc[0], city.scenario.shifts.iloc[0]
    names = city_names(city, shift_names(city, texts_of("en")))
    told = names.told(f"{beat['beat_id']} {shift['shift_id']}")
    assert told.startswith(beat["name"] or beat["beat_id"])
    assert shift["shift_id"] not in told


def test_the_audit_is_read_in_words(tiny: RunningService) -> None:
    client = tiny.client_as("auditor")
    headers = {"Accept": "text/html"}
    client.get("/console/people", headers=headers)
    page = client.get("/console/audit?lang=zh-CN", headers=headers).text
    assert "查看人员档案 · person.read" in page
    assert "人员 list" in page


def test_every_action_of_the_authority_matrix_has_words() -> None:
    for language in ("zh", "en"):
        texts = texts_of(language)
        known = {f"label.action.{action}" for action in authority().widest}
        assert known <= texts.entries.keys(), sorted(known - texts.entries.keys())


def test_a_home_is_told_by_the_beat_it_is_near(tiny: RunningService) -> None:
    with tiny.store.read() as session:
        beat = session.scalars(select(Beat)).first()
        assert beat is not None
        cell = f"{int(cells_at([beat.lat], [beat.lng], 9)[0]):x}"
        assert name_near(session, cell) == place_names(session, [beat.code])[beat.code]
    page = tiny.client_as("city_dispatcher").get("/console/people/liu?lang=zh-CN").text
    assert "一带（约5平方公里）" in page


def test_leaders_of_teams_are_named_to_whom_names_are_shown(tiny: RunningService) -> None:
    with tiny.store.read() as session:
        member = session.scalars(select(TeamMember).where(TeamMember.until.is_(None))).first()
        assert member is not None
        person = session.get(Person, member.person_id)
        assert person is not None
        code, name, number = person.code, person.name, member.id
    lead = update(TeamMember).where(TeamMember.id == number).values(is_leader=True)
    tiny.store.submit(lambda session: session.execute(lead))
    for role, shown in (("city_dispatcher", name), ("reviewer", code)):
        page = tiny.client_as(role).get("/console/teams", headers={"Accept": "text/html"}).text
        assert f"<td>{shown}</td>" in page
