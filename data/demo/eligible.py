"""Who may do what in a scenario, as arrays: for the demo's pins and figures.

The planner has its own, faster, candidates; nothing of them is used here, so that the figures can
be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from dispatch.rules import Tier
from grid.travel import chord, great_circle_m, unit_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario


def come_and_insured(scenario: Scenario) -> NDArray[np.bool_]:
    """Tell who is available and, of volunteers, insured on the day a shift ends (H1, H8).

    Returns
    -------
    (people, shifts) bool
    """
    people, shifts = scenario.people, scenario.shifts
    available = np.zeros((len(people), len(shifts)), np.bool_)
    person = pd.Index(people["person_id"]).get_indexer(scenario.availability["person_id"])
    shift = pd.Index(shifts["shift_id"]).get_indexer(scenario.availability["shift_id"])
    available[person, shift] = True
    local = shifts["ends_at"].dt.tz_convert(scenario.timezone).dt.tz_localize(None)
    day = local.to_numpy().astype("datetime64[D]")
    until = people["insured_until"].to_numpy().astype("datetime64[D]")
    staff = (people["tier"] != Tier.VOLUNTEER).to_numpy()
    return np.asarray(available & (staff[:, None] | (until[:, None] >= day)), np.bool_)


def capacity(scenario: Scenario) -> NDArray[np.int64]:
    """Give the shifts a week that each person may work, (people,).

    The smaller of the own limit and the number of shifts they come to; rest (H3) is left out.
    """
    limit = scenario.people["max_shifts"].to_numpy(np.int64)
    return np.asarray(np.minimum(limit, come_and_insured(scenario).sum(axis=1)), np.int64)


def may_fill(scenario: Scenario, role: str) -> NDArray[np.bool_]:
    """Tell who may fill a role (H2, and H8's hazardous roles), (people,) bool."""
    people = scenario.people
    row = scenario.roles.set_index("role").loc[role]
    of_tier = (people["tier"] == row["tier"]).to_numpy(bool)
    professions, wanted = row["professions"], frozenset(row["qualifications"])
    if row["hazardous"] and row["tier"] == Tier.VOLUNTEER:
        return np.zeros(len(people), np.bool_)
    if not professions and not wanted:
        return of_tier
    trained = np.array([not wanted.isdisjoint(has) for has in people["qualifications"]], np.bool_)
    return of_tier & (people["profession"].isin(professions).to_numpy(bool) | trained)


def reach(scenario: Scenario) -> csr_array:
    """Give the beats that H5 lets each person serve, (people, beats), ones."""
    people, beats = scenario.people, scenario.beats
    volunteer = (people["tier"] == Tier.VOLUNTEER).to_numpy(bool)
    homes = unit_vectors(people["lat"].to_numpy(), people["lng"].to_numpy())
    tree = cKDTree(unit_vectors(beats["lat"].to_numpy(), beats["lng"].to_numpy()))
    radius = [chord(m / scenario.rules.travel_factor) for m in travel_limits_m(scenario)]
    near = tree.query_ball_point(homes, np.where(volunteer, radius, 0))
    of_station = {
        station: list(rows) for station, rows in beats.groupby("station_id").indices.items()
    }
    lists = [
        found if is_volunteer else of_station.get(station, [])
        for found, is_volunteer, station in zip(near, volunteer, people["station_id"], strict=True)
    ]
    ends = np.cumsum([0, *map(len, lists)])
    columns = np.concatenate([np.asarray(found, np.int64) for found in lists])
    return csr_array((np.ones(len(columns)), columns, ends), shape=(len(people), len(beats)))


def in_reach_of(scenario: Scenario, beat_id: str) -> NDArray[np.bool_]:
    """Tell who may serve one beat (H5), (people,) bool."""
    people = scenario.people
    beat = scenario.beats.set_index("beat_id").loc[beat_id]
    away = scenario.rules.travel_factor * great_circle_m(
        people["lat"].to_numpy(), people["lng"].to_numpy(), beat["lat"], beat["lng"]
    )
    staff = (people["tier"] != Tier.VOLUNTEER).to_numpy(bool)
    own = (people["station_id"] == beat["station_id"]).to_numpy(bool)
    return np.asarray(np.where(staff, own, away <= travel_limits_m(scenario)), np.bool_)


def travel_limits_m(scenario: Scenario) -> NDArray[np.float64]:
    """Give each person's travel limit in metres, the tier's where there is no own one."""
    own = scenario.people["travel_limit_m"].to_numpy(np.float64)
    return np.where(np.isnan(own), scenario.rules.volunteer_travel_limit_m, own)
