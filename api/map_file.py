"""The self-contained map of a roster: `jingge map`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from api.city import build_city
from api.layers import MapLayers
from api.map_pages import addresses, city_page
from dispatch.roster import GAP_COLUMNS, PRICE_COLUMNS, PlanResult, Report
from maps.export import self_contained_map

if TYPE_CHECKING:
    from api.language import Texts
    from dispatch.scenario import Scenario

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
    layers = MapLayers(build_city(scenario, unreported(roster), "0" * 64))
    page = city_page(layers, texts, root=ROOT)
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
    return self_contained_map(page, bodies)


def unreported(roster: pd.DataFrame) -> PlanResult:
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
    gaps, prices = (pd.DataFrame(columns=list(names)) for names in (GAP_COLUMNS, PRICE_COLUMNS))
    return PlanResult(roster, report, gaps, prices)
