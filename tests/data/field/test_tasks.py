"""Tasks: what no task can be, their way, and who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from field_city import LIMITS, NOW
from sqlalchemy import select
from statements import asked

from data.field.errors import (
    FieldMissingError,
    FieldStateError,
    FieldValueError,
    FieldVersionError,
    RefusedError,
)
from data.field.signups import sign_up, signups_of_task
from data.field.tasks import close_due, create_task, edit_task, find_task, list_tasks, step_task
from data.store.scope import Scope
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from field_city import City


def test_a_draft_becomes_open_closed_done(city: City) -> None:
    draft = city.do(create_task, city.values(), LIMITS, by="me", now=NOW)
    assert (draft.state, draft.free, draft.station_code) == ("draft", 2, "kunbei")
    assert draft.code.startswith("T261125-")
    assert (draft.lat, draft.lng) == (40.6720, 109.8200)
    for state in ("open", "closed", "done"):
        assert city.do(step_task, draft.task_id, state, now=NOW).state == state
    with pytest.raises(FieldStateError, match="to be open, got done"):
        city.do(step_task, draft.task_id, "closed", now=NOW)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role": "fire_fighter"}, "hazardous"),
        ({"role": "officer"}, "another tier: officer"),
        ({"role": "patrol_guard", "places": 9, "leaders": 1}, "at most 8 volunteers"),
        ({"role": "patrol_guard"}, "0 officers or auxiliaries"),
    ],
)
def test_a_task_that_a_rule_forbids_is_never_written(
    city: City, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(RefusedError, match=words):
        city.do(create_task, city.values(**changes), LIMITS, by="me", now=NOW)
    assert city.see(list_tasks) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "raid"}, "a kind of"),
        ({"role": "astronaut"}, "code of a duty role"),
        ({"ends_at": NOW}, "to start before it ends"),
        ({"signup_until": NOW + timedelta(days=3)}, "deadline before the start"),
        ({"min_people": 3}, r"min_people in 1\.\.2, got 3"),
        ({"beat_id": None}, "a place or a beat"),
        ({"beat_id": 99}, "a beat of the station"),
        ({"station_id": 99}, "number of a station"),
        ({"beat_id": None, "lat": 40.6, "lng": 109.8, "is_beat_wide": True}, "all over it"),
    ],
)
def test_values_with_which_no_task_can_be(city: City, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(FieldValueError, match=words):
        city.do(create_task, city.values(**changes), LIMITS, by="me", now=NOW)


def test_an_edit_needs_the_version_that_was_read(city: City) -> None:
    task = city.task()
    edited = city.do(
        edit_task, task.task_id, LIMITS, row_version=task.row_version, now=NOW, places=5
    )
    assert (edited.places, edited.row_version) == (5, task.row_version + 1)
    with pytest.raises(FieldVersionError, match=f"version {edited.row_version}, got"):
        city.do(edit_task, task.task_id, LIMITS, row_version=task.row_version, now=NOW, places=6)


def test_what_people_agreed_to_stays(city: City) -> None:
    task = city.task()
    city.do(sign_up, task.task_id, city.people["chen"], LIMITS, by="chen", now=NOW)
    city.do(sign_up, task.task_id, city.people["liu"], LIMITS, by="liu", now=NOW)
    version = city.see(find_task, task.task_id).row_version
    with pytest.raises(FieldStateError, match="no sign-ups where starts_at changes"):
        city.do(
            edit_task,
            task.task_id,
            LIMITS,
            row_version=version,
            now=NOW,
            starts_at=task.starts_at + timedelta(hours=1),
        )
    with pytest.raises(FieldStateError, match="places >= 2"):
        city.do(edit_task, task.task_id, LIMITS, row_version=version, now=NOW, places=1)
    city.do(edit_task, task.task_id, LIMITS, row_version=version, now=NOW, note="带哨子")


def test_cancelling_frees_and_tells(city: City) -> None:
    task = city.task()
    city.do(sign_up, task.task_id, city.people["chen"], LIMITS, by="chen", now=NOW)
    with pytest.raises(FieldStateError, match="a reason"):
        city.do(step_task, task.task_id, "cancelled", now=NOW)
    gone = city.do(step_task, task.task_id, "cancelled", now=NOW, reason="大雪")
    assert (gone.taken, gone.reason) == (0, "大雪")
    assert [s.state for s in city.see(signups_of_task, task.task_id)] == ["released"]
    with city.store.read() as session:
        (notice,) = session.scalars(select(OutboxNotice)).all()
    assert notice.topic == "task.cancelled"
    assert notice.content["person_id"] == city.people["chen"]


def test_nobody_is_left_alone_at_the_deadline(city: City) -> None:
    short, full = city.task(min_people=2), city.task(min_people=1)
    for task in (short, full):
        person = city.people["chen" if task is short else "liu"]
        city.do(sign_up, task.task_id, person, LIMITS, by="x", now=NOW)
    assert city.do(close_due, NOW) == []
    city.do(close_due, short.signup_until)
    assert city.see(find_task, short.task_id).state == "cancelled"
    assert city.see(find_task, short.task_id).reason == "too_few"
    assert city.see(find_task, full.task_id).state == "closed"
    city.do(close_due, full.ends_at)
    assert city.see(find_task, full.task_id).state == "done"


def test_a_morning_of_deadlines_is_one_statement(city: City) -> None:
    made = [city.task() for _ in range(3)]
    for task, who in zip(made[:2], ("liu", "chen"), strict=True):
        city.do(sign_up, task.task_id, city.people[who], LIMITS, by="x", now=NOW)
    until = made[0].signup_until
    with asked(city.store) as statements:
        city.do(close_due, until, 2)
    assert len([one for one in statements if one.startswith("UPDATE")]) == 1
    found = [city.see(find_task, task.task_id) for task in made]
    assert [one.state for one in found] == ["closed", "closed", "open"]
    assert [one.row_version - made[0].row_version for one in found] == [1, 1, 0]


def test_a_scope_cuts_the_list(city: City) -> None:
    task = city.task()
    other = city.task(station_id=city.stations["wusutu"], beat_id=city.beats["limin"])
    place = city.task(beat_id=None, lat=40.67, lng=109.82)
    for scope, seen in (
        (Scope(city=True), {task.task_id, other.task_id, place.task_id}),
        (Scope(stations=frozenset({city.stations["kunbei"]})), {task.task_id, place.task_id}),
        (Scope(beats=frozenset({city.beats["haiwei"]})), {task.task_id}),
        (Scope(beats=frozenset({city.beats["huasheng"]})), set()),
        (Scope(), set()),
    ):
        assert {found.task_id for found in city.see(list_tasks, scope)} == seen
    own = Scope(stations=frozenset({city.stations["kunbei"]}))
    with pytest.raises(FieldMissingError):
        city.see(find_task, other.task_id, own)


def test_pages_go_on_where_they_stopped(city: City) -> None:
    made = [city.task().task_id for _ in range(5)]
    seen, after = [], None
    while page := city.see(list_tasks, limit=2, after=after):
        seen += [task.task_id for task in page]
        after = (page[-1].starts_at, page[-1].task_id)
    assert seen == made
    assert city.see(list_tasks, state="draft") == []
    assert len(city.see(list_tasks, kind="fixed_post", begin=NOW, end=NOW + timedelta(9))) == 5
