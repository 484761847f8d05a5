"""The self-contained map of a roster: `jingge map`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from api.city import build_city
from api.layers import MapLayers
from api.map_pages import addresses, city_page
from api.review_equity import HOURS
from api.review_layers import ReviewLayers
from api.review_teams import teams_by_station
from data.catalogue import labels
from dispatch.gaps import explain_gaps
from dispatch.roster import GAP_COLUMNS, PRICE_COLUMNS, PlanResult, Report
from maps.export import self_contained_map

if TYPE_CHECKING:
    from api.language import Texts
    from dispatch.scenario import Scenario
    from maps.city_page import CityPage

ROOT: Final = "data"


def map_file(scenario: Scenario, roster: pd.DataFrame, texts: Texts) -> str:
    """Return one HTML file with the map of a roster, for all shifts, rings and tiers.

    Parameters
    ----------
    scenario : Scenario
    roster : DataFrame
        Of the scenario; it is drawn as it is, whether or not it keeps the rules.
    texts : Texts
        The language of the file.
    """
    result = unreported(roster, explain_gaps(scenario, roster, labels=labels("zh")))
    layers = MapLayers(build_city(scenario, result, "0" * 64))
    page = city_page(layers, texts, root=ROOT)
    bodies = first_bodies(layers, page) | review_bodies(layers, page)
    return self_contained_map(page, bodies)


def first_bodies(layers: MapLayers, page: CityPage) -> dict[str, bytes]:
    """Return the cells and posts of a file, by address."""
    at = addresses(ROOT)
    bodies = {
        at.geometry: layers.geometry().raw,
        at.places: layers.places().raw,
        at.owners: layers.owners().raw,
        at.weights: layers.weights().raw,
        at.shifts: layers.shifts().raw,
    }
    for shift in range(layers.num_shifts):
        bodies[at.posts.replace("{shift}", str(shift))] = layers.posts(shift).raw
        for ring in page.rings:
            for tier in page.tiers:
                address = page.body_address(ring, tier, shift)
                bodies[address] = layers.coverage(ring, tier, shift).raw
    for ring in page.rings:
        for tier in page.tiers:
            bodies[page.body_address(ring, tier, "week")] = layers.coverage(ring, tier, None).raw
    return bodies


def review_bodies(layers: MapLayers, page: CityPage) -> dict[str, bytes]:
    """Return the lists and tables of a file, by address; teams are those of the stations."""
    review = ReviewLayers(layers, teams_by_station(layers.city))
    at = page.addresses
    bodies = {at.workload: review.workload().raw, at.prices: review.prices().raw}
    for shift in (None, *range(layers.num_shifts)):
        address = page.gaps_address("week" if shift is None else str(shift))
        bodies[address] = review.gaps(shift, page.language).raw
    for ring in (HOURS, *page.rings):
        for tier in page.tiers:
            bodies[page.equity_address(ring, tier)] = review.equity(ring, tier).raw
    review.close()
    return bodies


def unreported(roster: pd.DataFrame, gaps: pd.DataFrame | None = None) -> PlanResult:
    """Return a roster as a result of which nothing else is known: what to draw, not to publish."""
    report = Report(
        objective=0,
        bound=0,
        gap=0.0,
        weighted_unmet=0,
        unmet=0,
        travel_cost=0,
        fairness_cost=0,
        dislike_cost=0,
        assigned=len(roster),
        violations={},
        seconds={},
        seed=0,
        workers=1,
        scenario_sha256="",
        versions={},
    )
    none, prices = (pd.DataFrame(columns=list(names)) for names in (GAP_COLUMNS, PRICE_COLUMNS))
    return PlanResult(roster, report, none if gaps is None else gaps, prices)
