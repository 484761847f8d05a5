from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import City, naive_check, optimum, random_roster, with_pins
from portions import portion
from rule_breakers import CHEN, LI, SUN, base, person
from tiny_city import (
    HUASHENG,
    availability_table,
    demand_table,
    pins_table,
    random_scenario,
    roster_table,
    scenarios,
    tiny_scenario,
)

from dispatch.gaps import CAUSES, STEPS, explain_gaps, find_gaps, word_remedies
from dispatch.remedies import CHANGES
from dispatch.remedy_search import DEEP, Survey
from dispatch.remedy_trial import apply_remedy, try_remedy
from dispatch.roster import GAP_COLUMNS
from dispatch.wording import JOINTS, REMEDIES

EMPTY = roster_table()


def only_gap(scenario, *rows):
    gaps = find_gaps(scenario, roster_table(*rows), language="en")
    assert len(gaps.table) == 1, gaps.table
    return gaps.table.iloc[0], gaps.remedies[0]


# every remedy, applied


def assert_remedy_works(scenario, roster, remedy, line):
    """Apply a remedy: rules kept, one more place filled, the objective as stated."""
    changed, after = apply_remedy(scenario, roster, remedy)
    broken, objective = naive_check(changed, after)
    assert not any(broken.values()), (remedy, broken)
    heads = [
        sum(row[1:] == line for row in table.itertuples(index=False)) for table in (roster, after)
    ]
    assert heads[1] > heads[0]
    _, before = naive_check(scenario, roster)
    assert objective - before == remedy.delta, remedy
    trial = try_remedy(scenario, roster, remedy)
    assert (trial.delta, trial.broken) == (remedy.delta, ())
    if set(remedy.kinds) - {"add", "move", "recruit"}:  # it would not do without the changes
        still = replace(remedy, changes=tuple(c for c in remedy.changes if c.kind == "recruit"))
        assert any(naive_check(*apply_remedy(scenario, roster, still))[0].values())
    for key in remedy.emptied:
        lost = [sum(row[1:] == key for row in t.itertuples(index=False)) for t in (roster, after)]
        assert lost[1] < lost[0]


def assert_remedies_work(scenario, roster):
    gaps = find_gaps(scenario, roster)
    for line, remedy in zip(gaps.table.to_dict("records"), gaps.remedies, strict=True):
        if remedy.obstacle:
            assert not remedy.moves
            continue
        assert_remedy_works(
            scenario, roster, remedy, (line["beat_id"], line["shift_id"], line["role"])
        )


def deep_remedies(scenario, roster):
    survey = Survey.of(scenario, roster)
    short = np.flatnonzero(survey.missing)
    rng = random.Random(len(short))
    return [
        (survey.keys[line], rng.choice(remedies))
        for line, _, remedies in survey.remedies(short, DEEP)
    ]


@settings(max_examples=5, deadline=None)
@given(scenarios(), st.integers(0, 2**32))
def test_remedies_are_verified_by_applying_them(scenario, seed):
    scenario = with_pins(scenario, random.Random(seed))
    assert_remedies_work(scenario, random_roster(scenario, random.Random(seed)))


@settings(max_examples=5, deadline=None)
@given(scenarios(people=9), st.integers(0, 2**32))
def test_deep_remedies_work_every_one(scenario, seed):
    scenario = with_pins(scenario, random.Random(seed))
    roster = random_roster(scenario, random.Random(seed))
    for key, remedy in deep_remedies(scenario, roster):
        if not remedy.obstacle:
            assert_remedy_works(scenario, roster, remedy, key)


