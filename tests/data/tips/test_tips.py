"""Tips: handed in once, hidden author, one verifier at a time, points in the same transaction."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from reward_people import KEYS, NOW, Town, fill_town
from sqlalchemy import select, text
from store_fixtures import Filling
from tiny_city import HAIWEI, HUASHENG, LIMIN

from data.points.accounts import balance_of
from data.points.awards import reverse
from data.points.verifying import verify
from data.records.errors import StaleError
from data.store.scope import Scope
from data.store.tables.outbox import OutboxNotice
from data.tips.authors import award_key, forget_author
from data.tips.errors import (
    ClaimError,
    OwnTipError,
    TipKeyReusedError,
    TipMissingError,
    TipStateError,
    TipTextError,
    TooManyTipsError,
)
from data.tips.photos import prepare_photo
from data.tips.reading import (
    list_tips,
    own_tip,
    own_tips,
    read_case,
    read_photo,
    reveal_author,
)
from data.tips.sending import dispatch_tip
from data.tips.submission import Submitted, TipDraft, submit_tip
from data.tips.verification import CLAIM_FOR, Verifier, claim, decide, merge, release
from data.tips.words import clean_words

if TYPE_CHECKING:
    from data.store.engine import Store

CITY = Scope(city=True)


@pytest.fixture
def filling() -> Filling:
    return Filling("town", fill_town)


@pytest.fixture
def town(filled: Town) -> Town:
    return filled


def draft(key: str = "k", **changes: object) -> TipDraft:
    plain = TipDraft("fraud", "楼道里有人冒充客服让老人转账。", *HAIWEI, (), key)
    return replace(plain, **changes)


def hand_in(store: Store, town: Town, person: str = "v1", now=NOW, **changes) -> Submitted:
    one = draft(**changes)
    return store.submit(lambda s: submit_tip(s, KEYS, now, town.people[person], one))


def officer(town: Town, code: str = "o1") -> Verifier:
    return Verifier(town.accounts[code], town.people[code])


def test_the_way_from_a_tip_to_points(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    me = officer(town)
    store.submit(lambda s: claim(s, KEYS, NOW, tip.tip_id, me) and None)
    decided = store.submit(
        lambda s: decide(s, KEYS, NOW, tip.tip_id, verifier=me, outcome="verified", note="已核实。")
    )
    assert (decided.state, decided.points) == ("verified", 50)
    with store.read() as session:
        assert balance_of(session, town.people["v1"]) == 50
        assert verify(session, KEYS).problems == ()
        mine = own_tip(session, KEYS, town.people["v1"], tip.code)
        assert [kind for _, kind in mine.steps] == ["submitted", "claimed", "verified"]
        assert (mine.state, mine.points) == ("verified", 50)
        assert "已核实" not in repr(mine)  # progress, not the case
        notice = session.scalars(select(OutboxNotice)).one()
    assert (notice.topic, notice.content["person_id"]) == ("tip.progress", town.people["v1"])
    assert tip.code not in repr((notice.event_id, notice.content))
    with pytest.raises(TipStateError, match="got one that is verified"):
        store.submit(lambda s: claim(s, KEYS, NOW, tip.tip_id, me) and None)
    key = award_key(KEYS, tip.tip_id)
    store.submit(lambda s: reverse(s, KEYS, NOW, key=key, reason="mistake", actor=me.actor))


def test_nothing_that_can_be_read_names_the_author(store: Store, town: Town) -> None:
    """Whoever has the database but not the key cannot tell who handed a tip in, nor what."""
    tip = hand_in(store, town)
    me = officer(town)
    store.submit(lambda s: claim(s, KEYS, NOW, tip.tip_id, me) and None)
    store.submit(lambda s: decide(s, KEYS, NOW, tip.tip_id, verifier=me, outcome="verified"))
    with store.read() as session:
        for table in ("tip", "tip_step"):
            rows = session.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608
            assert "转账" not in repr(rows)
            assert "account:1'" not in repr(rows)
        keys = session.execute(text("SELECT key FROM point_transfer")).scalars().all()
        case = read_case(session, KEYS, CITY, tip.code)
    assert keys == [award_key(KEYS, tip.tip_id)]
    assert set(asdict(case)) == {
        *("summary", "text", "photos", "steps", "duplicate_of", "points"),
    }
    assert "v1" not in repr(case)


def test_asking_for_the_author_leaves_a_trace(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    beats = Scope(beats=frozenset({town.beats["haiwei"]}))
    found = store.submit(lambda s: reveal_author(s, KEYS, NOW, beats, tip.code, actor="account:9"))
    assert found is not None
    assert (found.person_id, found.code) == (town.people["v1"], "v1")
    with store.read() as session:
        case = read_case(session, KEYS, beats, tip.code)
        assert [(step.kind, step.actor) for step in case.steps][1:] == [
            ("author_read", "account:9")
        ]
        mine = own_tip(session, KEYS, town.people["v1"], tip.code)
        assert [kind for _, kind in mine.steps] == ["submitted"]


def test_beats_decide_who_sees_a_tip_and_authors_see_their_own(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    hand_in(store, town, "v2", key="other", lat=LIMIN[0], lng=LIMIN[1])
    with store.read() as session:
        haiwei = Scope(beats=frozenset({town.beats["haiwei"]}))
        limin = Scope(beats=frozenset({town.beats["limin"]}))
        assert [one.code for one in list_tips(session, haiwei)] == [tip.code]
        assert len(list_tips(session, CITY)) == 2
        for outside in (limin, Scope(person=town.people["v1"]), Scope()):
            with pytest.raises(TipMissingError):
                read_case(session, KEYS, outside, tip.code)
        assert [one.code for one in own_tips(session, KEYS, town.people["v1"])[0]] == [tip.code]
        with pytest.raises(TipMissingError):
            own_tip(session, KEYS, town.people["v2"], tip.code)


def test_nobody_verifies_their_own(store: Store, town: Town) -> None:
    tip = hand_in(store, town, "o1")
    for step in (
        lambda s: claim(s, KEYS, NOW, tip.tip_id, officer(town)) and None,
        lambda s: decide(s, KEYS, NOW, tip.tip_id, verifier=officer(town), outcome="verified"),
    ):
        with pytest.raises(OwnTipError):
            store.submit(step)


def test_a_claim_holds_runs_out_and_is_given_back(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    one, two = officer(town), officer(town, "o2")

    def take(who: Verifier, now=NOW) -> int:
        return store.submit(lambda s: claim(s, KEYS, now, tip.tip_id, who).row_version)

    def verdict(who: Verifier, now=NOW):
        return store.submit(
            lambda s: decide(s, KEYS, now, tip.tip_id, verifier=who, outcome="unfounded")
        )

    with pytest.raises(TipStateError, match="is claimed, got one that is submitted"):
        verdict(one)
    take(one)
    with pytest.raises(ClaimError, match="held by another until"):
        take(two)
    with pytest.raises(ClaimError):
        verdict(two)
    later = NOW + CLAIM_FOR
    with pytest.raises(ClaimError, match="that holds"):
        verdict(one, later)
    take(two, later)
    store.submit(lambda s: release(s, later, tip.tip_id, two) and None)
    version = take(one, later)
    with pytest.raises(StaleError, match=f"Expected version {version}"):
        store.submit(
            lambda s: decide(
                s, KEYS, later, tip.tip_id, verifier=one, outcome="unfounded", row_version=1
            )
        )
    assert verdict(one, later).points == 0


def test_only_one_of_many_gets_a_claim(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    start = threading.Barrier(8)

    def take(number: int) -> bool:
        who = officer(town, ("o1", "o2")[number % 2])
        start.wait()
        try:
            store.submit(lambda s: claim(s, KEYS, NOW, tip.tip_id, who) and None)
        except ClaimError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(take, range(8)))
    assert {got[number] for number in range(0, 8, 2)} in ({True}, {False})
    assert sum(got) == 4


def test_verified_at_once_twice_is_awarded_once(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    me = officer(town)
    store.submit(lambda s: claim(s, KEYS, NOW, tip.tip_id, me) and None)
    start = threading.Barrier(4)

    def verdict(_: int) -> bool:
        start.wait()
        try:
            store.submit(
                lambda s: decide(s, KEYS, NOW, tip.tip_id, verifier=me, outcome="verified")
            )
        except TipStateError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(verdict, range(4))) == 1
    with store.read() as session:
        assert balance_of(session, town.people["v1"]) == 50


def test_duplicates_lead_to_the_first(store: Store, town: Town) -> None:
    first, second, third = (
        hand_in(store, town, person, key=person) for person in ("v1", "v2", "v3")
    )
    me = officer(town)
    for tip in (second, third):
        store.submit(lambda s, tip=tip: claim(s, KEYS, NOW, tip.tip_id, me) and None)

    def call(tip: Submitted, into: Submitted):
        return store.submit(
            lambda s: merge(s, KEYS, NOW, tip.tip_id, into_id=into.tip_id, verifier=me)
        )

    with pytest.raises(TipStateError, match="another tip"):
        call(third, third)
    with pytest.raises(TipStateError, match="got the later one"):
        call(second, third)
    assert call(third, second).state == "duplicate"
    assert call(second, first).state == "duplicate"
    with store.read() as session:
        for tip in (second, third):
            assert read_case(session, KEYS, CITY, tip.code).duplicate_of == first.code
        assert own_tip(session, KEYS, town.people["v3"], third.code).state == "duplicate"


def test_the_same_key_hands_in_once(store: Store, town: Town) -> None:
    start = threading.Barrier(6)

    def send(_: int) -> Submitted:
        start.wait()
        return hand_in(store, town)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(send, range(6)))
    assert len({one.code for one in found}) == 1
    assert sum(one.is_new for one in found) == 1
    with pytest.raises(TipKeyReusedError):
        hand_in(store, town, category="other")
    assert hand_in(store, town, "v2").is_new  # another person's key is another key


def test_limits_a_person_hold_under_a_race(store: Store, town: Town) -> None:
    start = threading.Barrier(9)

    def send(number: int) -> bool:
        start.wait()
        try:
            hand_in(store, town, key=f"k{number}")
        except TooManyTipsError as error:
            return not 3500 < error.wait_s <= 3601
        return True

    with ThreadPoolExecutor(9) as pool:
        assert sum(pool.map(send, range(9))) == 6
    assert hand_in(store, town, "v2").is_new
    assert hand_in(store, town, key="later", now=NOW + timedelta(hours=1)).is_new


def test_photos_are_stored_encrypted_and_read_within_the_scope(store: Store, town: Town) -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "PNG")
    photo = prepare_photo(out.getvalue())
    tip = hand_in(store, town, photos=(photo, photo))
    with store.read() as session:
        assert read_photo(session, KEYS, CITY, tip.code, 1) == photo.content
        raw = session.execute(text("SELECT content_sealed FROM tip_photo")).scalars().first()
        assert b"JFIF" in photo.content
        assert b"JFIF" not in bytes(raw)
        with pytest.raises(TipMissingError):
            read_photo(session, KEYS, CITY, tip.code, 2)
        with pytest.raises(TipMissingError):
            read_photo(session, KEYS, Scope(), tip.code, 0)
    with pytest.raises(TipTextError, match="at most 4 photos, got 5"):
        hand_in(store, town, key="many", photos=(photo,) * 5)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": "短"}, "4 to 2000 characters, got 1"),
        ({"text": "楼" * 2001}, "got 2001"),
        ({"text": "有人\u202e转账转账"}, "U+202E at place 3"),
        ({"text": "有人\x00转账转账"}, "U+0000"),
        ({"category": "nonsense"}, "category"),
        ({"lat": 39.9, "lng": 116.4}, "within the city's beats"),
    ],
)
def test_what_is_not_taken(store: Store, town: Town, changes: dict, told: str) -> None:
    with pytest.raises(TipTextError, match=told.replace("+", r"\+")):
        hand_in(store, town, **changes)


def test_words_are_in_one_form() -> None:
    assert clean_words(" e\u0301te\u0301\r\nline\t2 ") == "été\nline 2"


def test_a_tip_goes_to_the_nearest_officer_of_its_station(store: Store, town: Town) -> None:
    def sent(lat: float, lng: float, key: str, person: str = "v1") -> int | None:
        tip = hand_in(store, town, person, key=key, lat=lat, lng=lng)
        return store.submit(lambda s: dispatch_tip(s, KEYS, NOW, tip.tip_id))

    assert sent(*HAIWEI, "a") == town.accounts["o1"]
    assert sent(*HUASHENG, "b") == town.accounts["o1"]  # no officer of its own: same station
    assert sent(*LIMIN, "c") == town.accounts["o2"]
    assert sent(*LIMIN, "d", person="o2") is None  # never to its author
    with store.read() as session:
        told = session.scalars(select(OutboxNotice).order_by(OutboxNotice.id)).all()
    assert [one.topic for one in told] == ["tip.arrived"] * 3
    assert set(told[0].content["values"]) == {"tip", "category", "beat"}


def test_a_forgotten_author_cannot_be_named_and_gets_nothing(store: Store, town: Town) -> None:
    tip = hand_in(store, town)
    assert store.submit(lambda s: forget_author(s, KEYS, town.people["v1"])) == 1
    me = officer(town)
    store.submit(lambda s: claim(s, KEYS, NOW, tip.tip_id, me) and None)
    assert (
        store.submit(
            lambda s: decide(s, KEYS, NOW, tip.tip_id, verifier=me, outcome="verified")
        ).points
        == 0
    )
    assert store.submit(lambda s: reveal_author(s, KEYS, NOW, CITY, tip.code, actor="a")) is None
