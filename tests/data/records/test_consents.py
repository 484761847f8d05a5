"""A consent is withdrawn: a volunteer leaves and is erased, staff stay; steps are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_store import KEYS, NOW, TODAY

from data.notices.words import words_of
from data.records.consents import withdraw_consent
from data.records.errors import RecordMissingError, StepError
from data.records.membership import take_step, transfer_person
from data.records.person_file import read_file
from data.store.scope import CITY, Scope
from data.store.tables.accounts import Account
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Consent, Person

if TYPE_CHECKING:
    from data.store.engine import Store

pytestmark = pytest.mark.only("sqlite")
WHEN: dict[str, Any] = {"by": "account:1", "now": NOW, "today": TODAY}


def agree(session: Any, code: str, *purposes: str) -> list[int]:
    person = session.scalars(select(Person).where(Person.code == code)).one()
    row = {"person_id": person.id, "wording": "2026-11", "given_at": NOW}
    given = [Consent(purpose=purpose, **row) for purpose in purposes]
    session.add_all(given)
    session.flush()
    return [one.id for one in given]


def withdraw(session: Any, code: str, number: int) -> Any:
    person = session.scalar(select(Person.id).where(Person.code == code))
    return withdraw_consent(session, Scope(person=person), code, number, **WHEN)


def test_a_volunteer_leaves_and_is_erased(city: Store) -> None:
    photo, data, again = city.submit(
        lambda s: agree(s, "liu", "photo", "personal_data", "personal_data")
    )
    assert city.submit(lambda s: withdraw(s, "liu", photo)).state == "active"
    moved = city.submit(lambda s: withdraw(s, "liu", data))
    assert (moved.state, len(moved.duties) > 0) == ("left", True)
    with city.read() as session:
        file = read_file(session, CITY, KEYS, "liu", today=TODAY)
        assert session.get_one(Consent, again).withdrawn_at == NOW
        assert session.scalar(select(Account.id).where(Account.person_id.is_not(None))) is None
    assert (file.profile["name"], file.profile["phone_masked"]) == (None, "")
    kinds = [row["kind"] for row in file.events]
    assert sorted(kinds)[:2] == ["consent_withdrawn", "consent_withdrawn"]
    assert "left" in kinds
    with pytest.raises(StepError, match="withdrawn"):
        city.submit(lambda s: withdraw(s, "liu", data))


def test_staff_stay_and_nobody_withdraws_for_another(city: Store) -> None:
    (mine,) = city.submit(lambda s: agree(s, "wang", "personal_data"))
    with pytest.raises(RecordMissingError):
        city.submit(lambda s: withdraw(s, "liu", mine))
    assert city.submit(lambda s: withdraw(s, "wang", mine)).state == "active"
    with city.read() as session:
        file = read_file(session, CITY, KEYS, "wang", today=TODAY)
    assert file.profile["name"]
    assert file.consents[0]["withdrawn_at"] == NOW


def test_steps_are_told_once_and_without_their_reason(city: Store) -> None:
    def work(session: Any) -> None:
        steps: dict[str, Any] = {**WHEN, "by_person": None}
        for name in ("suspend", "leave"):
            version = session.scalar(select(Person.row_version).where(Person.code == "sun"))
            take_step(session, CITY, "sun", name, version=version, reason="密", **steps)
        version = session.scalar(select(Person.row_version).where(Person.code == "liu"))
        transfer_person(session, CITY, "liu", "halin", version=version, reason="密", **WHEN)

    city.submit(work)
    with city.read() as session:
        rows = session.scalars(select(OutboxNotice).order_by(OutboxNotice.id)).all()
        told = [(row.topic, row.content["values"]) for row in rows]
    moved = {"station": "halin"}
    assert told == [("membership.suspended", {}), ("membership.transferred", moved)]
    assert words_of("membership.transferred", moved, "zh-CN").body == "你已调到派出所 halin。"
