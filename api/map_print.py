"""A map as one sheet: what is on it, and its self-contained page for a printer.

The page `GET /maps/print/{kind}` is the same sheet in a browser, which prints it itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from api.city import build_city
from api.layers import MapLayers
from api.map_file import ROOT, unreported
from api.map_pages import addresses, city_page
from api.review_equity import HOURS
from api.review_layers import ReviewLayers
from api.review_teams import teams_by_station
from data.catalogue import labels
from dispatch.gaps import explain_gaps
from grid.coverage import GAP_LEVEL, RINGS_MIN
from maps.city_page import TIERS, Sheet
from maps.export import self_contained_map

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from api.language import Texts
    from dispatch.scenario import Scenario
    from maps.city_page import CityPage, Kind


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """What a sheet shows; the words are those of ``maps/assets/state.js``.

    Attributes
    ----------
    shift : int or None
        None for the one that wants the most people.
    ring : int
        Minutes; 0 for all in one map.
    level : int
        Percent from which a cell counts as covered.
    view : tuple or None
        Zoom, latitude, longitude; None for the urban core or, with `whole`, the whole city.
    ask : bool
        Whether a browser is to open its dialogue of printing.
    """

    kind: Kind = "coverage"
    shift: int | None = None
    ring: int = 0
    tier: str = "all"
    level: int = round(100 * GAP_LEVEL)
    span: Literal["shift", "week"] = "shift"
    what: str = "any"
    area: Literal["beat", "station", "district"] = "beat"
    fair: Literal["reach", "hours"] = "reach"
    load: Literal["wanted", "filled", "each"] = "wanted"
    paper: Literal["a4", "a3"] = "a4"
    view: tuple[float, float, float] | None = None
    whole: bool = False
    ask: bool = False

    def __post_init__(self) -> None:
        if self.ring not in (0, *RINGS_MIN) or self.tier not in TIERS:
            raise ValueError(
                f"Expected a ring of 0 and {RINGS_MIN} and a tier of {TIERS}, "
                f"got {self.ring} and {self.tier!r}."
            )


def sheet_of(
    page: CityPage, choice: SheetChoice, *, now: datetime, timezone: str, version: str
) -> CityPage:
    """Return a page as a sheet.

    Parameters
    ----------
    page : CityPage
        Of the city, as it is shown on a screen.
    choice : SheetChoice
    now : datetime
        When the sheet is made; it says so.
    timezone : str
        IANA name of the zone of that clock.
    version : str
        Of the plan, as the sheet names it.

    Raises
    ------
    ValueError
        Where there is no such shift.
    """
    return replace(
        page,
        kind=choice.kind,
        shift=page.shift if choice.shift is None else choice.shift,
        ring=choice.ring,
        tier=choice.tier,
        level=choice.level,
        show={
            "span": choice.span,
            "what": choice.what,
            "area": choice.area,
            "fair": choice.fair,
            "load": choice.load,
        },
        sheet=Sheet(
            paper=choice.paper,
            made_at=now.isoformat(),
            timezone=timezone,
            version=version,
            view=choice.view,
            core=not choice.whole,
            ask=choice.ask,
        ),
    )


def sheet_file(
    scenario: Scenario, roster: pd.DataFrame, texts: Texts, choice: SheetChoice, *, now: datetime
) -> str:
    """Return one HTML file with one sheet of a roster, drawn as it is.

    Raises
    ------
    ValueError
        Where there is no such shift, or the map needs a second roster.
    """
    if choice.kind == "change":
        raise ValueError("Expected a map of one roster, got 'change', which takes two.")
    wants_gaps = choice.kind == "gaps"
    gaps = explain_gaps(scenario, roster, labels=labels("zh")) if wants_gaps else None
    layers = MapLayers(build_city(scenario, unreported(roster, gaps), "0" * 64))
    page = sheet_of(
        city_page(layers, texts, root=ROOT),
        choice,
        now=now,
        timezone=scenario.timezone,
        version=scenario.name,
    )
    return self_contained_map(page, bodies := sheet_bodies(layers, page), wanted=tuple(bodies))


def sheet_bodies(layers: MapLayers, page: CityPage) -> dict[str, bytes]:
    """Return what one sheet reads, by address."""
    at, shift = addresses(ROOT), page.shift
    bodies = {
        at.geometry: layers.geometry().raw,
        at.places: layers.places().raw,
        at.owners: layers.owners().raw,
        at.weights: layers.weights().raw,
        at.shifts: layers.shifts().raw,
        at.posts.replace("{shift}", str(shift)): layers.posts(shift).raw,
    }
    week = page.show["span"] == "week"
    if page.kind in {"coverage", "gaps"}:
        for ring in page.rings:
            address = page.body_address(ring, page.tier, "week" if week else shift)
            bodies[address] = layers.coverage(ring, page.tier, None if week else shift).raw
    return bodies | _review_bodies(layers, page, None if week else shift)


def _review_bodies(layers: MapLayers, page: CityPage, shift: int | None) -> dict[str, bytes]:
    review = ReviewLayers(layers, teams_by_station(layers.city))
    try:
        if page.kind == "gaps":
            address = page.gaps_address("week" if shift is None else str(shift))
            return {address: review.gaps(shift, page.language).raw}
        if page.kind == "price":
            return {page.addresses.prices: review.prices().raw}
        if page.kind == "workload":
            return {page.addresses.workload: review.workload().raw}
        if page.kind == "equity":
            # The map takes the middle ring where all are chosen, as on the screen.
            ring = HOURS if page.show["fair"] == "hours" else page.ring or page.rings[1]
            return {page.equity_address(ring, page.tier): review.equity(ring, page.tier).raw}
        return {}
    finally:
        review.close()
