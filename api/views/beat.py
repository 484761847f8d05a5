"""A station's page and a beat's page: who is on duty, what is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from api.coverage import ALL
from api.summary import places_by
from api.views.names import ShiftName, city_names, shift_names
from api.views.outline import draw_station
from dispatch.rules import Tier
from grid.coverage import RINGS_MIN

if TYPE_CHECKING:
    import pandas as pd

    from api.city import City
    from api.language import Texts


def station_values(city: City, station: int) -> dict[str, Any]:
    """Return what a station's page shows: its beats, the weakest first."""
    places = _beat_places(city)
    row = city.stations.iloc[station]
    members = (city.beat_station == station).nonzero()[0]
    reach = _mean_coverage(city, 3)
    beats = [
        {
            "beat_id": city.scenario.beats["beat_id"].iloc[i],
            "name": city.scenario.beats["name"].iloc[i],
            "places": places[i],
            "coverage": reach[i],
            "cells": int(city.beat_outlines.cells[i]),
            "area_km2": float(city.beat_outlines.area_km2[i]),
        }
        for i in members
    ]
    return {
        "station": row,
        "drawing": draw_station(city, station, places),
        "beats": sorted(beats, key=lambda beat: (-beat["places"].weight_unmet, beat["beat_id"])),
        "unmet": sum(places[i].unmet for i in members),
        "required": sum(places[i].required for i in members),
    }


def beat_values(city: City, texts: Texts, beat: int, *, named: bool = True) -> dict[str, Any]:
    """Return what a beat's page shows: its posts day by day, people if `named`."""
    station = int(city.beat_station[beat])
    places = _beat_places(city)
    names = shift_names(city, texts)
    called = city_names(city, names)
    tables = [table[table["beat"] == beat] for table in (city.lines, city.roster, city.gaps)]
    lines, roster, gaps = tables
    remedies = called.all_told(gaps[f"remedy_{texts.language}"].fillna("").astype(str))
    tables[2] = gaps.assign(remedy=remedies)
    if not named:
        tables[1] = roster.iloc[:0]
    posts = [
        _post(texts, names[shift], *(table[table["shift"] == shift] for table in tables))
        for shift in city.shift_order
        if (lines["shift"] == shift).any()
    ]
    return {
        "beat": city.scenario.beats.iloc[beat],
        "station": city.stations.iloc[station],
        "places": places[beat],
        "drawing": draw_station(city, station, places, beat),
        "days": _by_day(posts),
        "people": int(roster["person_id"].nunique()),
        "cells": int(city.beat_outlines.cells[beat]),
        "area_km2": float(city.beat_outlines.area_km2[beat]),
        "rings": [(ring, _mean_coverage(city, ring)[beat]) for ring in RINGS_MIN],
    }


def _beat_places(city: City) -> list[Any]:
    return places_by(city.lines, city.lines["beat"].to_numpy(), len(city.scenario.beats))


def _mean_coverage(city: City, ring: int) -> list[float | None]:
    """Return each beat's coverage by all tiers, averaged over the shifts; None where none."""
    by_beat = np.arange(len(city.scenario.beats))
    table = city.coverage.by_area(ring, ALL, by_beat, len(by_beat))
    return [None if np.isnan(value) else float(value) for value in table.mean(axis=0)]


def _post(
    texts: Texts,
    name: ShiftName,
    lines: pd.DataFrame,
    roster: pd.DataFrame,
    gaps: pd.DataFrame,
) -> dict[str, Any]:
    """Return one post: its lines with the people on them, and what is short."""
    short = {row["role"]: row for row in gaps.to_dict("records")}
    order = {tier.value: i for i, tier in enumerate(Tier)}
    rows = [
        {
            "role": texts.label("role", line["role"]),
            "tier": line["tier"],
            "required": line["required"],
            "assigned": line["assigned"],
            "people": sorted(roster.loc[roster["role"] == line["role"], "person_id"]),
            "gap": short.get(line["role"]),
            "cause": texts.label("cause", short[line["role"]]["cause"])
            if line["role"] in short
            else "",
        }
        for line in lines.to_dict("records")
    ]
    rows.sort(key=lambda row: (order[row["tier"]], row["role"]))
    return {"name": name, "lines": rows, "unmet": sum(r["required"] - r["assigned"] for r in rows)}


def _by_day(posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = []
    for post in posts:
        if not days or days[-1]["date"] != post["name"].date:
            name = post["name"]
            days.append({"date": name.date, "weekday": name.weekday, "posts": []})
        days[-1]["posts"].append(post)
    return days
