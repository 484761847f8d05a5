"""The page of today from memory: asked for twice it reads nothing, and it never shows what was."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from fastapi import Response
from pressing import press
from service_client import following
from statements import asked
from tiny_store import NOW

from api.kept_pages import KeptPages
from api.routes.phone import today
from data.field.alerts import create_alert
from data.field.alerts_values import AlertValues
from data.field.limits import Limits
from data.field.my_shifts import my_shifts, reply_to_shift
from data.field.positions import CONSENT
from data.field.signups import sign_up
from data.field.tasks import step_task
from data.store.engine import open_store
from data.store.tables.alerts import AlertCall
from data.store.tables.checkins import CheckIn, LoneWatch
from data.store.tables.people import Consent, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service_client import RunningService
    from sqlalchemy.orm import Session
    from starlette.testclient import TestClient

    from data.field.task_values import TaskView
    from data.store.engine import Store

    Make = Callable[..., TaskView]

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def live(clocked: RunningService) -> Iterator[RunningService]:
    """A service whose index follows the store, as a served one's does."""
    with following(clocked):
        yield clocked


@pytest.fixture
def other(live: RunningService) -> Iterator[Store]:
    """The store as another process has it open."""
    store = open_store(live.store.engines.url.render_as_string(hide_password=False))
    yield store
    store.close()


def known(live: RunningService, phone: TestClient) -> None:
    """Ask until the page comes from memory."""
    liu = live.ids(Person)["liu"]
    index, found = live.app.state.live.index, live.app.state.live.days._days
    for _ in range(100):
        phone.get("/m")
        if liu in found and index.taker(liu) is not None:
            index.follow()
            if liu in found and index.taker(liu) is not None:
                return
    raise AssertionError("Expected a day to be kept, got none.")


def test_a_page_that_was_read_is_not_read_again(
    live: RunningService, phone: TestClient, make_task: Make
) -> None:
    make_task()
    known(live, phone)
    live.app.state.live.index.close()  # no follower among the statements
    live.app.state.live.index._thread = AliveThread()
    first = phone.get("/m").text
    with asked(live.store) as statements:
        second = phone.get("/m").text
    (one,) = [one for one in statements if one.startswith("SELECT")]
    assert "FROM live_change" in one
    nonces = {re.search(r'name="csrf" content="([^"]+)"', page)[1] for page in (first, second)}  # type: ignore[index]
    assert nonces == {phone.headers["X-CSRF-Token"]}
    keys = [re.findall(r'name="once" value="([^"]+)"', page) for page in (first, second)]
    assert keys[0]
    assert not set(keys[0]) & set(keys[1])
    assert len(set(keys[1])) == len(keys[1])
    plain = [re.sub(r'value="[^"]+"', "", page) for page in (first, second)]
    assert plain[0] == plain[1]


