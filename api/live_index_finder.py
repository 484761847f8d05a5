"""Whom an alert could call, from the index in memory: the nearest who pass its rules.

What it gives is asked again in the transaction that calls them (`data.field.alerts_calls`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import orjson
import shapely

from dispatch.alerts import GUARDED_ROLE, Danger, Mode, tiers_for
from dispatch.nearest import MAX_NEAREST
from dispatch.rules import Tier
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.live_index import LiveIndex
    from api.live_index_people import People
    from data.field.alerts_values import AlertView, Wanted
    from dispatch.nearest import Nearest

CANDIDATES: Final = 200
STAFF: Final = (Tier.OFFICER, Tier.AUXILIARY)


class IndexFinder:
    """A `data.field.alerts_values.Finder` over a live index."""

    def __init__(self, index: LiveIndex) -> None:
        self._index = index

    def __call__(self, alert: AlertView, wanted: Wanted) -> list[int]:
        """Return ids of people, the nearest first."""
        people = self._index.live().people
        if alert.mode == Mode.CIRCLE:
            return _inside(people, alert, wanted)
        if wanted.observers:
            return _ids(people, [_search(people, alert, wanted, [Tier.VOLUNTEER])])
        if alert.danger == Danger.GUARDED:
            trained = _search(people, alert, wanted, [Tier.VOLUNTEER], role=GUARDED_ROLE)
            return _ids(people, [_search(people, alert, wanted, STAFF), trained])
        return _ids(people, [_search(people, alert, wanted, tiers_for(alert.danger))])


def _search(
    people: People,
    alert: AlertView,
    wanted: Wanted,
    tiers: Iterable[Tier],
    *,
    role: str | None = None,
    k: int = CANDIDATES,
    within_m: float = np.inf,
) -> Nearest:
    chosen = role if role in people.words.roles else alert.role
    held = alert.qualification
    if (chosen is not None and chosen not in people.words.roles) or (
        held is not None and held not in people.words.qualifications
    ):
        k = MAX_NEAREST  # a code without a bit: the transaction tells who fits
    rules = people.rules(
        tiers,
        role=chosen if chosen in people.words.roles else None,
        qualification=held if held in people.words.qualifications else None,
        on_duty_only=alert.on_duty_only,
    )
    excluded = people.numbers_of(wanted.excluded).tolist()
    return people.search(
        (alert.lat, alert.lng),
        rules,
        k,
        within_m=within_m,
        within_min=wanted.within_min,
        excluded=excluded,
    )


def _ids(people: People, found: list[Nearest]) -> list[int]:
    rows = sorted(
        (minutes, number)
        for one in found
        for minutes, number in zip(one.minutes.tolist(), one.number.tolist(), strict=True)
    )
    facts = (people.facts[number] for _, number in rows)
    return [one.person_id for one in facts if one is not None][:CANDIDATES]


def _inside(people: People, alert: AlertView, wanted: Wanted) -> list[int]:
    """Return who is inside the drawn area, the nearest to its middle first."""
    shape = shapely.from_geojson(orjson.dumps(alert.area))
    lng, lat = shapely.get_coordinates(shape).T
    radius = float(great_circle_m(alert.lat, alert.lng, lat, lng).max()) * 1.01 + 1
    near = _search(people, alert, wanted, tiers_for(alert.danger), k=MAX_NEAREST, within_m=radius)
    facts = [people.facts[number] for number in near.number.tolist()]
    there = [one for one in facts if one is not None]
    inside = shapely.contains_xy(shape, [one.lng for one in there], [one.lat for one in there])
    return [one.person_id for one, is_in in zip(there, inside, strict=True) if is_in]
