"""Sign-ups: the rules at every write, the race for the last place, the waiting list."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from field_city import CROWD, LIMITS, NOW
from sqlalchemy import select, update

from data.field.eligibility_tasks import tasks_for, why_not
from data.field.errors import FieldMissingError, FieldStateError, RefusedError
from data.field.signups import confirm_offer, sign_up, signups_of_person, signups_of_task, withdraw
from data.field.tasks import find_task, step_task
from data.field.waiting import lapse_offers
from data.store.tables.catalogue import DutyRole
from data.store.tables.insurance import InsuranceCover
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from field_city import City

    from data.field.task_values import TaskView

MINUTE = timedelta(minutes=1)


def join(city: City, task: TaskView, code: str, **options: Any) -> Any:
    return city.do(
        sign_up,
        task.task_id,
        city.people[code],
        LIMITS,
        **({"by": code, "now": NOW} | options),
    )


def leave(city: City, task: TaskView, code: str, **options: Any) -> Any:
    options = {"now": NOW} | options
    return city.do(withdraw, task.task_id, city.people[code], LIMITS, **options)


def states(city: City, task: TaskView) -> list[tuple[str, str]]:
    return [(s.person_code, s.state) for s in city.see(signups_of_task, task.task_id)]


def test_a_place_is_taken_and_given_back(city: City) -> None:
    task = city.task()
    assert join(city, task, "chen").state == "confirmed"
    assert city.see(find_task, task.task_id).taken == 1
    with pytest.raises(RefusedError, match="already"):
        join(city, task, "chen")
    assert leave(city, task, "chen", reason="感冒").reason == "感冒"
    assert city.see(find_task, task.task_id).taken == 0
    assert join(city, task, "chen").state == "confirmed"
    with pytest.raises(FieldMissingError, match="a sign-up"):
        leave(city, task, "liu")
    (mine,) = [
        s
        for s, _ in city.see(signups_of_person, city.people["chen"], since=NOW)
        if s.state == "confirmed"
    ]
    assert mine.task_code == task.code


def test_64_at_once_for_the_last_place(city: City) -> None:
    task = city.task(places=1)
    outcomes: Counter[str] = Counter()
    start = threading.Barrier(64)

    def try_it(code: str) -> None:
        start.wait()
        try:
            outcomes[join(city, task, code).state] += 1
        except RefusedError as error:
            outcomes[error.refusals[0].rule] += 1

    threads = [threading.Thread(target=try_it, args=(f"v{n:02d}",)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"confirmed": 1, "full": 63}
    assert city.see(find_task, task.task_id).taken == 1
    assert len(states(city, task)) == 1


def test_one_person_for_32_tasks_at_once_gets_one(city: City) -> None:
    """The rules of a person hold under a race, too: all these overlap."""
    tasks = [city.task() for _ in range(32)]
    got: list[str] = []
    start = threading.Barrier(32)

    def try_it(task: TaskView) -> None:
        start.wait()
        try:
            got.append(join(city, task, "chen").state)
        except RefusedError as error:
            got.append(error.refusals[0].rule)

    threads = [threading.Thread(target=try_it, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(got) == {"confirmed": 1, "overlap": 31}


def test_every_rule_refuses_in_words(city: City) -> None:
    late = {"starts_at": NOW + timedelta(hours=13), "ends_at": NOW + timedelta(hours=16)}
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"state": "suspended"}, {}, "not_active"),
        ({"born_on": date(2010, 1, 1)}, {**late, "signup_until": NOW + MINUTE}, "under_age_at"),
        ({"travel_limit_m": 100.0, "home_lat": 40.70}, {}, "too_far"),
        ({"home_lat": None, "home_lng": None}, {}, "home_unknown"),
        ({"max_shifts": 0}, {}, "max_shifts"),
        ({}, {"role": "mediator", "leaders": 1}, "not_qualified"),
    ]
    for number, (person, task, rule) in enumerate(cases):
        code = "sun" if "role" in task else f"v{number:02d}"
        city.change_person(code, **person)
        made = city.task(**task)
        with pytest.raises(RefusedError) as caught:
            join(city, made, code)
        assert caught.value.refusals[0].rule.startswith(rule)
        assert all(r.words("zh") != r.words("en") for r in caught.value.refusals)
        assert states(city, made) == []
    with pytest.raises(RefusedError, match="another tier: volunteer"):
        join(city, city.task(), "wang")


def test_cover_must_hold_on_the_local_date_of_the_end(city: City) -> None:
    """16:30 UTC is half past midnight in Baotou: the day after counts."""
    start = NOW.replace(hour=13, minute=0) + timedelta(days=2)
    ends = start + timedelta(hours=3, minutes=30)
    task = city.task(starts_at=start, ends_at=ends, signup_until=start)
    covers = [("v01", ends.date()), ("v02", ends.date() + timedelta(days=1))]

    def shorten(session: Any) -> None:
        for code, day in covers:
            mine = InsuranceCover.person_id == city.people[code]
            session.execute(update(InsuranceCover).where(mine).values(ends_on=day))

    city.store.submit(shorten)
    with pytest.raises(RefusedError, match=r"no accident cover on 2026-11-26"):
        join(city, task, "v01")
    assert join(city, task, "v02").state == "confirmed"


def test_rest_and_number_of_turns(city: City) -> None:
    first = city.task()
    hours = first.ends_at + timedelta(hours=7, minutes=59)
    soon = city.task(starts_at=hours, ends_at=hours + timedelta(hours=1))
    later = city.task(starts_at=hours + MINUTE, ends_at=hours + timedelta(hours=1))
    join(city, first, "chen")
    with pytest.raises(RefusedError, match=r"Only 7\.98 h of rest from T261125"):
        join(city, soon, "chen")
    assert join(city, later, "chen").state == "confirmed"
    city.change_person("chen", max_shifts=2)
    friday = first.starts_at + timedelta(days=2)
    third = city.task(starts_at=friday, ends_at=friday + timedelta(hours=1))
    with pytest.raises(RefusedError, match="2 turns this week, at most 2"):
        join(city, third, "chen")
    monday = friday + timedelta(days=3)
    assert join(city, city.task(starts_at=monday, ends_at=monday + MINUTE), "chen")


def test_a_role_that_became_hazardous_or_supervised_is_refused_at_sign_up(city: City) -> None:
    task = city.task()
    role = DutyRole.code == "school_guard"
    city.store.submit(lambda s: s.execute(update(DutyRole).where(role).values(supervised=True)))
    with pytest.raises(RefusedError, match="0 officers or auxiliaries lead it"):
        join(city, task, "chen")
    city.store.submit(lambda s: s.execute(update(DutyRole).where(role).values(hazardous=True)))
    with pytest.raises(RefusedError, match="never put in a hazardous role"):
        join(city, task, "chen")


def test_after_the_deadline_only_the_station_assigns_and_releases(city: City) -> None:
    task = city.task()
    join(city, task, "chen")
    late = task.signup_until
    for act in (
        lambda: join(city, task, "liu", now=late),
        lambda: leave(city, task, "chen", now=late),
    ):
        with pytest.raises(RefusedError, match="Sign-up and withdrawal ended at 11-24 22:00"):
            act()
    city.do(step_task, task.task_id, "closed", now=late)
    assert join(city, task, "liu", now=late, assigned=True).means == "assigned"
    gone = leave(city, task, "chen", now=late, by_station=True, reason="病假")
    assert (gone.state, gone.reason) == ("released", "病假")
    with pytest.raises(RefusedError, match="The task is closed"):
        join(city, task, "chen", now=task.starts_at, assigned=True)


def test_the_waiting_list_moves_up_and_asks_to_confirm(city: City) -> None:
    task = city.task(places=1)
    join(city, task, "chen")
    with pytest.raises(RefusedError, match="All 1 places are taken"):
        join(city, task, "liu")
    waiting = [join(city, task, code, wait=True) for code in ("liu", "sun", "v01")]
    assert [(s.state, s.place_in_line) for s in waiting] == [
        ("waiting", 1),
        ("waiting", 2),
        ("waiting", 3),
    ]
    leave(city, task, "chen")
    assert states(city, task)[1:] == [("liu", "offered"), ("sun", "waiting"), ("v01", "waiting")]
    with pytest.raises(RefusedError, match="All 1 places"):
        join(city, task, "chen")  # the offered place is held
    with city.store.read() as session:
        (notice,) = session.scalars(select(OutboxNotice)).all()
    assert (notice.topic, notice.content["person_id"]) == ("task.offered", city.people["liu"])
    with pytest.raises(FieldStateError, match="on offer"):
        city.do(confirm_offer, task.task_id, city.people["sun"], LIMITS, now=NOW)
    # Silence: after half an hour the next one is asked, who declines, then the third confirms.
    soon = NOW + timedelta(minutes=LIMITS.offer_min)
    with pytest.raises(FieldStateError, match="on offer"):
        city.do(confirm_offer, task.task_id, city.people["liu"], LIMITS, now=soon)
    assert city.do(lapse_offers, LIMITS, soon) == 1
    assert city.do(lapse_offers, LIMITS, soon) == 0
    assert leave(city, task, "sun", now=soon).state == "declined"
    confirmed = city.do(confirm_offer, task.task_id, city.people["v01"], LIMITS, now=soon)
    assert (confirmed.state, confirmed.means) == ("confirmed", "waiting_list")
    assert city.see(find_task, task.task_id).taken == 1
    assert [state for _, state in states(city, task)] == [
        "withdrawn",
        "lapsed",
        "declined",
        "confirmed",
    ]


def test_who_cannot_come_any_more_is_passed_over(city: City) -> None:
    task = city.task(places=1)
    join(city, task, "chen")
    for code in ("liu", "sun"):
        join(city, task, code, wait=True)
    city.change_person("liu", state="suspended")
    leave(city, task, "chen")
    assert states(city, task)[1:] == [("liu", "waiting"), ("sun", "offered")]
    city.change_person("sun", state="suspended")
    with pytest.raises(RefusedError, match="membership is suspended"):
        city.do(confirm_offer, task.task_id, city.people["sun"], LIMITS, now=NOW)
    assert city.see(find_task, task.task_id).taken == 1


def test_lists_show_only_what_one_may_take(city: City) -> None:
    mine = city.task()
    far = city.task(station_id=city.stations["wusutu"], beat_id=city.beats["limin"])
    unfit = city.task(role="mediator", leaders=1)
    full = city.task(places=1)
    join(city, full, "v09")
    end = NOW + timedelta(days=9)
    found = city.see(tasks_for, city.people["sun"], LIMITS, now=NOW, end=end)
    assert [task.task_id for task in found] == [mine.task_id]
    reasons = {
        task.task_id: [r.rule for r in city.see(why_not, task, city.people["sun"], LIMITS, NOW)]
        for task in (mine, far, unfit, city.see(find_task, full.task_id))
    }
    assert reasons == {
        mine.task_id: [],
        far.task_id: ["too_far"],
        unfit.task_id: ["not_qualified"],
        full.task_id: ["full"],
    }


def test_the_list_is_what_asking_for_each_would_give(city: City) -> None:
    """Oracle: the list against `why_not` of every task, for people of every kind."""
    roles = ("school_guard", "patrol_guard", "mediator")
    made = [
        city.task(
            role=roles[n % 3],
            leaders=1,
            places=1 + n % 2,
            beat_id=city.beats["haiwei" if n % 4 else "huasheng"],
            starts_at=NOW + timedelta(days=1 + n // 6, hours=n % 6),
            ends_at=NOW + timedelta(days=1 + n // 6, hours=n % 6 + 2),
            signup_until=NOW + timedelta(hours=n),
        )
        for n in range(1, 25)
    ]
    for number, task in enumerate(made[1::3]):
        join(city, task, f"v{number:02d}")
    city.change_person("liu", travel_limit_m=900.0)
    for code in ("chen", "liu", "sun", "v00", "v01", "wang"):
        person = city.people[code]
        listed = city.see(tasks_for, person, LIMITS, now=NOW, end=NOW + timedelta(days=20))
        wanted = [
            task.task_id
            for task in sorted(made, key=lambda t: (t.starts_at, t.task_id))
            if not city.see(why_not, city.see(find_task, task.task_id), person, LIMITS, NOW)
        ]
        assert [task.task_id for task in listed] == wanted
    assert CROWD > 64
