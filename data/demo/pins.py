"""A few dozen pins that can all be kept together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.demo.eligible import come_and_insured, in_reach_of, may_fill
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.scenario import Scenario

GROUPS, FORBIDDEN = 12, 12
"""In the whole city: posts with a fixed group of three, and people forbidden on a line."""
_COLUMNS = ("person_id", "beat_id", "shift_id", "role", "kind")
_LEAST = 3

Pin = tuple[str, str, str, str, str]


def with_pins(scenario: Scenario, part: float, seed: int) -> Scenario:
    """Give the scenario with pins: at some posts an auxiliary and two volunteers fixed together.

    Such a group keeps H6 and H7 by itself and nobody is pinned twice, so the fixed pins alone
    are a roster that keeps every rule. Others are forbidden on a line that they could fill.
    """
    groups, forbidden = (max(_LEAST, round(count * part)) for count in (GROUPS, FORBIDDEN))
    rows: list[Pin] = []
    for group, spare in _groups(scenario, np.random.default_rng([seed, 6])):
        if len(rows) < 3 * groups:
            rows += group
        elif len(rows) < 3 * groups + forbidden:
            rows.append(spare)
        else:
            break
    pins = pd.DataFrame(rows, columns=list(_COLUMNS)).astype("str")
    return replace(scenario, pins=pins)


def _groups(scenario: Scenario, rng: np.random.Generator) -> Iterator[tuple[list[Pin], Pin]]:
    """Yield fixed groups of three at posts drawn at random, each with a person to forbid."""
    roles = scenario.roles.set_index("role")
    duty = roles.index[(roles["tier"] == Tier.VOLUNTEER) & roles["supervised"]]
    demand = scenario.demand
    post = ["beat_id", "shift_id"]
    staffed = demand.loc[(demand["role"] == "auxiliary") & (demand["required"] > 0), post]
    lines = demand[demand["role"].isin(duty) & (demand["required"] > 1)].merge(staffed, on=post)
    shift_row = pd.Index(scenario.shifts["shift_id"])
    may_come = come_and_insured(scenario) & (scenario.people["max_shifts"] > 0).to_numpy()[:, None]
    fits = {role: may_fill(scenario, role) for role in ("auxiliary", *duty)}
    unpinned = np.ones(len(scenario.people), np.bool_)
    ids = scenario.people["person_id"].to_numpy()
    for at in rng.permutation(len(lines)):
        beat, shift, role = (str(value) for value in lines.loc[at, [*post, "role"]])
        free = unpinned & may_come[:, shift_row.get_loc(shift)] & in_reach_of(scenario, beat)
        helpers, leaders = (
            np.flatnonzero(free & fits[role]),
            np.flatnonzero(free & fits["auxiliary"]),
        )
        if len(helpers) < 3 or not len(leaders):
            continue
        first, second, third = rng.choice(helpers, 3, replace=False)
        leader = rng.choice(leaders)
        unpinned[[first, second, third, leader]] = False
        yield (
            [
                (str(ids[leader]), beat, shift, "auxiliary", "fixed"),
                (str(ids[first]), beat, shift, role, "fixed"),
                (str(ids[second]), beat, shift, role, "fixed"),
            ],
            (str(ids[third]), beat, shift, role, "forbidden"),
        )
