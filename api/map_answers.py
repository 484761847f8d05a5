"""What the maps' routes share: layers of the served city, and answers that may be kept for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Annotated, Final

from fastapi import Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.access.policy import ActorDep, may
from api.city import City
from api.dependencies import CityDep, ServedDep, SettingsDep, StoreDep, TodayDep
from api.kept_pages import KeptPages
from api.language import texts_of
from api.layers import MapLayers, Packed
from api.map_pages import city_page
from api.review_layers import ReviewLayers
from api.review_teams import teams_of_members
from api.templating import page_language
from data.records.team_rolls import team_rolls
from data.store.earlier_roster import earlier_roster
from maps.city_page import FOR_ALL, CityPage, render_city
from maps.shipped import assets_version

_FOR_EVER: Final = "private, max-age=31536000, immutable"
REVIEW: Final = "review.read"
"""The action behind maps and lists that tell of people: remedies, teams, prices, other rosters."""
_making = Lock()


def layers_of(request: Request, city: City) -> MapLayers:
    """Return the map layers of a served city, made on first use."""
    state = request.app.state
    with _making:
        layers: MapLayers | None = getattr(state, "map_layers", None)
        if layers is None or layers.city is not city:
            layers = state.map_layers = MapLayers(city)
    return layers


async def get_layers(request: Request, city: CityDep) -> MapLayers:
    """Return the map layers of the served city."""
    layers: MapLayers | None = getattr(request.app.state, "map_layers", None)
    if layers is not None and layers.city is city:
        return layers
    return await run_in_threadpool(layers_of, request, city)


LayersDep = Annotated[MapLayers, Depends(get_layers)]


def get_review(
    request: Request, layers: LayersDep, store: StoreDep, today: TodayDep
) -> ReviewLayers:
    """Return the reviewer's layers of the served city, made on first use."""
    state = request.app.state
    with _making:
        review: ReviewLayers | None = getattr(state, "review_layers", None)
        if review is None or review.layers is not layers:
            if review is not None:
                review.close()
            with store.read() as session:
                teams = teams_of_members(layers.city, team_rolls(session, today))
            review = state.review_layers = ReviewLayers(layers, teams)
    return review


ReviewDep = Annotated[ReviewLayers, Depends(get_review)]


@dataclass(frozen=True, slots=True)
class Against:
    """The roster that changes are shown against; None where there is none.

    `would` turns the map round: what that roster, a draft, would change.
    """

    roster: int | None
    would: bool = False


def get_against(
    served: ServedDep,
    store: StoreDep,
    against: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    would: Annotated[bool, Query()] = False,
) -> Against:
    """Return the roster that is asked for, or the one that was worked by before."""
    if against is not None:
        return Against(against, would)
    with store.read() as session:
        return Against(earlier_roster(session, served.roster_id))


AgainstDep = Annotated[Against, Depends(get_against)]


def get_page(
    layers: LayersDep,
    settings: SettingsDep,
    request: Request,
    against: AgainstDep,
    actor: ActorDep,
) -> CityPage:
    """Return what the map pages of the served city have in common, for who asks."""
    page = city_page(
        layers,
        texts_of(page_language(request)[0]),
        root=f"/maps/data/{layers.city.version}",
        assets=f"/maps/static/{assets_version()}",
        nonce=request.state.nonce,
        settings=settings,
        base=against.roster,
        would=against.would,
    )
    return page if may(actor, REVIEW) else replace(page, kinds=FOR_ALL)


PageDep = Annotated[CityPage, Depends(get_page)]


def map_answer(
    page: CityPage, request: Request, render: Callable[[CityPage], str] = render_city
) -> HTMLResponse:
    """Return a map page as it goes to its reader: rendered once for all who are shown the same."""
    pages: KeptPages = request.app.state.templates.pages
    of = {
        "render": render.__name__,
        "shown": (page.kind, page.kinds, page.language, page.would),
        "read": (page.addresses, page.assets),
    }
    html = pages.page(
        of,
        lambda: render(replace(page, nonce=pages.nonce)),
        nonce=page.nonce,
        csrf="",
        new_key=str,
    )
    return HTMLResponse(html)


def shift_of(text: str) -> int | None:
    """Return the shift that a path names; None for its word ``week``, 404 for another."""
    if text == "week":
        return None
    if not (text.isascii() and text.isdecimal()):
        raise HTTPException(404)
    return int(text[:6])


def kept(layers: MapLayers, version: str, request: Request, make: Callable[[], Packed]) -> Response:
    """Return a body of a version; 404 for another version, or where there is no such body."""
    if version != layers.city.version:
        raise HTTPException(404)
    try:
        return send(make(), request)
    except KeyError:
        raise HTTPException(404) from None


async def prompt(
    layers: MapLayers,
    version: str,
    request: Request,
    key: tuple[object, ...],
    make: Callable[[], Packed],
) -> Response:
    """Return the same as `kept`, without another thread where the body was made before.

    Parameters
    ----------
    key : tuple
        Under which `MapLayers` keeps what `make` returns.
    """
    known = layers.at_hand(*key)
    if known is None or not known.is_made(request.headers.get("accept-encoding", "")):
        return await run_in_threadpool(kept, layers, version, request, make)
    return kept(layers, version, request, lambda: known)


def send(packed: Packed, request: Request) -> Response:
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
