"""A service on the tiny city, and clients that are logged in as anybody.

In a test under ``tests/api`` take the fixture ``tiny`` (a store of the test's own, on both
databases where the test takes ``kind``) or ``client`` (a reviewer, read-only, one store for all)::

    def test_officer_sees_her_beat(tiny: RunningService) -> None:
        officer = tiny.client_as("community_officer", beat="haiwei")
        assert officer.get("/api/v1/people").status_code == 200

A client sends its session's cookie and ``X-CSRF-Token``; `RunningService.ids` gives the numbers
behind codes.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from argon2 import PasswordHasher
from sqlalchemy import select
from starlette.testclient import TestClient
from tiny_store import KEYS

from api.access.cookies import PLAIN
from api.access.passwords import Passwords
from api.app import bind, create_app
from api.city_holder import FixedCity, StoredCity
from api.service import Service
from api.settings import Settings
from data.accounts.accounts import create_account
from data.accounts.grants import STAFF, Grant
from data.accounts.sessions import begin_session, csrf_token, new_token
from data.store.engine import Store, open_store
from data.store.tables.ground import Beat, Station, SubBureau
from data.store.tables.people import Person
from data.store.tables.teams import Team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from playwright.sync_api import Browser, BrowserContext

    from api.city import City
    from data.store.keys import Keys

# As cheap as argon2id goes: what is tested is who gets in, not how long it takes.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KINDS = {"sub_bureau": SubBureau, "station": Station, "beat": Beat, "team": Team}
_NUMBERS = itertools.count(1)
# Applications by whether they show the documentation.
_FREE: dict[bool, list[FastAPI]] = {False: [], True: []}


@dataclass(frozen=True)
class Login:
    """A session: the cookie's value and the token against forged requests."""

    account_id: int
    token: str
    csrf: str


@dataclass
class Clock:
    """A time that a test sets; unset, the real one."""

    now: datetime | None = None

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now or datetime.now(UTC)


@dataclass
class RunningService:
    """An application with its store."""

    app: FastAPI
    service: Service
    settings: Settings
    clock: Clock = field(default_factory=Clock)

    @property
    def store(self) -> Store:
        """The store."""
        return self.service.store

    @property
    def keys(self) -> Keys:
        """The keys of the store."""
        return self.service.keys

    def ids(self, table: Any) -> dict[str, int]:
        """Give id by code of a table such as `Person`, `Beat`, `Team`."""
        with self.store.read() as session:
            return dict(session.execute(select(table.code, table.id)).all())

    def login_as(
        self,
        role: str,
        *more: str,
        sub_bureau: str = "",
        station: str = "",
        beat: str = "",
        team: str = "",
        person: str = "",
        second_factor: bool | None = None,
    ) -> Login:
        """Make an account with a role, and perhaps `more` of the whole city; log it in.

        Places and the person are codes; without a place a role is for the city, or for one's own.

        Parameters
        ----------
        second_factor : bool, optional
            Whether it was shown; by default where the role needs one.
        """
        given = {"sub_bureau": sub_bureau, "station": station, "beat": beat, "team": team}
        places = [(kind, code) for kind, code in given.items() if code]
        kind, place = "own" if role in {"volunteer", "auxiliary"} else "city", 0
        if places:
            kind, code = places[0]
            place = self.ids(KINDS[kind])[code]
        token = new_token()
        person_id = self.ids(Person)[person] if person else None
        number = next(_NUMBERS)
        shown = role in STAFF if second_factor is None else second_factor

        def work(session: Any) -> int:
            account = create_account(
                session,
                login=f"{role}-{number}",
                display_name=f"{role} {number}",
                password_hash=None,
                grants=[Grant(role, kind, place), *(Grant(one, "city") for one in more)],
                by="test",
                now=self.clock(),
                person_id=person_id,
                must_change_password=False,
            )
            begin_session(session, account, token, now=self.clock(), second_factor=shown)
            return account

        return Login(self.store.submit(work), token, csrf_token(token))

    def client_as(self, role: str, **scope: Any) -> TestClient:
        """Give a client that is logged in; see `login_as`."""
        return self.client(self.login_as(role, **scope))

    def client(self, login: Login | None = None) -> TestClient:
        """Give a client with a session, or one that is not logged in."""
        client = TestClient(self.app, raise_server_exceptions=True)
        if login is not None:
            client.cookies.set(PLAIN, login.token)
            client.headers["x-csrf-token"] = login.csrf
        return client

    def browser_context(
        self, browser: Browser, address: str, login: Login | None = None, **options: Any
    ) -> BrowserContext:
        """Give a browser's context that is logged in at an address of `api.server.serving`."""
        context = browser.new_context(**options)
        if login is not None:
            cookie = {"name": PLAIN, "value": login.token, "url": address, "sameSite": "Lax"}
            context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[list-item]
        return context


class StillService:
    """Enough of a service to list routes and to describe them: nothing is asked of it."""

    store = clock = keys = cities = passwords = throttle = None


@cache
def listed_app() -> FastAPI:
    """Make an application, once, whose routes and description are looked at, and nothing more.

    The first service that is started takes it over.
    """
    app = create_app(cast("Service", StillService()), Settings(docs=True))
    _FREE[True].append(app)
    return app


def start_service(
    url: str,
    settings: Settings | None = None,
    *,
    city: City | None = None,
    keys: Keys = KEYS,
    clock: Clock | None = None,
) -> RunningService:
    """Open a store and make its application; `stop_service` when done.

    Parameters
    ----------
    city : City, optional
        Served in place of what the store has published.
    """
    settings = settings or Settings(docs=True, port=0)
    clock = clock or Clock()
    store = open_store(url)
    service = Service(
        store=store,
        keys=keys,
        cities=StoredCity(store, clock, look_every_s=0) if city is None else FixedCity(city),
        clock=clock,
        passwords=Passwords(QUICK),
    )
    # An application takes two seconds to make: one that nobody uses any more serves again.
    if _FREE[settings.docs]:
        app = _FREE[settings.docs].pop()
        bind(app, service, settings)
    else:
        app = create_app(service, settings)
    return RunningService(app, service, settings, clock)


@contextmanager
def following(running: RunningService) -> Iterator[RunningService]:
    """Have the index of a service follow its store, as a served one's does."""
    index = running.app.state.live.index
    index.live()
    index.start()
    yield running
    index.close()


def stop_service(running: RunningService) -> None:
    """Close the store."""
    running.service.close()
    if running.app not in _FREE[running.settings.docs]:
        _FREE[running.settings.docs].append(running.app)
