"""The ledger on both databases: once a key, never below zero, never changed, all found out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portions import portion
from reward_people import KEYS, NOW, Town, fill_town
from sqlalchemy import delete, text
from sqlalchemy.exc import DatabaseError
from store_fixtures import Filling

from data.points.accounts import balance_of, issuing_account, person_account
from data.points.awards import Merit, award, reverse
from data.points.errors import (
    KeyReusedError,
    NotReversibleError,
    ShortOfPointsError,
    TransferMissingError,
)
from data.points.ledger import Leg, Posted, Transfer, post
from data.points.rules import fill_shipped
from data.points.statements import statement
from data.points.verifying import verify
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.store.engine import Store


@pytest.fixture
def filling() -> Filling:
    return Filling("town", fill_town)


@pytest.fixture
def town(filled: Town) -> Town:
    return filled


def merit(town: Town, person: str, key: str, **more: object) -> Merit:
    fields = {"source": "service", "minutes": 60, "actor": "account:1", **more}
    return Merit(person_id=town.people[person], key=key, **fields)  # type: ignore[arg-type]


def balance(store: Store, town: Town, person: str) -> int:
    with store.read() as session:
        return balance_of(session, town.people[person])


def problems(store: Store) -> tuple[str, ...]:
    with store.read() as session:
        return verify(session, KEYS).problems


def test_an_award_is_posted_once(store: Store, town: Town) -> None:
    first = store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", "service:a")))
    again = store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", "service:a")))
    assert (first.points, first.is_new) == (10, True)
    assert (again.transfer_id, again.points, again.is_new) == (first.transfer_id, 10, False)
    assert balance(store, town, "v1") == 10
    with pytest.raises(KeyReusedError, match="'service:a'"):
        store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v2", "service:a")))
    assert problems(store) == ()


def test_the_table_decides_by_category_and_hours(store: Store, town: Town) -> None:
    def points(**more: object) -> int:
        key = f"k:{more}"
        return store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", key, **more))).points

    assert points(minutes=150) == 25
    assert points(minutes=5) == 0
    assert points(category="mediator", minutes=120) == 30
    assert points(category="law_educator", minutes=60) == 10
    assert points(source="tip", category="fraud") == 50
    assert points(source="tip", category="other") == 20


def test_a_cap_cuts_an_award_and_ends_with_the_month(store: Store, town: Town) -> None:
    def course(number: int, now=NOW):
        one = merit(town, "v1", f"course:{number}", source="course", minutes=None)
        return store.submit(lambda s: award(s, KEYS, now, one))

    given = [course(number) for number in range(6)]
    assert [one.points for one in given] == [30, 30, 30, 30, 0, 0]
    assert [one.asked for one in given] == [30] * 6
    assert course(4).is_new is False
    december = NOW.replace(month=11, day=30, hour=16)  # 1 December, 0:00 in Baotou
    assert course(7, december - timedelta(seconds=1)).points == 0
    assert course(8, december).points == 30
    assert problems(store) == ()


def test_a_reversal_is_a_counter_entry(store: Store, town: Town) -> None:
    store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", "service:a")))

    def take_back(key: str = "service:a"):
        return store.submit(
            lambda s: reverse(s, KEYS, NOW, key=key, reason="mistake", actor="account:1")
        )

    assert take_back().points == -10
    assert take_back().is_new is False
    assert balance(store, town, "v1") == 0
    with store.read() as session:
        lines = statement(session, town.people["v1"])
    assert [(line.kind, line.amount, line.balance) for line in lines] == [
        ("reversal", -10, 0),
        ("award", 10, 10),
    ]
    with pytest.raises(TransferMissingError):
        take_back("service:nothing")
    with pytest.raises(NotReversibleError):
        take_back("reverse:1")
    assert problems(store) == ()


def test_what_was_spent_cannot_be_taken_back(store: Store, town: Town) -> None:
    def spend(session):
        award(session, KEYS, NOW, merit(town, "v1", "service:a"))
        one, two = (person_account(session, town.people[p], NOW) for p in ("v1", "v2"))
        legs = (Leg(one, -4), Leg(two, 4))
        post(session, KEYS, NOW, Transfer("t:1", "transfer", legs, "test", "account:1"))

    store.submit(spend)
    with pytest.raises(ShortOfPointsError, match="Expected 10 points, got 6"):
        store.submit(
            lambda s: reverse(s, KEYS, NOW, key="service:a", reason="x", actor="account:1")
        )
    assert balance(store, town, "v1") == 6
    assert problems(store) == ()


def test_a_transfer_adds_up_to_nothing() -> None:
    with pytest.raises(ValueError, match="add up to 0, got 1"):
        Transfer("k", "transfer", (Leg(1, -1), Leg(2, 2)), "x", "y")
    with pytest.raises(ValueError, match="each account once"):
        Transfer("k", "transfer", (Leg(1, -1), Leg(1, 1)), "x", "y")


@pytest.mark.parametrize(
    "statement_",
    [
        "UPDATE point_entry SET amount = 99",
        "DELETE FROM point_entry",
        "UPDATE point_transfer SET points = 99",
        "DELETE FROM point_transfer",
        "DELETE FROM point_account",
        "UPDATE point_account SET balance = balance + 1",
        "UPDATE point_account SET balance = -1, num_entries = 9 WHERE kind = 'person'",
        "INSERT INTO point_entry (account_id, sequence, transfer_id, amount, balance, seal) "
        "SELECT account_id, sequence, transfer_id, amount, balance, seal FROM point_entry",
    ],
)
def test_the_database_refuses_to_change_the_ledger(
    store: Store, town: Town, statement_: str
) -> None:
    store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", "service:a")))
    with pytest.raises(DatabaseError):
        store.submit(lambda s: s.execute(text(statement_)) and None)
    assert problems(store) == ()


@pytest.mark.parametrize(
    ("statement_", "told"),
    [
        ("UPDATE point_entry SET amount = 11, balance = 11 WHERE amount = 10", "changed or moved"),
        ("UPDATE point_entry SET balance = 7 WHERE amount = 10", "expected the balance 10"),
        ("UPDATE point_account SET balance = 11 WHERE kind = 'person'", "balance 10 of its"),
        ("UPDATE point_transfer SET reason = 'gift'", "changed or moved"),
        ("DELETE FROM point_entry WHERE sequence = 1 AND amount = 10", "entries, got 0"),
    ],
)
def test_whoever_switches_the_guards_off_is_found_out(
    store: Store, town: Town, statement_: str, told: str
) -> None:
    store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", "service:a")))
    guards = ("entry_update", "entry_delete", "transfer_update", "account_update")

    def tamper(session):
        for name in guards:
            table = f"point_{name.split('_')[0]}"
            where = f" ON {table}" if store.kind == "postgresql" else ""
            session.execute(text(f"DROP TRIGGER guard_point_{name}{where}"))
        session.execute(text(statement_))

    store.submit(tamper)
    assert any(told in problem for problem in problems(store)), problems(store)


def test_each_key_sent_many_times_at_once_has_one_effect(store: Store, town: Town) -> None:
    start = threading.Barrier(16)

    def send(number: int) -> Posted:
        start.wait()
        return store.submit(
            lambda s: award(s, KEYS, NOW, merit(town, "v1", f"service:{number % 2}"))
        )

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(send, range(16)))
    assert sum(one.is_new for one in found) == 2
    assert balance(store, town, "v1") == 20
    assert problems(store) == ()


def test_a_cap_holds_under_a_race(store: Store, town: Town) -> None:
    start = threading.Barrier(12)

    def send(number: int) -> int:
        one = merit(town, "v1", f"course:{number}", source="course", minutes=None)
        start.wait()
        return store.submit(lambda s: award(s, KEYS, NOW, one)).points

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(send, range(12))) == 120
    assert balance(store, town, "v1") == 120


def test_transfers_among_few_accounts_keep_the_sum(store: Store, town: Town) -> None:
    people = [town.people[f"v{n}"] for n in (1, 2, 3, 4)]

    def open_accounts(session) -> list[int]:
        accounts = [person_account(session, person, NOW) for person in people]
        source = issuing_account(session, "other", NOW)
        for number, account in enumerate(accounts):
            legs = (Leg(source, -50), Leg(account, 50))
            post(session, KEYS, NOW, Transfer(f"open:{number}", "award", legs, "x", "clock"))
        return accounts

    accounts = store.submit(open_accounts)

    def move(number: int) -> bool:
        giver, taker = accounts[number % 4], accounts[(number * 7 + 1) % 4]
        if giver == taker:
            return False
        legs = (Leg(giver, -9), Leg(taker, 9))
        transfer = Transfer(f"move:{number}", "transfer", legs, "x", "clock")
        try:
            return store.submit(lambda s: post(s, KEYS, NOW, transfer)).is_new
        except ShortOfPointsError:
            return False

    with ThreadPoolExecutor(16) as pool:
        moved = sum(pool.map(move, range(200)))
    assert moved > 20
    with store.read() as session:
        report = verify(session, KEYS)
        assert sum(balance_of(session, person) for person in people) == 200
    assert report.problems == ()
    assert (report.total, report.num_entries) == (0, 2 * (4 + moved))


Steps = st.lists(
    st.one_of(
        st.tuples(st.just("award"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("reverse"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 5), st.integers(1, 30)),
    ),
    max_size=25,
)


@pytest.mark.only("sqlite")  # the arithmetic is the same; races are tested above on both
@given(steps=Steps)
@settings(
    max_examples=portion(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_ledger_is_what_a_dictionary_would_be(store: Store, steps: list) -> None:
    model = Model()
    run = Runner(store, f"{id(steps)}-{next(RUNS)}")
    for step in steps:
        assert run(*step) == model(*step), step
    assert run.balances() == model.balances
    assert problems(store) == ()


RUNS = iter(range(10**9))


class Model:
    """The ledger's rules on plain dictionaries."""

    def __init__(self) -> None:
        self.balances = dict.fromkeys(range(4), 0)
        self.awards: dict[int, int] = {}
        self.back: set[int] = set()

    def __call__(self, what: str, key: int, other: int) -> str:
        return getattr(self, what)(key, other)

    def award(self, key: int, person: int) -> str:
        if key in self.awards:
            return "same" if self.awards[key] == person else "KeyReusedError"
        self.awards[key] = person
        self.balances[person] += 10
        return "new"

    def reverse(self, key: int, _: int) -> str:
        if key not in self.awards:
            return "TransferMissingError"
        if key in self.back:
            return "same"
        if self.balances[self.awards[key]] < 10:
            return "ShortOfPointsError"
        self.back.add(key)
        self.balances[self.awards[key]] -= 10
        return "new"

    def move(self, key: int, amount: int) -> str:
        if self.balances[key % 4] < amount:
            return "ShortOfPointsError"
        self.balances[key % 4] -= amount
        self.balances[(key + 1) % 4] += amount
        return "new"


