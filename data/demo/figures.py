"""Figures that describe a scenario: sizes, capacities and the planner's candidate pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.demo.eligible import capacity, come_and_insured, may_fill, reach
from dispatch.rules import Tier

if TYPE_CHECKING:
    from dispatch.scenario import Scenario


def figures(scenario: Scenario) -> dict[str, int]:
    """Count what a scenario holds.

    Returns
    -------
    dict of str to int
        ``stations, beats, cells, officers, auxiliaries, volunteers``,
        ``availability, posts, lines, places``
        (``volunteer_places, staff_places``), ``volunteer_capacity, staff_capacity`` (shifts that
        people may work: the smaller of their limit and what they are available and insured for) and
        ``candidate_pairs``: (person, line) pairs that keep H1, H2, H5 and the insured part of H8.
    """
    tier = scenario.people["tier"]
    roles = scenario.roles.set_index("role")["tier"]
    line_tier = scenario.demand["role"].map(roles)
    volunteer_lines = line_tier == Tier.VOLUNTEER
    required = scenario.demand["required"]
    shifts = capacity(scenario)
    return {
        "stations": scenario.beats["station_id"].nunique(),
        "beats": len(scenario.beats),
        "cells": len(scenario.cells),
        "officers": int((tier == Tier.OFFICER).sum()),
        "auxiliaries": int((tier == Tier.AUXILIARY).sum()),
        "volunteers": int((tier == Tier.VOLUNTEER).sum()),
        "availability": len(scenario.availability),
        "posts": len(scenario.demand[["beat_id", "shift_id"]].drop_duplicates()),
        "lines": len(scenario.demand),
        "places": int(required.sum()),
        "volunteer_places": int(required[volunteer_lines].sum()),
        "staff_places": int(required[~volunteer_lines].sum()),
        "volunteer_capacity": int(shifts[tier == Tier.VOLUNTEER].sum()),
        "staff_capacity": int(shifts[tier != Tier.VOLUNTEER].sum()),
        "candidate_pairs": _candidate_pairs(scenario),
    }


def station_fill(scenario: Scenario, roster: pd.DataFrame) -> pd.DataFrame:
    """Tell how much of each station's weighted demand a roster fills.

    Parameters
    ----------
    scenario : Scenario
    roster : DataFrame
        ``person_id, beat_id, shift_id, role``, no row twice.

    Returns
    -------
    DataFrame
        Index ``station_id``; ``weight, unmet_weight, places, missing`` (int64) and ``filled``, the
        part of the weight that is not unmet; first places are filled first.
    """
    demand, line = scenario.demand, ["beat_id", "shift_id", "role"]
    heads = roster.groupby(line).size().rename("n").reset_index()
    filled = demand[line].merge(heads, how="left", on=line)["n"].fillna(0).astype("int64")
    weights = zip(demand["weight"], filled, strict=True)
    table = pd.DataFrame(
        {
            "station_id": demand["beat_id"].map(scenario.beats.set_index("beat_id")["station_id"]),
            "weight": demand["weight"].map(sum),
            "unmet_weight": [sum(places[n:]) for places, n in weights],
            "places": demand["required"],
            "missing": (demand["required"] - filled).clip(lower=0),
        }
    )
    stations = table.groupby("station_id").sum()
    return stations.assign(filled=1 - stations["unmet_weight"] / stations["weight"])


def _candidate_pairs(scenario: Scenario) -> int:
    """Count pairs role by role: (person, beat) in reach times (beat, shift) with such a line."""
    demand = scenario.demand[scenario.demand["required"] > 0]
    beat = pd.Index(scenario.beats["beat_id"]).get_indexer(demand["beat_id"])
    shift = pd.Index(scenario.shifts["shift_id"]).get_indexer(demand["shift_id"])
    available = come_and_insured(scenario)
    beats_of = reach(scenario)
    pairs = 0
    for role in scenario.roles["role"]:
        lines = (demand["role"] == role).to_numpy(bool)
        wanted = np.zeros((len(scenario.beats), len(scenario.shifts)))
        wanted[beat[lines], shift[lines]] = 1
        fits = may_fill(scenario, role)
        pairs += int(((beats_of[fits] @ wanted) * available[fits]).sum())
    return pairs
