"""Pins that no roster can keep: found before anything is planned, and named.

These are necessary conditions only. Pins that pass can still be too many together (two stations
whose supervisors are pinned elsewhere, say); the planner tells those.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.rules import Tier
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatch.scenario import Scenario

Clash = tuple[int, str]
_POST = ["beat_id", "shift_id"]
_LINE = [*_POST, "role"]


def impossible_pins(scenario: Scenario) -> list[Clash]:
    """Find pins that break a hard rule alone or together.

    Returns
    -------
    list of (int, str)
        Row of ``scenario.pins`` and what is wrong with it, in row order. Of pins that clash with
        each other the later row is named, and its message names the other.
    """
    pins = scenario.pins.reset_index(names="row")
    fixed = pins[pins["kind"] == "fixed"]
    if fixed.empty:
        return []
    facts = _facts(scenario, fixed)
    found = [
        *_forbidden_too(pins),
        *_alone(scenario, facts),
        *_over_line(facts),
        *_over_limit(facts),
        *_rest(scenario, facts),
        *_post_capacity(scenario, facts),
    ]
    return sorted(found)


def _facts(scenario: Scenario, fixed: pd.DataFrame) -> pd.DataFrame:
    """Give the fixed pins with what is known of their person, beat, shift, role and line."""
    people = scenario.people.rename(
        columns={"tier": "person_tier", "station_id": "person_station"}
        | {"qualifications": "has", "lng": "from_lng", "lat": "from_lat"}
    )
    beats = scenario.beats[["beat_id", "station_id", "lng", "lat"]]
    return (
        fixed.merge(people, on="person_id", validate="m:1")
        .merge(beats, on="beat_id", validate="m:1")
        .merge(scenario.shifts, on="shift_id", validate="m:1")
        .merge(scenario.roles, on="role", validate="m:1")
        .merge(scenario.demand[[*_LINE, "required"]], on=_LINE, how="left", validate="m:1")
        .merge(scenario.availability, on=["person_id", "shift_id"], how="left", validate="m:1")
        .sort_values("row", ignore_index=True)
    )


def _forbidden_too(pins: pd.DataFrame) -> Iterable[Clash]:
    key = ["person_id", *_LINE]
    both = pins[pins.groupby(key)["kind"].transform("nunique") > 1]
    for row in both.groupby(key)["row"].max():
        yield int(row), f"expected {_name(pins, row)} either fixed or forbidden, got both"


def _alone(scenario: Scenario, facts: pd.DataFrame) -> Iterable[Clash]:
    volunteer = facts["person_tier"] == Tier.VOLUNTEER
    limit = facts["travel_limit_m"].fillna(scenario.rules.volunteer_travel_limit_m)
    distance = scenario.rules.travel_factor * great_circle_m(
        *(facts[name].to_numpy() for name in ("from_lat", "from_lng", "lat", "lng"))
    )
    until = facts["insured_until"].astype("datetime64[s]")
    ends_on = facts["ends_at"].dt.tz_convert(scenario.timezone).dt.tz_localize(None).dt.normalize()
    insured = until >= ends_on.astype("datetime64[s]")
    broken = {
        "H1: the person is not available then": facts["dislike"].isna(),
        "H2: the role is of another tier": facts["tier"] != facts["person_tier"],
        "H2: the person may not fill the role": ~_may_fill(facts),
        "H5: the beat is out of the volunteer's reach": volunteer & (distance > limit),
        "H5: the beat is of another station": ~volunteer
        & (facts["person_station"] != facts["station_id"]),
        "H8: the volunteer is not insured then": volunteer & ~insured,
        "H8: the role is hazardous": volunteer & facts["hazardous"],
        "H9: there is no such demand line": facts["required"].isna() | (facts["required"] == 0),
    }
    for rule, rows in broken.items():
        for row in facts.loc[rows, "row"]:
            yield int(row), f"expected a pin that can be kept, got {_name(facts, row)}: {rule}"


def _may_fill(facts: pd.DataFrame) -> pd.Series:
    columns = (facts[name] for name in ("professions", "qualifications", "profession", "has"))
    fills = [
        (not professions and not wanted)
        or profession in professions
        or bool(set(has) & set(wanted))
        for professions, wanted, profession, has in zip(*columns, strict=True)
    ]
    return pd.Series(fills, index=facts.index, dtype=bool)


def _over_line(facts: pd.DataFrame) -> Iterable[Clash]:
    nth = facts.groupby(_LINE).cumcount() + 1
    over = facts[(facts["required"] > 0) & (nth > facts["required"])]
    for row, required in zip(over["row"], over["required"], strict=True):
        name = _name(facts, row)
        yield int(row), f"expected at most {required:.0f} fixed on that line, got also {name} (H9)"


def _over_limit(facts: pd.DataFrame) -> Iterable[Clash]:
    nth = facts.groupby("person_id").cumcount() + 1
    over = facts[nth > facts["max_shifts"]]
    for row, limit in zip(over["row"], over["max_shifts"], strict=True):
        name = _name(facts, row)
        yield int(row), f"expected at most {limit} fixed for that person, got also {name} (H4)"


def _rest(scenario: Scenario, facts: pd.DataFrame) -> Iterable[Clash]:
    rest = timedelta(hours=scenario.rules.min_rest_hours)
    ordered = facts.sort_values(["person_id", "starts_at", "ends_at", "row"], ignore_index=True)
    earlier = ordered.shift(1)
    same = ordered["person_id"] == earlier["person_id"]
    clash = same & (ordered["starts_at"] < earlier["ends_at"] + rest)
    for at in np.flatnonzero(clash):
        one, other = sorted((int(ordered["row"][at - 1]), int(ordered["row"][at])))
        message = f"expected {scenario.rules.min_rest_hours:g} h between a person's shifts, got "
        yield other, f"{message}{_name(facts, one)} and {_name(facts, other)} (H3)"


def _post_capacity(scenario: Scenario, facts: pd.DataFrame) -> Iterable[Clash]:
    """Find posts whose demand lines have no room for the supervisors or the second volunteer."""
    demand = scenario.demand.merge(scenario.roles[["role", "tier"]], on="role")
    volunteers = demand["tier"] == Tier.VOLUNTEER
    seats = demand[volunteers].groupby(_POST)["required"].sum().rename("seats")
    staff = demand[~volunteers].groupby(_POST)["required"].sum().rename("staff")
    pinned = (
        facts[facts["person_tier"] == Tier.VOLUNTEER].join(seats, on=_POST).join(staff, on=_POST)
    )
    ratio, least = scenario.rules.volunteers_per_supervisor, scenario.rules.min_volunteers_per_post
    supervised = pinned["supervised"].astype(int)
    nth = supervised.groupby([pinned["beat_id"], pinned["shift_id"]]).cumsum()
    over = pinned["supervised"] & (nth > ratio * pinned["staff"].fillna(0))
    lonely = pinned["seats"].fillna(0) < least
    for row in pinned.loc[over, "row"]:
        message = "expected demand for enough supervisors on a post with fixed volunteers, got "
        yield int(row), f"{message}{_name(facts, row)} (H6)"
    for row in pinned.loc[lonely, "row"]:
        message = f"expected demand for {least} volunteers on a post with fixed ones, got "
        yield int(row), f"{message}{_name(facts, row)} (H7)"


def _name(pins: pd.DataFrame, row: int) -> str:
    pin = pins[pins["row"] == row].iloc[0]
    return f"{pin['person_id']!r} on {pin['beat_id']!r} in {pin['shift_id']!r} as {pin['role']!r}"
