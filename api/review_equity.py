"""How evenly a city is served, and how evenly the work is borne.

With areas i of demand weight w_i (shares p_i = w_i / sum w), service x_i and mean m = sum p_i x_i:

* ratio: x_i / m, of a beat, a station, a district;
* Gini: 1 - sum_i p_i (S_i + S_(i-1)) / S_n, areas by rising x, S_i the running sum of p_i x_i
  (Brown, 1994, doi:10.1016/0277-9536(94)90189-9);
* Theil's T: sum_i p_i (x_i / m) ln(x_i / m), of which sum_g P_g (m_g / m) ln(m_g / m) lies between
  districts g and the rest within them (Shorrocks, 1980, doi:10.2307/1913126);
* lowest decile: the mean of x over the tenth of the weight that has least of it.

The service is either *reach*: the coverage that the average resident of the area has over the week,
or *hours*: person-hours on duty for as much demand as an average beat has. A scenario knows no
residents, only how much each cell matters: that weight stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from api.coverage import ALL, TIERS, TIERS_AND_ALL
from api.review_gaps import shift_hours
from grid.coverage import RINGS_MIN, weighted_coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.city import City
    from api.review_teams import Teams

DECILE: Final = 0.1
LISTED: Final = 60
HOURS: Final = 0
"""In the place of a ring: person-hours are asked for."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Inequality of a service over areas; see this module."""

    mean: float
    gini: float
    theil: float
    between: float
    lowest: float


def measure(
    service: NDArray[np.float64], weight: NDArray[np.float64], group: NDArray[np.integer]
) -> Measures:
    """Return the measures of a service.

    Parameters
    ----------
    service : ndarray of float, shape (n,)
        >= 0; NaN where the area has none to speak of.
    weight : ndarray of float, shape (n,)
        >= 0.
    group : ndarray of int, shape (n,)
        Of which district each area is, counted from 0.
    """
    known = np.isfinite(service) & (weight > 0)
    x, w, of = service[known], weight[known], group[known]
    if not len(x) or not (w @ x) > 0:
        return Measures(0.0, 0.0, 0.0, 0.0, 0.0)
    share = w / w.sum()
    mean = float(share @ x)
    held = np.bincount(of, share).astype(np.float64)
    means = np.bincount(of, share * x) / np.where(held > 0, held, 1)
    return Measures(
        mean=mean,
        gini=gini(x, share),
        theil=_theil(x / mean, share),
        between=_theil(means / mean, held),
        lowest=lowest_mean(x, share, DECILE),
    )


def gini(values: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    """Return Gini's coefficient, 0 (even) to 1, of values that stand for shares of a whole."""
    order = np.argsort(values, kind="stable")
    p, sums = share[order], np.cumsum(share[order] * values[order])
    before = np.concatenate(([0.0], sums[:-1]))
    if not sums[-1] > 0:
        return 0.0
    return max(0.0, 1 - float(p @ (sums + before)) / float(sums[-1]))


def lowest_mean(values: NDArray[np.float64], share: NDArray[np.float64], part: float) -> float:
    """Return the mean over that part of the shares that has least."""
    order = np.argsort(values, kind="stable")
    taken = np.diff(np.minimum(np.cumsum(share[order]), part), prepend=0.0)
    return float(taken @ values[order] / taken.sum())


def _theil(ratio: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    logs = np.log(np.where(ratio > 0, ratio, 1))
    return max(0.0, float(share @ (ratio * logs)))


def equity_tables(city: City, teams: Teams, ring: int, tier: str) -> dict[str, Any]:
    """Return ratios to the city's mean by beat, station, district; measures; burden by team.

    Parameters
    ----------
    teams : Teams
        Who bears the work together.
    ring : int
        Of `RINGS_MIN`, or `HOURS`.
    tier : str
        Of `TIERS_AND_ALL`.
    """
    beats = len(city.scenario.beats)
    weight = city.coverage.beat_weight
    district = city.station_district[city.beat_station]
    service = _hours(city, tier) if ring == HOURS else _reach(city, ring, tier)
    found = measure(service, weight, district)
    groups: dict[str, tuple[NDArray[np.integer], int]] = {
        "beat": (np.arange(beats), beats),
        "station": (city.beat_station, len(city.stations)),
        "district": (district, len(city.districts)),
    }
    ratios = {}
    for name, (of, number) in groups.items():
        known = np.where(np.isfinite(service), weight, 0.0)
        values = weighted_coverage(np.nan_to_num(service), known, of, number)
        ratio = values / found.mean if found.mean > 0 else np.full(number, np.nan)
        ratios[name] = {"ratio": _numbers(ratio)}
    return {
        **ratios,
        "measures": {
            "mean": found.mean,
            "gini": found.gini,
            "theil": found.theil,
            "between": found.between,
            "lowest": found.lowest,
        },
        "teams": team_burden(city, teams, tier),
    }


def _reach(city: City, ring: int, tier: str) -> NDArray[np.float64]:
    """Coverage of each beat, averaged over the week's hours."""
    values = city.coverage.by_beat[RINGS_MIN.index(ring), TIERS_AND_ALL.index(tier)]
    hours = shift_hours(city)
    mean: NDArray[np.float64] = hours @ values.astype(np.float64) / hours.sum()
    return mean


def _hours(city: City, tier: str) -> NDArray[np.float64]:
    """Person-hours on duty in each beat, for as much demand as an average beat has."""
    chosen = range(len(TIERS)) if tier == ALL else [TIERS.index(tier)]
    heads = city.on_duty.headcount[list(chosen)].sum(axis=0)
    weight = city.coverage.beat_weight
    share = weight / weight[weight > 0].mean() if (weight > 0).any() else weight
    hours = shift_hours(city) @ heads.astype(np.float64)
    found: NDArray[np.float64] = np.divide(
        hours, share, out=np.full(len(share), np.nan), where=share > 0
    )
    return found


def team_burden(city: City, teams: Teams, tier: str) -> dict[str, Any]:
    """Return the teams whose members work most, with hours a member, and how uneven that is."""
    roster = city.roster
    worked = shift_hours(city)[roster["shift"].to_numpy()]
    people = city.scenario.people
    row = people.index.get_indexer_for(people.index)
    at = dict(zip(people["person_id"], row, strict=True))
    person = roster["person_id"].map(at).to_numpy(np.int64)
    hours = np.bincount(person, worked, len(people))
    in_tier = np.ones(len(people), dtype=bool) if tier == ALL else (people["tier"] == tier)
    member = np.asarray(in_tier) & (teams.team_of >= 0)
    number = len(teams.station)
    members = np.bincount(teams.team_of[member], minlength=number)
    total = np.bincount(teams.team_of[member], hours[member], number)
    listed = np.flatnonzero(members > 0)
    each = total[listed] / members[listed]
    order = np.argsort(-each, kind="stable")[:LISTED]
    top = listed[order]
    share = members[listed] / max(1, members[listed].sum())
    return {
        "total": len(listed),
        "mean": float(share @ each) if len(listed) else 0.0,
        "gini": gini(each, share) if len(listed) else 0.0,
        "name": [teams.name[k] for k in top],
        "station": [int(s) if (s := teams.station[k]) >= 0 else None for k in top],
        "tier": [teams.tier[k] for k in top],
        "members": members[top].tolist(),
        "each": each[order].round(3).tolist(),
    }


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [round(value, 4) if np.isfinite(value) else None for value in values.tolist()]
