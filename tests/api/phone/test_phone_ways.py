"""By which ways somebody wants notices, on the phone and over HTTP: their own number and mail."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from loopback_receivers import letter_of, receiving_mail
from sqlalchemy import select

from api.notice_runner import NoticeRunner
from api.settings import Settings, SettingsError
from data.notices.errors import TargetError
from data.notices.telling import tell
from data.store.personal import set_personal
from data.store.tables.accounts import Account
from data.store.tables.audit import AuditEntry
from data.store.tables.notices import NoticeMail, NoticeWay, PushSubscription
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Consent, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loopback_receivers import Receiver
    from service_client import RunningService
    from starlette.testclient import TestClient

PHONE, MAIL = "13800001234", "liu@example.cn"
PAGE = "/m/settings/ways"


@pytest.fixture
def mailing(clocked: RunningService) -> Iterator[tuple[Receiver, Any]]:
    """A mail server, and a step of the relay, of a service that names one, and a gateway."""
    with receiving_mail() as post, _settings(clocked, post.address) as settings:
        runner = NoticeRunner(clocked.service, settings)
        yield post, runner.relay.step


@contextmanager
def _settings(service: RunningService, address: str) -> Iterator[Settings]:
    mail = f"mail=mailto://{address}/?from=jg@example.cn&to={{mail}}"
    known = service.app.state.settings
    settings = replace(
        known,
        notice_personal=f"sms=json://127.0.0.1:9/?:to={{phone}} {mail}",
        notice_hosts="127.0.0.1",
        public_url="http://testserver",
    )

    def work(session: Any) -> None:
        liu = session.scalars(select(Person).where(Person.code == "liu")).one()
        set_personal(liu, service.keys, phone=PHONE)

    service.store.submit(work)
    service.app.state.settings = settings
    try:
        yield settings
    finally:
        service.app.state.settings = known


def kept(service: RunningService) -> str:
    """Give all of audit and outbox as text."""
    with service.store.read() as session:
        details = session.scalars(select(AuditEntry.detail)).all()
        rows = session.execute(select(OutboxNotice.__table__)).all()
    return f"{details} {rows}"


def test_a_mailbox_is_added_confirmed_used_and_deleted(
    clocked: RunningService, phone: TestClient, mailing: tuple[Receiver, Any]
) -> None:
    post, step = mailing
    assert PAGE in phone.get("/m/settings").text
    page = phone.get(PAGE).text
    assert ("138******34" in page, PHONE in page) == (True, False)
    form = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form-1"}
    wrong = phone.post("/m/settings/mail", data={**form, "address": "a@b.cn,c@d.cn"})
    assert (wrong.status_code, "邮箱不能用" in wrong.text) == (422, True)
    form["once"] = "a-key-of-a-form-2"
    sent = phone.post("/m/settings/mail", data={**form, "address": MAIL})
    assert ("验证码已发往 l***@example.cn" in sent.text, MAIL in sent.text) == (True, False)
    form["once"] = "a-key-of-a-form-3"
    early = phone.post("/m/settings/mail", data={**form, "address": MAIL})
    assert (early.status_code, "太频繁" in early.text) == (429, True)
    step()
    ((_, text, _),) = map(letter_of, post.bodies)
    (code,) = re.findall(r"\b\d{6}\b", text)
    assert (PAGE in text, post.headers[0]["to"]) == (True, MAIL)
    wrong = phone.post("/m/settings/mail/code", data={**form, "code": "none"})
    assert (wrong.status_code, "验证码不对" in wrong.text) == (422, True)
    page = phone.post("/m/settings/mail/code", data={**form, "code": f" {code}"}).text
    assert ("邮箱已确认" in page, "l***@example.cn" in page) == (True, True)
    chosen = {**form, "way": ["task:mail", "turn:sms"]}
    page = phone.post(PAGE, data=chosen).text
    assert re.findall(r'value="(\w+:\w+)" checked', page) == chosen["way"]
    liu = clocked.ids(Person)["liu"]
    told = {"task": "T-7", "until": "12:30"}
    clocked.store.submit(lambda s: tell(s, "task.offered", "1", [liu], told, now=clocked.clock.now))
    step()
    assert letter_of(post.bodies[1])[1].endswith("http://testserver/m/tasks")
    page = phone.post("/m/settings/mail/forget", data=form).text
    assert ("邮箱已删除" in page, "l***" in page) == (True, False)
    assert [one in kept(clocked) for one in (MAIL, PHONE, code, "liu@")] == [False] * 4


def test_over_http_choices_have_versions_and_a_mailbox_one_code(
    clocked: RunningService, mailing: tuple[Receiver, Any]
) -> None:
    liu = clocked.client_as("volunteer", person="liu")
    first = liu.get("/api/v1/notice-ways")
    assert (first.json()["there_are"], first.json()["phone"]) == (["sms", "mail"], "138******34")
    body = {"kinds": {"turn": ["sms", "mail"], "tip": []}}
    assert liu.put("/api/v1/notice-ways", json=body).status_code == 428
    tag = {"If-Match": first.headers["etag"]}
    second = liu.put("/api/v1/notice-ways", json=body, headers=tag)
    ways = {one["code"]: one["ways"] for one in second.json()["kinds"]}
    assert (ways["turn"], ways["tip"], ways["task"]) == (["mail", "sms"], [], ["push"])
    assert liu.put("/api/v1/notice-ways", json=body, headers=tag).status_code == 412
    tag = {"If-Match": second.headers["etag"]}
    for wrong in ({"shoes": ["sms"]}, {"turn": ["fax"]}):
        answer = liu.put("/api/v1/notice-ways", json={"kinds": wrong}, headers=tag)
        assert answer.status_code == 422
    once = {"Idempotency-Key": "ask-for-mail-1"}
    asked = liu.post("/api/v1/notice-mail", json={"address": MAIL}, headers=once)
    assert (asked.status_code, asked.json()["asked"]) == (202, "l***@example.cn")
    again = liu.post("/api/v1/notice-mail", json={"address": MAIL}, headers=once)
    assert again.json() == asked.json()
    other = {"Idempotency-Key": "ask-for-mail-2"}
    early = liu.post("/api/v1/notice-mail", json={"address": MAIL}, headers=other)
    assert (early.status_code, early.headers["retry-after"]) == (429, "60")
    post, step = mailing
    step()
    (code,) = re.findall(r"\b\d{6}\b", letter_of(post.bodies[0])[1])
    confirmation = "/api/v1/notice-mail/confirmation"
    others = clocked.client_as("volunteer", person="sun")
    assert others.post(confirmation, json={"code": code}).status_code == 422
    assert liu.post(confirmation, json={"code": code}).json()["in_use"] == "l***@example.cn"
    assert liu.get("/api/v1/me/export").json()["notices"]["mail"] == MAIL
    assert liu.delete("/api/v1/notice-mail").status_code == 204
    assert liu.get("/api/v1/notice-ways").json()["mail"]["in_use"] == ""


def test_who_leaves_leaves_no_address(
    clocked: RunningService, phone: TestClient, mailing: tuple[Receiver, Any]
) -> None:
    post, step = mailing
    form = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form-1"}
    phone.post(PAGE, data={**form, "way": ["task:mail"]})
    phone.post("/m/settings/mail", data={**form, "address": MAIL})

    def agree(session: Any) -> int:
        liu = session.scalars(select(Person).where(Person.code == "liu")).one()
        account = session.scalars(select(Account).where(Account.person_id == liu.id)).one()
        keys = {"endpoint": "https://fcm.googleapis.com/x", "p256dh": "x", "auth": "x"}
        now = clocked.clock.now
        session.add(PushSubscription(account_id=account.id, created_at=now, **keys))
        given = Consent(person_id=liu.id, purpose="personal_data", wording="2026-11", given_at=now)
        session.add(given)
        session.flush()
        return given.id

    number = clocked.store.submit(agree)
    form = {**form, "once": "a-key-of-a-form-2", "sure": "true"}
    phone.post(f"/m/consents/{number}/withdrawal", data=form, follow_redirects=False)
    clocked.clock.now += timedelta(seconds=1)
    step()
    assert post.bodies == []
    with clocked.store.read() as session:
        for table in (NoticeMail, NoticeWay, PushSubscription):
            assert session.scalars(select(table)).all() == []


def test_without_patterns_nothing_is_offered(phone: TestClient) -> None:
    page = phone.get(PAGE).text
    assert ("只在“消息”里通知" in page, "<form" in page) == (True, False)
    once = {"Idempotency-Key": "ask-for-mail-1"}
    answer = phone.post("/api/v1/notice-mail", json={"address": MAIL}, headers=once)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "patterns",
    ["mail", "fax=json://SECRET/", "sms=SECRET", "sms=json://a/{phone} sms=json://SECRET/"],
)
def test_settings_of_another_form_are_refused(patterns: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(notice_personal=patterns)
    assert "SECRET" not in str(caught.value)


def test_a_pattern_that_leads_elsewhere_stops_the_server(clocked: RunningService) -> None:
    settings = Settings(notice_personal="sms=json://elsewhere.example/{phone}", notice_hosts="here")
    with pytest.raises(TargetError):
        NoticeRunner(clocked.service, settings)
