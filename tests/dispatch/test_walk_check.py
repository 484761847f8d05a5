"""The check of few rows says of any roster what the independent checker says."""

from __future__ import annotations

import random
from dataclasses import replace

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import City, with_pins
from portions import portion
from tiny_city import roster_table, scenarios, tiny_scenario

from dispatch.check import check
from dispatch.walk_check import (
    Part,
    WalkBeat,
    WalkPerson,
    WalkRole,
    WalkShift,
    walk_check,
)

FIGURES = (
    *("objective", "weighted_unmet", "unmet", "travel_cost", "fairness_cost", "dislike_cost"),
    *("assigned", "violations"),
)


def part_of(scenario):
    """Number a scenario's people, beats, shifts and roles by their rows."""
    at = {
        key: {code: row for row, code in enumerate(table[key])}
        for table, key in (
            (scenario.people, "person_id"),
            (scenario.beats, "beat_id"),
            (scenario.shifts, "shift_id"),
            (scenario.roles, "role"),
        )
    }

    def place(row):
        names = ("person_id", "beat_id", "shift_id", "role")
        return tuple(at[name][code] for name, code in zip(names, row, strict=True))

    people = {
        row: WalkPerson(
            one.person_id,
            str(one.tier),
            one.station_id,
            one.profession,
            frozenset(one.qualifications),
            one.lat,
            one.lng,
            one.max_shifts,
            None if pd.isna(one.travel_limit_m) else one.travel_limit_m,
            None if pd.isna(one.insured_until) else one.insured_until.date(),
        )
        for row, one in enumerate(scenario.people.itertuples())
    }
    shifts = {
        row: WalkShift(
            one.shift_id,
            one.starts_at,
            one.ends_at,
            one.ends_at.tz_convert(scenario.timezone).date(),
        )
        for row, one in enumerate(scenario.shifts.itertuples())
    }
    pins = list(scenario.pins.itertuples(index=False, name=None))
    part = Part(
        rules=scenario.rules,
        costs=scenario.costs,
        people=people,
        beats={
            row: WalkBeat(one.beat_id, one.station_id, one.lat, one.lng)
            for row, one in enumerate(scenario.beats.itertuples())
        },
        shifts=shifts,
        roles={
            row: WalkRole(
                one.role,
                str(one.tier),
                one.hazardous,
                one.supervised,
                frozenset(one.professions),
                frozenset(one.qualifications),
            )
            for row, one in enumerate(scenario.roles.itertuples())
        },
        weights={
            place((scenario.people["person_id"].iloc[0], d.beat_id, d.shift_id, d.role))[1:]: tuple(
                d.weight
            )
            for d in scenario.demand.itertuples()
        }
        if len(scenario.people)
        else {},
        dislikes={
            (at["person_id"][a.person_id], at["shift_id"][a.shift_id]): a.dislike
            for a in scenario.availability.itertuples()
        },
        fixed=frozenset(place(row[:4]) for row in pins if row[4] == "fixed"),
        forbidden=frozenset(place(row[:4]) for row in pins if row[4] == "forbidden"),
    )
    return part, place


@given(scenario=scenarios(people=7), seed=st.integers(0, 2**32))
@settings(max_examples=portion(25), deadline=None)
def test_it_says_what_the_checker_says(scenario, seed):
    if scenario.people.empty:
        return
    chance = random.Random(seed)
    if chance.random() < 0.5:
        scenario = with_pins(scenario, chance)
    people, beats = scenario.people["person_id"].tolist(), scenario.beats["beat_id"].tolist()
    shifts, roles = scenario.shifts["shift_id"].tolist(), scenario.roles["role"].tolist()
    anywhere = [
        (chance.choice(people), chance.choice(beats), chance.choice(shifts), chance.choice(roles))
        for _ in range(chance.randrange(9))
    ]
    allowed = sorted(City.of(scenario).arcs())
    sensible = chance.sample(allowed, min(len(allowed), chance.randrange(12)))
    rows = anywhere * chance.randrange(2) + sensible + sensible[: chance.randrange(2)]
    part, place = part_of(scenario)
    mine = walk_check(part, [place(row) for row in rows])
    its = check(scenario, roster_table(*rows), details=1000)
    assert {name: getattr(mine, name) for name in FIGURES} == {
        name: getattr(its, name) for name in FIGURES
    }
    for language in ("zh", "en"):
        words = check(scenario, roster_table(*rows), details=1000, language=language).details
        said = sorted((one.rule, one.words(language)) for one in mine.broken)
        assert said == sorted(zip(words["rule"], words["detail"], strict=True))


def test_names_are_shown_in_place_of_codes():
    scenario = tiny_scenario()
    part, place = part_of(scenario)
    someone = scenario.people["person_id"].iloc[0]
    row = (someone, *scenario.demand[["beat_id", "shift_id", "role"]].iloc[0])
    lone = replace(part, dislikes={})
    broken = {one.rule: one for one in walk_check(lone, [place(row)]).broken}
    assert "王警官" in broken["H1"].words("zh", {someone: "王警官"})
