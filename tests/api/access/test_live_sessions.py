"""Sessions that are known from memory: believed no longer than they are true."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from service_client import following
from sqlalchemy import event

from api.access.live_sessions import actor_of
from data.accounts.accounts import set_password, set_state
from data.accounts.grants import Grant, replace_grants
from data.accounts.second_factor import begin_second_factor
from data.accounts.sessions import (
    end_session,
    handle_of,
    revoke_all,
    revoke_session,
    token_hash,
)
from data.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service_client import Login, RunningService
    from starlette.testclient import TestClient

NOW = datetime.now(UTC)
PEOPLE = "/api/v1/people"


@pytest.fixture
def live(tiny: RunningService) -> Iterator[RunningService]:
    """A service whose index follows the store, as a served one's does."""
    with following(tiny):
        yield tiny


@contextmanager
def lookups(running: RunningService) -> Iterator[list[str]]:
    """Note the statements that look a session up."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "login_session" in statement or "account_role" in statement:
            asked.append(statement)

    engine = running.store.engines.readers
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def known(running: RunningService) -> tuple[Login, TestClient]:
    """Log an administrator in who is in memory."""
    login = running.login_as("city_dispatcher")
    client = running.client(login)
    for _ in range(200):  # until the log-in itself has come by the feed
        assert client.get(PEOPLE).status_code == 200
        if running.app.state.live.sessions.find(login.token, datetime.now(UTC)):
            time.sleep(0.3)
            with lookups(running) as asked:
                assert client.get(PEOPLE).status_code == 200
            if not asked:
                return login, client
    raise AssertionError("Expected a session to be known from memory, got none.")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_session_is_read_once(live: RunningService, kind: str) -> None:
    login, client = known(live)
    with lookups(live) as asked:
        assert client.get(PEOPLE).status_code == 200
        assert client.get("/api/v1/session").json()["login"].startswith("city_dispatcher")
    assert len(asked) <= 2  # the second question reads its own session for its answer
    sessions = live.app.state.live.sessions
    assert sessions.find(login.token, datetime.now(UTC)) == actor_of(
        live.store, live.settings, login.token, datetime.now(UTC)
    )


def _end(session: Any, login: Login) -> None:
    end_session(session, login.token, now=NOW)


def _end_by_handle(session: Any, login: Login) -> None:
    assert revoke_session(session, login.account_id, handle_of(token_hash(login.token)), now=NOW)


def _end_all(session: Any, login: Login) -> None:
    revoke_all(session, login.account_id, now=NOW)


def _lock(session: Any, login: Login) -> None:
    set_state(session, login.account_id, "locked", now=NOW)


def _take_role(session: Any, login: Login) -> None:
    replace_grants(session, login.account_id, [], by="test", now=NOW)


def _other_role(session: Any, login: Login) -> None:
    replace_grants(session, login.account_id, [Grant("reviewer", "city")], by="test", now=NOW)


def _new_password(session: Any, login: Login) -> None:
    set_password(session, login.account_id, "x", must_change=True, now=NOW)


CHANGES = [
    (_end, 401),
    (_end_by_handle, 401),
    (_end_all, 401),
    (_lock, 401),
    (_take_role, 403),
    (_other_role, 403),
    (_new_password, 401),
]


@pytest.mark.parametrize(("change", "status"), CHANGES)
def test_what_this_process_changes_counts_at_once(
    live: RunningService, change: Callable[[Any, Login], None], status: int
) -> None:
    login, client = known(live)
    live.store.submit(lambda session: change(session, login))
    assert client.get(PEOPLE).status_code == status


def test_logging_out_in_one_tab_counts_in_the_other(live: RunningService) -> None:
    login, client = known(live)
    assert live.client(login).delete("/api/v1/session").status_code == 204
    assert client.get(PEOPLE).status_code == 401


def test_a_second_factor_that_is_begun_is_read(live: RunningService) -> None:
    login, client = known(live)
    live.store.submit(lambda s: begin_second_factor(s, live.keys, login.account_id))
    with lookups(live) as asked:
        client.get(PEOPLE)
    assert asked


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("change", [_end, _lock])
def test_what_another_process_changes_counts_as_soon_as_it_is_followed(
    live: RunningService, kind: str, change: Callable[[Any, Login], None]
) -> None:
    login, client = known(live)
    other = open_store(live.store.engines.url.render_as_string(hide_password=False))
    other.submit(lambda session: change(session, login))
    other.close()
    live.app.state.live.index.follow()
    assert client.get(PEOPLE).status_code == 401


def test_without_somebody_who_follows_nothing_is_believed(live: RunningService) -> None:
    login, client = known(live)
    live.app.state.live.index.close()
    other = open_store(live.store.engines.url.render_as_string(hide_password=False))
    other.submit(lambda session: _end(session, login))
    other.close()
    assert client.get(PEOPLE).status_code == 401


def test_a_session_ends_to_the_moment(live: RunningService) -> None:
    login, client = known(live)
    sessions = live.app.state.live.sessions
    assert sessions.find(login.token, datetime.now(UTC)) is not None
    assert sessions.find(login.token, datetime.now(UTC) + timedelta(seconds=121)) is None
    live.clock.now = datetime.now(UTC) + timedelta(hours=2, minutes=1)
    assert client.get(PEOPLE).status_code == 401


def test_what_was_read_before_a_change_is_not_kept_after_it(live: RunningService) -> None:
    login, _ = known(live)
    sessions, now = live.app.state.live.sessions, datetime.now(UTC)
    actor = sessions.find(login.token, now)
    for change in (
        lambda: sessions.forget({login.account_id}),
        lambda: sessions.forget(None),
        lambda: live.store.submit(lambda s: _take_role(s, login)),
    ):
        mark = sessions.mark()
        change()
        sessions.keep(login.token, actor, now + timedelta(seconds=30), mark)
        assert sessions.find(login.token, now) is None
