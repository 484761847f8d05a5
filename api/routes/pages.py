"""``/``, ``/gaps``, ``/stations/{id}``, ``/beats/{id}``: the pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.actor import Access
from api.access.policy import access_of, allowed
from api.console import ways_of
from api.dependencies import CityDep, StoreDep, TemplatesDep
from api.gaps import GapFilter
from api.language import texts_of
from api.lookup import (
    BeatPath,
    StationPath,
    beat_of,
    station_of,
)
from api.templating import Templates, page_language
from api.views.beat import beat_values, station_values
from api.views.shortfalls import shortfall_values
from api.views.start import start_values
from api.visible import visible_beats

# A form sends an empty text where nothing is chosen.
Choice = Annotated[str | None, Query(max_length=128)]

router = APIRouter(include_in_schema=False)
_COVERAGE = [Depends(allowed("coverage.read"))]


@router.get("/", dependencies=_COVERAGE)
async def start(city: CityDep, templates: TemplatesDep, request: Request) -> Response:
    """Show how good the week's plan is, and where it is weakest."""
    texts = texts_of(page_language(request)[0])
    return _page(templates, request, "start.html", **start_values(city, texts))


@router.get("/gaps", dependencies=_COVERAGE)
async def gaps(
    city: CityDep,
    templates: TemplatesDep,
    request: Request,
    station: Choice = None,
    shift: Choice = None,
    role: Choice = None,
    beat: Choice = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show the short demand lines, heaviest first."""
    texts = texts_of(page_language(request)[0])
    wanted = GapFilter(
        beat=beat or None, station=station or None, shift=shift or None, role=role or None
    )
    return _page(templates, request, "gaps.html", **shortfall_values(city, texts, wanted, page))


@router.get("/stations/{station_id}", dependencies=_COVERAGE)
async def station(
    city: CityDep, templates: TemplatesDep, request: Request, station_id: StationPath
) -> Response:
    """Show a station's beats."""
    values = station_values(city, station_of(city, station_id))
    return _page(templates, request, "station.html", **values)


@router.get("/beats/{beat_id}")
def beat(
    city: CityDep,
    templates: TemplatesDep,
    store: StoreDep,
    access: Annotated[Access, Depends(allowed("coverage.read"))],
    request: Request,
    beat_id: BeatPath,
) -> Response:
    """Show what is short in a beat and, to whose jurisdiction it is of, who is on duty there."""
    texts = texts_of(page_language(request)[0])
    position = beat_of(city, beat_id)
    rights = access_of(access.actor, "roster.read")
    named = bool(visible_beats(city, store, rights.scope)[position])
    values = beat_values(city, texts, position, named=named)
    return _page(templates, request, "beat.html", **values)


def _page(templates: Templates, request: Request, name: str, **values: Any) -> Response:
    """Return a page with the ways to those of the reader's own."""
    return templates.render(request, name, ways=ways_of(request.state.actor), **values)