def test_every_kind_of_remedy_occurs_and_works():
    missing = {*CHANGES, "add", "move", "hazardous", "supervisor", "company", "emptied"}
    for seed in range(60):
        scenario = random_scenario(seed, people=10, shifts=5)
        roster = random_roster(scenario, random.Random(seed))
        gaps = find_gaps(scenario, roster)
        for line, remedy in zip(gaps.table.to_dict("records"), gaps.remedies, strict=True):
            shows = {*remedy.kinds, *(["supervisor"] if remedy.supervisors else [])}
            shows |= {"company"} if remedy.companions else set()
            shows |= {"emptied"} if remedy.emptied else set()
            if shows & missing and not remedy.obstacle:
                key = (line["beat_id"], line["shift_id"], line["role"])
                assert_remedy_works(scenario, roster, remedy, key)
            missing -= shows
        if not missing:
            return
    assert not missing


# the funnel


def remaining(city, rows, beat, shift, role):
    """Count who remains of the role's tier after each rule of one assignment."""

    def rested(who):
        worked = [row[2] for row in rows if row[0] == who]
        return all(city.rested(other, shift) or city.rested(shift, other) for other in worked)

    def below_limit(who):
        return sum(row[0] == who for row in rows) < city.people[who]["max_shifts"]

    def safe(who):
        hazardous = city.is_volunteer(who) and city.roles[role]["hazardous"]
        return city.insured(who, shift) and not hazardous

    tier = city.roles[role]["tier"]
    people = [who for who, facts in city.people.items() if facts["tier"] == tier]
    yield len(people := [who for who in people if city.in_reach(who, beat)])
    yield len(people := [who for who in people if city.may_fill(who, role)])
    yield len(people := [who for who in people if safe(who)])
    yield len(people := [who for who in people if (who, shift) in city.dislike])
    allowed = [who for who in people if (who, beat, shift, role) not in city.forbidden]
    yield sum(rested(who) and below_limit(who) for who in allowed)


@settings(max_examples=portion(10), deadline=None)
@given(scenarios(), st.integers(0, 2**32))
def test_funnel_agrees_with_a_plain_walk(scenario, seed):
    scenario = with_pins(scenario, random.Random(seed))
    roster = random_roster(scenario, random.Random(seed))
    city, rows = City.of(scenario), list(roster.itertuples(index=False, name=None))
    expected = []
    for line, weights in city.demand.items():
        assigned = sum(row[1:] == line for row in rows)
        if assigned < len(weights):
            short = (len(weights) - assigned, sum(weights[assigned:]))
            expected.append((*line, *short, *remaining(city, rows, *line)))
    gaps = explain_gaps(scenario, roster)
    assert tuple(gaps.columns) == GAP_COLUMNS
    columns = ["beat_id", "shift_id", "role", "missing", "weight", *STEPS[:5]]
    assert list(gaps[columns].itertuples(index=False, name=None)) == expected


@settings(max_examples=portion(10), deadline=None)
@given(scenarios(), st.integers(0, 2**32))
def test_last_step_tells_whether_somebody_could_be_added(scenario, seed):
    """The oracle agrees: nothing else moves, and only volunteers may come along with others."""
    roster = random_roster(scenario, random.Random(seed))
    rows = list(roster.itertuples(index=False, name=None))
    pins = pins_table(*((*row, "fixed") for row in rows))
    city = City.of(scenario)
    filled = Counter(row[1:] for row in rows)
    for gap in explain_gaps(scenario, roster).to_dict("records"):
        wanted = (gap["beat_id"], gap["shift_id"], gap["role"])
        demand = []
        for line, weights in city.demand.items():
            tiers = {city.roles[role]["tier"] for role in (line[2], wanted[2])}
            opened = line == wanted or (line[:2] == wanted[:2] and tiers == {"volunteer"})
            places = len(weights) if opened else filled[line]
            demand.append((*line, (1000 if line == wanted else 1,) * places))
        costs = replace(scenario.costs, unmet=10_000)
        closed = replace(scenario, demand=demand_table(*demand), pins=pins, costs=costs)
        most = Counter(optimum(closed)[1].itertuples(index=False, name=None))
        could = sum(row[1:] == wanted for row in most) > filled[wanted]
        assert could == (gap["supervised"] > 0)


# one by one


