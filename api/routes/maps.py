"""``/maps/…``: the two maps, their scripts, and the bytes that they draw.

What a page reads stands under the version of the plan, so it may be kept for ever; a page that asks
for an older plan gets a 404 and asks its reader to load it again.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.access.policy import allowed
from api.dependencies import CityDep, NonceDep, SettingsDep
from api.language import texts_of
from api.layers import MapLayers, Packed, pack
from api.map_pages import city_page
from api.templating import page_language
from maps.coverage_map import coverage_map
from maps.gap_map import gap_map
from maps.shipped import MEDIA_TYPES, assets_version, read_asset

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings import Settings
    from maps.city_page import CityPage

assets = APIRouter(prefix="/maps", include_in_schema=False)
router = APIRouter(
    prefix="/maps", include_in_schema=False, dependencies=[Depends(allowed("coverage.read"))]
)

_FOR_EVER: Final = "private, max-age=31536000, immutable"
_MAX_ZOOM: Final = 22
_making = Lock()


def get_layers(request: Request, city: CityDep) -> MapLayers:
    """Return the map layers of the served city, made on first use."""
    state = request.app.state
    with _making:
        layers: MapLayers | None = getattr(state, "map_layers", None)
        if layers is None or layers.city is not city:
            layers = state.map_layers = MapLayers(city)
    return layers


LayersDep = Annotated[MapLayers, Depends(get_layers)]


@router.get("/coverage")
def coverage(
    layers: LayersDep, settings: SettingsDep, nonce: NonceDep, request: Request
) -> HTMLResponse:
    """Show who is likely to reach which cell within 1, 3 and 5 minutes."""
    return HTMLResponse(coverage_map(_page(layers, settings, request, nonce)))


@router.get("/gaps")
def gaps(
    layers: LayersDep, settings: SettingsDep, nonce: NonceDep, request: Request
) -> HTMLResponse:
    """Show the cells that matter and are not covered well enough, and the posts that are short."""
    return HTMLResponse(gap_map(_page(layers, settings, request, nonce)))


@assets.get("/static/{version}/{name}")
def asset(version: str, name: str, request: Request) -> Response:
    """Return a script or style of the maps."""
    if version != assets_version():
        raise HTTPException(404)
    try:
        raw = read_asset(name)
    except KeyError:
        raise HTTPException(404) from None
    return _send(_packed_asset(name, raw), request)


@router.get("/data/{version}/geometry")
def geometry(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the lattice."""
    return _data(layers, version, request, layers.geometry)


@router.get("/data/{version}/places")
def places(layers: LayersDep, version: str, request: Request) -> Response:
    """Return names and points."""
    return _data(layers, version, request, layers.places)


@router.get("/data/{version}/shifts")
def shifts(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the shifts."""
    return _data(layers, version, request, layers.shifts)


@router.get("/data/{version}/owners")
def owners(layers: LayersDep, version: str, request: Request) -> Response:
    """Return the beat of each cell."""
    return _data(layers, version, request, layers.owners)


@router.get("/data/{version}/weights")
def weights(layers: LayersDep, version: str, request: Request) -> Response:
    """Return how much each cell matters."""
    return _data(layers, version, request, layers.weights)


@router.get("/data/{version}/coverage/{ring}/{tier}/{shift}")
def cells(
    layers: LayersDep, version: str, ring: int, tier: str, shift: int, request: Request
) -> Response:
    """Return the coverage of each cell."""
    return _data(layers, version, request, lambda: layers.coverage(ring, tier, shift))


@router.get("/data/{version}/posts/{shift}")
def posts(layers: LayersDep, version: str, shift: int, request: Request) -> Response:
    """Return headcounts and short lines of a shift."""
    return _data(layers, version, request, lambda: layers.posts(shift))


@router.get("/data/{version}/tiles/{zoom}/{x}/{y}")
def tile(layers: LayersDep, version: str, zoom: int, x: int, y: int, request: Request) -> Response:
    """Return which cell each pixel shows, where the city lies on no lattice."""
    if not (0 <= zoom <= _MAX_ZOOM and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
        raise HTTPException(404)
    return _data(layers, version, request, lambda: layers.tile(zoom, x, y))


_assets: dict[str, Packed] = {}


def _packed_asset(name: str, raw: bytes) -> Packed:
    if name not in _assets:
        media_type = MEDIA_TYPES[name[name.rindex(".") :]]
        _assets[name] = pack(raw, media_type, effort=11)
    return _assets[name]


def _data(
    layers: MapLayers, version: str, request: Request, make: Callable[[], Packed]
) -> Response:
    if version != layers.city.version:
        raise HTTPException(404)
    try:
        return _send(make(), request)
    except KeyError:
        raise HTTPException(404) from None


def _send(packed: Packed, request: Request) -> Response:
    """Return a body that may be kept, or a 304 to whoever has it."""
    tag = f'W/"{packed.tag}"'
    headers = {"ETag": tag, "Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    content, encoding = packed.encoded(request.headers.get("accept-encoding", ""))
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(content, headers=headers, media_type=packed.media_type)


def _page(layers: MapLayers, settings: Settings, request: Request, nonce: str) -> CityPage:
    return city_page(
        layers,
        texts_of(page_language(request)[0]),
        root=f"/maps/data/{layers.city.version}",
        assets=f"/maps/static/{assets_version()}",
        nonce=nonce,
        settings=settings,
    )
