"""The reviewer's maps, and ``/maps/data/{version}/…``: their lists, tables, change between rosters.

What hangs on the plan alone may be kept for ever, as the cells may; teams change, so equity is
asked for again by every page.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.access.policy import allowed
from api.dependencies import StoreDep
from api.layers import MapLayers, pack_json
from api.map_answers import LayersDep, PageDep, ReviewDep, kept, map_answer, shift_of
from api.review_change import Baseline, baseline
from data.store.engine import Store
from data.store.errors import ScenarioMissingError
from data.store.result_io import find_roster, load_roster
from data.store.scenario_reading import load_scenario

if TYPE_CHECKING:
    from dispatch.wording import Language

router = APIRouter(
    prefix="/maps", include_in_schema=False, dependencies=[Depends(allowed("review.read"))]
)

Way = Literal["change", "would"]
"""Since another roster, or what that one (a draft) would change."""
_BASES: Final = 3
"""Other rosters kept at a time: each is two megabytes for a city."""
_reading = Lock()


@router.get("/price")
def price_page(page: PageDep, request: Request) -> HTMLResponse:
    """Show where one more person helps most."""
    return map_answer(replace(page, kind="price"), request)


@router.get("/equity")
def equity_page(page: PageDep, request: Request) -> HTMLResponse:
    """Show how evenly the city is served, and how the work is shared."""
    return map_answer(replace(page, kind="equity"), request)


@router.get("/workload")
def workload_page(page: PageDep, request: Request) -> HTMLResponse:
    """Show how much work each beat is."""
    return map_answer(replace(page, kind="workload"), request)


@router.get("/change")
def change_page(
    page: PageDep, request: Request, alone: Annotated[bool, Query()] = False
) -> HTMLResponse:
    """Show what coverage has gained and lost since an earlier roster; 404 where there is none.

    ``?against=`` names another roster, ``&would=1`` turns the map round: what that one (a draft)
    would change. With ``&alone=1`` there is no way to the other maps: for a frame in a page.
    """
    if not page.addresses.change:
        raise HTTPException(404)
    kinds = ("change",) if alone else page.kinds
    return map_answer(replace(page, kind="change", kinds=kinds), request)


@router.get("/data/{version}/gaps/{shift}/{language}")
def gaps(review: ReviewDep, version: str, shift: str, language: str, request: Request) -> Response:
    """Return the short lines of a shift, or of the ``week``, by weighted person-hours."""
    number = shift_of(shift)
    words: Language = "en" if language == "en" else "zh"
    if language not in {"zh", "en"}:
        raise HTTPException(404)
    return kept(review.layers, version, request, lambda: review.gaps(number, words))


@router.get("/data/{version}/prices")
def prices(review: ReviewDep, version: str, request: Request) -> Response:
    """Return where one more person helps most; 202 while it is being found."""
    if version != review.layers.city.version:
        raise HTTPException(404)
    found = review.prices_so_far()
    if found is None:
        return Response(status_code=202, headers={"Cache-Control": "no-store", "Retry-After": "2"})
    return kept(review.layers, version, request, lambda: found)


@router.get("/data/{version}/equity/{ring}/{tier}")
def equity(review: ReviewDep, version: str, ring: int, tier: str, request: Request) -> Response:
    """Return how evenly areas are served and teams work."""
    answer = kept(review.layers, version, request, lambda: review.equity(ring, tier))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@router.get("/data/{version}/workload")
def workload(review: ReviewDep, version: str, request: Request) -> Response:
    """Return the week's work by beat."""
    return kept(review.layers, version, request, review.workload)


@router.get("/data/{version}/{way}/{base}")
def change_base(
    layers: LayersDep, store: StoreDep, version: str, way: Way, base: int, request: Request
) -> Response:
    """Return what the other roster is."""
    other = _baseline(request, layers, store, base)
    return kept(layers, version, request, lambda: pack_json(other.summary(would=way == "would")))


@router.get("/data/{version}/{way}/{base}/{ring}/{tier}/{shift}")
def change(
    review: ReviewDep,
    store: StoreDep,
    version: str,
    way: Way,
    base: int,
    ring: int,
    tier: str,
    shift: int,
    request: Request,
) -> Response:
    """Return what coverage has gained since another roster, or what that one would gain."""
    other = _baseline(request, review.layers, store, base)
    return kept(
        review.layers,
        version,
        request,
        lambda: review.change(other, base, ring, tier, shift, would=way == "would"),
    )


def _baseline(request: Request, layers: MapLayers, store: Store, number: int) -> Baseline:
    """Return another roster on the served one's beats and shifts; a few are kept.

    Raises
    ------
    HTTPException
        404 where there is no such roster.
    """
    state = request.app.state
    with _reading:
        if getattr(state, "baselines_of", None) is not layers:
            state.baselines_of, state.baselines = layers, OrderedDict()
        found: OrderedDict[int, Baseline] = state.baselines
        if number not in found:
            found[number] = _read(layers, store, number)
            if len(found) > _BASES:
                found.popitem(last=False)
        return found[number]


def _read(layers: MapLayers, store: Store, number: int) -> Baseline:
    try:
        with store.read() as session:
            scenario = load_scenario(session, find_roster(session, number).scenario_id)
            roster = load_roster(session, number)
    except ScenarioMissingError:
        raise HTTPException(404) from None
    return baseline(layers.city, scenario, roster)
