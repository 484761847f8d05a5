from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import naive_check, optimum, random_roster, with_pins
from portions import portion
from rule_breakers import CHEN, LI, LIU, SUN, base, person
from tiny_city import availability_table, demand_table, roster_table, scenarios, tiny_scenario

from dispatch.remedies import NOBODY, Change, Move, Remedy
from dispatch.remedy_search import Survey
from dispatch.remedy_trial import RECRUIT, apply_remedy
from dispatch.shadow_prices import SHADOW_COLUMNS, line_worth, shadow_prices
from dispatch.training import TRAINING_COLUMNS, training_values


def with_newcomer(scenario, key):
    """One more suitable person, free for that line's shift alone."""
    hire = Remedy(changes=(Change("recruit", NOBODY, key),), moves=(Move(NOBODY, key),))
    larger, _ = apply_remedy(scenario, roster_table(), hire)
    return larger


def worths(scenario, *rows):
    found = line_worth(Survey.of(scenario, roster_table(*rows)))
    keys = zip(*(scenario.demand[n] for n in ("beat_id", "shift_id", "role")), strict=True)
    return dict(zip(keys, found.tolist(), strict=True))


def test_an_open_place_is_worth_its_weight():
    found = worths(base(), LI, CHEN)  # Sun's place is open, Chen gets company
    assert found["haiwei", "evening", "patrol_guard"] == 20_000


def test_a_supervisor_is_worth_the_seats_that_he_opens():
    found = worths(base())
    assert found["haiwei", "evening", "auxiliary"] == 30_000 + 20_000 + 20_000
    assert found["haiwei", "evening", "mediator"] == 0  # no seat, and no company


def test_a_newcomer_relieves_somebody_who_is_worth_more_elsewhere():
    """The mediator's place wants a certificate; Liu, who has one, goes on patrol."""
    scenario = tiny_scenario(
        demand=demand_table(
            ("haiwei", "evening", "auxiliary", (3,)),
            ("haiwei", "evening", "patrol_guard", (2,)),
            ("haiwei", "evening", "mediator", (5, 4)),
        )
    )
    liu_on_patrol = ("liu", "haiwei", "evening", "patrol_guard")
    found = worths(scenario, LI, CHEN, liu_on_patrol)
    assert found["haiwei", "evening", "patrol_guard"] == 40_000


@settings(max_examples=portion(12), deadline=None)
@given(scenarios(), st.integers(0, 2**32))
def test_a_newcomer_brings_at_least_what_is_promised(scenario, seed):
    """The exact optimum with one more person is lower by the worth, or by more."""
    scenario = with_pins(scenario, random.Random(seed))
    roster = random_roster(scenario, random.Random(seed))
    found = line_worth(Survey.of(scenario, roster))
    _, now = naive_check(scenario, roster)
    rng = random.Random(seed)
    lines = np.flatnonzero(found).tolist()
    for line in rng.sample(lines, min(3, len(lines))):
        key = tuple(scenario.demand.iloc[line][["beat_id", "shift_id", "role"]])
        larger = with_newcomer(scenario, key)
        assert RECRUIT.format(number=1) in set(larger.people["person_id"])
        assert now - optimum(larger)[0] >= found[line]


def test_the_table_says_where_one_more_person_helps_most():
    scenario = base()
    table = shadow_prices(Survey.of(scenario, roster_table()))
    assert tuple(table.columns) == SHADOW_COLUMNS
    rows = {(row["by"], row["key"], row["tier"]): row for row in table.to_dict("records")}
    best = rows["station", "kunbei", "auxiliary"]
    assert (best["lines"], best["short"], best["missing"]) == (1, 1, 1)
    assert (best["mean"], best["best"]) == (70_000, 70_000)
    assert best["where"] == "haiwei evening auxiliary"
    assert ("qualification", "mediation", "volunteer") in rows
    assert set(table["by"]) == {"station", "shift", "role", "qualification"}


# training


def test_training_is_worth_the_place_that_it_opens():
    scenario = person("liu", base(), qualifications=())  # a free volunteer without a certificate
    scenario = person("chen", scenario, profession="teacher")
    available = pd.concat(
        [scenario.availability, availability_table(("liu", "evening", 0))], ignore_index=True
    )
    scenario = replace(scenario, availability=available)
    roster = roster_table(LI, ("chen", *SUN[1:]))
    rules = replace(scenario.rules, min_volunteers_per_post=1)
    scenario = replace(scenario, rules=rules)
    table = training_values(Survey.of(scenario, roster))
    assert tuple(table.columns) == TRAINING_COLUMNS
    mine = table[table["person_id"] == "liu"].iloc[0]
    assert (mine["qualification"], mine["value"], mine["shifts"]) == ("mediation", 20_000, 1)
    assert mine["role"] == "mediator"


def test_a_city_that_asks_for_nobody_has_no_prices():
    survey = Survey.of(replace(base(), demand=base().demand.head(0)), roster_table())
    assert line_worth(survey).size == 0
    assert training_values(survey).empty


def test_nobody_needs_training_where_nothing_is_short():
    assert training_values(Survey.of(base(), roster_table(LI, CHEN, SUN))).empty


@settings(max_examples=portion(12), deadline=None)
@given(scenarios(people=8), st.integers(0, 2**32))
def test_a_trained_person_brings_at_least_the_best_shift(scenario, seed):
    roster = random_roster(scenario, random.Random(seed))
    _, now = naive_check(scenario, roster)
    table = training_values(Survey.of(scenario, roster), most=1)
    row_of = {who: row for row, who in enumerate(scenario.people["person_id"])}
    for found in table.head(2).to_dict("records"):
        key = (found["beat_id"], found["shift_id"], found["role"])
        people = scenario.people.copy()
        held = people["qualifications"].tolist()
        held[row_of[found["person_id"]]] += (found["qualification"],)
        people["qualifications"] = pd.Series(held, dtype=object)
        assert now - optimum(replace(scenario, people=people))[0] >= found["best"], key


@pytest.mark.parametrize("rows", [(), (LI, CHEN, SUN), (LI, LIU)])
def test_values_are_never_below_zero(rows):
    scenario = tiny_scenario(demand=base().demand) if LIU in rows else base()
    kept = rows if LIU not in rows else (LI,)
    assert (line_worth(Survey.of(scenario, roster_table(*kept))) >= 0).all()