@pytest.mark.only("sqlite")
def test_a_page_from_memory_takes_no_thread(
    live: RunningService, phone: TestClient, make_task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_task()
    known(live, phone)
    read: list[object] = []
    page = phone.get("/m").text
    monkeypatch.setattr(today, "_read_today", lambda phone: read.append(phone) or Response())
    assert _without_keys(phone.get("/m").text) == _without_keys(page)
    assert not read
    live.store.submit(lambda session: _agreed(session, live))
    phone.get("/m")
    assert len(read) == 1


def _without_keys(page: str) -> str:
    return re.sub(r'(value|nonce)="[^"]+"', "", page)


class AliveThread:
    """Stands for a follower that has just looked."""

    def is_alive(self) -> bool:
        return True

    def join(self) -> None:
        """End nothing."""


def test_what_one_does_oneself_shows_at_once(
    live: RunningService, phone: TestClient, make_task: Make
) -> None:
    task = make_task(title="校门口护学")
    known(live, phone)
    page = phone.get("/m").text
    assert "我会来" in page
    (address,) = set(re.findall(r'action="(/m/shifts/[^"]+/confirm)"', page))
    press(phone, page, address)
    page = phone.get("/m").text
    assert "我会来" not in page
    press(phone, page, f"/m/tasks/{task.task_id}/signup")
    assert f'action="/m/tasks/{task.task_id}/signup"' not in phone.get("/m").text


def _signed_by_another(session: Session, live: RunningService, task: TaskView) -> None:
    liu = live.ids(Person)["liu"]
    sign_up(session, task.task_id, liu, Limits(), by="test", now=NOW)


def _declined(session: Session, live: RunningService, _: TaskView) -> None:
    liu = live.ids(Person)["liu"]
    (shift,) = my_shifts(session, liu, since=NOW)
    turn = shift.turn
    word = {"confirmed": False, "reason": "ill", "by": "test", "now": NOW}
    reply_to_shift(session, turn.scenario_id, liu, turn.shift_code, **word)  # type: ignore[arg-type]


def _called(session: Session, live: RunningService, _: TaskView) -> None:
    values = AlertValues(
        kind="missing_person", title="走失老人在广场", danger="calm", lat=40.66, lng=109.84
    )
    made = create_alert(session, values, lambda *_: [], Limits(), by="test", now=NOW)
    row = AlertCall(
        alert_id=made.alert.alert_id,
        person_id=live.ids(Person)["liu"],
        wave=1,
        duty="act",
        state="called",
        chance=0.5,
        minutes=5.0,
        distance_m=400.0,
        called_at=NOW,
        answer_by=NOW + timedelta(minutes=5),
    )
    session.add(row)
    session.flush()


DONE_ELSEWHERE = {
    "a sign-up": (_signed_by_another, lambda page: "校门口护学</a>" in page),
    "a call": (_called, lambda page: "走失老人在广场" in page),
    "a decline": (_declined, lambda page: "我会来" not in page),
}


@pytest.mark.parametrize("what", DONE_ELSEWHERE)
def test_what_another_process_does_shows_with_the_next_look(
    live: RunningService, other: Store, phone: TestClient, make_task: Make, what: str
) -> None:
    do, is_shown = DONE_ELSEWHERE[what]
    task = make_task(title="校门口护学")
    known(live, phone)
    before = phone.get("/m").text
    other.submit(lambda session: do(session, live, task))
    after = phone.get("/m").text
    assert before != after
    assert is_shown(after)


def test_a_task_of_ones_own_that_is_called_off_shows_at_once(
    live: RunningService, other: Store, phone: TestClient, make_task: Make
) -> None:
    task = make_task(title="校门口护学")
    live.store.submit(lambda session: _signed_by_another(session, live, task))
    known(live, phone)
    assert "校门口护学" in phone.get("/m").text
    other.submit(
        lambda session: step_task(session, task.task_id, "cancelled", now=NOW, reason="雨")
    )
    assert "校门口护学" not in phone.get("/m").text


def test_a_timer_and_a_consent_of_somebody_on_duty_show_at_once(
    live: RunningService, other: Store, phone: TestClient, make_task: Make
) -> None:
    task = make_task(title="夜间巡逻", kind="patrol")
    watch = live.store.submit(lambda session: _on_patrol(session, live, task))
    known(live, phone)
    page = phone.get("/m").text
    assert "data-tells" not in page
    assert "20:47" not in page

    def later(session: Session) -> None:
        session.get_one(LoneWatch, watch).due_at = datetime(2026, 11, 23, 20, 47, tzinfo=SHANGHAI)

    other.submit(later)
    assert "20:47" in phone.get("/m").text
    other.submit(lambda session: _agreed(session, live))
    assert 'data-tells="/api/v1/position"' in phone.get("/m").text


def _on_patrol(session: Session, live: RunningService, task: TaskView) -> int:
    liu = live.ids(Person)["liu"]
    made = sign_up(session, task.task_id, liu, Limits(), by="test", now=NOW)
    row = CheckIn(
        source=f"task:{task.task_id}:liu",
        kind="task",
        state="in",
        person_id=liu,
        signup_id=made.signup_id,
        task_id=task.task_id,
        starts_at=task.starts_at,
        ends_at=task.ends_at,
        in_at=NOW,
        in_means="geofence",
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    due = NOW + timedelta(minutes=30)
    watch = LoneWatch(check_in_id=row.id, every_min=30, due_at=due, safe_at=NOW)
    session.add(watch)
    session.flush()
    return watch.id


def _agreed(session: Session, live: RunningService) -> None:
    given = {"purpose": CONSENT, "wording": "test", "given_at": NOW}
    session.add(Consent(person_id=live.ids(Person)["liu"], **given))


def test_an_index_that_fell_behind_is_not_believed(
    live: RunningService, phone: TestClient, make_task: Make
) -> None:
    make_task()
    known(live, phone)
    live.app.state.live.index.close()
    with asked(live.store) as statements:
        phone.get("/m")
    assert len([one for one in statements if one.startswith("SELECT")]) > 4


def test_pages_are_kept_by_what_they_are_made_of() -> None:
    pages, made = KeptPages(2), []

    def page(word: str) -> str:
        def make() -> str:
            made.append(word)
            return f"<{pages.nonce}|{word}|{pages.new_key()}|{pages.new_key()}|{pages.csrf}>"

        keys = iter("ab")
        return pages.page({"w": word}, make, nonce="n", csrf="c", new_key=lambda: next(keys))

    assert page("x") == page("x") == "<n|x|a|b|c>"
    assert page("y") == "<n|y|a|b|c>"
    assert made == ["x", "y"]
    page("x"), page("z"), page("y")  # the least used has gone
    assert made == ["x", "y", "z", "y"]