class Runner:
    """The same steps on the real ledger, on people of its own."""

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name, self.moves = store, name, 0

        def add(session) -> list[int]:
            rows = [
                Person(
                    code=f"{name}{n}",
                    tier="volunteer",
                    state="active",
                    created_at=NOW,
                    updated_at=NOW,
                )
                for n in range(4)
            ]
            session.add_all(rows)
            session.flush()
            fill_shipped(session)
            return [row.id for row in rows]

        self.people = store.submit(add)

    def balances(self) -> dict[int, int]:
        with self.store.read() as session:
            return {n: balance_of(session, person) for n, person in enumerate(self.people)}

    def __call__(self, what: str, key: int, other: int) -> str:
        work: Callable = getattr(self, what)(key, other)
        try:
            found = self.store.submit(work)
        except (KeyReusedError, TransferMissingError, ShortOfPointsError) as error:
            return type(error).__name__
        return "new" if found.is_new else "same"

    def award(self, key: int, person: int) -> Callable:
        one = Merit(self.people[person], "service", f"{self.name}:{key}", "clock", minutes=60)
        return lambda s: award(s, KEYS, NOW, one)

    def reverse(self, key: int, _: int) -> Callable:
        name = f"{self.name}:{key}"
        return lambda s: reverse(s, KEYS, NOW, key=name, reason="x", actor="clock")

    def move(self, key: int, amount: int) -> Callable:
        self.moves += 1
        name = f"{self.name}:move:{self.moves}"

        def work(session) -> Posted:
            giver, taker = (
                person_account(session, self.people[n % 4], NOW) for n in (key, key + 1)
            )
            legs = (Leg(giver, -amount), Leg(taker, amount))
            return post(session, KEYS, NOW, Transfer(name, "transfer", legs, "x", "clock"))

        return work


def test_an_erased_person_leaves_the_ledger_whole(store: Store, town: Town) -> None:
    store.submit(lambda s: award(s, KEYS, NOW, merit(town, "v1", "service:a")))
    store.submit(lambda s: s.execute(text("UPDATE account SET person_id = NULL")) and None)
    erase = delete(Person).where(Person.id == town.people["v1"])
    store.submit(lambda s: s.execute(erase) and None)
    assert problems(store) == ()


def test_replace_keeps_a_transfer_frozen() -> None:
    one = Transfer("k", "transfer", (Leg(1, -1), Leg(2, 1)), "x", "y")
    assert replace(one, request={"a": 1}).digest() != one.digest()
