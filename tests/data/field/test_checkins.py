"""Check-in and check-out: at the post, in time, once; what they bring, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from field_city import LIMITS, NOW
from sqlalchemy import func, select
from tiny_store import KEYS

from data.field.checkin_places import Position, post_word
from data.field.checkins import Proof, check_in, check_out, find_check_in
from data.field.duty_turns import duty_turns, task_turn
from data.field.errors import FieldMissingError, FieldStateError, RefusedError
from data.field.signups import sign_up
from data.points.accounts import balance_of
from data.points.rules import fill_shipped
from data.store.tables.service import ServiceRecord

if TYPE_CHECKING:
    from field_city import City

    from data.field.duty_turns import DutyTurn

THERE = Position(40.6720, 109.8200, 20.0)
AWAY = Position(40.6800, 109.8200, 20.0)  # 890 m north


@pytest.fixture
def turn(city: City) -> DutyTurn:
    """Liu's place at the school gate."""
    city.do(fill_shipped)
    task = city.task(points=7)
    city.do(sign_up, task.task_id, city.people["liu"], LIMITS, by="me", now=NOW)
    found: DutyTurn = city.see(task_turn, task.task_id, city.people["liu"])
    return found


def come(city: City, turn: DutyTurn, proof: Proof, after_min: float = 0, **more: Any) -> Any:
    now = turn.starts_at + timedelta(minutes=after_min)
    return city.do(check_in, KEYS, turn, proof, LIMITS, by="me", now=now, **more)


def leave(city: City, turn: DutyTurn, after_min: float, **more: Any) -> Any:
    now = turn.starts_at + timedelta(minutes=after_min)
    proof = Proof("geofence", THERE)
    return city.do(check_out, KEYS, turn, proof, LIMITS, by="me", now=now, **more)


def test_a_kept_turn_brings_hours_and_points_once(city: City, turn: DutyTurn) -> None:
    for _ in range(2):
        assert come(city, turn, Proof("geofence", THERE), -5).state == "in"
    for _ in range(2):
        kept = leave(city, turn, 90)
        assert (kept.state, kept.minutes, kept.points) == ("out", 90, 7)
    with city.store.read() as session:
        assert session.scalar(select(func.count()).select_from(ServiceRecord)) == 1
    assert city.see(balance_of, city.people["liu"]) == 7
    with pytest.raises(FieldStateError, match="got one that is out"):
        come(city, turn, Proof("geofence", THERE))


@pytest.mark.only("sqlite")
def test_minutes_count_within_the_turn(city: City, turn: DutyTurn) -> None:
    come(city, turn, Proof("geofence", THERE), -20)
    assert leave(city, turn, 500).minutes == 120


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    ("proof", "after_min", "rule"),
    [
        (Proof("geofence", AWAY), 0, "wrong_place"),
        (Proof("geofence"), 0, "bad_position"),
        (Proof("qr", word="AAAAAAAAAAAAAAAA"), 0, "bad_code"),
        (Proof("geofence", THERE), -31, "too_early"),
        (Proof("geofence", THERE), 120, "too_late"),
    ],
)
def test_who_is_not_there_is_not_checked_in(
    city: City, turn: DutyTurn, proof: Proof, after_min: float, rule: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        come(city, turn, proof, after_min)
    assert [one.rule for one in refused.value.refusals] == [rule]
    assert city.see(find_check_in, turn) is None
    with pytest.raises(FieldStateError):
        leave(city, turn, 60)


@pytest.mark.only("sqlite")
def test_a_poor_position_widens_the_fence_up_to_a_cap(city: City, turn: DutyTurn) -> None:
    blurred = Position(AWAY.lat, AWAY.lng, 5000.0)
    with pytest.raises(RefusedError, match="700 m"):
        come(city, turn, Proof("geofence", blurred))
    near = Position(40.6770, 109.8200, 400.0)  # 556 m
    assert come(city, turn, Proof("geofence", near)).state == "in"


@pytest.mark.only("sqlite")
def test_the_code_of_the_post_changes(city: City, turn: DutyTurn) -> None:
    word = post_word(KEYS, turn.post, turn.starts_at)
    with pytest.raises(RefusedError):
        come(city, turn, Proof("qr", word=word), 11)
    other = post_word(KEYS, "task:999", turn.starts_at)
    with pytest.raises(RefusedError):
        come(city, turn, Proof("qr", word=other))
    assert come(city, turn, Proof("qr", word=word.lower()), 4).in_means == "qr"


def test_an_officer_may_confirm_anybody_else(city: City, turn: DutyTurn) -> None:
    with pytest.raises(RefusedError) as refused:
        come(city, turn, Proof("officer", witness=turn.person_id))
    assert refused.value.refusals[0].rule == "own_confirmation"
    then = turn.starts_at + timedelta(minutes=2)
    kept = come(city, turn, Proof("officer", witness=city.people["zhao"]), 200, claimed_at=then)
    assert (kept.in_means, kept.in_at, kept.in_is_offline) == ("officer", then, False)


def test_two_phones_make_one_row(city: City, turn: DutyTurn) -> None:
    start = threading.Barrier(8)
    found: list[Any] = []

    def press() -> None:
        start.wait()
        found.append(come(city, turn, Proof("geofence", THERE)))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.check_in_id for one in found}) == 1
    assert len(found) == 8


def test_what_waited_for_a_network_has_its_own_time(city: City, turn: DutyTurn) -> None:
    then = turn.starts_at + timedelta(minutes=1)
    kept = come(city, turn, Proof("geofence", THERE), 300, claimed_at=then)
    assert (kept.in_at, kept.in_is_offline) == (then, True)
    kept = leave(city, turn, 300, claimed_at=turn.starts_at + timedelta(minutes=61))
    assert kept.minutes == 60


@pytest.mark.only("sqlite")
def test_an_entry_may_not_be_too_old_or_from_the_future(city: City, turn: DutyTurn) -> None:
    with pytest.raises(RefusedError) as refused:
        come(city, turn, Proof("geofence", THERE), 60 * 13, claimed_at=turn.starts_at)
    assert refused.value.refusals[0].rule == "offline_too_old"
    ahead = turn.starts_at + timedelta(days=1)
    assert come(city, turn, Proof("geofence", THERE), 5, claimed_at=ahead).in_at < ahead


@pytest.mark.only("sqlite")
def test_turns_are_those_one_holds(city: City, turn: DutyTurn) -> None:
    found = city.see(duty_turns, city.people["liu"], since=NOW)
    assert turn in found
    with pytest.raises(FieldMissingError):
        city.see(task_turn, turn.task_id, city.people["sun"])
