"""The start page: how good the week's plan is, and where it is weakest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.summary import Places, shades
from api.views.names import shift_names, week_name

if TYPE_CHECKING:
    from api.city import City
    from api.language import Texts


def start_values(city: City, texts: Texts) -> dict[str, Any]:
    """Return what the start page shows."""
    figures = city.figures
    return {
        "title": city.scenario.name,
        "week": week_name(city, texts),
        "figures": figures,
        "report": city.result.report,
        "broken": sum(city.result.report.violations.values()),
        "counts": {
            "people": len(city.scenario.people),
            "beats": len(city.scenario.beats),
            "stations": len(city.stations),
            "cells": len(city.lattice.cells),
        },
        "heat": heat_strip(city, texts, figures.by_shift),
        "stations": weakest_stations(city, figures.by_station),
        "shortfalls": len(city.gaps),
    }


def heat_strip(city: City, texts: Texts, places: list[Places]) -> dict[str, Any]:
    """Return the share of weight filled as days × shifts of the day.

    Shifts of a day stand in time order; the first row holds each day's first shift, and so on.
    Shades run from the best to the worst shift of this week.
    """
    names = shift_names(city, texts)
    days: dict[str, list[int]] = {}
    for shift in city.shift_order:
        days.setdefault(f"{names[shift].date} {names[shift].weekday}", []).append(shift)
    shade = shades([part.share for part in places])
    rows = []
    for rank in range(max((len(shifts) for shifts in days.values()), default=0)):
        of_rank = [shifts[rank] if rank < len(shifts) else None for shifts in days.values()]
        first = next(shift for shift in of_rank if shift is not None)
        rows.append(
            {
                "label": names[first].kind or names[first].hours,
                "cells": [
                    None
                    if shift is None
                    else {
                        "name": names[shift],
                        "share": places[shift].share,
                        "unmet": places[shift].unmet,
                        "shade": shade[shift],
                    }
                    for shift in of_rank
                ],
            }
        )
    heads = [names[shifts[0]] for shifts in days.values()]
    return {"days": heads, "rows": rows}


def weakest_stations(city: City, places: list[Places]) -> list[dict[str, Any]]:
    """Return every station, the one with the heaviest shortfall first."""
    worst = max((part.weight_unmet for part in places), default=0) or 1
    rows = [
        {
            "station_id": row["station_id"],
            "name": row["station_name"],
            "district": row["sub_bureau_name"],
            "beats": row["beats"],
            "places": places[i],
            "bar": round(places[i].weight_unmet / worst, 4),
        }
        for i, row in enumerate(city.stations.to_dict("records"))
    ]
    return sorted(rows, key=lambda row: (-row["places"].weight_unmet, row["station_id"]))
