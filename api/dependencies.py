"""What a route may ask for: the store, the keys, the time, the city that is served, the settings.

Who asks, and whether they may, is `api.access.policy`. What only hands on something in memory is
``async``, which spares a change of thread, and asks for nothing but the request: every step of a
tree of dependencies costs each request its time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.city import City
from api.city_holder import Served
from api.service import Service
from api.settings import Settings
from api.templating import Templates
from data.store.engine import Store
from data.store.keys import Keys


async def get_service(request: Request) -> Service:
    """Return what this application holds."""
    return service_of(request)


def service_of(request: Request) -> Service:
    """Return what the application of a request holds."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(get_service)]


async def get_store(request: Request) -> Store:
    """Return the store."""
    return service_of(request).store


async def get_keys(request: Request) -> Keys:
    """Return the keys with which columns and the audit are sealed."""
    return service_of(request).keys


async def get_now(request: Request) -> datetime:
    """Return the time, in UTC; the same for all that one request does."""
    return now_of(request)


def now_of(request: Request) -> datetime:
    """Return the time of a request, in UTC: when it was first asked for."""
    known: datetime | None = getattr(request.state, "now", None)
    if known is None:
        known = request.state.now = service_of(request).clock()
    return known


async def get_served(request: Request) -> Served:
    """Return the city with the numbers of its roster and scenario.

    Raises
    ------
    NoRosterError
        Where nothing is published yet.
    """
    cities = service_of(request).cities
    known = cities.at_hand()
    return await run_in_threadpool(cities.served) if known is None else known


ServedDep = Annotated[Served, Depends(get_served)]


async def get_city(served: ServedDep) -> City:
    """Return the city that is served."""
    return served.city


def settings_of(request: Request) -> Settings:
    """Return the settings of a request's application."""
    settings: Settings = request.app.state.settings
    return settings


async def get_settings(request: Request) -> Settings:
    """Return the application's settings."""
    return settings_of(request)


def templates_of(request: Request) -> Templates:
    """Return the templates of a request's application."""
    templates: Templates = request.app.state.templates
    return templates


async def get_templates(request: Request) -> Templates:
    """Return the application's templates."""
    return templates_of(request)


async def get_nonce(request: Request) -> str:
    """Return the content-security nonce of this response; only our own tags may carry it."""
    nonce: str = request.state.nonce
    return nonce


StoreDep = Annotated[Store, Depends(get_store)]
KeysDep = Annotated[Keys, Depends(get_keys)]
NowDep = Annotated[datetime, Depends(get_now)]
CityDep = Annotated[City, Depends(get_city)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
NonceDep = Annotated[str, Depends(get_nonce)]
TemplatesDep = Annotated[Templates, Depends(get_templates)]


async def get_today(request: Request) -> date:
    """Return the day that it is in the city."""
    return today_of(request)


def today_of(request: Request) -> date:
    """Return the day of a request in the city."""
    return now_of(request).astimezone(ZoneInfo(settings_of(request).timezone)).date()


TodayDep = Annotated[date, Depends(get_today)]
