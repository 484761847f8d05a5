"""Gifts: never oversold, capped, two persons above a limit, and everything back when void."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from reward_people import KEYS, NOW, Town, fill_town
from store_fixtures import Filling

from data.points.accounts import balance_of
from data.points.awards import Merit, award
from data.points.errors import (
    KeyReusedError,
    MonthlyCapError,
    OutOfStockError,
    RedemptionMissingError,
    RedemptionStateError,
    ShortOfPointsError,
    TwoPersonsError,
)
from data.points.gifts import add_gift, edit_gift, find_gift, list_gifts, restock
from data.points.redemptions import (
    RedemptionView,
    Staff,
    Wish,
    approve,
    find_redemption,
    hand_over,
    list_redemptions,
    reserve,
    void,
    void_lapsed,
)
from data.points.verifying import verify
from data.store.scope import Scope

if TYPE_CHECKING:
    from data.store.engine import Store

ANNA, BORIS = Staff("account:91", None), Staff("account:92", None)


@pytest.fixture
def filling() -> Filling:
    return Filling("larger_town", lambda store: fill_town(store, volunteers=8))


@pytest.fixture
def town(filled: Town) -> Town:
    return filled


@pytest.fixture
def gift(store: Store) -> int:
    return make_gift(store)


def make_gift(store: Store, code: str = "towel", points: int = 50, stock: int = 3, **more) -> int:
    values = {"code": code, "label_zh": "毛巾", "label_en": "Towel", "points": points, **more}
    return store.submit(lambda s: add_gift(s, NOW, stock=stock, **values)).id


def give(store: Store, town: Town, person: str, points: int) -> None:
    one = Merit(
        town.people[person], "service", f"service:{person}:{points}", "c", minutes=6 * points
    )
    assert store.submit(lambda s: award(s, KEYS, NOW, one)).points == points


def wish(  # noqa: PLR0917
    store: Store,
    town: Town,
    person: str,
    gift: int,
    quantity: int = 1,
    key: str = "k",
) -> RedemptionView:
    one = Wish(town.people[person], gift, quantity, key)
    return store.submit(lambda s: reserve(s, KEYS, NOW, one, actor="account:7"))


def balance(store: Store, town: Town, person: str) -> int:
    with store.read() as session:
        return balance_of(session, town.people[person])


def stock(store: Store, gift: int) -> int:
    with store.read() as session:
        return find_gift(session, gift).stock


def problems(store: Store) -> tuple[str, ...]:
    with store.read() as session:
        return verify(session, KEYS).problems


def test_reserved_then_handed_over(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 120)
    first = wish(store, town, "v1", gift)
    assert (first.state, first.points, first.needs_two, len(first.code)) == (
        *("reserved", 50, False),
        10,
    )
    assert wish(store, town, "v1", gift).id == first.id
    assert (balance(store, town, "v1"), stock(store, gift)) == (70, 2)
    with pytest.raises(KeyReusedError):
        wish(store, town, "v1", gift, quantity=2)
    done = store.submit(lambda s: hand_over(s, KEYS, NOW, first.id, ANNA))
    assert (done.state, done.handed_by, done.row_version) == ("handed_over", "account:91", 2)
    for step in (
        lambda s: hand_over(s, KEYS, NOW, first.id, ANNA),
        lambda s: void(s, KEYS, NOW, first.id, actor="account:7", reason="withdrawn"),
    ):
        with pytest.raises(RedemptionStateError, match="handed_over"):
            store.submit(step)
    assert problems(store) == ()


def test_void_gives_points_and_pieces_back(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 120)
    one = wish(store, town, "v1", gift, quantity=2)
    assert (balance(store, town, "v1"), stock(store, gift)) == (20, 1)
    gone = store.submit(lambda s: void(s, KEYS, NOW, one.id, actor="account:7", reason="withdrawn"))
    assert (gone.state, gone.void_reason) == ("void", "withdrawn")
    assert (balance(store, town, "v1"), stock(store, gift)) == (120, 3)
    assert problems(store) == ()


def test_what_nobody_fetches_lapses(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 120)
    one = wish(store, town, "v1", gift)
    day = timedelta(days=1)
    assert store.submit(lambda s: void_lapsed(s, KEYS, NOW + 13 * day)) == []
    assert store.submit(lambda s: void_lapsed(s, KEYS, NOW + 14 * day)) == [one.id]
    assert (balance(store, town, "v1"), stock(store, gift)) == (120, 3)


def test_too_few_points_or_pieces_keep_everything(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 40)
    with pytest.raises(ShortOfPointsError, match="Expected 50 points, got 40"):
        wish(store, town, "v1", gift)
    with pytest.raises(OutOfStockError):
        wish(store, town, "v1", gift, quantity=4)
    assert (balance(store, town, "v1"), stock(store, gift)) == (40, 3)
    assert problems(store) == ()


def test_caps_a_month(store: Store, town: Town) -> None:
    give(store, town, "v1", 400)
    give(store, town, "v2", 400)
    towel = make_gift(store, stock=20, monthly_cap=2)
    wish(store, town, "v1", towel, 2, "a")
    with pytest.raises(MonthlyCapError, match="at most 2 of gift towel a month, got 3"):
        wish(store, town, "v1", towel, 1, "b")
    rice = make_gift(store, "rice", 300, 9)
    wish(store, town, "v2", rice, 1, "a")
    bean = make_gift(store, "bean", 1, 900)
    with pytest.raises(MonthlyCapError, match="at most 500 points for gifts a month, got 501"):
        wish(store, town, "v2", bean, 201, "b")
    assert stock(store, bean) == 900


def test_two_persons_above_the_limit(store: Store, town: Town) -> None:
    give(store, town, "v1", 400)
    kettle = make_gift(store, "kettle", 201)
    one = wish(store, town, "v1", kettle)
    assert one.needs_two
    with pytest.raises(TwoPersonsError, match="got none"):
        store.submit(lambda s: hand_over(s, KEYS, NOW, one.id, ANNA))
    store.submit(lambda s: approve(s, NOW, one.id, ANNA))
    with pytest.raises(TwoPersonsError, match="same person twice"):
        store.submit(lambda s: hand_over(s, KEYS, NOW, one.id, ANNA))
    with pytest.raises(TwoPersonsError):
        store.submit(lambda s: approve(s, NOW, one.id, BORIS))
    assert store.submit(lambda s: hand_over(s, KEYS, NOW, one.id, BORIS)).state == "handed_over"
    assert problems(store) == ()


def test_nobody_hands_a_gift_to_themselves(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 120)
    one = wish(store, town, "v1", gift)
    me = Staff("account:1", town.people["v1"])
    with pytest.raises(TwoPersonsError, match="one's own"):
        store.submit(lambda s: hand_over(s, KEYS, NOW, one.id, me))


def test_the_last_pieces_are_never_oversold(store: Store, town: Town, gift: int) -> None:
    for number in range(1, 9):
        give(store, town, f"v{number}", 120)
    start = threading.Barrier(16)

    def ask(number: int) -> bool:
        start.wait()
        try:
            wish(store, town, f"v{number % 8 + 1}", gift, 1, f"k{number}")
        except OutOfStockError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(16))) == 3
    assert stock(store, gift) == 0
    assert problems(store) == ()


def test_one_key_at_once_reserves_once(store: Store, town: Town) -> None:
    towel = make_gift(store, stock=20)
    give(store, town, "v1", 400)
    start = threading.Barrier(10)

    def ask(_: int) -> int:
        start.wait()
        return wish(store, town, "v1", towel, 1, "same").id

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(ask, range(10)))) == 1
    assert (balance(store, town, "v1"), stock(store, towel)) == (350, 19)
    assert problems(store) == ()


def test_handed_over_and_void_at_once_only_one_holds(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 120)
    for number in range(3):
        one = wish(store, town, "v1", make_gift(store, f"g{number}", 10), 1, f"k{number}")
        start = threading.Barrier(2)

        def step(is_void: bool, one: RedemptionView = one, start=start) -> bool:
            start.wait()
            try:
                if is_void:
                    store.submit(
                        lambda s: void(s, KEYS, NOW, one.id, actor="a", reason="withdrawn")
                    )
                else:
                    store.submit(lambda s: hand_over(s, KEYS, NOW, one.id, ANNA))
            except RedemptionStateError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(step, (True, False))) == 1
    assert problems(store) == ()


def test_staff_see_the_redemptions_of_their_people(store: Store, town: Town, gift: int) -> None:
    give(store, town, "v1", 120)
    one = wish(store, town, "v1", gift)
    with store.read() as session:
        for scope, seen in (
            (Scope(stations=frozenset({town.stations["kunbei"]})), [one.id]),
            (Scope(stations=frozenset({town.stations["wusutu"]})), []),
            (Scope(person=town.people["v1"]), [one.id]),
            (Scope(person=town.people["v2"]), []),
        ):
            assert [found.id for found in list_redemptions(session, scope)] == seen
            if not seen:
                with pytest.raises(RedemptionMissingError):
                    find_redemption(session, one.id, scope)


def test_a_gift_is_edited_and_restocked(store: Store, gift: int) -> None:
    edited = store.submit(lambda s: edit_gift(s, gift, 1, points=60, is_active=False))
    assert edited is not None
    assert (edited.points, edited.row_version) == (60, 2)
    assert store.submit(lambda s: edit_gift(s, gift, 1, points=70)) is None
    assert store.submit(lambda s: restock(s, gift, -3)).stock == 0
    with pytest.raises(OutOfStockError, match="at most 0 pieces to take, got 1"):
        store.submit(lambda s: restock(s, gift, -1))
    with store.read() as session:
        assert list_gifts(session) == []
        assert len(list_gifts(session, with_inactive=True)) == 1
