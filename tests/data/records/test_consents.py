"""A consent is given or withdrawn: a volunteer leaves and is erased, staff stay; steps are told."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_store import KEYS, NOW, TODAY

from data.notices.words import words_of
from data.records.consent_wordings import WORDINGS, current_wording, find_wording
from data.records.consents import Standing, give_consent, standings, withdraw_consent
from data.records.errors import RecordMissingError, StepError
from data.records.membership import take_step, transfer_person
from data.records.person_file import read_file
from data.store.scope import CITY, Scope
from data.store.tables.accounts import Account
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Consent, Person
from data.store.tables.positions import Position

if TYPE_CHECKING:
    from data.store.engine import Store

# Whoever agreed keeps the words that they saw: a new text is a new version.
PUBLISHED = {
    ("personal_data", "2026-11"): "761532caef95e66e",
    ("position", "2026-11"): "0769b6d2528d0bbd",
    ("photo", "2026-11"): "13e6af8d6124b7cf",
}

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


def standing(store: Store, code: str, purpose: str) -> Standing:
    with store.read() as session:
        return next(one for one in standings(session, CITY, code) if one.purpose == purpose)


def test_given_again_after_it_was_withdrawn_each_row_stays(city: Store) -> None:
    def give(version: str = "2026-11", purpose: str = "photo") -> Any:
        when = {"by": "account:1", "now": NOW + timedelta(hours=1)}
        return city.submit(lambda s: give_consent(s, CITY, "liu", purpose, version, **when))

    (old,) = city.submit(lambda s: agree(s, "liu", "photo"))
    assert not standing(city, "liu", "photo").may_give
    with pytest.raises(StepError, match="does not hold"):
        give()
    city.submit(lambda s: withdraw(s, "liu", old))
    assert standing(city, "liu", "photo").may_give
    with pytest.raises(StepError, match="2026-11, got 1999-01"):
        give("1999-01")
    with pytest.raises(RecordMissingError):
        give(purpose="shoes")
    given = give()
    found = standing(city, "liu", "photo")
    assert (found.holds, found.may_give, found.ends) == (given, False, "nothing")
    assert [(row.id, row.withdrawn_at) for row in found.earlier] == [(old, NOW)]
    with city.read() as session:
        kinds = [row["kind"] for row in read_file(session, CITY, KEYS, "liu", today=TODAY).events]
    assert (kinds.count("consent_given"), kinds.count("consent_withdrawn")) == (1, 1)


def test_an_earlier_wording_holds_until_the_newer_is_agreed_to(city: Store) -> None:
    def work(session: Any) -> None:
        person = session.scalars(select(Person).where(Person.code == "liu")).one()
        session.add(Consent(person_id=person.id, purpose="photo", wording="1999", given_at=NOW))

    city.submit(work)
    found = standing(city, "liu", "photo")
    assert (found.holds is not None and found.holds.wording, found.may_give) == ("1999", True)
    later = {"by": "account:1", "now": NOW + timedelta(hours=1)}
    city.submit(lambda s: give_consent(s, CITY, "liu", "photo", "2026-11", **later))
    found = standing(city, "liu", "photo")
    assert (found.holds is not None and found.holds.wording, found.may_give) == ("2026-11", False)
    assert [row.wording for row in found.earlier] == ["1999"]


def test_the_last_position_goes_with_the_consent_to_it(city: Store) -> None:
    def work(session: Any) -> int:
        (number,) = agree(session, "liu", "position")
        person = session.scalar(select(Person.id).where(Person.code == "liu"))
        session.add(Position(person_id=person, cell=1, at=NOW, accuracy_m=5.0))
        return number

    number = city.submit(work)
    assert standing(city, "liu", "position").ends == "position"
    assert city.submit(lambda s: withdraw(s, "liu", number)).state == "active"
    with city.read() as session:
        assert session.scalars(select(Position)).all() == []
    assert standing(city, "wang", "personal_data").ends == "nothing"
    assert standing(city, "liu", "personal_data").ends == "membership"


def test_published_wordings_never_change() -> None:
    found = {
        (one.purpose, one.version): hashlib.sha256(
            f"{one.chinese}\0{one.english}".encode()
        ).hexdigest()[:16]
        for one in WORDINGS
    }
    assert found.items() >= PUBLISHED.items()
    for one in WORDINGS:
        assert find_wording(one.purpose, one.version) == one
    assert current_wording("shoes") is None
