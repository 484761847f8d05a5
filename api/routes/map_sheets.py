"""``/maps/print/…``: a map as one sheet of A4 or A3, which the reader's browser prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.access.policy import allowed
from api.dependencies import NowDep, SettingsDep
from api.map_answers import REVIEW, LayersDep, PageDep
from api.map_pages import PRINT
from api.map_print import sheet_of
from api.schemas.sheet import SheetQuery
from maps.city_page import render_city

if TYPE_CHECKING:
    from datetime import datetime

    from api.layers import MapLayers
    from api.map_print import SheetChoice
    from api.settings import Settings
    from maps.city_page import CityPage

router = APIRouter(
    prefix=PRINT, include_in_schema=False, dependencies=[Depends(allowed("coverage.read"))]
)
review = APIRouter(prefix=PRINT, include_in_schema=False, dependencies=[Depends(allowed(REVIEW))])
Asked = Annotated[SheetQuery, Query()]


@router.get("/coverage")
def coverage(
    page: PageDep, layers: LayersDep, settings: SettingsDep, asked: Asked, now: NowDep
) -> HTMLResponse:
    """Show the map of coverage."""
    return _answer(page, layers, settings, asked.choice("coverage"), now)


@router.get("/gaps")
def gaps(
    page: PageDep, layers: LayersDep, settings: SettingsDep, asked: Asked, now: NowDep
) -> HTMLResponse:
    """Show the map of gaps."""
    return _answer(page, layers, settings, asked.choice("gaps"), now)


@review.get("/price")
def price(
    page: PageDep, layers: LayersDep, settings: SettingsDep, asked: Asked, now: NowDep
) -> HTMLResponse:
    """Show where one more person helps most."""
    return _answer(page, layers, settings, asked.choice("price"), now)


@review.get("/equity")
def equity(
    page: PageDep, layers: LayersDep, settings: SettingsDep, asked: Asked, now: NowDep
) -> HTMLResponse:
    """Show how evenly the city is served."""
    return _answer(page, layers, settings, asked.choice("equity"), now)


@review.get("/workload")
def workload(
    page: PageDep, layers: LayersDep, settings: SettingsDep, asked: Asked, now: NowDep
) -> HTMLResponse:
    """Show how much work each beat is."""
    return _answer(page, layers, settings, asked.choice("workload"), now)


@review.get("/change")
def change(
    page: PageDep, layers: LayersDep, settings: SettingsDep, asked: Asked, now: NowDep
) -> HTMLResponse:
    """Show what coverage has gained and lost; 404 where there is no other roster."""
    if not page.addresses.change:
        raise HTTPException(404)
    return _answer(page, layers, settings, asked.choice("change"), now)


def _answer(
    page: CityPage, layers: MapLayers, settings: Settings, choice: SheetChoice, now: datetime
) -> HTMLResponse:
    if choice.shift is not None and choice.shift >= layers.num_shifts:
        raise HTTPException(404)
    sheet = sheet_of(page, choice, now=now, timezone=settings.timezone, version=layers.city.version)
    return HTMLResponse(render_city(sheet))
