"""What looks strange is found, and what is usual is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reward_people import KEYS, NOW, Town, fill_town
from store_fixtures import Filling
from tiny_city import HAIWEI, LIMIN

from data.points.anomalies import NEAR_BITS, _bands, _circles, _differ, find_anomalies
from data.points.awards import Merit, award
from data.store.scope import CITY, Scope
from data.store.tables.tips import Tip
from data.tips.photos import Photo
from data.tips.submission import TipDraft, submit_tip

if TYPE_CHECKING:
    from data.store.engine import Store

SINCE = NOW - timedelta(days=30)
PICTURE = 0x0F0F33CC55AA1234


@pytest.fixture
def filling() -> Filling:
    return Filling("town", fill_town)


@pytest.fixture
def town(filled: Town) -> Town:
    return filled


def give(store: Store, town: Town, author: str, *, hash_: int | None = None, **more: Any) -> str:
    lat, lng = more.get("place", HAIWEI)
    file = more.get("file", b"x" * 32)
    photos = () if hash_ is None else (Photo(b"jpeg", file, hash_, 16, 16),)
    draft = TipDraft("fraud", "有人推销", lat, lng, photos, f"key-{author}-{more}-{hash_}")
    at = NOW + timedelta(minutes=more.get("minutes", 0))
    return store.submit(lambda s: submit_tip(s, KEYS, at, town.people[author], draft)).code


def kinds(store: Store, scope: Scope = CITY) -> list[tuple[str, tuple[str, ...]]]:
    with store.read() as session:
        found = find_anomalies(session, scope, SINCE)
    return [(one.kind, one.tips or one.people) for one in found]


def test_the_same_picture_in_two_tips(store: Store, town: Town) -> None:
    one = give(store, town, "v1", hash_=PICTURE, file=b"a" * 32)
    give(store, town, "v2", hash_=PICTURE ^ 0xFFFF0000, file=b"b" * 32, minutes=1)
    assert kinds(store) == []
    two = give(store, town, "v3", hash_=PICTURE ^ 0b10001, file=b"c" * 32, minutes=2)
    assert kinds(store) == [("same_photo", (one, two))]
    # Even surfaces look alike by eye; the same file is the same all the same.
    white = [give(store, town, f"v{n}", hash_=0, file=b"%d" % n * 32, minutes=n) for n in (3, 4)]
    again = give(store, town, "v2", hash_=0, file=b"3" * 32, minutes=9)
    assert kinds(store)[0] == ("same_photo", (white[0], again))
    assert len(kinds(store)) == 2
    assert kinds(store, Scope(beats=frozenset({town.beats["limin"]}))) == []


def test_nobody_is_in_two_places_at_once(store: Store, town: Town) -> None:
    one = give(store, town, "v1")
    give(store, town, "v2", place=LIMIN, minutes=0.5)
    assert kinds(store) == []
    two = give(store, town, "v1", place=LIMIN, minutes=0.2)
    assert kinds(store) == [("speed_of_tips", (one, two))]
    with store.read() as session:
        (found,) = find_anomalies(session, CITY, SINCE)
        index = session.query(Tip).filter_by(code=one).one().author_index
    assert found.people == ()
    assert index is not None
    assert index.hex() not in repr(found)


def test_those_who_award_each_other(store: Store, town: Town) -> None:
    def give_points(actor: str, taker: str) -> None:
        by = f"account:{town.accounts[actor]}"
        merit = Merit(town.people[taker], "other", f"other:{actor}:{taker}", by)
        store.submit(lambda s: award(s, KEYS, NOW, merit))

    give_points("o1", "v1")
    give_points("o1", "o2")
    assert kinds(store) == []
    give_points("o2", "v2")
    give_points("v2", "o1")
    assert kinds(store) == [("ring", ("o1", "o2", "v2"))]
    assert kinds(store, Scope(person=town.people["o1"])) == []


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=NEAR_BITS))
def test_what_looks_the_same_shares_a_band(bits: int, flipped: set[int]) -> None:
    other = bits
    for place in flipped:
        other ^= 1 << place
    if _bands(bits) and _bands(other):
        assert set(_bands(bits)) & set(_bands(other))
        assert _differ(bits, other) == len(flipped)


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_circles_are_those_who_reach_each_other(pairs: set[tuple[int, int]]) -> None:
    edges: dict[int, set[int]] = {}
    for giver, taker in pairs:
        edges.setdefault(giver, set()).add(taker)
    reach = {one: set(edges.get(one, ())) for one in range(8)}
    for middle in range(8):
        for one in range(8):
            if middle in reach[one]:
                reach[one] |= reach[middle]
    parts = {frozenset(part) for part in _circles(edges) if len(part) > 1}
    brute = {
        frozenset({one} | {other for other in reach[one] if one in reach[other]})
        for one in range(8)
    }
    assert parts == {part for part in brute if len(part) > 1}
