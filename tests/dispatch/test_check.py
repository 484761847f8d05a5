from __future__ import annotations

import pandas as pd
import pytest
from rule_breakers import CHEN, LI, SUN, base
from tiny_city import (
    HUASHENG,
    LIMIN,
    availability_table,
    change_person,
    demand_table,
    roster_table,
    tiny_scenario,
)

from dispatch.check import check
from dispatch.wording import VIOLATIONS
from grid.errors import ScenarioError

FULL = roster_table(LI, CHEN, SUN)


def test_empty_roster_costs_every_place():
    scenario = tiny_scenario()
    report = check(scenario, roster_table())
    assert report.ok
    assert (report.unmet, report.weighted_unmet) == (15, 45)
    assert report.objective == 10_000 * 45
    assert report.assigned == 0


def test_places_are_filled_from_the_first():
    scenario = tiny_scenario(demand=demand_table(("haiwei", "evening", "auxiliary", (9, 4, 1))))
    assert check(scenario, roster_table(LI)).weighted_unmet == 5


def test_cost_parts_add_up():
    scenario = tiny_scenario(
        demand=demand_table(
            ("haiwei", "morning", "auxiliary", (1,)),
            ("huasheng", "evening", "auxiliary", (1, 1)),
        ),
        availability=availability_table(("li", "morning", 7), ("li", "evening", 11)),
        unmet=1000,
        travel_per_100m=3,
        extra_shift=(5, 20),
    )
    roster = roster_table(
        ("li", "haiwei", "morning", "auxiliary"), ("li", "huasheng", "evening", "auxiliary")
    )
    report = check(scenario, roster)
    assert report.ok
    # 995.17 m as the crow flies, times 1.3, are 1,293.72 m: thirteen hundreds
    assert report.travel_cost == 3 * 13
    assert report.fairness_cost == 5 + 20
    assert report.dislike_cost == 7 + 11
    assert (report.weighted_unmet, report.unmet, report.assigned) == (1, 1, 2)
    assert report.objective == 1000 + 39 + 25 + 18


@pytest.mark.parametrize(("metres", "cost"), [(49.9, 0), (50.1, 1), (149.9, 1), (150.1, 2)])
def test_hundreds_of_metres_are_rounded_half_up(metres, cost):
    degrees = metres / 6_371_008.8 * 180 / 3.141592653589793
    scenario = change_person(base(travel_factor=1), "li", lat=40.672 + degrees)
    assert check(scenario, FULL).travel_cost == cost


def test_last_step_repeats_past_the_end():
    shifts = ("morning", "evening")
    scenario = tiny_scenario(
        demand=demand_table(*(("haiwei", shift, "auxiliary", (1,)) for shift in shifts)),
        extra_shift=(30,),
    )
    roster = roster_table(*(("li", "haiwei", shift, "auxiliary") for shift in shifts))
    assert check(scenario, roster).fairness_cost == 60


def test_order_of_the_rows_is_of_no_account():
    scenario = base()
    report = check(scenario, FULL)
    shuffled = FULL.iloc[[2, 0, 1]].set_axis([7, 7, 7])[
        ["role", "shift_id", "beat_id", "person_id"]
    ]
    assert check(scenario, shuffled) == report


def test_columns_beyond_the_contract_are_of_no_account():
    scenario = base()
    people = scenario.people.assign(role="x", beat_id="y", required=1, distance_m=0.0)
    odd = tiny_scenario(
        people=people, demand=scenario.demand.assign(tier="z"), availability=scenario.availability
    )
    assert check(odd, FULL.assign(tier="volunteer", lat=0.0)) == check(scenario, FULL)


def test_rest_of_exactly_the_least_is_enough():
    school = ("haiwei", "morning", "school_guard", (1, 1))
    both = [(who, "haiwei", "morning", "school_guard") for who in ("chen", "sun")]
    assert check(base(school, min_rest_hours=8), roster_table(LI, CHEN, SUN, *both)).ok


def test_limit_is_within_reach():
    far = change_person(base(), "sun", lng=HUASHENG[1], travel_limit_m=1293.718)
    assert check(far, FULL).ok


def test_volunteers_of_any_station_may_come():
    assert check(change_person(base(), "sun", station_id="wusutu"), FULL).ok


def test_staff_come_from_any_distance():
    assert check(change_person(base(), "li", lat=LIMIN[0], lng=LIMIN[1]), FULL).ok


def test_unsupervised_volunteers_need_no_supervisor():
    scenario = tiny_scenario(demand=demand_table(("haiwei", "evening", "school_guard", (1, 1))))
    rows = [(who, "haiwei", "evening", "school_guard") for who in ("chen", "sun")]
    assert check(scenario, roster_table(*rows)).ok


def test_insured_on_the_day_itself():
    assert check(change_person(base(), "sun", insured_until="2026-11-27"), FULL).ok


def test_details_say_what_is_wrong_in_both_languages():
    scenario = change_person(base(), "sun", insured_until=None)
    english = check(scenario, FULL).details
    assert english.to_dict("records") == [
        {
            "rule": "H8",
            "row": 2,
            "detail": "sun is not insured on 2026-11-27, when evening ends",
        }
    ]
    chinese = check(scenario, FULL, language="zh").details
    assert chinese["detail"].tolist() == ["sun 在 evening 结束当日（2026-11-27）没有保险"]


def test_details_are_as_many_as_wanted():
    scenario = base(availability=availability_table())
    assert check(scenario, FULL).violations["H1"] == 3
    assert len(check(scenario, FULL, details=2).details) == 2
    assert check(scenario, FULL, details=0).details.empty


def test_every_sentence_is_there_in_both_languages():
    assert all(set(sentence) == {"zh", "en"} for sentence in VIOLATIONS.values())


def test_repeated_rows_count_once_in_the_objective():
    once = check(base(), FULL)
    twice = check(base(), pd.concat([FULL, FULL]))
    assert (twice.objective, twice.assigned) == (once.objective, once.assigned)
    assert twice.violations["H9"] == 3


@pytest.mark.parametrize(
    ("column", "position"), [("person_id", 0), ("beat_id", 1), ("shift_id", 2), ("role", 3)]
)
def test_unknown_ids_are_named(column, position):
    row = [*SUN]
    row[position] = "nobody"
    with pytest.raises(ScenarioError, match=f"known {column} in row 1 of the roster, got 'nobody'"):
        check(base(), roster_table(LI, tuple(row)))


def test_missing_columns_are_named():
    with pytest.raises(ScenarioError, match="'role'"):
        check(base(), FULL.drop(columns="role"))
