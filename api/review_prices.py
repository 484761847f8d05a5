"""Where one more person helps most: the shadow price of every demand line, for the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dispatch.remedy_search import Survey
from dispatch.rules import Tier
from dispatch.shadow_prices import line_worth

if TYPE_CHECKING:
    from api.city import City


def price_list(city: City) -> dict[str, Any]:
    """Return the lines on which one more suitable person would lower the objective.

    The price of a line is that of `dispatch.shadow_prices.line_worth`: found from the roster, by
    chains that were tried, so it never promises more than one person brings. It takes some seconds
    for a city, so it is made in the background.

    Returns
    -------
    dict
        ``beat, shift, role, price`` by line (positions; price in the objective's unit),
        ``roles`` with ``code, tier``, ``qualifications`` with ``code`` and the positions of the
        ``roles`` that it opens, ``tiers``, and ``unmet``: the price of one place of weight 1.
    """
    scenario = city.scenario
    worth = line_worth(Survey.of(scenario, city.result.roster))
    lines = city.lines
    pays = np.flatnonzero((worth > 0) & (lines["shortfall"].to_numpy() > 0))
    rows = lines.iloc[pays]
    roles, codes = np.unique(rows["role"].to_numpy(str), return_inverse=True)
    facts = scenario.roles.set_index("role")
    opens = {role: position for position, role in enumerate(roles.tolist())}
    wanted: dict[str, list[int]] = {}
    for role, position in opens.items():
        for qualification in facts.loc[role, "qualifications"]:
            wanted.setdefault(qualification, []).append(position)
    tiers = [str(facts.loc[role, "tier"]) for role in opens]
    return {
        "beat": rows["beat"].tolist(),
        "shift": rows["shift"].tolist(),
        "role": codes.tolist(),
        "price": worth[pays].tolist(),
        "roles": [{"code": role, "tier": tier} for role, tier in zip(opens, tiers, strict=True)],
        "qualifications": [{"code": code, "roles": of} for code, of in sorted(wanted.items())],
        "tiers": [tier.value for tier in Tier if tier.value in tiers],
        "unmet": scenario.costs.unmet,
    }
