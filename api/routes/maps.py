"""``/maps/…``: the maps, their scripts, and the bytes that they draw.

What a page reads stands under the version of the plan, so it may be kept for ever; a page that asks
for an older plan gets a 404 and asks its reader to load it again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.access.policy import allowed
from api.dependencies import NonceDep, SettingsDep
from api.language import texts_of
from api.layers import Packed, pack
from api.map_answers import BaseDep, LayersDep, kept, send
from api.map_pages import city_page
from api.templating import page_language
from maps.city_page import CityPage, render_city
from maps.coverage_map import coverage_map
from maps.gap_map import gap_map
from maps.shipped import MEDIA_TYPES, assets_version, read_asset

if TYPE_CHECKING:
    from api.layers import MapLayers
    from api.settings import Settings

assets = APIRouter(prefix="/maps", include_in_schema=False)
router = APIRouter(
    prefix="/maps", include_in_schema=False, dependencies=[Depends(allowed("coverage.read"))]
)

ground = APIRouter(
    prefix="/maps", include_in_schema=False, dependencies=[Depends(allowed("ground.read"))]
)

_MAX_ZOOM: Final = 22


def get_page(
    layers: LayersDep, settings: SettingsDep, nonce: NonceDep, request: Request, base: BaseDep
) -> CityPage:
    """Return what the pages of the served city have in common."""
    return _page(layers, settings, request, nonce, base)


PageDep = Annotated[CityPage, Depends(get_page)]


@router.get("/coverage")
def coverage(page: PageDep) -> HTMLResponse:
    """Show who is likely to reach which cell within 1, 3 and 5 minutes."""
    return HTMLResponse(coverage_map(page))


@router.get("/gaps")
def gaps(page: PageDep) -> HTMLResponse:
    """Show the cells that matter and are not covered well enough, and the posts that are short."""
    return HTMLResponse(gap_map(page))


@router.get("/price")
def price(page: PageDep) -> HTMLResponse:
    """Show where one more person helps most."""
    return HTMLResponse(render_city(replace(page, kind="price")))


@router.get("/equity")
def equity(page: PageDep) -> HTMLResponse:
    """Show how evenly the city is served, and how the work is shared."""
    return HTMLResponse(render_city(replace(page, kind="equity")))


@router.get("/workload")
def workload(page: PageDep) -> HTMLResponse:
    """Show how much work each beat is."""
    return HTMLResponse(render_city(replace(page, kind="workload")))


@router.get("/change")
def change(page: PageDep) -> HTMLResponse:
    """Show what coverage has gained and lost since an earlier roster; 404 where there is none."""
    if not page.addresses.change:
        raise HTTPException(404)
    return HTMLResponse(render_city(replace(page, kind="change")))


@ground.get("/outlines/{version}")
def outlines(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the districts' outlines as GeoJSON, as coarse as a small map shows them."""
    return kept(layers, version, request, layers.district_outlines)


@assets.get("/static/{version}/{name}")
def asset(version: str, name: str, request: Request) -> Response:
    """Return a script or style of the maps."""
    if version != assets_version():
        raise HTTPException(404)
    try:
        raw = read_asset(name)
    except KeyError:
        raise HTTPException(404) from None
    return send(_packed_asset(name, raw), request)


@router.get("/data/{version}/geometry")
def geometry(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the lattice."""
    return kept(layers, version, request, layers.geometry)


@router.get("/data/{version}/places")
def places(layers: LayersDep, version: str, request: Request) -> Response:
    """Return names and points."""
    return kept(layers, version, request, layers.places)


@router.get("/data/{version}/shifts")
def shifts(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the shifts."""
    return kept(layers, version, request, layers.shifts)


@router.get("/data/{version}/owners")
def owners(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the beat of each cell."""
    return kept(layers, version, request, layers.owners)


@router.get("/data/{version}/weights")
def weights(layers: LayersDep, version: str, request: Request) -> Response:
    """Return how much each cell matters."""
    return kept(layers, version, request, layers.weights)


@router.get("/data/{version}/coverage/{ring}/{tier}/{shift}")
def cells(
    layers: LayersDep, version: str, ring: int, tier: str, shift: int, request: Request
) -> Response:
    """Return the coverage of each cell."""
    return kept(layers, version, request, lambda: layers.coverage(ring, tier, shift))


@router.get("/data/{version}/posts/{shift}")
def posts(layers: LayersDep, version: str, shift: int, request: Request) -> Response:
    """Return headcounts and short lines of a shift."""
    return kept(layers, version, request, lambda: layers.posts(shift))


@router.get("/data/{version}/tiles/{zoom}/{x}/{y}")
def tile(layers: LayersDep, version: str, zoom: int, x: int, y: int, request: Request) -> Response:
    """Return which cell each pixel shows, where the city lies on no lattice."""
    if not (0 <= zoom <= _MAX_ZOOM and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
        raise HTTPException(404)
    return kept(layers, version, request, lambda: layers.tile(zoom, x, y))


_assets: dict[str, Packed] = {}


def _packed_asset(name: str, raw: bytes) -> Packed:
    if name not in _assets:
        media_type = MEDIA_TYPES[name[name.rindex(".") :]]
        _assets[name] = pack(raw, media_type, effort=11)
    return _assets[name]


def _page(
    layers: MapLayers, settings: Settings, request: Request, nonce: str, base: int | None
) -> CityPage:
    return city_page(
        layers,
        texts_of(page_language(request)[0]),
        root=f"/maps/data/{layers.city.version}",
        assets=f"/maps/static/{assets_version()}",
        nonce=nonce,
        settings=settings,
        base=base,
    )
