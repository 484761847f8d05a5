"""``/api/v1/roster``, ``coverage``, ``gaps``, ``summary``: the plan that is served."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response
from numpy.typing import NDArray

from api.access.actor import Access
from api.access.policy import allowed
from api.city import City
from api.coverage import ALL, TIERS_AND_ALL
from api.dependencies import CityDep, StoreDep
from api.errors import problems
from api.gaps import GapFilter, ranked_gaps
from api.lookup import (
    BeatQuery,
    PersonQuery,
    RingQuery,
    RoleQuery,
    ShiftQuery,
    StationQuery,
    TierQuery,
    beat_of,
    shift_of,
    station_of,
)
from api.paging import PageDep
from api.responses import json_response
from api.schemas import plan as schemas
from api.summary import Places
from api.templating import page_language
from api.visible import visible_assignments
from grid.coverage import RINGS_MIN

router = APIRouter(tags=["plan"])
_COVERAGE = [Depends(allowed("coverage.read"))]

ByQuery = Annotated[
    Literal["city", "district", "station", "beat"], Query(description="Areas to average over.")
]


@router.get(
    "/summary",
    dependencies=_COVERAGE,
    response_model=schemas.Summary,
    summary="The week in figures",
)
async def summary(city: CityDep, request: Request) -> Response:
    """Return the week's figures with the proof of how good the plan is."""
    figures, report = city.figures, city.result.report
    body = {
        "name": city.scenario.name,
        "scenario_sha256": city.sha256,
        "people": len(city.scenario.people),
        "posts": figures.posts,
        "beats": len(city.scenario.beats),
        "stations": len(city.stations),
        "cells": len(city.lattice.cells),
        **_places(figures.total),
        "unmet": figures.total.unmet,
        "filled_share": figures.total.share,
        "filled_share_bound": figures.share_ceiling,
        "objective": report.objective,
        "bound": report.bound,
        "gap": report.gap,
        "violations": report.violations,
        "tiers": [
            {"tier": tier.value, "people": people, "on_roster": on_roster, **_places(places)}
            for tier, (places, people, on_roster) in figures.by_tier.items()
        ],
        "shifts": [
            {"shift_id": shift, **_places(places)}
            for shift, places in zip(
                city.scenario.shifts["shift_id"], figures.by_shift, strict=True
            )
        ],
        "stations_by_shortfall": [
            {
                "station_id": row["station_id"],
                "name": row["station_name"],
                "district_id": row["sub_bureau_id"],
                **_places(figures.by_station[i]),
            }
            for i, row in sorted(
                enumerate(city.stations.to_dict("records")),
                key=lambda pair: (-figures.by_station[pair[0]].weight_unmet, pair[0]),
            )
        ],
    }
    return json_response(body, request)


@router.get(
    "/roster",
    response_model=schemas.Roster,
    responses=problems(404, 422),
    summary="Who is where and when",
)
def roster(
    city: CityDep,
    store: StoreDep,
    access: Annotated[Access, Depends(allowed("roster.read"))],
    request: Request,
    page: PageDep,
    beat: BeatQuery = None,
    station: StationQuery = None,
    shift: ShiftQuery = None,
    person: PersonQuery = None,
    role: RoleQuery = None,
) -> Response:
    """Return assignments of one's jurisdiction, all or of a beat, station, shift, person or role.

    People appear by code; names, homes and telephone numbers are not served here.
    """
    table = city.roster
    wanted = visible_assignments(city, store, access.scope)
    if beat is not None:
        wanted &= table["beat"].to_numpy() == beat_of(city, beat)
    if station is not None:
        wanted &= city.beat_station[table["beat"].to_numpy()] == station_of(city, station)
    if shift is not None:
        wanted &= table["shift"].to_numpy() == shift_of(city, shift)
    if person is not None:
        city.require_person(person)
        wanted &= (table["person_id"] == person).to_numpy()
    if role is not None:
        city.require_role(role)
        wanted &= (table["role"] == role).to_numpy()
    rows = wanted.nonzero()[0]
    part, following = page.cut(len(rows))
    columns = ["person_id", "tier", "role", "beat_id", "shift_id"]
    items = table.iloc[rows[part]][columns].to_dict("records")
    return json_response({"items": items, "next": following, "total": len(rows)}, request)


@router.get(
    "/coverage",
    dependencies=_COVERAGE,
    response_model=schemas.Coverage,
    responses=problems(404, 422),
    summary="Coverage by area, shift, ring and tier",
)
async def coverage(
    city: CityDep,
    request: Request,
    page: PageDep,
    by: ByQuery = "district",
    shift: ShiftQuery = None,
    ring: RingQuery = None,
    tier: TierQuery = None,
) -> Response:
    """Return the chance that somebody on duty reaches a place in time, averaged over areas.

    The mean is over the area's cells, weighted by how much each cell matters.
    """
    areas, ids = _areas(city, by)
    rings = RINGS_MIN if ring is None else (int(ring),)
    tiers = TIERS_AND_ALL if tier is None else (tier,)
    shifts = range(len(city.scenario.shifts)) if shift is None else [shift_of(city, shift)]
    shape = (len(rings), len(tiers), len(shifts), len(ids))
    part, following = page.cut(int(np.prod(shape)))
    tables = {(r, t): city.coverage.by_area(r, t, areas, len(ids)) for r in rings for t in tiers}
    names = city.scenario.shifts["shift_id"]
    items = []
    for flat in range(part.start, part.stop):
        r, t, s, a = (int(i) for i in np.unravel_index(flat, shape))
        value = float(tables[rings[r], tiers[t]][shifts[s], a])
        items.append(
            {
                "id": ids[a],
                "shift_id": names.iloc[shifts[s]],
                "ring_min": rings[r],
                "tier": tiers[t],
                "coverage": None if np.isnan(value) else round(value, 4),
            }
        )
    body = {"items": items, "next": following, "total": int(np.prod(shape))}
    return json_response(body, request)


@router.get(
    "/gaps",
    dependencies=_COVERAGE,
    response_model=schemas.Gaps,
    responses=problems(404, 422),
    summary="Short lines, why, and what would help",
)
async def gaps(
    city: CityDep,
    request: Request,
    page: PageDep,
    beat: BeatQuery = None,
    station: StationQuery = None,
    shift: ShiftQuery = None,
    role: RoleQuery = None,
) -> Response:
    """Return the demand lines that are short, heaviest first, with cause, funnel and remedy.

    The funnel counts the people that remain after each rule; the remedy is the cheapest single
    change that would fill one more place, worded in the language of `Accept-Language`.
    """
    wanted = GapFilter(beat=beat, station=station, shift=shift, role=role)
    table = ranked_gaps(city, wanted, page_language(request)[0])
    part, following = page.cut(len(table))
    items = table.iloc[part].to_dict("records")
    return json_response({"items": items, "next": following, "total": len(table)}, request)


def _places(places: Places) -> dict[str, int]:
    return {
        "required": places.required,
        "assigned": places.assigned,
        "weight_required": places.weight_required,
        "weight_filled": places.weight_filled,
    }


def _areas(city: City, by: str) -> tuple[NDArray[np.integer[Any]], list[str]]:
    """Return the area of each beat and the ids of the areas."""
    num_beats = len(city.scenario.beats)
    if by == "beat":
        return np.arange(num_beats), list(city.scenario.beats["beat_id"])
    if by == "station":
        return city.beat_station, list(city.stations["station_id"])
    if by == "district":
        return city.station_district[city.beat_station], list(city.districts["sub_bureau_id"])
    return np.zeros(num_beats, dtype=np.int32), [ALL]
