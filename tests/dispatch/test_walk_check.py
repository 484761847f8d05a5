"""The check of few rows says of any roster what the independent checker says."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import City, with_pins
from portions import portion
from tiny_city import roster_table, scenarios, tiny_scenario

from dispatch.check import check
from dispatch.walk_check import walk_check
from dispatch.walk_part import NumberedPart, walk_check_rows

FIGURES = (
    *("objective", "weighted_unmet", "unmet", "travel_cost", "fairness_cost", "dislike_cost"),
    *("assigned", "violations"),
)


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
    mine = walk_check_rows(scenario, roster_table(*rows))
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
    someone = scenario.people["person_id"].iloc[0]
    row = (someone, *scenario.demand[["beat_id", "shift_id", "role"]].iloc[0])
    numbered = NumberedPart(scenario, [row])
    lone = replace(numbered.part, dislikes={})
    broken = {one.rule: one for one in walk_check(lone, [numbered.place(row)]).broken}
    assert "王警官" in broken["H1"].words("zh", {someone: "王警官"})
