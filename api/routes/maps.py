"""``/maps/…``: the maps, their scripts, and the bytes that they draw.

What a page reads stands under the version of the plan, so it may be kept for ever; a page that asks
for an older plan gets a 404 and asks its reader to load it again.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.access.policy import allowed
from api.layers import Packed, pack
from api.map_answers import LayersDep, PageDep, kept, map_answer, prompt, send, shift_of
from maps.coverage_map import coverage_map
from maps.gap_map import gap_map
from maps.shipped import MEDIA_TYPES, assets_version, read_asset

assets = APIRouter(prefix="/maps", include_in_schema=False)
router = APIRouter(
    prefix="/maps", include_in_schema=False, dependencies=[Depends(allowed("coverage.read"))]
)

ground = APIRouter(
    prefix="/maps", include_in_schema=False, dependencies=[Depends(allowed("ground.read"))]
)

_MAX_ZOOM: Final = 22


@router.get("/coverage")
def coverage(page: PageDep, request: Request) -> HTMLResponse:
    """Show who is likely to reach which cell within 1, 3 and 5 minutes."""
    return map_answer(page, request, coverage_map)


@router.get("/gaps")
def gaps(page: PageDep, request: Request) -> HTMLResponse:
    """Show the cells that matter and are not covered well enough, and the posts that are short."""
    return map_answer(page, request, gap_map)


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
async def geometry(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the lattice."""
    return await prompt(layers, version, request, ("geometry",), layers.geometry)


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
async def cells(
    layers: LayersDep, version: str, ring: int, tier: str, shift: str, request: Request
) -> Response:
    """Return the coverage of each cell, of a shift or of the ``week``."""
    number = shift_of(shift)
    key = ("coverage", ring, tier, number)
    return await prompt(layers, version, request, key, lambda: layers.coverage(*key[1:]))


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