def test_a_full_roster_has_no_gaps():
    gaps = explain_gaps(base(), roster_table(LI, CHEN, SUN))
    assert gaps.empty
    assert tuple(gaps.columns) == GAP_COLUMNS


@settings(max_examples=portion(20), deadline=None)
@given(scenarios(), st.integers(0, 2**32))
def test_every_cause_is_known_and_none_is_just_busy(scenario, seed):
    gaps = explain_gaps(scenario, random_roster(scenario, random.Random(seed)))
    assert set(gaps["cause"]) <= set(CAUSES)
    assert "free" not in CAUSES


def test_places_weigh_what_the_unfilled_ones_weigh():
    scenario = tiny_scenario(demand=demand_table(("haiwei", "evening", "auxiliary", (9, 4, 1))))
    gap, _ = only_gap(scenario, LI)
    assert (gap["missing"], gap["weight"]) == (2, 5)


@pytest.mark.parametrize(
    ("scenario", "cause", "text"),
    [
        (base(without="sun"), "available", "have sun available then"),
        (person("sun", max_shifts=0), "limit", "recruit one person for patrol_guard near haiwei"),
        (
            person("sun", insured_until=None),
            "insured",
            "insure sun until 2026-11-27",
        ),
        (
            person("sun", lng=HUASHENG[1], travel_limit_m=700),
            "in_reach",
            "extend the reach of sun from 700 m to 1300 m",
        ),
        (
            person("sun", lng=HUASHENG[1], travel_limit_m=500),  # more than twice as far
            "in_reach",
            "recruit one person for patrol_guard near haiwei",
        ),
    ],
)
def test_cause_and_remedy_of_one_missing_volunteer(scenario, cause, text):
    kept = scenario.availability["person_id"].isin(["sun"])
    people = scenario.people[scenario.people["person_id"].isin(["li", "sun"])]
    lines = demand_table(
        ("haiwei", "evening", "auxiliary", (3,)), ("haiwei", "evening", "patrol_guard", (2,))
    )
    alone = replace(
        scenario,
        people=people.reset_index(drop=True),
        availability=pd.concat(
            [scenario.availability[kept], availability_table(("li", "evening", 0))],
            ignore_index=True,
        ),
        demand=lines,
        rules=replace(scenario.rules, min_volunteers_per_post=1),
    )
    gap, _ = only_gap(alone, LI)
    assert (gap["cause"], gap["remedy"]) == (cause, text)


def test_one_shift_more_for_somebody_who_wants_one():
    school = ("haiwei", "morning", "school_guard", (2, 2))
    scenario = person("sun", base(school), max_shifts=1)
    at_school = ("chen", "haiwei", "morning", "school_guard")
    with_liu = ("liu", "haiwei", "morning", "school_guard")
    available = pd.concat(
        [scenario.availability, availability_table(("liu", "morning", 0))], ignore_index=True
    )
    three = replace(
        scenario,
        availability=available,
        demand=demand_table(
            ("haiwei", "morning", "school_guard", (2, 2, 2)),
            ("haiwei", "evening", "auxiliary", (3,)),
            ("haiwei", "evening", "mediator", (2,)),
            ("haiwei", "evening", "patrol_guard", (2,)),
        ),
    )
    gap, remedy = only_gap(three, LI, CHEN, SUN, at_school, with_liu)
    assert (gap["available"], gap["free"], gap["cause"]) == (3, 0, "on_shift")
    assert gap["remedy"] == "one shift more for sun (limit 2)"
    assert remedy.kinds == ("one_more_shift",)


def test_training_names_the_qualification():
    scenario = person("chen", base(without="liu"), profession="teacher")
    people = scenario.people[scenario.people["person_id"] != "liu"].reset_index(drop=True)
    rules = replace(scenario.rules, min_volunteers_per_post=1)
    gap, _ = only_gap(replace(scenario, people=people, rules=rules), LI, SUN)
    assert (gap["in_reach"], gap["qualified"], gap["cause"]) == (2, 0, "qualified")
    assert gap["remedy"] == "train chen (mediation)"


