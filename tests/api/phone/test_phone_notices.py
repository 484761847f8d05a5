"""Notices on the phone: an inbox that is read by looking, choices, alerts muted until morning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pressing import press
from tiny_store import NOW

from api.notice_runner import NoticeRunner
from api.settings import Settings
from data.field.alerts_preferences import preference_of as alert_preference
from data.notices.preferences import preference_of, stops_of
from data.notices.telling import tell
from data.store.tables.accounts import Account
from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


def told(service: RunningService, *topics: str) -> None:
    """Have Liu told of something, and the relay spread it."""
    person = service.ids(Person)["liu"]

    def work(session: Any) -> None:
        for topic in topics:
            values = {"task": "T-7<b>", "until": "12:30"}
            tell(session, topic, "1", [person], values, now=NOW - timedelta(hours=1))

    service.store.submit(work)
    NoticeRunner(service.service, Settings()).relay.step()


def account_of(service: RunningService) -> int:
    with service.store.read() as session:
        found = session.query(Account).filter_by(person_id=service.ids(Person)["liu"]).one()
        return found.id


def test_the_inbox_is_read_by_looking(clocked: RunningService, phone: TestClient) -> None:
    assert "没有消息" in phone.get("/m/inbox").text
    told(clocked, "task.offered", "task.cancelled")
    assert "2 条未读" in phone.get("/m/me").text
    page = phone.get("/m/inbox").text
    assert "任务 T-7&lt;b&gt; 有空位" in page
    assert page.count(">新<") == 2
    assert "未读" not in phone.get("/m/me").text
    assert phone.get("/m/inbox").text.count(">新<") == 0


def test_what_is_not_wanted_is_not_told(clocked: RunningService, phone: TestClient) -> None:
    page = phone.get("/m/settings").text
    assert page.count("checked") == 4  # the size of the text, and three groups
    token = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    fields = {**token, "topic": ["turn", "tip"], "quiet_from": "22:00", "quiet_until": "07:00"}
    answer = phone.post("/m/settings/notices", data=fields, follow_redirects=False)
    assert answer.headers["location"] == "/m/settings?told=saved"
    account = account_of(clocked)
    with clocked.store.read() as session:
        assert f"{preference_of(session, account).quiet_from:%H:%M}" == "22:00"
        assert all(one.startswith("task.") for one in stops_of(session, account))
    told(clocked, "task.cancelled", "alert.call")
    assert [word in phone.get("/m/inbox").text for word in ("任务取消", "增援呼叫")] == [
        False,
        True,
    ]
    page = phone.get("/m/settings").text
    assert 'value="22:00"' in page
    assert page.count("checked") == 3
    half = {**token, "quiet_from": "22:00"}
    assert phone.post("/m/settings/notices", data=half).status_code == 422


def test_alerts_are_muted_until_the_morning(clocked: RunningService, phone: TestClient) -> None:
    def muted() -> Any:
        with clocked.store.read() as session:
            return alert_preference(session, clocked.ids(Person)["liu"]).muted_until

    fields = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    phone.post("/m/settings/mute", data={**fields, "until": "tomorrow"})
    assert muted() == NOW.replace(hour=22)  # six in the morning in Baotou
    page = phone.get("/m/settings").text
    assert "06:00" in page
    phone.post("/m/settings/mute", data={**fields, "until": "now"})
    assert muted() is None
    assert press(phone, phone.get("/m/settings").text, "/m/settings/text").status_code == 303
