"""``/api/v1/tasks/nearest`` gives the tasks that signing up would accept, and no others."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from tiny_city import HAIWEI
from tiny_store import NOW

from api import live_index_tasks
from data.field.eligibility import refusals
from data.field.eligibility_tasks import tasks_for
from data.field.limits import limits_of
from data.field.signups import sign_up
from data.field.task_values import TaskValues
from data.field.tasks import create_task, step_task
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.positions import Position
from data.store.tables.tasks import Task
from grid.cells import cells_at
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from service_client import RunningService

HOUR = timedelta(hours=1)
ROLES = ("community_reporter", "patrol_guard", "mediator", "service_helper", "law_educator")


@pytest.fixture
def at(tiny: RunningService) -> RunningService:
    """The tiny city at noon of its day."""
    tiny.clock.now = NOW
    return tiny


def publish(at: RunningService, **changes: Any) -> Any:
    begin = changes.pop("starts_at", NOW + timedelta(days=4))
    usual: dict[str, Any] = {
        "kind": "publicity_event",
        "title": "反诈宣传",
        "station_id": at.ids(Station)["kunbei"],
        "beat_id": at.ids(Beat)["haiwei"],
        "role": "patrol_guard",
        "starts_at": begin,
        "ends_at": begin + timedelta(hours=2),
        "signup_until": begin - timedelta(hours=6),
        "places": 2,
        "points": 3,
        "leaders": 1,
    }

    def work(session: Any) -> Any:
        limits = limits_of(session)
        made = create_task(session, TaskValues(**(usual | changes)), limits, by="me", now=NOW)
        return step_task(session, made.task_id, "open", now=NOW)

    return at.store.submit(work)


def take(at: RunningService, task: int, person: int) -> None:
    at.store.submit(lambda s: sign_up(s, task, person, limits_of(s), by="me", now=NOW))


def nearest(client: Any, **params: Any) -> Any:
    place = {"lat": HAIWEI[0], "lng": HAIWEI[1]}
    answer = client.get("/api/v1/tasks/nearest", params=place | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_tasks_as_the_rules_of_signing_up(at, kind):
    rng = random.Random(7)
    for number in range(40):
        publish(
            at,
            title=f"任务{number}",
            starts_at=NOW + timedelta(hours=rng.randint(7, 120)),
            role=rng.choice([r for r in ROLES if r in {"patrol_guard", "mediator"}]),
            lat=HAIWEI[0] + rng.uniform(-0.03, 0.03),
            lng=HAIWEI[1] + rng.uniform(-0.03, 0.03),
            urgency=rng.choice([0, 0, 1, 3]),
            places=rng.choice([1, 2, 5]),
        )
    liu = at.ids(Person)["liu"]
    client = at.client_as("volunteer", person="liu")
    for _ in range(3):
        found = nearest(client, k=100, within_min=240)["items"]
        with at.store.read() as session:
            limits = limits_of(session)
            end = NOW + timedelta(days=14)
            wanted = tasks_for(session, liu, limits, now=NOW, end=end, limit=500)
        assert {one["id"] for one in found} == {one.task_id for one in wanted}
        assert found

        def order(one: Any) -> Any:
            minutes = great_circle_m(*HAIWEI, one["lat"], one["lng"]) * 1.3 / (5000 / 60)
            return -(-minutes // 1.0), -one["urgency"], minutes

        assert [one["id"] for one in found] == [one["id"] for one in sorted(found, key=order)]
        # One place taken: rest, overlap and the weekly limit now say no to others.
        first = found[len(found) // 2]["id"]
        take(at, first, liu)


def test_it_follows_the_store_and_tells_why(at):
    client = at.client_as("volunteer", person="liu")
    assert nearest(client)["items"] == []
    task = publish(at, urgency=3)
    [one] = nearest(client)["items"]
    assert (one["id"], one["points"], one["free"]) == (task.task_id, 3, 2)
    assert [why["code"] for why in one["why"]] == ["near", "role", "urgent", "points"]
    at.store.submit(lambda s: step_task(s, task.task_id, "cancelled", now=NOW, reason="雨"))
    assert nearest(client)["items"] == []


def test_where_somebody_stands_is_no_reason_to_read_their_rights_again(at):
    index, liu = at.app.state.live.index, at.ids(Person)["liu"]
    index.live()
    known = index.read_taker(liu)

    def say_where(session: Any) -> None:
        session.add(
            Position(person_id=liu, cell=int(cells_at([HAIWEI[0]], [HAIWEI[1]], 9)[0]), at=NOW)
        )

    at.store.submit(say_where)
    index.follow()
    assert index.taker(liu) is known
    at.store.submit(lambda s: s.execute(update(Person).values(travel_limit_m=500.0)))
    index.follow()
    assert index.taker(liu) is None


def test_refusals_by_first_failed_rule(at):
    client = at.client_as("volunteer", person="liu")
    publish(at, role="mediator")
    other = publish(at)
    refused = {one["rule"]: one for one in nearest(client, explain=True)["refused"]}
    assert set(refused) <= {"role", "full", "closed"}
    assert other.code not in refused.get("role", {"nearest": []})["nearest"]
    assert client.get("/api/v1/tasks/nearest").status_code == 200  # from home
    half = client.get("/api/v1/tasks/nearest", params={"lat": 40.6})
    assert half.status_code == 422


def test_that_another_takes_a_place_is_no_reason_to_ask_the_rules_again(at, monkeypatch):
    asked: list[str] = []

    def counted(person: Any, offer: Any, limits: Any) -> Any:
        asked.append(offer.source)
        return refusals(person, offer, limits)

    monkeypatch.setattr(live_index_tasks, "refusals", counted)
    client, people = at.client_as("volunteer", person="liu"), at.ids(Person)
    task = publish(at)
    [one] = nearest(client)["items"]
    assert (one["free"], asked) == (2, [f"task:{task.task_id}"])
    take(at, task.task_id, people["sun"])
    [one] = nearest(client)["items"]
    assert (one["free"], len(asked)) == (1, 1)
    at.store.submit(lambda s: s.execute(update(Task).values(ends_at=task.ends_at + HOUR)))
    nearest(client)
    assert len(asked) == 2