ONLY_LI = base(demand=demand_table(("haiwei", "evening", "auxiliary", (3,))))


def test_people_who_are_worth_it_are_a_trade():
    gap, remedy = only_gap(ONLY_LI)
    assert gap["cause"] == "trade"
    assert gap["remedy"] == "li is free and could be added (costs 0, the place is worth 30000)"
    assert remedy.kinds == ("add",)


def test_people_who_cost_more_than_they_gain_are_a_matter_of_cost():
    gap, _ = only_gap(
        base(demand=demand_table(("huasheng", "evening", "auxiliary", (3,))), unmet=4)
    )
    assert gap["cause"] == "cost"
    assert gap["remedy"] == "li is free and could be added (costs 13, the place is worth 12)"


def test_a_supervisor_who_is_wanting():
    demand = demand_table(
        ("huasheng", "evening", "officer", (3,)), ("huasheng", "evening", "patrol_guard", (1, 1))
    )
    gaps = find_gaps(tiny_scenario(demand=demand), EMPTY, language="en")
    patrol = gaps.table.iloc[1]
    assert patrol[["free", "supervised", "cause"]].tolist() == [3, 0, "supervised"]
    assert patrol["remedy"] == (
        "wang is free, to supervise as officer; then chen could come, together with liu"
    )


def test_both_languages_say_the_same_things():
    assert set(CHANGES) <= set(REMEDIES)
    for sentences in (*REMEDIES.values(), *JOINTS.values()):
        assert set(sentences) == {"zh", "en"}
    gap = explain_gaps(ONLY_LI, EMPTY)
    assert gap["remedy"].tolist() == ["li 有空，可直接上岗（代价 0，补上后目标值少 30000）"]


def test_types_are_plain():
    gaps = explain_gaps(tiny_scenario(), EMPTY)
    assert all(gaps[c].dtype == np.int64 for c in ("missing", "weight", *STEPS))
    assert all(gaps[c].dtype == "str" for c in ("beat_id", "shift_id", "role", "cause", "remedy"))


def test_remedies_are_worded_again_in_another_language_and_with_labels():
    demand = demand_table(
        ("huasheng", "evening", "officer", (3,)), ("huasheng", "evening", "patrol_guard", (1, 1))
    )
    scenario = tiny_scenario(demand=demand)
    found = find_gaps(scenario, EMPTY, language="en")
    again = word_remedies(scenario, found.table, found.remedies, language="en")
    assert again == found.table["remedy"].tolist()
    chinese = word_remedies(
        scenario, found.table, found.remedies, language="zh", labels={"officer": "民警"}
    )
    assert chinese[1] == "wang 有空，任民警带队；chen 即可上岗，与 liu 同去"
    assert explain_gaps(scenario, EMPTY, labels={"officer": "民警"})["remedy"].tolist() == chinese


def test_a_qualification_has_a_label_too():
    scenario = person("chen", base(without="liu"), profession="teacher")
    people = scenario.people[scenario.people["person_id"] != "liu"].reset_index(drop=True)
    rules = replace(scenario.rules, min_volunteers_per_post=1)
    scenario = replace(scenario, people=people, rules=rules)
    gaps = explain_gaps(scenario, roster_table(LI, SUN), labels={"mediation": "调解员证"})
    assert gaps["remedy"].tolist() == ["培训 chen（调解员证）"]


@settings(max_examples=portion(20), deadline=None)
@given(scenarios(), st.integers(0, 2**32), st.sampled_from(("zh", "en")))
def test_wording_again_says_what_finding_said(scenario, seed, language):
    roster = random_roster(scenario, random.Random(seed))
    found = find_gaps(scenario, roster)
    again = word_remedies(scenario, found.table, found.remedies, language=language)
    assert again == explain_gaps(scenario, roster, language=language)["remedy"].tolist()
