"""Teams, training and insurance in the console: found, cut to the jurisdiction, names hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select
from tiny_store import NOW

from data.records.attendance import enrol
from data.records.courses import add_course, add_run
from data.store.scope import CITY
from data.store.tables.insurance import InsuranceCover
from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


def page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address, headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert answer.status_code == status
    return answer.text


@pytest.fixture
def run(tiny: RunningService) -> int:
    tiny.clock.now = NOW

    def work(session: Any) -> int:
        session.execute(delete(InsuranceCover))
        add_course(session, "basics", {"name": "调解基础", "mode": "class", "grants": "mediation"})
        number = add_run(
            session,
            CITY,
            "basics",
            batch="第一期",
            starts_at=NOW + timedelta(days=1),
            ends_at=NOW + timedelta(days=1, hours=2),
            station=None,
        )
        enrol(session, CITY, number, ["liu", "qian"], by="test", now=NOW)
        return number

    made: int = tiny.store.submit(work)
    return made


def test_pages_show_what_is_theirs(tiny: RunningService, run: int) -> None:
    office = tiny.client_as("city_dispatcher")
    halin = tiny.client_as("station_dispatcher", station="halin")
    reviewer = tiny.client_as("reviewer")

    assert "昆北一队" in page(office, "/console/teams")
    assert "昆北一队" not in page(office, "/console/teams?name=哈林")
    assert "昆北一队" not in page(halin, "/console/teams")
    assert "某liu" in page(office, "/console/teams/kunbei-1")
    page(halin, "/console/teams/kunbei-1", 404)
    assert "某liu" not in page(reviewer, "/console/teams/kunbei-1")

    assert "调解基础" in page(office, "/console/courses?when=coming")
    listed = page(halin, f"/console/courses/{run}")
    assert "某qian" in listed
    assert "某liu" not in listed
    assert "某qian" not in page(reviewer, f"/console/courses/{run}")
    page(office, "/console/courses/987", 404)

    warned = page(office, "/console/insurance")
    assert warned.index("有班无保") < warned.index("今天无保险")
    assert "11-27" in warned
    only = page(office, "/console/insurance?duty=only&days=7")
    assert "某qian" not in only
    assert "某qian" in page(halin, "/console/insurance")

    file = page(office, "/console/people/liu")
    assert "已报名" in file
    assert "2026-11-26 12:00" in file  # local time
    assert "course_run_id" not in file
    with tiny.store.read() as session:
        assert session.scalar(select(Person.name).where(Person.code == "liu")) == "某liu"


def test_the_menu_leads_there(tiny: RunningService) -> None:
    tiny.clock.now = NOW
    office = page(tiny.client_as("city_dispatcher"), "/console/teams")
    admin = page(tiny.client_as("administrator"), "/console/teams")
    for place in ("/console/courses", "/console/insurance"):
        assert f'href="{place}"' in office
        assert f'href="{place}"' not in admin
